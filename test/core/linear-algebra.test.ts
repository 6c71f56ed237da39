/** QR and symmetric eigenvalues: reconstruction, orthogonality, known spectra, matrices that lack rank, extremes, refusals. */
import { describe, expect, test } from 'vitest';
import { qr, symmetricEigen } from '../../src/core/linear-algebra.ts';
import { randomNormal } from '../../src/core/philox.ts';

/** Errors of some n roundings, relative to the largest element. */
const ROUNDING = 1e-14;

function normal(rows: number, columns: number, seed: number): Float64Array {
  const values = new Float32Array(rows * columns);
  randomNormal(values, seed, 1);
  return Float64Array.from(values);
}

/** A · B with A [m, k] and B [k, n]. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum += (a[i * k + l] as number) * (b[l * n + j] as number);
    return sum;
  });
}

const transposed = (a: ArrayLike<number>, rows: number, columns: number): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)] as number);

const identity = (n: number): Float64Array => Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));

const largestOf = (a: Float64Array): number => a.reduce((m, x) => Math.max(m, Math.abs(x)), 0);

function expectNear(actual: Float64Array, expected: ArrayLike<number>, scale = 1): void {
  expect(actual.length).toBe(expected.length);
  const errors = actual.map((x, i) => Math.abs(x / scale - (expected[i] as number) / scale));
  const worst = largestOf(errors);
  expect(worst, `element ${errors.indexOf(worst)}`).toBeLessThanOrEqual(ROUNDING * Math.sqrt(actual.length));
}

function checkQr(a: ArrayLike<number>, rows: number, columns: number): void {
  const { q, r } = qr(a, rows, columns);
  const scale = largestOf(Float64Array.from(a)) || 1;
  // In units of the largest element, since the products themselves may overflow.
  expectNear(
    product(
      q,
      r.map((x) => x / scale),
      rows,
      columns,
      columns,
    ),
    Float64Array.from(a, (x) => x / scale),
  );
  expectNear(product(transposed(q, rows, columns), q, columns, rows, columns), identity(columns));
  for (let i = 0; i < columns; i++) {
    expect(r[i * columns + i]).toBeGreaterThanOrEqual(0);
    for (let j = 0; j < i; j++) expect(r[i * columns + j]).toBe(0);
  }
}

describe('qr', () => {
  test.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [5, 3],
    [17, 17],
    [64, 10],
    [100, 99],
  ])('factors random matrices of %i × %i', (rows, columns) => {
    for (const seed of [1, 2, 3]) checkQr(normal(rows, columns, seed), rows, columns);
  });

  test('gives what can be computed by hand', () => {
    const { q, r } = qr([3, 1, 4, 2], 2, 2);
    expectNear(q, [0.6, -0.8, 0.8, 0.6]);
    expectNear(r, [5, 2.2, 0, 0.4]);
    expect(Array.from(qr([-2], 1, 1).q)).toEqual([-1]);
    expect(Array.from(qr([-2], 1, 1).r)).toEqual([2]);
  });

  test('is orthonormal for matrices that lack rank, of zeros, and of extreme sizes', () => {
    checkQr([0], 1, 1);
    checkQr(new Float64Array(12), 4, 3);
    checkQr([1, 2, 2, 4, 3, 6], 3, 2);
    checkQr([0, 1, 0, 2, 0, 3], 3, 2);
    const lacking = product(normal(8, 2, 1), normal(2, 6, 2), 8, 2, 6);
    checkQr(lacking, 8, 6);
    checkQr(
      normal(6, 4, 3).map((x) => x * 1e200),
      6,
      4,
    );
    checkQr(
      normal(6, 4, 3).map((x) => x * 1e-200),
      6,
      4,
    );
    checkQr(
      normal(6, 4, 3).map((x, i) => x * (i % 4 === 1 ? 1e200 : 1e-200)),
      6,
      4,
    );
  });

  test('leaves its argument as it was, and gives the identity for the identity', () => {
    const a = normal(4, 4, 5);
    const before = a.slice();
    qr(a, 4, 4);
    expect(a).toEqual(before);
    expectNear(qr(identity(3), 3, 3).q, identity(3));
    expectNear(qr(identity(3), 3, 3).r, identity(3));
  });

  test.each<[() => unknown, string]>([
    [() => qr([1, 2, 3], 2, 2), 'qr: expected 2 × 2 = 4 elements, got 3'],
    [() => qr([1, 2], 1, 2), 'qr: expected at least as many rows as columns, got 1 × 2'],
    [() => qr([1, Number.NaN], 2, 1), 'qr: expected finite elements, got NaN at row 1, column 0'],
    [() => qr([], 0, 0), 'qr.rows: expected an integer ≥ 1, got 0'],
    [() => symmetricEigen([1, 2, 3], 2), 'symmetricEigen: expected 2 × 2 = 4 elements, got 3'],
    [() => symmetricEigen([1, 2, 3, 4], 2), 'expected a symmetric matrix, got 2 at (0, 1) and 3 at (1, 0)'],
    [() => symmetricEigen([Infinity], 1), 'symmetricEigen: expected finite elements, got Infinity at row 0, column 0'],
  ])('and symmetricEigen refuse what they cannot factor', (call, message) => {
    expect(call).toThrow(message);
  });
});

/** Vᵀ · diag(values) · V, V having the vectors in its rows. */
function composed(vectors: Float64Array, values: ArrayLike<number>, n: number): Float64Array {
  const scaled = vectors.map((x, i) => x * (values[Math.floor(i / n)] as number));
  const m = product(transposed(vectors, n, n), scaled, n, n, n);
  return m.map((x, at) => (x + (m[(at % n) * n + Math.floor(at / n)] as number)) / 2);
}

function checkEigen(a: Float64Array, n: number, expected?: readonly number[]): void {
  const { values, vectors } = symmetricEigen(a, n);
  const scale = largestOf(a) || 1;
  expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => x - y));
  expectNear(
    composed(
      vectors,
      values.map((x) => x / scale),
      n,
    ),
    a.map((x) => x / scale),
    n,
  );
  expectNear(product(vectors, transposed(vectors, n, n), n, n, n), identity(n));
  for (let k = 0; k < n; k++) {
    const vector = vectors.subarray(k * n, (k + 1) * n);
    expect(Math.max(...vector)).toBeGreaterThanOrEqual(-Math.min(...vector));
  }
  if (expected !== undefined) expectNear(values, expected, scale);
}

describe('symmetricEigen', () => {
  test.each([1, 2, 3, 8, 33, 60])('takes random matrices of size %i apart and puts them together', (n) => {
    for (const seed of [1, 2]) {
      const half = normal(n, n, seed);
      checkEigen(
        half.map((x, at) => x + (half[(at % n) * n + Math.floor(at / n)] as number)),
        n,
      );
    }
  });

  test('finds a spectrum that is known, multiple eigenvalues and zeros among them', () => {
    const spectrum = [-3, -1e-9, 0, 0, 1, 1, 1, 2.5, 1e3];
    const n = spectrum.length;
    const { q } = qr(normal(n, n, 4), n, n);
    checkEigen(composed(transposed(q, n, n), spectrum, n), n, spectrum);
  });

  test('knows the chain of springs: 2 − 2 cos(kπ / (n + 1))', () => {
    const n = 20;
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const distance = Math.abs(Math.floor(at / n) - (at % n));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    checkEigen(
      a,
      n,
      Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
    );
  });

  test('knows the degenerate cases', () => {
    checkEigen(new Float64Array([-7]), 1, [-7]);
    checkEigen(new Float64Array([0]), 1, [0]);
    checkEigen(new Float64Array(9), 3, [0, 0, 0]);
    checkEigen(identity(4), 4, [1, 1, 1, 1]);
    checkEigen(new Float64Array([2, 1, 1, 2]), 2, [1, 3]);
    checkEigen(new Float64Array([0, 1, 1, 0]), 2, [-1, 1]);
    checkEigen(new Float64Array(25).fill(1), 5, [0, 0, 0, 0, 5]);
  });

  test('neither overflows nor underflows', () => {
    for (const size of [1e300, 1e-300])
      checkEigen(new Float64Array([2 * size, size, size, 2 * size]), 2, [size, 3 * size]);
    checkEigen(new Float64Array([1e200, 1, 1, 1e-200]), 2);
  });

  test('takes the mean of a matrix and its transpose that differ by rounding, and leaves its argument', () => {
    const a = new Float64Array([2, 1 + 1e-7, 1 - 1e-7, 2]);
    const before = a.slice();
    expectNear(symmetricEigen(a, 2).values, [1, 3]);
    expect(a).toEqual(before);
  });
});
