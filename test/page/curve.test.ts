import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromZero, upToOne } from '../../demo/page/src/figures/axis.ts';
import { Curve } from '../../demo/page/src/figures/curve.ts';

describe('a curve of bounded length', () => {
  it('holds every value as it is until it is full', () => {
    const curve = new Curve(8);
    for (let i = 0; i < 7; i++) curve.add(i, i * i);
    expect(curve.points.map(({ y }) => y)).toEqual([0, 1, 4, 9, 16, 25, 36]);
  });

  it('never has more points than its limit, and loses no value: the weighted mean stays', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 500 }), (values) => {
        const curve = new Curve(16);
        values.forEach((y, x) => {
          curve.add(x, y);
          expect(curve.points.length).toBeLessThanOrEqual(16);
        });
        // Points stand for a power of two of values each; only the last may stand for fewer.
        const width = 2 ** Math.max(0, Math.ceil(Math.log2((values.length + 1) / 16)));
        const weights = curve.points.map((_, i) => Math.min(width, values.length - i * width));
        const sum = curve.points.reduce((total, { y }, i) => total + y * (weights[i] as number), 0);
        const expected = values.reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(expected, 6);
        expect(weights.reduce((a, b) => a + b, 0)).toBe(values.length);
      }),
    );
  });

  it('leaves out what is not finite', () => {
    const curve = new Curve();
    for (const y of [1, Number.NaN, Number.POSITIVE_INFINITY, 2]) curve.add(0, y);
    expect(curve.points.map(({ y }) => y)).toEqual([1, 2]);
  });
});

describe('the axes of a chart', () => {
  it('from zero: the top is a number that reads well, at or above the highest value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (highest) => {
        const [low, high] = fromZero([highest / 2, highest]);
        expect(low).toBe(0);
        expect(high).toBeGreaterThanOrEqual(highest * (1 - 1e-12));
        expect(high).toBeLessThanOrEqual(highest * 2.01);
      }),
    );
    expect(fromZero([])).toEqual([0, 1]);
  });

  it('up to one: it begins at the tenth below the lowest value, and is never empty', () => {
    expect(upToOne([0.97, 0.86])).toEqual([0.8, 1]);
    expect(upToOne([1])).toEqual([0.9, 1]);
    expect(upToOne([])).toEqual([0, 1]);
  });
});
