import fc from 'fast-check';
import { retrieval, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { rejection } from '../train/examples.ts';

const matrix = (rows: readonly (readonly number[])[]) =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length as number]);

describe('evaluate', () => {
  it('counts ties against the model', () => {
    const same = retrieval.evaluate(
      matrix([
        [1, 1, 1],
        [1, 1, 1],
      ]),
      { rows: ['a', 'b'], columns: ['a', 'b', 'b'] },
    );
    expect(same.rows.ranks).toEqual([3, 2]);
    expect(same.columns.ranks).toEqual([2, 2, 2]);
  });

  it('takes the best of several right answers, in both directions', () => {
    const { rows, columns } = retrieval.evaluate(
      matrix([
        [0.1, 0.9, 0.5],
        [0.8, 0.2, 0.3],
      ]),
      { rows: [0, 1], columns: [0, 1, 0] },
    );
    expect(rows.ranks).toEqual([2, 3]);
    expect(columns.ranks).toEqual([2, 2, 1]);
    expect([rows.recallAt1, rows.recallAt5, rows.medianRank]).toEqual([0, 1, 2.5]);
    expect(rows.meanReciprocalRank).toBeCloseTo((1 / 2 + 1 / 3) / 2, 12);
  });

  it('refuses truths of another size, and queries without an answer', () => {
    expect(() => retrieval.evaluate(matrix([[1, 2]]), { rows: [0], columns: [0] })).toThrow(/scores \[1,2\]/);
    expect(() => retrieval.evaluate(matrix([[1, 2]]), { rows: [5], columns: [0, 1] })).toThrow(
      /nothing belongs to row 0, '5'/,
    );
  });
});

describe('index', () => {
  it('finds what sorting all cosines finds', async () => {
    const number = fc.integer({ min: -8, max: 8 });
    const vector = fc.tuple(number, number, number);
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 5, maxLength: 9 }),
        vector,
        fc.integer({ min: 1, max: 5 }),
        async (rows, query, k) => {
          const found = await retrieval
            .index(matrix(rows), { device: 'reference' })
            .search(tensor(Float32Array.from(query)), k);
          const unit = (v: readonly number[]) => v.map((x) => x / (Math.hypot(...v) || 1));
          const cosines = rows.map((row) => unit(row).reduce((sum, x, j) => sum + x * (unit(query)[j] as number), 0));
          const sorted = [...cosines].sort((a, b) => b - a).slice(0, k);
          expect(found[0]).toHaveLength(Math.min(k, rows.length));
          found[0]?.forEach(({ row, score }, i) => {
            expect(score).toBeCloseTo(sorted[i] as number, 5);
            expect(cosines[row]).toBeCloseTo(score, 5);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('leaves out what is excluded, and refuses other sizes', async () => {
    const rows = matrix([
      [1, 0],
      [1, 0.1],
      [0, 1],
    ]);
    const index = retrieval.index(rows);
    const found = await index.search(rows, 1, { exclude: [0, 1, 2] });
    expect(found.map(([hit]) => hit?.row)).toEqual([1, 0, 1]);
    await expect(rejection(index.search(matrix([[1, 2, 3]]), 1))).resolves.toMatchObject({ code: 'shape' });
    expect(() => retrieval.index(tensor([1, 2]))).toThrow(/expected vectors \[rows, size\]/);
  });
});

describe('arithmetic', () => {
  const x = matrix([
    [1, 2],
    [3, 4],
  ]);

  it('adds and takes away, by α, for all rows or for each', () => {
    const [minus, plus] = [
      tensor([1, 1]),
      matrix([
        [0, 2],
        [2, 0],
      ]),
    ];
    expect(Array.from(retrieval.arithmetic(x, { minus, plus, alpha: 0.5 }).data)).toEqual([0.5, 2.5, 3.5, 3.5]);
    expect(Array.from(retrieval.arithmetic(x, { plus: [minus, minus] }).data)).toEqual([3, 4, 5, 6]);
    expect(Array.from(retrieval.arithmetic(x, { minus: plus, normalize: true }).data)).toEqual([1, 1, 2, 4]);
    expect(Array.from(retrieval.arithmetic(x, {}).data)).toEqual([1, 2, 3, 4]);
  });

  it('refuses vectors of another size', () => {
    expect(() => retrieval.arithmetic(x, { plus: tensor([1, 2, 3]) })).toThrow(
      /expected vectors \[2\] or \[2,2\], got \[3\]/,
    );
  });
});
