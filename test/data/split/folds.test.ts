import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kFold, leaveOneOut, timeSeriesFolds } from '../../../src/data/split/folds.ts';

const seed = fc.nat(1000);
const sorted = (rows: Iterable<number>) => [...rows].sort((a, b) => a - b);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('k folds', () => {
  test('let every row validate once and differ by one row at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 2, max: 10 }), seed, (n, k, seed) => {
        const folds = kFold(n, { folds: Math.min(k, n), seed });
        expect(sorted(folds.flatMap(({ validation }) => [...validation]))).toEqual(range(n));
        for (const { train, validation } of folds) expect(sorted([...train, ...validation])).toEqual(range(n));
        const sizes = folds.map(({ validation }) => validation.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('D8: give each class its share of every fold', () => {
    const labels = range(100).map((i) => 'abcde'[Math.floor(i / 20)]);
    for (const { validation } of kFold(100, { folds: 5, seed: 3, labels })) {
      expect(
        [...validation]
          .map((row) => labels[row])
          .sort()
          .join(''),
      ).toBe('aaaabbbbccccddddeeee');
    }
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 4, maxLength: 50 }), seed, (labels, seed) => {
        const folds = kFold(labels.length, { folds: 4, seed, labels });
        for (const label of new Set(labels)) {
          const counts = folds.map(({ validation }) => validation.filter((row) => labels[row] === label).length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('keep groups together', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 10, maxLength: 60 }), seed, (groups, seed) => {
        fc.pre(new Set(groups).size >= 3);
        for (const { train, validation } of kFold(groups.length, { folds: 3, seed, groups })) {
          const inside = new Set([...validation].map((row) => groups[row]));
          expect([...train].filter((row) => inside.has(groups[row] as number))).toEqual([]);
          expect(validation.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('are the same for the same seed, and others for another', () => {
    expect(kFold(30, { seed: 1 })).toEqual(kFold(30, { seed: 1 }));
    expect(kFold(30, { seed: 1 })).not.toEqual(kFold(30, { seed: 2 }));
  });

  test('are refused where the rows do not suffice', () => {
    expect(() => kFold(4, { folds: 5 })).toThrow('folds: expected an integer ≥ 2 and ≤ 4, got 5');
    expect(() => kFold(4, { folds: 2, groups: [1, 1, 1, 1] })).toThrow('there is 1 group, at least 2 needed');
    expect(() => kFold(4, { labels: [1, 2] })).toThrow('2 labels for 4 rows');
    expect(() => kFold(4, { labels: [1, 1, 1, 1], groups: [1, 1, 2, 2] })).toThrow('labels and groups together');
    expect(() => kFold(4, { fold: 2 } as never)).toThrow("did you mean 'folds'?");
  });
});

test('leave one out has as many folds as rows', () => {
  expect(leaveOneOut(3)).toEqual([
    { train: Int32Array.of(1, 2), validation: Int32Array.of(0) },
    { train: Int32Array.of(0, 2), validation: Int32Array.of(1) },
    { train: Int32Array.of(0, 1), validation: Int32Array.of(2) },
  ]);
});

describe('folds in the order of time', () => {
  const shown = (options: object) =>
    timeSeriesFolds(12, options).map(
      ({ train, validation }) => `${[...train].join(' ')} | ${[...validation].join(' ')}`,
    );

  test('train on what came before', () => {
    expect(shown({ folds: 3 })).toEqual(['0 1 2 | 3 4 5', '0 1 2 3 4 5 | 6 7 8', '0 1 2 3 4 5 6 7 8 | 9 10 11']);
    expect(shown({ folds: 2, size: 2, gap: 1, window: 3 })).toEqual(['4 5 6 | 8 9', '6 7 8 | 10 11']);
  });

  test('are refused where nothing is left to train on', () => {
    expect(() => timeSeriesFolds(12, { folds: 4, size: 3 })).toThrow('leave nothing to train on in 12 rows');
  });
});
