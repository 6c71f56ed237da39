import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitByGroups } from '../../../src/data/split/groups.ts';

describe('a split by groups', () => {
  test('has no group on both sides, and rows on each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 2, maxLength: 60 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.nat(100),
        (groups, fraction, seed) => {
          fc.pre(new Set(groups).size >= 2);
          const { train, validation } = splitByGroups(groups, fraction, { seed });
          expect(train.length + validation.length).toBe(groups.length);
          expect(Math.min(train.length, validation.length)).toBeGreaterThan(0);
          const inside = new Set([...validation].map((row) => groups[row]));
          expect([...train].filter((row) => inside.has(groups[row] as number))).toEqual([]);
        },
      ),
    );
  });

  test('comes near the fraction where groups are small', () => {
    const groups = Array.from({ length: 1000 }, (_, row) => row >> 2);
    expect(splitByGroups(groups, 0.2, { seed: 1 }).validation.length).toBe(200);
  });

  test('is refused for a single group', () => {
    expect(() => splitByGroups([1, 1], 0.5, { seed: 0 })).toThrow('there is 1 group, at least 2 needed');
  });
});
