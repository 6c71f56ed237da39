/** Products of many matrices: broadcasting, what is refused, and that nothing is moved to multiply heads. */
import { describe, expect, test } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import type { Graph } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { reshape, transpose } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { transposeRules } from '../../src/passes/transposes.ts';

const counting = (shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) - 5),
    shape,
  );

describe('matmul', () => {
  test.each([
    [
      [2, 2, 3],
      [2, 3, 4],
      [2, 2, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
      [5, 2, 4],
    ],
    [
      [2, 1, 2, 3],
      [4, 3, 1],
      [2, 4, 2, 1],
    ],
  ])('of %j and %j is each product, of shape %j', (left, right, shape) => {
    const [a, b] = [counting(left), counting(right)];
    const y = matmul(a, b);
    expect(y.shape).toEqual(shape);
    // The definition: Σ_k a[…, m, k] · b[…, k, n], broadcast.
    const outer = mul(reshape(a, [...left, 1]), reshape(b, [...right.slice(0, -2), 1, ...right.slice(-2)]));
    expect(y.toArray()).toEqual(sum(outer, -2).toArray());
  });

  test('names shapes that do not fit', () => {
    expect(() => matmul(counting([2, 2, 3]), counting([2, 2, 3]))).toThrow(
      'matmul: expected lhs.shape[2] = rhs.shape[1], got [2,2,3] × [2,2,3]',
    );
    expect(() => matmul(counting([2, 2, 3]), counting([3, 3, 1]))).toThrow('shapes [2] and [3] do not broadcast');
    expect(() => matmul([1, 2, 3], counting([2, 3, 1]))).toThrow('matmul: expected two matrices, got [3] × [2,3,1]');
  });
});

/** softmax's place between is taken by a product with constants: what matters is which axes move. */
function attend(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const heads = (x: Tensor): Tensor => transpose(reshape(x, [2, x.shape[1] as number, 3, 4]), [0, 2, 1, 3]);
  const scores = matmul(heads(q), transpose(heads(k), [0, 1, 3, 2]));
  const mixed = matmul(mul(scores, 0.5), heads(v));
  return reshape(transpose(mixed, [0, 2, 1, 3]), [2, q.shape[1] as number, 12]);
}

const TARGET = { fused: new Set<string>(), rules: transposeRules };
const names = (graph: Graph): string[] => graph.nodes.map(({ op }) => op.name);

describe('heads', () => {
  const [q, k, v] = [counting([2, 5, 12]), counting([2, 6, 12]), counting([2, 6, 12])];
  const gradients = (a: Tensor, b: Tensor, c: Tensor): Tensor[] =>
    grad((x: Tensor[]) => sum(mul(attend(...(x as [Tensor, Tensor, Tensor])), counting([2, 5, 12]))), [a, b, c]);

  test('are multiplied where they lie, forward and backward: no transpose is left', () => {
    const specs = [q, k, v].map(({ shape }) => ({ shape, dtype: 'f32' as const }));
    const graph = trace(specs, ([a, b, c]) => gradients(a as Tensor, b as Tensor, c as Tensor));
    expect(names(graph)).toContain('transpose');
    const passed = runPasses(graph, TARGET, { check: verify });
    expect(names(passed)).not.toContain('transpose');
    // Scores; then the gradients of values, weights, queries and keys.
    expect(names(passed).filter((name) => name === 'batchMatmul')).toHaveLength(5);
  });

  test.each(['wasm', 'reference'] as const)('give on %s what they give when moved', async (device) => {
    const both = (x: Tensor, y: Tensor, z: Tensor) => [attend(x, y, z), ...gradients(x, y, z)];
    const results = (await compile(both, { device, verify: true })(q, k, v)) as Tensor[];
    // Small whole numbers: every sum is exact.
    both(q, k, v).forEach((expected, i) => {
      expect(results[i]?.toArray()).toEqual(expected.toArray());
    });
  });

  test('a transpose that something else reads too stays', async () => {
    const f = (x: Tensor, y: Tensor): Tensor[] => {
      const product = matmul(x, y);
      return [product, transpose(product, [1, 0, 2])];
    };
    const [a, b] = [counting([2, 3, 4]), counting([2, 4, 5])];
    const graph = runPasses(
      trace([a, b], ([x, y]) => f(x as Tensor, y as Tensor)),
      TARGET,
    );
    expect(names(graph)).toEqual(['batchMatmul', 'transpose']);
    const results = (await compile(f, { device: 'wasm' })(a, b)) as Tensor[];
    expect(results.map((y) => y.toArray())).toEqual(f(a, b).map((y) => y.toArray()));
  });
});
