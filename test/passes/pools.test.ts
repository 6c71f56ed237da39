/** @file What the gradient of max pooling lets through: the gradient of a relu before the pool. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { add, mul, relu } from '../../src/ops/elementwise.ts';
import { maxPool } from '../../src/ops/pooling.ts';
import { sum } from '../../src/ops/reduce.ts';
import { dce } from '../../src/passes/dce.ts';
import { poolRules } from '../../src/passes/pools.ts';
import { simplify } from '../../src/passes/simplify.ts';

/** The gradients by images and bias of what `f` makes of images + bias. */
function gradientsOf(images: Tensor, bias: Tensor, f: (x: Tensor) => Tensor): Graph {
  return trace([images, bias], ([x, b], recording) => {
    const total = sum(f(add(x as Tensor, b as Tensor)));
    return vjp(recording, [total], [tensor(1)], [x as Tensor, b as Tensor]) as Tensor[];
  });
}

const sizesOf = (graph: Graph, name: string) =>
  graph.nodes.filter(({ op }) => op.name === name).map(({ inputs }) => inputs.at(-1)?.shape);
const ruled = (graph: Graph): Graph => verify(dce(simplify(graph, poolRules)));
/** Zeros of either sign are equal here: a masked gradient of −1 is −0 in neither. */
const valuesOf = (graph: Graph, inputs: Tensor[]) =>
  evaluateGraph(graph, inputs).map(({ data }) => Array.from(data, (value) => value + 0));

const images = (shape: number[], values: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => values[i % values.length] as number),
    shape,
  );

describe('poolRules', () => {
  test('relu before a pool has its gradient where the pool is small, for any windows', () => {
    const sizes = fc.record({
      shape: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 6 })),
      channels: fc.integer({ min: 1, max: 3 }),
      poolSize: fc.integer({ min: 1, max: 3 }),
      strides: fc.integer({ min: 1, max: 3 }),
      padding: fc.constantFrom('valid' as const, 'same' as const),
      // Few different values: windows whose largest value occurs twice, and windows without a positive one.
      values: fc.array(fc.integer({ min: -3, max: 2 }), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(sizes, ({ shape, channels, poolSize, strides, padding, values }) => {
        const inputs = [images([...shape, channels], values), images([channels], [0.5, -1, 1])];
        const graph = gradientsOf(inputs[0] as Tensor, inputs[1] as Tensor, (x) => {
          const pooled = maxPool(relu(x), { poolSize, strides, padding });
          return mul(pooled, images([...pooled.shape], [1, -2, 0.25, 3]));
        });
        const changed = ruled(graph);
        const pooled = graph.nodes.find(({ op }) => op.name === 'maxPool')?.outputs[0]?.shape;
        expect(sizesOf(changed, 'reluGradient')).toEqual([pooled]);
        // Quarters of small integers: sums are exact in any order.
        expect(valuesOf(changed, inputs)).toEqual(valuesOf(graph, inputs));
      }),
    );
  });

  test('relu of anything but what was pooled stays where it is', () => {
    const inputs = [images([1, 4, 4, 1], [1, -2, 3, 0.5]), images([1], [1])];
    const graph = gradientsOf(inputs[0] as Tensor, inputs[1] as Tensor, (x) =>
      maxPool(mul(relu(x), 2), { poolSize: 2 }),
    );
    expect(sizesOf(ruled(graph), 'reluGradient')).toEqual([[1, 4, 4, 1]]);
    expect(valuesOf(ruled(graph), inputs)).toEqual(valuesOf(graph, inputs));
  });
});
