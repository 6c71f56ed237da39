import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytePairsFromJson, trainBytePairs } from '../../../src/data/text/byte-pairs.ts';

describe('byte pairs', () => {
  test('merge the most frequent neighbors first, the smaller of equals', () => {
    const code = (text: string) => text.charCodeAt(0);
    const pairs = trainBytePairs(['low low lower', 'low'], 259);
    // 'l o' and 'o w' occur four times each: 'l' is the smaller. Then 'lo w'; then ' low', three times with its space.
    expect(pairs.merges).toEqual([
      [code('l'), code('o')],
      [256, code('w')],
      [code(' '), 257],
    ]);
    expect([...pairs.encode('lowest')]).toEqual([257, code('e'), code('s'), code('t')]);
  });

  test('stop where no pair occurs twice', () => {
    expect(trainBytePairs(['abc'], 300).size).toBe(256);
  });

  const names = readFileSync(new URL('../../fixtures/female-names.txt', import.meta.url), 'utf8')
    .split('\n')
    .slice(0, 500);
  const trained = trainBytePairs(names, 400);

  test('give back every text, also of letters never seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(trained.decode(trained.encode(text))).toBe(text.normalize('NFC'));
      }),
    );
  });

  test('make names shorter than their letters', () => {
    const pieces = names.reduce((sum, name) => sum + trained.encode(name).length, 0);
    const letters = names.reduce((sum, name) => sum + name.length, 0);
    expect(pieces).toBeLessThan(0.7 * letters);
  });

  test('travel as JSON; damaged or hostile JSON is refused', () => {
    const again = bytePairsFromJson(JSON.parse(JSON.stringify(trained)));
    expect(again.encode('Annabella')).toEqual(trained.encode('Annabella'));
    const doubling = { merges: Array.from({ length: 60 }, (_, i) => [255 + i, 255 + i]) };
    expect(() => bytePairsFromJson(doubling)).toThrow('makes the pieces longer than 4 MiB');
    for (const damage of [null, { merges: 1 }, { merges: [[1]] }, { merges: [[1, 256]] }, { merges: [[1, 0.5]] }]) {
      expect(() => bytePairsFromJson(damage)).toThrow('byte pairs:');
    }
    expect(() => trained.decode([1, 400])).toThrow('position 1 is 400, allowed 0 … 399');
  });
});
