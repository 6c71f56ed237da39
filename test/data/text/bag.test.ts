import { describe, expect, test } from 'vitest';
import { bagFromJson, fitBag } from '../../../src/data/text/bag.ts';

const texts = [
  ['a', 'b', 'a'],
  ['a', 'c'],
];

describe('a bag of words', () => {
  test('counts tokens, or marks them', () => {
    const bag = fitBag(texts, { weight: 'count' });
    expect(bag.columns).toEqual(['a', 'b', 'c']);
    expect([...bag.encode([['a', 'b', 'a', 'x'], []])]).toEqual([2, 1, 0, 0, 0, 0]);
    expect([...fitBag(texts, { weight: 'binary' }).encode([['a', 'a']])]).toEqual([1, 0, 0]);
  });

  test('weighs by rarity, to rows of length 1', () => {
    const [a, b, c] = fitBag(texts).encode([['a', 'a', 'b']]);
    // idf(a) = 1 + ln(3/3) = 1, idf(b) = 1 + ln(3/2).
    const idf = 1 + Math.log(1.5);
    const length = Math.hypot(2, idf);
    expect(a).toBeCloseTo(2 / length, 6);
    expect(b).toBeCloseTo(idf / length, 6);
    expect(c).toBe(0);
  });

  test('hashes on demand, and keeps what is in most texts', () => {
    const hashed = fitBag(texts, { buckets: 4, weight: 'count' });
    expect(hashed.encode([['never seen']]).reduce((sum, x) => sum + x, 0)).toBe(1);
    expect(fitBag(texts, { maxSize: 1 }).columns).toEqual(['a']);
    expect(fitBag(texts, { minTexts: 2 }).columns).toEqual(['a']);
    expect(() => fitBag(texts, { minTexts: 3 })).toThrow('no token occurs in 3 texts or more');
    expect(() => fitBag([])).toThrow('there are no texts');
  });

  test('travels as JSON, and damaged JSON is refused', () => {
    for (const bag of [fitBag(texts), fitBag(texts, { buckets: 3 })]) {
      const json = JSON.parse(JSON.stringify(bag));
      expect(bagFromJson(json).encode(texts)).toEqual(bag.encode(texts));
      for (const damage of [
        null,
        { ...json, width: 1e9 },
        { ...json, weights: [] },
        { ...json, tokens: ['a'] },
        { ...json, weight: 'x' },
        { ...json, normalize: 1 },
      ]) {
        expect(() => bagFromJson(damage)).toThrow('bag of words:');
      }
    }
  });
});
