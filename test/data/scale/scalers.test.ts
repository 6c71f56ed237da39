import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeMoments, momentsOf, noMoments, varianceOf } from '../../../src/data/scale/moments.ts';
import {
  maxAbsScaler,
  minMaxScaler,
  quantile,
  robustScaler,
  standardizeScaler,
  streamingScaler,
} from '../../../src/data/scale/scalers.ts';
import { applyScaling, invertScaling } from '../../../src/data/scaling.ts';

const scalers = [standardizeScaler(), minMaxScaler(), robustScaler(), maxAbsScaler()];

/** case 01: colors whose column g is always 0. */
const colors = [250, 0, 4, 240, 0, 9, 230, 0, 2, 6, 0, 220, 12, 0, 240, 3, 0, 235];

describe('case 01, D1: a constant column', () => {
  test.each(scalers)('becomes exactly 0 under $kind, with a note that names it', (scaler) => {
    const { scaling, notes } = scaler.fit(colors, 3, { names: ['r', 'g', 'b'] });
    const scaled = applyScaling(scaling, Float32Array.from(colors), 3);
    expect([0, 1, 2, 3, 4, 5].map((row) => scaled[row * 3 + 1])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(scaled.every(Number.isFinite)).toBe(true);
    expect(notes).toEqual(["column 'g' is constant over the training rows and is set to 0"]);
  });

  test('of large values is constant too where it differs by rounding only', () => {
    const { scaling, notes } = minMaxScaler().fit([1e9, 1e9 + 1, 1e9], 1);
    expect(scaling.scale).toEqual(Float32Array.of(0));
    expect(notes).toEqual(['column 0 is constant over the training rows and is set to 0']);
  });
});

describe('scalers', () => {
  test('look at the training rows only', () => {
    const { scaling } = minMaxScaler().fit([0, 10, 1000], 1, { rows: [0, 1] });
    expect([...applyScaling(scaling, Float32Array.of(0, 5, 10, 1000), 1)]).toEqual([0, 0.5, 1, 100].map(Math.fround));
  });

  test('min–max reaches the ends of its range', () => {
    const { scaling } = minMaxScaler({ range: [-1, 1] }).fit([2, 4, 3], 1);
    expect([...applyScaling(scaling, Float32Array.of(2, 4, 3), 1)]).toEqual([-1, 1, 0]);
    expect(() => minMaxScaler({ range: [1, 1] })).toThrow('range[1]: expected a finite number > 1, got 1');
  });

  test('max-abs keeps zeros', () => {
    const { scaling } = maxAbsScaler().fit([0, -4, 2], 1);
    expect([...applyScaling(scaling, Float32Array.of(0, -4, 2), 1)]).toEqual([0, -1, 0.5]);
  });

  test('robust is not moved by a wild value', () => {
    const fit = (wild: number) => robustScaler().fit([1, 2, 3, 4, wild], 1).scaling;
    expect(fit(1e6)).toEqual(fit(5));
  });

  test('name the row and column of what is no number, and what does not fit', () => {
    for (const scaler of scalers) {
      expect(() => scaler.fit([1, 2, 3, Number.NaN], 2, { names: ['a', 'b'] })).toThrow(
        "row 1 (counted from 0), column 'b' is NaN",
      );
      expect(() => scaler.fit([1, 2, 3], 2)).toThrow('3 numbers cannot be cut into rows of 2');
      expect(() => scaler.fit([], 2)).toThrow('there are no training rows');
    }
  });

  // Integers, so that f32 holds them exactly; a half ulp of the scaled value times the spread is what the way back may lose.
  const integers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 });
  test.each(scalers)('go back: $kind', (scaler) => {
    fc.assert(
      fc.property(integers, (values) => {
        fc.pre(new Set(values).size > 1);
        const data = Float32Array.from(values);
        const { scaling } = scaler.fit(data, 1);
        fc.pre(scaling.scale[0] !== 0);
        const back = invertScaling(scaling, applyScaling(scaling, data, 1), 1);
        const errors = back.map((x, i) => Math.abs(x - (data[i] as number)));
        expect(Math.max(...errors)).toBeLessThan(1e-3);
      }),
    );
  });
});

describe('streaming', () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 40 });

  test('moments of parts are those of the whole', () => {
    fc.assert(
      fc.property(numbers, fc.nat(40), (values, cut) => {
        const at = Math.min(cut, values.length);
        const merged = mergeMoments(momentsOf(values.slice(0, at), 1), momentsOf(values.slice(at), 1));
        const whole = momentsOf(values, 1);
        expect(merged.count).toBe(whole.count);
        // Double precision, values to 1e6: rounding of some 1e-10 a value in the mean, of 1e-4 in the squares.
        expect(Math.abs((merged.mean[0] as number) - (whole.mean[0] as number))).toBeLessThan(1e-8);
        expect(Math.abs((varianceOf(merged)[0] as number) - (varianceOf(whole)[0] as number))).toBeLessThan(0.05);
      }),
    );
    expect(mergeMoments(noMoments(1), noMoments(1)).count).toBe(0);
    expect(() => mergeMoments(noMoments(1), noMoments(2))).toThrow('cannot be merged');
  });

  test('scalers give what they would give for all rows', () => {
    const data = [1, 10, 2, 30, 4, 20, 7, 0];
    for (const kind of ['standardize', 'minMax', 'maxAbs'] as const) {
      const whole = scalers.find((scaler) => scaler.kind === kind)?.fit(data, 2);
      const parts = streamingScaler(kind).partialFit(data.slice(0, 2), 2).partialFit(data.slice(2), 2);
      expect(parts.count).toBe(4);
      expect(parts.result()).toEqual(whole);
    }
    expect(() => streamingScaler('minMax').result()).toThrow('it has seen no rows');
    expect(() => streamingScaler('minMax').partialFit([1, 2], 2).partialFit([1], 1)).toThrow(
      'rows of 1 columns after rows of 2',
    );
  });
});

test('quantiles interpolate', () => {
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile([1, 2, 3, 5], share))).toEqual([1, 1.75, 2.5, 3.5, 5]);
});
