/** Attention: what is seen and what is not, gradients where nothing is seen, heads that share keys, and what is refused. */
import { describe, expect, test } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import {
  type AttentionOptions,
  scaledDotProductAttention as attend,
  attentionWeights,
  multiHeadAttention,
  sinusoidalPositions,
} from '../../src/ops/attention.ts';
import { mul, square } from '../../src/ops/elementwise.ts';
import { broadcastTo, reshape, slice } from '../../src/ops/movement.ts';
import { sum } from '../../src/ops/reduce.ts';
import { runPasses } from '../../src/passes/pipeline.ts';
import { transposeRules } from '../../src/passes/transposes.ts';

const wave = (shape: number[], frequency = 1): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(frequency * (i + 1))),
    shape,
  );
const rowSums = (weights: Tensor): number[] => Array.from(sum(weights, -1).data);

describe.each(['wasm', 'reference'] as const)('on %s', (device) => {
  const weightsOf = async (q: Tensor, k: Tensor, options: AttentionOptions): Promise<Tensor> =>
    (await compile((a: Tensor, b: Tensor) => attentionWeights(a, b, options), { device, verify: true })(
      q,
      k,
    )) as Tensor;

  test('with fewer queries than keys the last query sees all keys, and each before it one less', async () => {
    const weights = await weightsOf(wave([1, 2, 4]), wave([1, 5, 4], 2), { causal: true });
    const seen = Array.from(weights.data, (w) => Number(w > 0));
    expect(seen).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
    rowSums(weights).forEach((total) => {
      expect(total).toBeCloseTo(1, 6);
    });
  });

  test('with more queries than keys the first see none, and get zeros', async () => {
    const weights = await weightsOf(wave([1, 4, 4]), wave([1, 2, 4], 2), { causal: true });
    expect(rowSums(weights).map((total) => Math.round(1e6 * total))).toEqual([0, 0, 1e6, 1e6]);
  });

  test('a query that sees no key gets zeros, and passes on no gradient, also none that is no number', async () => {
    const [q, k, v] = [wave([2, 3, 4]), wave([2, 3, 4], 2), wave([2, 3, 4], 3)];
    // The second of the batch has no keys at all, as a padded sequence of length 0.
    const mask = tensor([[[1, 1, 0]], [[0, 0, 0]]]);
    const f = compile(
      (all: Tensor[]) => {
        const loss = (at: Tensor[]): Tensor => {
          const [a, b, c] = at as [Tensor, Tensor, Tensor];
          return sum(square(attend(a, b, c, { mask })));
        };
        const [a, b, c] = all as [Tensor, Tensor, Tensor];
        return { y: attend(a, b, c, { mask }), gradients: grad(loss, all) as Tensor[] };
      },
      { device, verify: true },
    );
    const { y, gradients } = (await f([q, k, v])) as { y: Tensor; gradients: Tensor[] };
    expect(Array.from(slice(y, [1, 0, 0], [1, 3, 4]).data)).toEqual(new Array(12).fill(0));
    for (const gradient of gradients) {
      expect(gradient.data.every(Number.isFinite)).toBe(true);
      expect(Array.from(slice(gradient, [1, 0, 0], [1, 3, 4]).data).every((g) => g === 0)).toBe(true);
      expect(slice(gradient, [0, 0, 0], [1, 3, 4]).data.some((g) => g !== 0)).toBe(true);
    }
  });

  test('what a mask rules out does not count, whatever it is', async () => {
    const [q, k, v] = [wave([1, 2, 4]), wave([1, 3, 4], 2), wave([1, 3, 4], 3)];
    const other = tensor(
      Float32Array.from(k.data, (x, i) => (i >= 8 ? 1e30 : x)),
      [1, 3, 4],
    );
    const run = compile((a: Tensor, b: Tensor, c: Tensor) => attend(a, b, c, { mask: [1, 1, 0] }), { device });
    expect((await run(q, other, v)).toArray()).toEqual((await run(q, k, v)).toArray());
  });

  test('a bias of −∞ is a mask, and is added after scaling', async () => {
    const [q, k] = [wave([2, 4]), wave([3, 4], 2)];
    const masked = await weightsOf(q, k, { mask: [[1, 0, 1]], scale: 0.25 });
    const biased = await weightsOf(q, k, { bias: [[0, Number.NEGATIVE_INFINITY, 0]], scale: 0.25 });
    masked.data.forEach((weight, i) => {
      expect(biased.data[i]).toBeCloseTo(weight, 6);
    });
    expect(masked.data[1]).toBe(0);
  });

  test('a mask of rows, one number a query, rules out whole queries', async () => {
    const weights = await weightsOf(wave([2, 4]), wave([3, 4], 2), { mask: [[0], [1]] });
    expect(rowSums(weights).map(Math.round)).toEqual([0, 1]);
  });

  test('groups of queries share keys and values by broadcasting', async () => {
    // [batch, groups, heads of a group, tokens, features], keys with one head a group.
    const [q, k, v] = [wave([2, 2, 3, 4, 4]), wave([2, 2, 1, 5, 4], 2), wave([2, 2, 1, 5, 4], 3)];
    const run = compile((a: Tensor, b: Tensor, c: Tensor) => attend(a, b, c), { device, verify: true });
    const shared = (await run(q, k, v)) as Tensor;
    const each = (await run(q, broadcastTo(k, [2, 2, 3, 5, 4]), broadcastTo(v, [2, 2, 3, 5, 4]))) as Tensor;
    expect(shared.toArray()).toEqual(each.toArray());
  });
});

test('a step of many heads moves nothing', () => {
  const map = (i: number) => ({ kernel: wave([8, 8], i + 2), bias: wave([8], i) });
  const maps = { query: map(0), key: map(1), value: map(2), output: map(3) };
  const graph = trace([{ shape: [2, 5, 8], dtype: 'f32' }], ([x]) => [
    grad(
      (at: Tensor) => sum(mul(multiHeadAttention(at, maps, { heads: 2 }).y, wave([2, 5, 8]))),
      x as Tensor,
    ) as Tensor,
  ]);
  const fused = new Set(['maskedSoftmax', 'softmaxGradient', 'linear']);
  const names = runPasses(graph, { fused, rules: transposeRules }).nodes.map(({ op }) => op.name);
  expect(names).not.toContain('transpose');
  expect(names).not.toContain('broadcastTo');
});

describe('refused', () => {
  const x = wave([2, 3, 8]);
  const map = { kernel: wave([8, 8]) };
  test.each<[() => unknown, string]>([
    [() => attend(wave([2, 3]), wave([2, 4]), wave([2, 3])), 'attention: expected q [..., t, features] and k [..., s'],
    [() => attend(x, x, wave([2, 4, 8])), 'matmul: expected lhs.shape[2] = rhs.shape[1], got [2,3,3] × [2,4,8]'],
    [() => attend(x, x, x, { mask: [1, 1] }), 'attention: the mask f32[2] does not broadcast to the scores [2,3,3]'],
    [() => attend(x, x, x, { scale: 0 }), 'attention.scale'],
    [
      () => multiHeadAttention(x, { query: map, key: map, value: map, output: map }, { heads: 3 }),
      'multiHeadAttention: expected [batch, tokens, features] that 3 heads divide, got [2,3,8]',
    ],
    [
      () => multiHeadAttention(reshape(x, [6, 8]), { query: map, key: map, value: map, output: map }, { heads: 2 }),
      'multiHeadAttention: expected [batch, tokens, features] that 2 heads divide, got [6,8]',
    ],
    [() => sinusoidalPositions(4, 3), 'sinusoidalPositions.features: expected an even number, got 3'],
  ])('with what was expected named', (make, message) => {
    expect(make).toThrow(message);
  });
});

test('positions are sines and cosines, exact in double precision', () => {
  const [length, features] = [300, 64];
  const { data } = sinusoidalPositions(length, features);
  for (let p = 0; p < length; p++) {
    for (let column = 0; column < features; column++) {
      const angle = p / 10_000 ** ((2 * Math.floor(column / 2)) / features);
      // Angles up to 300 are good to 2⁻⁵³ of their size.
      expect(data[p * features + column]).toBeCloseTo(column % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 12);
    }
  }
});
