import { describe, expect, test } from 'vitest';
import { balancedWeights, balanceRows } from '../../../src/data/split/balance.ts';

const labels = ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'c'];
const rows = [0, 1, 2, 3, 4, 5, 6, 7];
const counts = (chosen: Int32Array) =>
  ['a', 'b', 'c'].map((label) => chosen.filter((row) => labels[row] === label).length);

describe('balanced rows', () => {
  test('repeat the smaller classes, every row of one equally often but for the remainder', () => {
    const chosen = balanceRows(rows, labels, { by: 'over', seed: 1 });
    expect(counts(chosen)).toEqual([5, 5, 5]);
    const times = [5, 6].map((row) => chosen.filter((each) => each === row).length);
    expect(times.sort()).toEqual([2, 3]);
    expect(chosen).toEqual(balanceRows(rows, labels, { by: 'over', seed: 1 }));
  });

  test('or leave rows of the larger ones out', () => {
    expect(counts(balanceRows(rows, labels, { by: 'under', seed: 1 }))).toEqual([1, 1, 1]);
    expect(counts(balanceRows([0, 1, 5], labels, { by: 'under' }))).toEqual([1, 1, 0]);
  });

  test('are refused without rows, labels or a way', () => {
    expect(() => balanceRows([], labels, { by: 'over' })).toThrow('there are no rows');
    expect(() => balanceRows([8], labels, { by: 'over' })).toThrow('row 8 at position 0, but there are 8 labels');
    expect(() => balanceRows(rows, labels, { by: 'up' as never })).toThrow("unknown value 'up'");
  });
});

test('balanced weights let classes count alike, with mean 1 over the rows', () => {
  expect([...balancedWeights([0, 0, 0, 1], 2)]).toEqual([2 / 3, 2]);
  expect([...balancedWeights([0, 0, 2, 2], 3)]).toEqual([1, 0, 1]);
  expect(() => balancedWeights([0, 3], 3)).toThrow('label 3 at row 1, allowed 0 … 2');
});
