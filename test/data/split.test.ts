import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitRows } from '../../src/data/split.ts';

const sorted = Int32Array.from({ length: 100 }, (_, i) => Math.floor(i / 20));

function countByClass(rows: Int32Array, labels: Int32Array): number[] {
  const counts: number[] = [];
  for (const row of rows) counts[labels[row] as number] = (counts[labels[row] as number] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}

describe('case 08: D8: data sorted by class', () => {
  test('give each class its share of validation', () => {
    const { train, validation, notes } = splitRows(100, 0.2, { labels: sorted, seed: 1 });
    expect(countByClass(validation, sorted)).toEqual([4, 4, 4, 4, 4]);
    expect(countByClass(train, sorted)).toEqual([16, 16, 16, 16, 16]);
    expect(notes).toEqual([]);
  });

  test('keep a class of one row in training, with a note that names it', () => {
    const labels = Int32Array.from([...sorted, 5]);
    const { train, validation, notes } = splitRows(101, 0.2, {
      labels,
      seed: 1,
      names: ['a', 'b', 'c', 'd', 'e', 'rare'],
    });
    expect(countByClass(validation, labels)).toEqual([4, 4, 4, 4, 4]);
    expect(train).toContain(100);
    expect(notes).toEqual([
      "y: class 'rare' has a single row, which stays in training: validation says nothing about it",
    ]);
  });

  test('give the last rows where time orders them', () => {
    const { train, validation } = splitRows(100, 0.2, { labels: sorted, seed: 1, order: 'time' });
    expect([...validation]).toEqual(Array.from({ length: 20 }, (_, i) => 80 + i));
    expect([...train]).toEqual(Array.from({ length: 80 }, (_, i) => i));
  });

  test('give the same rows for the same seed and others for another', () => {
    const draw = (seed: number) => [...splitRows(100, 0.2, { labels: sorted, seed }).validation];
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});

describe('splitRows', () => {
  test('puts every row on exactly one side, and keeps every class in training', () => {
    const cases = fc.record({
      labels: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 200 }),
      fraction: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      seed: fc.nat(),
      stratify: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ labels, fraction, seed, stratify }) => {
        const n = labels.length;
        fc.pre(!stratify || new Set(labels).size < n);
        const classes = Int32Array.from(labels);
        const { train, validation } = splitRows(n, fraction, stratify ? { labels: classes, seed } : { seed });
        expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(train.length).toBeGreaterThan(0);
        expect(validation.length).toBeGreaterThan(0);
        if (stratify) expect(new Set(Array.from(train, (row) => labels[row]))).toEqual(new Set(labels));
        else expect(validation.length).toBe(Math.min(Math.max(Math.round(n * fraction), 1), n - 1));
      }),
    );
  });

  test('keeps the total where shares are no whole numbers', () => {
    const labels = Int32Array.from({ length: 90 }, (_, i) => i % 9);
    expect(splitRows(90, 0.25, { labels, seed: 3 }).validation.length).toBe(23);
    expect(splitRows(100, 0.29, { labels: new Int32Array(100), seed: 3 }).validation.length).toBe(29);
  });

  test('says so where a share is rounded up to one row', () => {
    const { validation, notes } = splitRows(4, 0.1, { seed: 1 });
    expect(validation.length).toBe(1);
    expect(notes).toEqual(['validation: 0.1 of 4 rows is rounded to 1, so that neither side is empty']);
  });

  test.each([0, 1, -0.1, 1.5, Number.NaN, 20])('refuses the fraction %d', (fraction) => {
    expect(() => splitRows(100, fraction, { seed: 1 })).toThrow(
      `validation: expected a finite number > 0 and < 1, got ${fraction}`,
    );
  });

  test('refuses a split that leaves one side empty', () => {
    expect(() => splitRows(1, 0.5, { seed: 1 })).toThrow('validation: 1 row cannot be split');
    expect(() => splitRows(3, 0.5, { labels: Int32Array.of(0, 1, 2), seed: 1 })).toThrow(
      'every class has a single row, and a class must keep a row in training',
    );
    expect(() => splitRows(3, 0.5, { seed: 1, order: 'tim' as 'time' })).toThrow("did you mean 'time'?");
  });
});
