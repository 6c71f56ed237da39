import fc from 'fast-check';
import { retrieval, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../src/nn/metrics/quality.ts';
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

  const vectors: Readonly<Record<string, readonly number[]>> = { red: [1, 0], blue: [0, 2], old: [3, 3] };
  const words = {
    vector(word: string) {
      const found = vectors[word];
      if (found === undefined) throw new RangeError(`unknown word '${word}'`);
      return found;
    },
  };

  it('takes words by name: one, several for all rows, or a list for each', () => {
    const of = (options: retrieval.ArithmeticOptions) =>
      Array.from(retrieval.arithmetic(x, { words, ...options }).data);
    expect(of({ plus: 'red' })).toEqual([2, 2, 4, 4]);
    expect(of({ minus: ['red', 'blue'] })).toEqual([0, 0, 2, 2]);
    expect(of({ minus: [['red'], ['blue']], plus: [['blue', 'old'], []] })).toEqual([3, 7, 3, 2]);
    expect(of({ plus: ['blue'], normalize: true, alpha: 2 })).toEqual([1, 4, 3, 6]);
    expect(of({ minus: ['red'], plus: tensor([1, 0]) })).toEqual([1, 2, 3, 4]);
  });

  it('gives the same for words and for their vectors', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('red', 'blue', 'old'),
        fc.constantFrom('red', 'blue', 'old'),
        fc.boolean(),
        (a, b, normalize) => {
          const vectorOf = (word: string): Matrix => tensor(Float32Array.from(words.vector(word)));
          const [minus, plus] = [vectorOf(a), vectorOf(b)];
          expect(retrieval.arithmetic(x, { minus: [a], plus: [b], words, normalize }).data).toEqual(
            retrieval.arithmetic(x, { minus, plus, normalize }).data,
          );
        },
      ),
    );
  });

  it('refuses words without vectors, unknown ones, and lists for other rows', () => {
    expect(() => retrieval.arithmetic(x, { plus: ['red'] })).toThrow(/arithmetic.plus: words by name need vectors/);
    expect(() => retrieval.arithmetic(x, { plus: ['rde'], words })).toThrow(/unknown word 'rde'/);
    expect(() => retrieval.arithmetic(x, { minus: [['red']], words })).toThrow(/1 lists of words for 2 rows/);
    expect(() => retrieval.arithmetic(x, { minus: ['red', ['blue']] as never, words })).toThrow(/got "?'?red/);
    expect(() => retrieval.arithmetic(x, { plus: 'odd', words: { vector: () => [1, 2, 3] } })).toThrow(/got \[3\]/);
  });

  it('refuses vectors of another size', () => {
    expect(() => retrieval.arithmetic(x, { plus: tensor([1, 2, 3]) })).toThrow(
      /expected vectors \[2\] or \[2,2\], got \[3\]/,
    );
  });
});
