/** Composites run whole against their decompositions: values, and their own gradient rules. */

import { describe, expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import { fusedOps } from '../../src/backends/wasm/lower/table.ts';
import { compile } from '../../src/engine/compile.ts';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import type { Op } from '../../src/graph/node.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { apply, trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { add, relu } from '../../src/ops/elementwise.ts';
import { gatherRows } from '../../src/ops/indexing.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { SAMPLES, type Sample } from '../../src/ops/samples.ts';
import { type CompositeName, composites } from '../../src/ops/table.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { describeSample, expectClose, isFloat, OPS, tensorsOf, weightedSum } from './harness.ts';

const NAMES = Object.keys(composites) as CompositeName[];
const DOUBLE = { relative: 1e-12, absolute: 1e-12 };

/** Gradients of a weighted sum of what `outputsOf` gives, with respect to the f32 inputs. */
function gradientGraph(inputs: readonly Tensor[], outputsOf: (inputs: readonly Tensor[]) => readonly Tensor[]) {
  return trace(inputs, (traced, recording) => {
    const total = weightedSum(outputsOf(traced));
    const leaves = traced.filter(isFloat);
    return vjp(recording, [total], [tensor(1)], leaves).map((gradient, i) => gradient ?? (leaves[i] as Tensor));
  });
}

describe.each(NAMES)('%s', (name) => {
  const op = OPS[name] as Op;
  const samples: readonly Sample[] = SAMPLES[name];
  const inputs = tensorsOf(samples);

  test('decomposes into primitives that give the same', () => {
    samples.forEach(({ attributes }, i) => {
      const given = inputs[i] as Tensor[];
      const graph = trace(given, (traced) => apply(op, traced, attributes));
      const passed = runPasses(graph, { fused: new Set() }, { check: verify });
      expect(passed.nodes.some((node) => node.op.decompose !== undefined)).toBe(false);
      const actual = evaluateGraph(passed, given) as Tensor[];
      apply(op, given, attributes).forEach((expected, j) => {
        expectClose(actual[j] as Tensor, expected, DOUBLE, `${name} output ${j}`);
      });
    });
  });

  test.runIf(op.gradient !== undefined)(
    'has a gradient rule that agrees with the gradient of its decomposition',
    () => {
      samples.forEach((sample, i) => {
        // Where the gradient is a convention, or infinite, the parts may well give NaN.
        if (sample.isSpecial) return;
        const { attributes } = sample;
        const given = inputs[i] as Tensor[];
        const own = evaluateGraph(
          gradientGraph(given, (traced) => apply(op, traced, attributes)),
          given,
        ) as Tensor[];
        const decomposed = gradientGraph(given, (traced) => op.decompose?.(traced, attributes) ?? []);
        evaluateGraph(decomposed, given).forEach((expected, j) => {
          expectClose(own[j] as Tensor, expected as Tensor, DOUBLE, `${name} ${describeSample(sample)} gradient ${j}`);
        });
      });
    },
  );

  test.runIf(fusedOps.has(name))('runs whole on wasm as its decomposition does there', async () => {
    const whole = compile((all: Tensor[][]) => samples.map((sample, i) => apply(op, all[i] ?? [], sample.attributes)), {
      device: 'wasm',
    });
    const parts = compile(
      (all: Tensor[][]) => samples.map((sample, i) => [...(op.decompose?.(all[i] ?? [], sample.attributes) ?? [])]),
      { device: 'wasm', without: ['fuse'], verify: true },
    );
    const [a, b] = (await Promise.all([whole(inputs), parts(inputs)])) as [Tensor[][], Tensor[][]];
    samples.forEach((sample, i) => {
      const twice = { relative: 2 * sample.tolerance.relative, absolute: 2 * sample.tolerance.absolute };
      a[i]?.forEach((expected, j) => {
        expectClose(b[i]?.[j] as Tensor, expected, twice, `${name} ${describeSample(sample)} output ${j}`);
      });
    });
  });
});

test('dense + relu is one instruction with fuse, three without, and the same either way', async () => {
  const layer = (x: Tensor, w: Tensor, b: Tensor): Tensor => relu(add(matmul(x, w), b));
  const args = [
    [[1, -2]],
    [
      [0.5, 1],
      [0.25, 3],
    ],
    [0.125, 1],
  ] as const;
  const fused = await compile(layer, { device: 'wasm' })(...args);
  const unfused = await compile(layer, { device: 'wasm', without: ['fuse'] })(...args);
  expect(fused.toArray()).toEqual([[0.125, 0]]);
  expect(unfused.toArray()).toEqual([[0.125, 0]]);
});

test('gatherRows converts bytes on the way', async () => {
  const f = compile((x: Tensor, i: Tensor) => gatherRows(x, i, 127.5, 1 / 127.5), { device: 'wasm' });
  expect((await f(tensor(Uint8Array.of(0, 255, 51, 204), [2, 2]), Int32Array.of(1))).data[0]).toBeCloseTo(-0.6, 6);
});
