/** @file NaN, infinities, zeros of both signs, denormals and extremes: the same on every backend (requirement T2). */
import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { apply } from '../../../src/graph/trace.ts';
import { clip, maximum, minimum, relu } from '../../../src/ops/elementwise.ts';
import { reshape } from '../../../src/ops/movement.ts';
import { averagePool, maxPool } from '../../../src/ops/pooling.ts';
import { argmax, max, min } from '../../../src/ops/reduce.ts';
import { CHAINED, EXACT, ROUNDED, SUMMED, type Tolerance, TRANSCENDENTAL } from '../../../src/ops/samples/sample.ts';
import { logSoftmax, softmax, softmaxCrossEntropy } from '../../../src/ops/softmax.ts';
import type { OpName } from '../../../src/ops/table.ts';
import { type BackendName, expectClose, OPS, optionsFor } from '../harness.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const ALL_VALUES = Float32Array.of(
  ...[0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, inf, -inf, nan],
  ...[2 ** -149, -(2 ** -149), 1e-40, -1e-40, 2 ** -126, 1e-20, -1e-20, 1e-5, -1e-5],
  ...[
    1e5,
    -1e5,
    1e20,
    -1e20,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    88,
    -88,
    89,
    -104,
    2 ** 24,
    -(2 ** 24) - 1,
  ],
);

const SMALLEST_NORMAL = 2 ** -126;
/** GPUs take denormals for zeros, and may give zero where a result would be one. */
const valuesFor = (device: BackendName): Float32Array =>
  device === 'webgl' ? ALL_VALUES.filter((x) => !(Math.abs(x) > 0 && Math.abs(x) < SMALLEST_NORMAL)) : ALL_VALUES;
const toleranceFor = (device: BackendName, { relative, absolute }: Tolerance): Tolerance => ({
  relative,
  absolute: device === 'webgl' ? Math.max(absolute, SMALLEST_NORMAL) : absolute,
});

/** Functions that are exact, rounded once, or ours; denormal results of ours may be off by two of the smallest steps. */
const UNARY: Partial<Record<OpName, Tolerance>> = {
  ...{ neg: EXACT, abs: EXACT, sign: EXACT, floor: EXACT, relu: EXACT },
  ...{ square: ROUNDED, reciprocal: ROUNDED, sqrt: ROUNDED },
  ...{ exp: TRANSCENDENTAL, expm1: TRANSCENDENTAL, log: TRANSCENDENTAL, log1p: TRANSCENDENTAL },
  ...{ tanh: TRANSCENDENTAL, sigmoid: TRANSCENDENTAL, round: EXACT, erf: TRANSCENDENTAL, erfinv: CHAINED },
  ...{ sin: TRANSCENDENTAL, cos: TRANSCENDENTAL, atan: TRANSCENDENTAL, tan: CHAINED, asin: CHAINED, acos: CHAINED },
  ...{ sinh: CHAINED, cosh: CHAINED, asinh: CHAINED, acosh: CHAINED },
};
const BINARY: Partial<Record<OpName, Tolerance>> = {
  ...{
    add: ROUNDED,
    sub: ROUNDED,
    mul: ROUNDED,
    div: ROUNDED,
    pow: TRANSCENDENTAL,
    atan2: TRANSCENDENTAL,
    maximum: EXACT,
    minimum: EXACT,
  },
  ...{ equal: EXACT, notEqual: EXACT, less: EXACT, lessEqual: EXACT, greater: EXACT, greaterEqual: EXACT },
};

async function compare(
  device: BackendName,
  f: (...args: Tensor[]) => Tensor,
  args: Tensor[],
  tolerance: Tolerance,
  what: string,
  signs = true,
) {
  const actual = await compile(f, optionsFor(device))(...args);
  expectClose(actual as Tensor, f(...args), { ...toleranceFor(device, tolerance), signs }, what);
}

export function specialValuesOn(device: BackendName): void {
  const VALUES = valuesFor(device);
  test.each(Object.entries(UNARY))('%s takes special values as its definition does', async (name, tolerance) => {
    const f = (x: Tensor): Tensor => apply(OPS[name as OpName], [x], {})[0] as Tensor;
    await compare(device, f, [tensor(VALUES)], tolerance as Tolerance, name);
  });

  test.each(Object.entries(BINARY))(
    '%s takes all pairs of special values as its definition does',
    async (name, tolerance) => {
      const n = VALUES.length;
      const f = (a: Tensor, b: Tensor): Tensor => apply(OPS[name as OpName], [a, b], {})[0] as Tensor;
      const pairs = Float32Array.from({ length: n * n }, (_, i) => VALUES[Math.floor(i / n)] as number);
      const others = Float32Array.from({ length: n * n }, (_, i) => VALUES[i % n] as number);
      const column = tensor(VALUES, [n, 1]);
      await compare(device, f, [column, tensor(VALUES)], tolerance as Tolerance, `${name} column × row`);
      await compare(device, f, [tensor(pairs), tensor(others)], tolerance as Tolerance, `${name} same`);
      for (const scalar of [nan, inf, -0])
        await compare(device, f, [tensor(VALUES), tensor(scalar)], tolerance as Tolerance, `${name} ${scalar}`);
    },
  );

  test.each(['sum', 'mean', 'max', 'min', 'prod'] as const)(
    '%s over rows with special values is that of its definition',
    async (name) => {
      const rows = [
        ...[
          [nan, 1, 2, 3, 4],
          [1, 2, nan, 0, 0],
          [1, 2, 3, 4, nan],
          [inf, 1, 2, 3, 4],
          [-inf, 1, 2, 3, 4],
        ],
        ...[
          [inf, -inf, 1, 1, 1],
          [-0, -0, -0, -0, -0],
          [0, inf, 1, 1, 1],
          [1e-40, 1e-40, 0, 0, 0],
          [-inf, -inf, -inf, -inf, -inf],
        ],
      ];
      const x = tensor(Float32Array.from(rows.flat()), [rows.length, 5]);
      const transposed = tensor(
        Float32Array.from(
          { length: rows.length * 5 },
          (_, i) => rows[i % rows.length]?.[Math.floor(i / rows.length)] as number,
        ),
        [5, rows.length],
      );
      const reduce =
        (axis: number) =>
        (t: Tensor): Tensor =>
          apply(OPS[name], [t], { axes: [axis] })[0] as Tensor;
      await compare(device, reduce(1), [x], SUMMED, `${name} of rows`, false);
      await compare(device, reduce(0), [transposed], SUMMED, `${name} of columns`, false);
    },
  );

  test('T2: NaN passes through relu, maximum, minimum, clip, max and min, and argmax names the first', async () => {
    const x = tensor([
      [1, nan, 3],
      [nan, nan, 2],
    ]);
    const f = compile(
      (t: Tensor) => ({
        relu: relu(t),
        maximum: maximum(t, 0),
        minimum: minimum(0, t),
        clip: clip(t, -1, 1),
        max: max(t, -1),
        min: min(t),
        argmax: argmax(t),
      }),
      optionsFor(device),
    );
    const result = await f(x);
    expect(result.relu.toArray()).toEqual([
      [1, nan, 3],
      [nan, nan, 2],
    ]);
    expect(result.maximum.toArray()).toEqual([
      [1, nan, 3],
      [nan, nan, 2],
    ]);
    expect(result.minimum.toArray()).toEqual([
      [0, nan, 0],
      [nan, nan, 0],
    ]);
    expect(result.clip.toArray()).toEqual([
      [1, nan, 1],
      [nan, nan, 1],
    ]);
    expect(result.max.toArray()).toEqual([nan, nan]);
    expect(result.min.item()).toBe(nan);
    expect(result.argmax.toArray()).toEqual([1, 0]);
  });

  test('T2: NaN passes through pooling, whole windows of it and single elements, and infinities are numbers', async () => {
    const x = tensor([1, nan, 2, 3, 4, 5, -inf, inf, nan, 1, -inf, -inf], [1, 3, 4, 1]);
    const f = compile(
      (t: Tensor) => ({
        max: reshape(maxPool(t, { poolSize: [1, 2] }), [6]),
        mean: reshape(averagePool(t, { poolSize: [1, 2] }), [6]),
        padded: reshape(maxPool(t, { poolSize: [1, 2], padding: 'same' }), [6]),
        rectified: reshape(maxPool(relu(t), { poolSize: [1, 2] }), [6]),
      }),
      optionsFor(device),
    );
    const { max, mean, padded, rectified } = await f(x);
    expect(max.toArray()).toEqual([nan, 3, 5, inf, nan, -inf]);
    expect(padded.toArray()).toEqual([nan, 3, 5, inf, nan, -inf]);
    expect(rectified.toArray()).toEqual([nan, 3, 5, inf, nan, 0]);
    expect(mean.toArray()).toEqual([nan, 2.5, 4.5, nan, nan, -inf]);
  });

  test('softmax and its logarithm are right for extreme logits', async () => {
    const rows = [
      [1e30, 0, -1e30],
      [-inf, 0, 0],
      [-1e30, -1e30, -1e30],
      [nan, 0, 1],
      [0, 1, inf],
      [88, -88, 0],
      [1e-40, 0, -0],
    ];
    const x = tensor(Float32Array.from(rows.flat()), [rows.length, 3]);
    await compare(device, (t) => softmax(t), [x], SUMMED, 'softmax', false);
    await compare(device, (t) => logSoftmax(t), [x], SUMMED, 'logSoftmax', false);
  });

  test('the cross-entropy of a class is finite when another class is ruled out by −∞', async () => {
    const losses = compile((t: Tensor, l: Tensor) => softmaxCrossEntropy(t, l), optionsFor(device));
    const result = await losses(
      [
        [-inf, 0, 0],
        [0, 100, -100],
        [1e4, 0, 0],
      ],
      Int32Array.of(1, 1, 1),
    );
    expect(result.data[0]).toBeCloseTo(Math.LN2, 6);
    expect(result.data[1]).toBeCloseTo(0, 6);
    expect(result.data[2]).toBeCloseTo(1e4, 2);
  });
}
