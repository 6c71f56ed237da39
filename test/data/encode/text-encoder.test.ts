import { encoderFromJson, fitEncoder, tableOf } from 'saddlepoint/data';
import { describe, expect, test } from 'vitest';
import { tokensOf } from '../../../src/data/encode/text-encoder.ts';

const review = [
  'a good film with good songs in it',
  'a bad film with no songs at all',
  null,
  'good songs and a film that is no good',
];
const table = tableOf({ review, stars: [5, 1, 3, 4] }, { columns: { review: 'text' } });

describe('texts as numbers', () => {
  test('are a bag of words of the training rows; others do not count, and a gap is an empty text', () => {
    const { encoder, notes } = fitEncoder(table, [0, 1, 2], { text: 'auto' });
    expect(notes[0]).toContain("column 'review' is text (8.0 words on average): a bag of");
    expect(encoder.columns).toContain('review: songs');
    expect(encoder.columns).not.toContain('review: that');
    const { data, width } = encoder.encode(table);
    const bag = width - 1;
    const norm = (row: number): number => Math.hypot(...data.subarray(row * width, row * width + bag));
    // Rows of tf–idf have length 1, in f32.
    expect([norm(0), norm(1), norm(3)].every((length) => Math.abs(length - 1) < 1e-6)).toBe(true);
    expect(norm(2)).toBe(0);
    expect(
      encoder
        .encodeRecord({ review: 'nothing of that kind', stars: 2 })
        .slice(0, bag)
        .every((x) => x === 0),
    ).toBe(true);
  });

  test('come back from JSON as they went, and damage is refused', () => {
    const { encoder } = fitEncoder(table, undefined, { text: 'auto' });
    const json = JSON.parse(JSON.stringify(encoder));
    expect(encoderFromJson(json).encode(table)).toEqual(encoder.encode(table));
    const [first, ...rest] = json.columns;
    for (const wrong of [
      { unit: 'syllable' },
      { bag: null },
      { bag: { ...first.bag, width: 3 } },
      { bag: { ...first.bag, weights: ['x'] } },
    ])
      expect(() => encoderFromJson({ ...json, columns: [{ ...first, ...wrong }, ...rest] })).toThrow(
        expect.objectContaining({ code: 'file' }),
      );
  });

  test('of names and codes are runs of characters with the ends marked', () => {
    expect(tokensOf('character', 'Al')).toEqual(['^a', '^al', 'a', 'al', 'al$', 'l', 'l$']);
    const names = tableOf({ name: ['Anna', 'Bert', 'Anke', 'Bernd'], x: [1, 2, 3, 4] });
    const { encoder } = fitEncoder(names, undefined, { text: { name: 'auto' } });
    expect(encoder.columns).toContain('name: ^an');
    expect(() => fitEncoder(names, undefined, { text: { nam: 'auto' } })).toThrow("did you mean 'name'?");
    expect(() => fitEncoder(names, undefined, { text: { name: 'words' } as never })).toThrow("did you mean 'word'?");
  });

  test('are left out with a note unless they are asked for', () => {
    expect(fitEncoder(table, undefined, {}).notes[0]).toContain("text: 'auto' makes a bag of words of it");
  });
});
