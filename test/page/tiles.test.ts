import { describe, expect, it } from 'vitest';
import { tilesOf } from '../../demo/page/src/digits/tiles.ts';

describe('pictures of weights', () => {
  it('shows each unit of a dense layer as the square of its inputs, by its own largest weight', () => {
    // Four inputs, two units: the first is 1 2 3 4, the second the negative half of it.
    const { side, columns, rows, width, height, values } = tilesOf({
      shape: [4, 2],
      data: [1, -0.5, 2, -1, 3, -1.5, 4, -2],
    });
    expect({ side, columns, rows, width, height }).toEqual({ side: 2, columns: 1, rows: 2, width: 2, height: 5 });
    expect([...values]).toEqual([0.25, 0.5, 0.75, 1, Number.NaN, Number.NaN, -0.25, -0.5, -0.75, -1]);
  });

  it('shows each filter of a convolution by its first channel', () => {
    // Two by two pixels, two channels, one filter.
    const { values, width } = tilesOf({ shape: [2, 2, 2, 1], data: [1, 9, 2, 9, -4, 9, 0, 9] });
    expect(width).toBe(2);
    expect([...values]).toEqual([0.25, 0.5, -1, 0]);
  });

  it('shows 32 units at most, in rows of eight', () => {
    const { columns, rows, width, height } = tilesOf({ shape: [784, 128], data: new Float32Array(784 * 128) });
    expect({ columns, rows, width, height }).toEqual({ columns: 8, rows: 4, width: 8 * 29 - 1, height: 4 * 29 - 1 });
  });

  it('shows weights that are all zero as nothing', () => {
    expect([...tilesOf({ shape: [4, 1], data: [0, 0, 0, 0] }).values]).toEqual([0, 0, 0, 0]);
  });
});
