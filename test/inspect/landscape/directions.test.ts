import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterNormalized, principalDirections } from '../../../src/inspect/landscape/directions.ts';

const norm = (v: ArrayLike<number>): number => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));

describe('filterNormalized', () => {
  it('gives each filter the length of the weights, and leaves biases where they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(1000),
        (taps, filters, seed) => {
          const size = taps * filters * 2;
          const point = Float64Array.from({ length: size + filters }, (_, i) => Math.sin(1 + i * (seed + 1)));
          const leaves = [
            { path: 'kernel', shape: [taps, 2, filters], offset: 0 },
            { path: 'bias', shape: [filters], offset: size },
          ];
          const direction = filterNormalized(point, leaves, seed, 0);
          const filterOf = (v: Float64Array, j: number) => v.subarray(0, size).filter((_, i) => i % filters === j);
          for (let j = 0; j < filters; j++)
            expect(norm(filterOf(direction, j))).toBeCloseTo(norm(filterOf(point, j)), 9);
          expect(direction.subarray(size).every((x) => x === 0)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('draws other directions by seed and number, and none where the weights are 0', () => {
    const leaves = [{ path: 'kernel', shape: [3, 2], offset: 0 }];
    const point = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(filterNormalized(point, leaves, 0, 0)).toEqual(filterNormalized(point, leaves, 0, 0));
    expect(filterNormalized(point, leaves, 0, 1)).not.toEqual(filterNormalized(point, leaves, 0, 0));
    expect(filterNormalized(point, leaves, 1, 0)).not.toEqual(filterNormalized(point, leaves, 0, 0));
    expect(norm(filterNormalized(new Float64Array(6), leaves, 0, 0))).toBe(0);
  });
});

describe('principalDirections', () => {
  it('finds the axes of points spread along two of them, and their shares of the variance', () => {
    // Variances 4 · 2 and 1 · 2 over orthogonal pairs.
    const points = [
      [5, 1, 0],
      [1, 1, 0],
      [3, 2, 0],
      [3, 0, 0],
    ];
    const { directions, explainedVariance } = principalDirections(points);
    expect(Math.abs(directions[0][0] as number)).toBeCloseTo(1, 12);
    expect(Math.abs(directions[1][1] as number)).toBeCloseTo(1, 12);
    expect(explainedVariance[0]).toBeCloseTo(0.8, 12);
    expect(explainedVariance[1]).toBeCloseTo(0.2, 12);
  });

  it('has orthonormal directions and shares that fall, whatever the points', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 5, maxLength: 5 }), {
          minLength: 2,
          maxLength: 9,
        }),
        (points) => {
          const { directions, explainedVariance } = principalDirections(points);
          const [a, b] = directions;
          expect(explainedVariance[0]).toBeGreaterThanOrEqual(explainedVariance[1]);
          expect(explainedVariance[0] + explainedVariance[1]).toBeLessThanOrEqual(1 + 1e-9);
          for (const v of [a, b]) expect([0, 1]).toContain(Math.round(1e6 * norm(v)) / 1e6);
          // Vectors of eigenvalues 12 digits apart are as exact as that.
          expect(Math.abs(a.reduce((sum, x, i) => sum + x * (b[i] as number), 0))).toBeLessThan(1e-3);
        },
      ),
    );
  });

  it('has no second direction for a path on a line, and none at all for one that stays', () => {
    const straight = principalDirections([
      [0, 0],
      [1, 2],
      [3, 6],
    ]);
    expect(straight.explainedVariance[0]).toBeCloseTo(1, 12);
    expect(Array.from(straight.directions[1])).toEqual([0, 0]);
    const still = principalDirections([
      [1, 2],
      [1, 2],
    ]);
    expect(still.explainedVariance).toEqual([0, 0]);
    expect(Array.from(still.directions[0])).toEqual([0, 0]);
  });
});
