import { describe, expect, test } from 'vitest';
import { shuffledRows } from '../../src/data/order.ts';

describe('shuffledRows', () => {
  test('permutes the rows by seed and epoch', () => {
    const rows = Int32Array.of(3, 5, 8, 13, 21, 34, 55, 89);
    const order = shuffledRows(rows, 1, 0);
    expect([...order].sort((a, b) => a - b)).toEqual([...rows]);
    expect(shuffledRows(rows, 1, 0)).toEqual(order);
    expect(shuffledRows(rows, 1, 1)).not.toEqual(order);
    expect(shuffledRows(rows, 2, 0)).not.toEqual(order);
    expect([...rows]).toEqual([3, 5, 8, 13, 21, 34, 55, 89]);
  });
});
