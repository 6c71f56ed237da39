/** Bags of rows: against sums by hand, gradients, padding, and what is refused. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { type EmbeddingBagOptions, embeddingBag } from '../../src/ops/embedding-bag.ts';
import { sum } from '../../src/ops/reduce.ts';

const [ROWS, WIDTH] = [7, 3];
/** All different, so that no two are the largest. */
const table = tensor(
  Float64Array.from({ length: ROWS * WIDTH }, (_, i) => Math.fround(Math.sin(i * i + 1))),
  [ROWS, WIDTH],
);
const ids = [
  [3, 0, 3, 6],
  [1, 2, 0, 0],
  [0, 0, 0, 0],
];
const index = tensor(Int32Array.from(ids.flat()), [3, 4]);
const weights = tensor(ids.map((bag, i) => bag.map((_, k) => i - 0.5 * k)));

/** The definition, row by row. */
function expected({ mode = 'mean', padding }: EmbeddingBagOptions, factors?: number[][]): number[][] {
  return ids.map((bag, i) => {
    const counted = bag.map((id, k) => ({ id, factor: factors?.[i]?.[k] ?? 1 })).filter(({ id }) => id !== padding);
    return Array.from({ length: WIDTH }, (_, column) => {
      const values = counted.map(({ id, factor }) => factor * (table.data[id * WIDTH + column] as number));
      if (values.length === 0) return 0;
      if (mode === 'max') return Math.max(...values);
      const total = values.reduce((a, b) => a + b, 0);
      return mode === 'sum' ? total : total / values.length;
    });
  });
}

const cases: EmbeddingBagOptions[] = [
  {},
  { mode: 'sum' },
  { mode: 'max' },
  { padding: 0 },
  { mode: 'sum', padding: 0 },
  { mode: 'max', padding: 0 },
];

describe.each(['wasm', 'reference'] as const)('on %s', (device) => {
  test.each(cases)('%o is what its definition says', async (options) => {
    const run = compile((t: Tensor, i: Tensor) => embeddingBag(t, i, options), { device, verify: true });
    const got = await run(table, index);
    expect(got.shape).toEqual([3, WIDTH]);
    expected(options)
      .flat()
      .forEach((value, i) => {
        expect(got.data[i]).toBeCloseTo(value, 6);
      });
  });

  test.each([{}, { padding: 3 }])('weighs the rows of a sum, and passes gradients to both: %o', async (options) => {
    const f = (t: Tensor, w: Tensor) => embeddingBag(t, index, { mode: 'sum', weights: w, ...options });
    const got = await compile(f, { device, verify: true })(table, weights);
    expected({ mode: 'sum', ...options }, weights.toArray() as number[][])
      .flat()
      .forEach((value, i) => {
        expect(got.data[i]).toBeCloseTo(value, 6);
      });
    const check = checkGradient(
      ({ t, w }: { t: Tensor; w: Tensor }) => f(t, w),
      { t: table, w: weights },
      { order: 2 },
    );
    expect(check.ok, String(check)).toBe(true);
  });

  test('a padded bag gets no gradient for its padding, and one of padding alone none that is no number', async () => {
    for (const mode of ['sum', 'mean', 'max'] as const) {
      const run = compile(
        (t: Tensor) => grad((at: Tensor) => sum(embeddingBag(at, index, { mode, padding: 0 })), t) as Tensor,
        { device },
      );
      const gradient = Array.from((await run(table)).data);
      expect(gradient.slice(0, WIDTH)).toEqual([0, 0, 0]);
      expect(gradient.every(Number.isFinite)).toBe(true);
      expect(gradient.some((value) => value !== 0)).toBe(true);
    }
  });

  test('names position and value of an index outside', async () => {
    const run = compile((t: Tensor, i: Tensor) => embeddingBag(t, i), { device });
    await expect(run(table, tensor(Int32Array.of(0, 7), [1, 2]))).rejects.toThrow(
      /index 7 at position 1 is outside 0 … 6/,
    );
  });
});

test.each(cases)('the gradient of %o is right', (options) => {
  const f = (t: Tensor) => mul(embeddingBag(t, index, options), [[1], [-2], [0.5]]);
  const check = checkGradient(f as never, table);
  expect(check.ok, String(check)).toBe(true);
});

test('one bag gives one row, more axes as many bags', () => {
  expect(
    embeddingBag(
      [
        [1, 2],
        [3, 5],
      ],
      [0, 1],
    ).toArray(),
  ).toEqual([2, 3.5]);
  expect(
    embeddingBag(table, [
      [[0], [1]],
      [[2], [3]],
    ]).shape,
  ).toEqual([2, 2, WIDTH]);
});

describe('refused', () => {
  test.each<[() => unknown, RegExp]>([
    [
      () => embeddingBag([1, 2], [[0]]),
      /embeddingBag: expected a table \[rows, width\] and an index \[\.\.\., bag\], got \[2\] and \[1,1\]/,
    ],
    [() => embeddingBag(table, 2), /got \[7,3\] and \[\]/],
    [() => embeddingBag(table, [[0, 7]]), /index 7 at position 1 is outside 0 … 6/],
    [() => embeddingBag(table, [[-1]]), /index -1 at position 0 is outside/],
    [() => embeddingBag(table, [[0.5]]), /0\.5/],
    [() => embeddingBag(table, [[Number.NaN]]), /NaN/],
    [
      () => embeddingBag(table, index, { mode: 'median' as never }),
      /embeddingBag.mode: unknown value 'median'\n.*mean, sum, max/,
    ],
    [() => embeddingBag(table, index, { weights }), /embeddingBag: weights are for mode 'sum', got mode 'mean'/],
    [
      () => embeddingBag(table, index, { mode: 'sum', weights: [1, 2] }),
      /expected weights of the index' shape, got \[2\] for \[3,4\]/,
    ],
    [() => embeddingBag(table, index, { padding: 7 }), /embeddingBag.padding: expected an integer ≥ 0 and ≤ 6, got 7/],
    [() => embeddingBag(table, index, { pad: 0 } as never), /unknown option 'pad'/],
  ])('with what was expected named', (make, message) => {
    expect(make).toThrow(message);
  });
});
