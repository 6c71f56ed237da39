import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWordVectors, type WordVectorFormat, writeWordVectors } from '../../src/io/word-vectors.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const formats: WordVectorFormat[] = ['word2vec-text', 'word2vec-binary', 'glove'];

describe('word vectors', () => {
  test('are read from the texts of word2vec and GloVe', () => {
    const expected = { words: ['king', 'queen'], dimensions: 2, data: Float32Array.of(1, -0.5, 2, 0.25) };
    expect(readWordVectors(bytes('2 2\nking 1 -0.5\nqueen 2 0.25\n'))).toEqual(expected);
    expect(readWordVectors(bytes('king 1 -0.5\r\nqueen 2 2.5e-1'))).toEqual(expected);
    expect(readWordVectors(bytes('king 1 -0.5\nqueen 2 0.25\n'), { limit: 1 }).words).toEqual(['king']);
  });

  test('are read from the binary of word2vec, with line ends or without', () => {
    const floats = [...new Uint8Array(Float32Array.of(1, 2).buffer)];
    const file = (end: number[]) =>
      Uint8Array.from([...bytes('2 2\n'), ...bytes('a '), ...floats, ...end, ...bytes('b '), ...floats]);
    for (const end of [[], [10]]) {
      expect(readWordVectors(file(end), { format: 'word2vec-binary' })).toEqual({
        words: ['a', 'b'],
        dimensions: 2,
        data: Float32Array.of(1, 2, 1, 2),
      });
    }
  });

  test.each(formats)('come back as they were written: %s', (format) => {
    const word = fc
      .string({ minLength: 1 })
      .filter((text) => !/[ \n\r]/.test(text) && new TextDecoder().decode(bytes(text)) === text);
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(word, float, float), { minLength: 1, maxLength: 5 }), (rows) => {
        const data = Float32Array.from(rows.flatMap(([, a, b]) => [a + 0, b + 0]));
        const vectors = { words: rows.map(([name]) => name), dimensions: 2, data };
        expect(readWordVectors(writeWordVectors(vectors, { format }), { format })).toEqual(vectors);
      }),
    );
  });

  test('are refused where the header cannot be true, before memory is taken', () => {
    for (const format of ['word2vec-text', 'word2vec-binary'] as const) {
      const read = (text: string) => () => readWordVectors(bytes(text), { format });
      expect(read('999999999999 300\na 1\n')).toThrow(
        'the header says 999999999999 words of 300 numbers, too many for the',
      );
      expect(read('1 999999999\na 1\n')).toThrow('the header says 999999999 dimensions, 1 to 65536 expected');
      expect(read('0 3\n')).toThrow('the header says 0 words');
      expect(read('king 1 2\n')).toThrow("'count dimensions'");
    }
  });

  test('are refused with the line or byte where they are damaged', () => {
    expect(() => readWordVectors(bytes('2 2\na 1 2\nb 3\n'))).toThrow('line 3 has 1 numbers, 2 expected');
    expect(() => readWordVectors(bytes('a 1 2\nb x 3\n'))).toThrow("line 2, number 0 is 'x', a finite number expected");
    expect(() => readWordVectors(bytes('3 1\na 1\nb 2\n'))).toThrow('the header says 3 words, the file has 2');
    expect(() => readWordVectors(new Uint8Array(0))).toThrow('the file is empty');
    const binary = writeWordVectors(
      { words: ['a', 'b'], dimensions: 3, data: new Float32Array(6) },
      { format: 'word2vec-binary' },
    );
    expect(() => readWordVectors(binary.subarray(0, -3), { format: 'word2vec-binary' })).toThrow(
      'the file ends within the vector of word 1',
    );
    binary.set([0, 0, 0xc0, 0x7f], 6);
    expect(() => readWordVectors(binary, { format: 'word2vec-binary' })).toThrow('byte 6: number 0 of word 0 is NaN');
  });

  test('with spaces in words or numbers that do not fit are not written', () => {
    expect(() =>
      writeWordVectors({ words: ['a b'], dimensions: 1, data: Float32Array.of(1) }, { format: 'glove' }),
    ).toThrow("word 0 is 'a b'");
    expect(() =>
      writeWordVectors({ words: ['a'], dimensions: 2, data: Float32Array.of(1) }, { format: 'glove' }),
    ).toThrow('1 words of 2 numbers, but 1 numbers');
  });
});
