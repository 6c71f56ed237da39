import { describe, expect, test } from 'vitest';
import { slidingWindows } from '../../../src/data/sequence/windows.ts';

describe('windows', () => {
  test('take the last steps for the next', () => {
    const { x, y, starts } = slidingWindows([1, 2, 3, 4, 5], { lookback: 2 });
    expect(x).toEqual({ shape: [3, 2], dtype: 'f32', data: Float32Array.of(1, 2, 2, 3, 3, 4) });
    expect(y).toEqual({ shape: [3, 1], dtype: 'f32', data: Float32Array.of(3, 4, 5) });
    expect(starts).toEqual(Int32Array.of(0, 1, 2));
  });

  test('have horizon, stride, gap, several numbers a step and chosen targets', () => {
    const series = [1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60];
    const { x, y, starts } = slidingWindows(series, {
      lookback: 2,
      horizon: 2,
      stride: 2,
      gap: 0,
      width: 2,
      targets: [1],
    });
    expect(x).toEqual({ shape: [2, 2, 2], dtype: 'f32', data: Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40) });
    expect([...y.data]).toEqual([30, 40, 50, 60]);
    expect(starts).toEqual(Int32Array.of(0, 2));
    expect([...slidingWindows([1, 2, 3, 4], { lookback: 2, gap: 1 }).y.data]).toEqual([4]);
  });

  test('refuse a series that is too short, has gaps or no whole steps', () => {
    expect(() => slidingWindows([1, 2], { lookback: 2 })).toThrow('the series has 2 steps, one window takes 3');
    expect(() => slidingWindows([1, Number.NaN, 3], { lookback: 1 })).toThrow('step 1 (counted from 0) is NaN');
    expect(() => slidingWindows([1, 2, 3], { lookback: 1, width: 2 })).toThrow('cannot be cut into steps of 2');
    expect(() => slidingWindows([1, 2, 3], { lookback: 0 })).toThrow('lookback: expected an integer ≥ 1, got 0');
  });
});
