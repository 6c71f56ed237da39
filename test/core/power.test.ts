import fc from 'fast-check';
import { expect, it } from 'vitest';
import { power } from '../../src/core/power.ts';

it('agrees with Math.pow within the error that it states', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
      fc.double({ min: -8, max: 8, noNaN: true }),
      (base, exponent) => {
        const expected = base ** exponent;
        const allowed = 2 ** -51 * (2 + Math.abs(exponent * Math.log(base)));
        expect(Math.abs(power(base, exponent) / expected - 1)).toBeLessThanOrEqual(allowed);
      },
    ),
    { numRuns: 2000 },
  );
});

it('is exact where whole numbers allow it, and has the limits of a power', () => {
  expect([power(3, 4), power(2, -3), power(0.5, 2), power(0, 0), power(7, 0), power(1, 0.3)]).toEqual([
    81, 0.125, 0.25, 1, 1, 1,
  ]);
  expect([power(0, 0.5), power(0, -0.5), power(1e300, 1.5), power(1e-300, 1.5)]).toEqual([
    0,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    0,
  ]);
  // A subnormal result, of a subnormal base.
  expect(power(5e-324, 0.5)).toBeCloseTo(2.2227587494850775e-162, 175);
});
