/** The memory planner, over random lifetimes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { align } from '../../src/plan/format.ts';
import { type Lifetime, planMemory } from '../../src/plan/memory.ts';

const lifetimes: fc.Arbitrary<Lifetime[]> = fc.array(
  fc
    .record({
      bytes: fc.integer({ min: 1, max: 5000 }),
      first: fc.integer({ min: -1, max: 30 }),
      length: fc.nat({ max: 12 }),
    })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

test('lifetimes that overlap never share a byte, and every offset starts a cache line', () => {
  fc.assert(
    fc.property(lifetimes, (list) => {
      const { offsets, bytes } = planMemory(list);
      list.forEach((a, i) => {
        const start = offsets[i] as number;
        expect(start % 64).toBe(0);
        expect(start + a.bytes).toBeLessThanOrEqual(bytes);
        list.slice(0, i).forEach((b, j) => {
          const other = offsets[j] as number;
          if (overlap(a, b)) expect(start >= other + b.bytes || other >= start + a.bytes).toBe(true);
        });
      });
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('the whole is at least what lives at once, and at most the sum', () => {
  fc.assert(
    fc.property(lifetimes, (list) => {
      const { bytes } = planMemory(list);
      const live = (at: number): number =>
        list
          .filter(({ first, last }) => first <= at && at <= last)
          .reduce((total, item) => total + align(item.bytes), 0);
      expect(bytes).toBeGreaterThanOrEqual(Math.max(0, ...list.map(({ first }) => live(first))));
      expect(bytes).toBeLessThanOrEqual(list.reduce((total, item) => total + align(item.bytes), 0));
    }),
    { numRuns: 300, seed: 2 },
  );
});

test('a chain of equal values needs two places', () => {
  const chain = Array.from({ length: 20 }, (_, i) => ({ bytes: 256, first: i, last: i + 1 }));
  expect(planMemory(chain).bytes).toBe(512);
  expect(planMemory([])).toEqual({ offsets: [], bytes: 0 });
});
