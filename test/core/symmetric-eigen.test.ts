import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../src/core/linear-algebra.ts';
import { denseEigen, tridiagonalEigen } from '../../src/core/symmetric-eigen.ts';

const symmetric = (n: number, f: (i: number, j: number) => number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return f(Math.max(i, j), Math.min(i, j));
  });

describe('tridiagonalEigen', () => {
  it('finds the eigenvalues of the second difference, which are known', () => {
    const n = 40;
    const { values } = tridiagonalEigen(new Array(n).fill(2), new Array(n - 1).fill(-1));
    values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    });
  });

  it('carries one component of each eigenvector, whose squares sum to 1', () => {
    const { values, carried } = tridiagonalEigen([1, 2, 3], [0.5, 0.25], [1, 0, 0]);
    expect(carried.length).toBe(3);
    expect(carried.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 14);
    // Gauss: Σ weight · λ = T[0, 0], Σ weight · λ² = (T²)[0, 0].
    const moment = (power: number): number =>
      values.reduce((sum, value, k) => sum + (carried[k] as number) ** 2 * value ** power, 0);
    expect(moment(1)).toBeCloseTo(1, 13);
    expect(moment(2)).toBeCloseTo(1 + 0.25, 13);
  });

  it('refuses lengths that do not fit, and NaN', () => {
    expect(() => tridiagonalEigen([1, 2], [])).toThrow(/expected 1 elements beside 2/);
    expect(() => tridiagonalEigen([1, Number.NaN], [0])).toThrow(/finite/);
  });
});

describe('denseEigen', () => {
  const matrices = fc
    .integer({ min: 1, max: 24 })
    .chain((n) =>
      fc
        .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n * n, maxLength: n * n })
        .map((list) => ({ n, a: symmetric(n, (i, j) => list[i * n + j] as number) })),
    );

  it('gives A v = λ v, orthonormal v and the eigenvalues of Jacobi rotations', () => {
    fc.assert(
      fc.property(matrices, ({ n, a }) => {
        const { values, vectors } = denseEigen(a, n);
        const expected = symmetricEigen(a, n).values;
        // Both are exact to some roundings of the largest element, 10, times the size.
        const tolerance = 1e-13 * 10 * n;
        for (let k = 0; k < n; k++) {
          expect(Math.abs((values[k] as number) - (expected[k] as number))).toBeLessThan(tolerance);
          for (let i = 0; i < n; i++) {
            let [product, dot] = [0, 0];
            for (let j = 0; j < n; j++) {
              product += (a[i * n + j] as number) * (vectors[k * n + j] as number);
              dot += (vectors[i * n + j] as number) * (vectors[k * n + j] as number);
            }
            expect(Math.abs(product - (values[k] as number) * (vectors[k * n + i] as number))).toBeLessThan(tolerance);
            expect(Math.abs(dot - Number(i === k))).toBeLessThan(1e-12);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps trace and squares of a matrix of 150 rows, with and without vectors', () => {
    const n = 150;
    const a = symmetric(n, (i, j) => Math.sin(1 + 7 * i + 3 * j * j));
    const { values } = denseEigen(a, n);
    const trace = Array.from({ length: n }, (_, i) => a[i * (n + 1)] as number).reduce((x, y) => x + y);
    expect(values.reduce((x, y) => x + y)).toBeCloseTo(trace, 9);
    expect(values.reduce((x, y) => x + y * y, 0)).toBeCloseTo(
      a.reduce((x, y) => x + y * y, 0),
      7,
    );
    expect(denseEigen(a, n, { vectors: false }).values).toEqual(values);
  });

  it('does not mind zeros, and sizes far from 1', () => {
    expect([...denseEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    const [low, high] = denseEigen([2e200, 1e200, 1e200, 2e200], 2).values as unknown as [number, number];
    expect(low / 1e200).toBeCloseTo(1, 12);
    expect(high / 1e200).toBeCloseTo(3, 12);
    expect(() => denseEigen([1, 2, 3], 2)).toThrow(/expected 2 × 2 elements, got 3/);
  });
});
