import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildVocabulary, PADDING_ID, UNKNOWN_ID, vocabularyFromJson } from '../../../src/data/text/vocabulary.ts';

const texts = [
  ['b', 'a', 'b'],
  ['c', 'a', 'b'],
];

describe('a vocabulary', () => {
  test('numbers tokens by falling count, then by name', () => {
    const vocabulary = buildVocabulary(texts, { special: ['<start>'] });
    expect(vocabulary.tokens).toEqual(['<pad>', '<unk>', '<start>', 'b', 'a', 'c']);
    expect(vocabulary.counts).toEqual([0, 0, 0, 3, 2, 1]);
    expect(vocabulary.encode(['b', 'x', 'c'])).toEqual(Int32Array.of(3, UNKNOWN_ID, 5));
    expect(vocabulary.decode([3, PADDING_ID, 1])).toEqual(['b', '<unk>']);
    expect([vocabulary.has('a'), vocabulary.has('x')]).toEqual([true, false]);
  });

  test('leaves rare tokens out, and counts them as unknown', () => {
    expect(buildVocabulary(texts, { minCount: 2 })).toMatchObject({
      tokens: ['<pad>', '<unk>', 'b', 'a'],
      counts: [0, 1, 3, 2],
    });
    expect(buildVocabulary(texts, { maxSize: 3 })).toMatchObject({
      tokens: ['<pad>', '<unk>', 'b'],
      counts: [0, 3, 3],
    });
    expect(() => buildVocabulary(texts, { minCount: 9 })).toThrow('no token occurs 9 times or more');
  });

  test('D5: any string is a token', () => {
    const words = fc.uniqueArray(
      fc.string().filter((word) => word !== '<pad>' && word !== '<unk>'),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(words, (tokens) => {
        const vocabulary = buildVocabulary([tokens]);
        expect(vocabulary.decode(vocabulary.encode(tokens))).toEqual(tokens);
      }),
    );
    expect(buildVocabulary([['__proto__', 'constructor']]).encode(['constructor', 'toString'])).toEqual(
      Int32Array.of(3, 1),
    );
  });

  test('D7: a number outside is refused, with position and range', () => {
    const vocabulary = buildVocabulary(texts);
    for (const id of [-1, 5, 2.5, Number.NaN]) {
      expect(() => vocabulary.decode([2, id])).toThrow(`position 1 is ${id}, allowed 0 … 4`);
    }
  });

  test('travels as JSON, and damaged JSON is refused', () => {
    const vocabulary = buildVocabulary(texts);
    const json = JSON.parse(JSON.stringify(vocabulary));
    expect(vocabularyFromJson(json).tokens).toEqual(vocabulary.tokens);
    const damages = [null, { tokens: 1 }, { ...json, counts: [1] }, { tokens: ['a', 'b'], counts: [0, 0] }];
    for (const damage of [
      ...damages,
      { tokens: ['<pad>', '<unk>', 'a', 'a'], counts: [0, 0, 1, 1] },
      { ...json, counts: [0, 0, 1, 1, -1] },
    ]) {
      expect(() => vocabularyFromJson(damage)).toThrow('vocabulary:');
    }
  });
});
