/** Running sums, the largest elements, joined tensors, variance and log-sum-exp: values, gradients and refusals on both backends. */
import { describe, expect, test } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { concat } from '../../src/ops/concat.ts';
import { cumulativeSum } from '../../src/ops/cumulative.ts';
import { mul, square, sub } from '../../src/ops/elementwise.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { logSumExp } from '../../src/ops/softmax.ts';
import { standardDeviation, variance } from '../../src/ops/statistics.ts';
import { topK } from '../../src/ops/top-k.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const X = [
  [1, 2, 3],
  [6, 5, 4],
];

describe.each(['reference', 'wasm'] as const)('on %s', (device) => {
  const run = async (f: (x: Tensor) => Tensor, x: number[] | number[][]): Promise<unknown> =>
    (await compile(f, { device })(x)).toArray();
  const gradient = (f: (x: Tensor) => Tensor) => (x: Tensor) => grad((at: Tensor) => sum(f(at)), x) as Tensor;

  test('cumulativeSum runs along any axis, forward and back, and its gradient the other way', async () => {
    expect(await run((x) => cumulativeSum(x), X)).toEqual([
      [1, 3, 6],
      [6, 11, 15],
    ]);
    expect(await run((x) => cumulativeSum(x, 0), X)).toEqual([
      [1, 2, 3],
      [7, 7, 7],
    ]);
    expect(await run((x) => cumulativeSum(x, 1, { reverse: true }), X)).toEqual([
      [6, 5, 3],
      [15, 9, 4],
    ]);
    expect(
      await run(
        gradient((x) => mul(cumulativeSum(x), [1, 10, 100])),
        X,
      ),
    ).toEqual([
      [111, 110, 100],
      [111, 110, 100],
    ]);
  });

  test('topK gives values and indices, and its gradient goes to the chosen', async () => {
    const f = compile((x: Tensor) => topK(x, 2), { device });
    const { values, indices } = await f(X);
    expect(values.toArray()).toEqual([
      [3, 2],
      [6, 5],
    ]);
    expect(indices.toArray()).toEqual([
      [2, 1],
      [0, 1],
    ]);
    expect(indices.dtype).toBe('i32');
    expect(
      await run(
        gradient((x) => mul(topK(x, 2).values, [1, 10])),
        X,
      ),
    ).toEqual([
      [0, 10, 1],
      [1, 10, 0],
    ]);
    // The second derivative of Σ v³ over the chosen v.
    const cubes = (x: Tensor): Tensor => mul(topK(x, 1).values, square(topK(x, 1).values));
    expect(await run(gradient(gradient(cubes)), X)).toEqual([
      [0, 0, 18],
      [36, 0, 0],
    ]);
  });

  test('concat joins along any axis, all types, and its gradients are slices', async () => {
    const f = (x: Tensor): Tensor => concat([x, mul(x, 10), sum(x, 1, { keepDims: true })], -1);
    expect(await run(f, X)).toEqual([
      [1, 2, 3, 10, 20, 30, 6],
      [6, 5, 4, 60, 50, 40, 15],
    ]);
    expect(await run((x) => concat([x, x], 0), X)).toEqual([...X, ...X]);
    const weights = tensor([[1], [2], [3], [4]]);
    expect(
      await run(
        gradient((x) => mul(concat([x, square(x)], 0), weights)),
        X,
      ),
    ).toEqual([
      [1 + 6 * 1, 1 + 6 * 2, 1 + 6 * 3],
      [2 + 8 * 6, 2 + 8 * 5, 2 + 8 * 4],
    ]);
    const bytes = compile((a: Tensor, b: Tensor) => concat([a, b], 1), { device });
    const joined = await bytes(tensor(Uint8Array.of(1, 2), [2, 1]), tensor(Uint8Array.of(3, 4, 5, 6), [2, 2]));
    expect([joined.dtype, joined.toArray()]).toEqual([
      'u8',
      [
        [1, 3, 4],
        [2, 5, 6],
      ],
    ]);
  });

  test('variance divides by the count, or by one less, and a large mean cancels nothing', async () => {
    expect(await run((x) => variance(x, 1), X)).toEqual(
      [Math.fround(2 / 3), Math.fround(2 / 3)].map((v) => expect.closeTo(v, 6)),
    );
    expect(await run((x) => variance(x, 1, { ddof: 1, keepDims: true }), X)).toEqual([[1], [1]]);
    expect(await run((x) => variance(x), X)).toBeCloseTo(35 / 12, 6);
    expect(await run((x) => standardDeviation(x, 0, { ddof: 1 }), [[1e6], [1e6 + 2]])).toEqual([
      expect.closeTo(Math.SQRT2, 6),
    ]);
    expect(await run((x) => standardDeviation(x), [2, nan])).toBe(nan);
  });

  test('the standard deviation of equals is 0, and so is its gradient', async () => {
    expect(await run((x) => standardDeviation(x, 1), [[3, 3, 3]])).toEqual([0]);
    expect(
      await run(
        gradient((x) => standardDeviation(x, 1)),
        [[3, 3, 3]],
      ),
    ).toEqual([[0, 0, 0]]);
  });

  test('logSumExp takes infinities for what they are', async () => {
    const f = (x: Tensor): Tensor => logSumExp(x, 1);
    const rows = [
      [-inf, -inf],
      [-inf, 5],
      [inf, 0],
      [nan, 0],
      [1000, 1000],
    ];
    const close = (v: number) => expect.closeTo(v, 3);
    expect(await run(f, rows)).toEqual([-inf, 5, inf, nan, close(1000 + Math.LN2)]);
    expect(await run(gradient(f), rows.slice(0, 2))).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });
});

test('gradients agree with differences, to second order', () => {
  const x = tensor([
    [0.5, -1, 2],
    [0.25, 1.5, -0.75],
  ]);
  const functions: ((at: Tensor) => Tensor)[] = [
    (at) => cumulativeSum(square(at), 0),
    (at) => square(topK(at, 2).values),
    (at) => square(concat([at, mul(at, 2)], 1)),
    (at) => variance(at, 1, { ddof: 1 }),
    (at) => standardDeviation(at, 0),
    (at) => logSumExp(at, 1),
    (at) => square(sub(at, mean(at, 1, { keepDims: true }))),
  ];
  for (const f of functions) for (const order of [1, 2] as const) expect(checkGradient(f, x, { order }).ok).toBe(true);
});

test.each<[() => unknown, string]>([
  [() => concat([]), 'concat: expected at least one tensor'],
  [() => concat([X, [[1, 2]]], 0), 'concat: f32[2,3], f32[1,2] differ beside axis 0'],
  [() => concat([X, [1, 2, 3]], 0), 'concat: f32[2,3], f32[3] differ beside axis 0'],
  [() => concat([[1], Int32Array.of(1)]), 'concat: f32[1], i32[1] differ beside axis 0'],
  [() => concat([1, 2]), 'concat: axis -1 does not exist in rank 0'],
  [() => topK(X, 4), 'topK.k: expected an integer ≥ 1 and ≤ 3, got 4'],
  [() => topK(X, 0), 'topK.k: expected an integer ≥ 1 and ≤ 3, got 0'],
  [() => topK(1, 1), 'topK: axis -1 does not exist in rank 0'],
  [() => cumulativeSum(X, 2), 'cumulativeSum: axis 2 does not exist in rank 2'],
  [() => variance(X, 0, { ddof: 2 }), 'variance.ddof: expected a finite number ≥ 0 and < 2, got 2'],
])('what cannot be computed is refused (%#)', (call, message) => {
  expect(call).toThrow(message);
});
