import { describe, expect, test } from 'vitest';
import { randomNormal, streamOf } from '../../../src/core/philox.ts';
import { momentsOf, varianceOf } from '../../../src/data/scale/moments.ts';
import {
  applyWhitening,
  fitWhitening,
  invertWhitening,
  whiteningFromJson,
  whiteningToJson,
} from '../../../src/data/scale/whiten.ts';

const noise = new Float32Array(300);
randomNormal(noise, 1, streamOf('whiten'));
/** 100 rows of three columns, of which the second follows the first. */
const data = noise.map((x, i) => (i % 3 === 1 ? 10 * (noise[i - 1] as number) + x : i % 3 === 2 ? 5 + 0.1 * x : x));

describe('whitening', () => {
  test.each(['zca', 'pca'] as const)('leaves variance 1, no correlation, and can be undone: %s', (kind) => {
    const whitening = fitWhitening(data, 3, { kind, epsilon: 1e-12 });
    const white = applyWhitening(whitening, data);
    // f32 results of 100 rows: their sums agree to some 1e-6.
    for (const variance of varianceOf(momentsOf(white, 3))) expect(variance).toBeCloseTo(1, 5);
    let product = 0;
    for (let row = 0; row < 100; row++) product += (white[row * 3] as number) * (white[row * 3 + 1] as number);
    expect(product / 100).toBeCloseTo(0, 5);
    const errors = invertWhitening(whitening, white).map((x, i) => Math.abs(x - (data[i] as number)));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
  });

  test('keeps the components of largest variance', () => {
    const whitening = fitWhitening(data, 3, { kind: 'pca', components: 1 });
    expect(whitening.width).toBe(1);
    expect(applyWhitening(whitening, data)).toHaveLength(100);
    expect(whitening.variances[0]).toBe(fitWhitening(data, 3, { kind: 'pca' }).variances[0]);
  });

  test('of a constant column stays finite', () => {
    const white = applyWhitening(fitWhitening([1, 7, 2, 7, 4, 7], 2), [1, 7, 9, 7]);
    expect(white.every(Number.isFinite)).toBe(true);
    expect([white[1], white[3]]).toEqual([0, 0]);
  });

  test('travels as JSON, and damaged JSON is refused', () => {
    const whitening = fitWhitening(data, 3, { kind: 'pca', components: 2 });
    const json = JSON.parse(JSON.stringify(whiteningToJson(whitening)));
    expect(whiteningFromJson(json)).toEqual(whitening);
    for (const damage of [
      null,
      {},
      { ...json, kind: 'x' },
      { ...json, mean: [1] },
      { ...json, matrix: ['a'] },
      { ...json, variances: [] },
    ]) {
      expect(() => whiteningFromJson(damage)).toThrow('whitening:');
    }
  });

  test('refuses options that do not fit', () => {
    expect(() => fitWhitening(data, 3, { components: 2 })).toThrow("components: only for kind: 'pca'");
    expect(() => fitWhitening(data, 7)).toThrow('300 numbers cannot be cut into rows of 7');
    expect(() => applyWhitening(fitWhitening(data, 3), [1, 2])).toThrow('cannot be cut into rows of 3');
  });
});
