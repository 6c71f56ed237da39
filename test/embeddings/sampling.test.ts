import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aliasTable, drawAlias } from '../../src/core/alias.ts';
import { RandomWords } from '../../src/core/random-words.ts';
import { findPhrases, phrasesFromJson } from '../../src/data/text/phrases.ts';
import { huffmanTree } from '../../src/embeddings/huffman.ts';

const weightLists = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 })
  .filter((list) => list.some((weight) => weight > 0));

describe('an alias table', () => {
  it('holds exactly the probabilities that it was made of', () => {
    fc.assert(
      fc.property(weightLists, (weights) => {
        const { keep, alias } = aliasTable(weights);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const found = new Float64Array(weights.length);
        keep.forEach((own, i) => {
          found[i] = (found[i] as number) + own / keep.length;
          found[alias[i] as number] = (found[alias[i] as number] as number) + (1 - own) / keep.length;
        });
        weights.forEach((weight, i) => {
          expect(found[i]).toBeCloseTo(weight / total, 9);
        });
      }),
    );
  });

  it('draws what it holds', () => {
    const table = aliasTable([1, 0, 3, 4]);
    const random = new RandomWords(5, 6);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 80_000; i++) {
      const drawn = drawAlias(table, random.next());
      counts[drawn] = (counts[drawn] as number) + 1;
    }
    expect(counts[1]).toBe(0);
    // Five standard deviations of a count are below 750.
    for (const [i, expected] of [10_000, 0, 30_000, 40_000].entries())
      expect(Math.abs((counts[i] as number) - expected)).toBeLessThan(750);
    expect(() => aliasTable([1, -1])).toThrow(/weight 1 is -1/);
    expect(() => aliasTable([0])).toThrow(/sum to 0/);
  });
});

describe("Huffman's tree", () => {
  it('is free of prefixes, of n − 1 nodes, and no longer than the entropy plus one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 60 }), (list) => {
        const counts = list.toSorted((a, b) => b - a);
        const { depth, nodes, lengths, points, codes } = huffmanTree(counts);
        expect(nodes).toBe(counts.length - 1);
        const ways = counts.map((_, w) =>
          Array.from(codes.subarray(w * depth, w * depth + (lengths[w] as number))).join(''),
        );
        for (const way of ways) expect(ways.filter((other) => other.startsWith(way))).toHaveLength(1);
        // Kraft: the ways fill the tree.
        expect(ways.reduce((sum, way) => sum + 2 ** -way.length, 0)).toBeCloseTo(1, 12);
        const total = counts.reduce((sum, count) => sum + count, 0);
        const mean = counts.reduce((sum, count, w) => sum + (count / total) * (lengths[w] as number), 0);
        const entropy = counts.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
        expect(mean).toBeLessThanOrEqual(entropy + 1);
        expect(mean).toBeGreaterThanOrEqual(entropy - 1e-9);
        counts.forEach((_, w) => {
          expect(points[w * depth]).toBe(nodes - 1);
          for (let i = lengths[w] as number; i < depth; i++) expect(points[w * depth + i]).toBe(nodes);
        });
      }),
    );
  });
});

describe('findPhrases', () => {
  const texts = Array.from({ length: 20 }, (_, i) => ['in', 'new', 'york', `w${i}`, `v${i}`]);

  it('joins words that stand together more often than chance has it: eq. 6', () => {
    const phrases = findPhrases(texts, { threshold: 3, delta: 5 });
    // (20 − 5) / (20 · 20) · 100
    expect(phrases.found).toEqual([
      { words: ['in', 'new'], score: 3.75 },
      { words: ['new', 'york'], score: 3.75 },
    ]);
    expect(phrases.apply(['new', 'york', 'in', 'new', 'york'])).toEqual(['new_york', 'in_new', 'york']);
    expect(phrasesFromJson(JSON.parse(JSON.stringify(phrases))).apply(['new', 'york'])).toEqual(['new_york']);
    expect(findPhrases(texts, { threshold: 4 }).found).toEqual([]);
  });

  it('refuses nothing, wrong options and damaged files', () => {
    expect(() => findPhrases([])).toThrow(/no tokens/);
    expect(() => findPhrases(texts, { threshold: 0 })).toThrow(/threshold/);
    expect(() => findPhrases(texts, { separator: ' ' })).toThrow(/separator/);
    expect(() => phrasesFromJson({ separator: '_', found: [['a', 'b']] })).toThrow(/damaged/);
  });
});
