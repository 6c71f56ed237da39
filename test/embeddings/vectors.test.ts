import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddings } from '../../src/index.ts';

/** Royalty along x, womanhood along y, fruit along z. */
const words = ['man', 'woman', 'king', 'queen', 'apple'];
const data = Float32Array.from([1, 0, 0, 1, 1, 0, 3, 0, 0, 3, 1, 0, 0, 0, 1]);
const vectors = embeddings.from({ words, dimensions: 3, data });

describe('word vectors', () => {
  it('answer with the nearest word that is not the question', () => {
    expect(vectors.nearest('man', 1)).toEqual([{ word: 'king', score: 1 }]);
    expect(vectors.nearest('man', { exclude: [], count: 1 })[0]?.word).toBe('man');
    expect(vectors.nearest(Float32Array.of(0, 0, 5), 1)[0]).toEqual({ word: 'apple', score: 1 });
    expect(vectors.nearest('man')).toHaveLength(4);
    expect(vectors.nearest('man', { limit: 2 }).map(({ word }) => word)).toEqual(['woman']);
  });

  it('compare by 3CosAdd and 3CosMul as Levy and Goldberg write them', () => {
    const cos = (a: string, b: string): number => vectors.similarity(a, b);
    for (const { word, score } of vectors.analogy('man', 'woman', 'king', { method: '3cosmul' })) {
      const shifted = (x: number): number => (x + 1) / 2;
      const expected = (shifted(cos(word, 'woman')) * shifted(cos(word, 'king'))) / (shifted(cos(word, 'man')) + 0.001);
      // f32 cosines.
      expect(score).toBeCloseTo(expected, 5);
    }
    expect(vectors.analogy('man', 'woman', 'king')[0]?.word).toBe('queen');
  });

  it('bar the three words of a question, without which questions answer themselves', () => {
    const barred = vectors.analogy('man', 'man', 'king', { count: 5 }).map(({ word }) => word);
    expect(barred).toEqual(expect.not.arrayContaining(['man', 'king']));
    expect(vectors.analogy('man', 'man', 'king', { count: 1, exclude: [] })[0]?.score).toBeCloseTo(1, 6);
  });

  it('add sums of any length, as texts or as weights', () => {
    const text = vectors.combine('king - man + woman - apple');
    expect(text).toEqual(vectors.combine({ king: 1, man: -1, woman: 1, apple: -1 }));
    expect(vectors.combine('king − man + woman', { count: 1 })).toEqual(
      vectors.analogy('man', 'woman', 'king', { count: 1 }),
    );
    for (const wrong of ['', 'king -', 'king + + man', 'king man', 'king + duke'])
      expect(() => vectors.combine(wrong)).toThrow();
    expect(() => vectors.combine({})).toThrow(/expected words/);
    expect(() => vectors.combine({ king: Number.NaN })).toThrow(/NaN/);
  });

  it('order neighbors by falling cosine, whatever the vectors', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 60 }), (numbers) => {
        const count = Math.floor(numbers.length / 2);
        const names = Array.from({ length: count }, (_, i) => `w${i}`);
        const some = embeddings.from({
          words: names,
          dimensions: 2,
          data: Float32Array.from(numbers.slice(0, 2 * count)),
        });
        const found = some.nearest('w0', 100);
        expect(found).toHaveLength(count - 1);
        found.forEach(({ score }, i) => {
          if (i > 0) expect(score).toBeLessThanOrEqual((found[i - 1] as { score: number }).score);
        });
      }),
    );
  });

  it('refuse what does not fit', () => {
    expect(() => vectors.nearest('duke')).toThrow(/unknown word 'duke'/);
    expect(() => vectors.nearest(Float32Array.of(1))).toThrow(/expected a word or 3 numbers/);
    expect(() => vectors.nearest('man', { count: 0 })).toThrow(/count/);
    expect(() => vectors.analogy('man', 'woman', 'king', { method: 'cos' as never })).toThrow(/3cosadd/);
    expect(() => embeddings.from({ words, dimensions: 4, data })).toThrow(/5 words of 4 numbers, but 15 numbers/);
  });
});

describe('scores', () => {
  it('count questions that were answered right, and leave out those with unknown words', () => {
    const questions = embeddings.analogyQuestions([
      ['man', 'woman'],
      ['king', 'queen'],
      ['duke', 'duchess'],
    ]);
    expect(questions).toHaveLength(6);
    expect(embeddings.scoreAnalogies(vectors, questions)).toMatchObject({ asked: 2, skipped: 4 });
    expect(
      embeddings.analogyQuestions([
        ['his', 'her'],
        ['him', 'her'],
      ]),
    ).toEqual([]);
  });

  it('correlate cosines with people by rank', () => {
    const pairs = [
      ['man', 'king', 9],
      ['man', 'woman', 5],
      ['man', 'apple', 0],
      ['man', 'duke', 3],
    ] as const;
    expect(embeddings.scoreSimilarity(vectors, pairs)).toEqual({ correlation: 1, asked: 3, skipped: 1 });
    expect(() => embeddings.scoreSimilarity(vectors, [['man', 'duke', 1]])).toThrow(/0 of 1 pairs/);
  });
});

describe('project', () => {
  it('keeps distances where the vectors lie in a plane, and explains all of them', () => {
    const flat = embeddings.from({
      words: ['a', 'b', 'c'],
      dimensions: 3,
      data: Float32Array.of(0, 0, 0, 3, 0, 4, 0, 2, 0),
    });
    const { points, explained } = embeddings.project(flat);
    const distance = (i: number, j: number): number =>
      Math.hypot(...[0, 1].map((axis) => (points[i]?.[axis] as number) - (points[j]?.[axis] as number)));
    expect(distance(0, 1)).toBeCloseTo(5, 6);
    expect(distance(0, 2)).toBeCloseTo(2, 6);
    expect(explained.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(explained[0]).toBeGreaterThan(explained[1] as number);
    expect(() => embeddings.project(flat, { dimensions: 4 })).toThrow(/dimensions/);
  });
});
