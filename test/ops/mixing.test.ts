import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamOf } from '../../src/core/philox.ts';
import { randomKey } from '../../src/ops/distributions.ts';
import { betaWithKey, partnersWithKey } from '../../src/ops/mixing.ts';

const COUNT = 40_000;
const draws = (alpha: number): number[] =>
  Array.from(betaWithKey(randomKey(5), [COUNT], streamOf('beta'), alpha).data as ArrayLike<number>);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('betaWithKey', () => {
  it.each([0.05, 0.2, 0.5, 1, 2, 8])('has the moments of Beta(%s, itself)', (alpha) => {
    const values = draws(alpha);
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
    const variance = 1 / (4 * (2 * alpha + 1));
    // Central moments: the fourth is 3 / (16 (2α + 1)(2α + 3)).
    const fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(5 * Math.sqrt(variance / COUNT));
    const squares = mean(values.map((x) => (x - 0.5) ** 2));
    expect(Math.abs(squares - variance)).toBeLessThan(5 * Math.sqrt((fourth - variance ** 2) / COUNT));
    const eighths = mean(values.map((x) => (x - 0.5) ** 4));
    // The deviation of a fourth power is at most √(¹⁄₁₆ · fourth).
    expect(Math.abs(eighths - fourth)).toBeLessThan(5 * Math.sqrt(fourth / 16 / COUNT));
  });

  // P(x < q) of Beta(½, ½) is 2 asin(√q) / π, of Beta(1, 1) it is q, of Beta(2, 2) 3q² − 2q³.
  it.each([
    ['½', 0.5, (q: number) => (2 * Math.asin(Math.sqrt(q))) / Math.PI],
    ['1', 1, (q: number) => q],
    ['2', 2, (q: number) => 3 * q ** 2 - 2 * q ** 3],
  ] as const)('is distributed as Beta(%s, itself)', (_, alpha, cdf) => {
    const values = draws(alpha);
    for (const q of [0.02, 0.1, 0.3, 0.5, 0.8, 0.97]) {
      const share = values.filter((x) => x < q).length / COUNT;
      expect(Math.abs(share - cdf(q))).toBeLessThan(5 * Math.sqrt((cdf(q) * (1 - cdf(q))) / COUNT));
    }
  });

  it('refuses a parameter of 0', () => {
    expect(() => betaWithKey(randomKey(1), [1], 0, 0)).toThrow(
      /betaWithKey.alpha: expected a finite number > 0, got 0/,
    );
  });
});

describe('partnersWithKey', () => {
  it('gives every row another one, and each is the partner of one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 1000 }), (rows, seed) => {
        const partners = Array.from(partnersWithKey(randomKey(seed), rows, 3).data as ArrayLike<number>);
        expect([...partners].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
        if (rows > 1) expect(partners.every((partner, i) => partner !== i)).toBe(true);
      }),
    );
  });

  it('takes every distance', () => {
    const seen = new Set(
      Array.from({ length: 200 }, (_, seed) => partnersWithKey(randomKey(seed), 5, 3).data[0] as number),
    );
    expect(seen).toEqual(new Set([1, 2, 3, 4]));
  });
});
