import { describe, expect, test } from 'vitest';
import { tableOf } from '../../../src/data/table/table.ts';
import { targetOf } from '../../../src/data/table/target.ts';

describe('the target of a table', () => {
  const table = tableOf({
    species: ['a', 'b', null, 'a'],
    mass: [1.5, 2, 2.5, null],
    digit: [0, 1, 0, 1],
    count: [3, 0, 0, 7],
    yes: [true, false, true, true],
    when: ['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04'],
  });

  test('is classes for names and booleans, amounts for numbers', () => {
    expect(targetOf(table, 'species', { missing: 'drop' })).toEqual({
      ...{ name: 'species', task: 'class', values: ['a', 'b', '', 'a'], rows: Int32Array.of(0, 1, 3) },
      notes: ['target: 1 of 4 rows have none and are left out'],
    });
    expect(targetOf(table, 'yes')).toMatchObject({ task: 'class', values: [true, false, true, true] });
    expect(targetOf(table, 'count')).toMatchObject({ task: 'value', values: [3, 0, 0, 7], notes: [] });
    expect(targetOf(table, 'yes', { task: 'value' }).values).toEqual([1, 0, 1, 1]);
  });

  test('is classes for the numbers 0 … k − 1, and says so', () => {
    const { task, notes } = targetOf(table, 'digit');
    expect(task).toBe('class');
    expect(notes).toEqual([
      "target: column 'digit' holds whole numbers from 0 on, read as classes; task: 'value' reads them as amounts",
    ]);
    expect(targetOf(table, 'digit', { task: 'value' })).toMatchObject({ task: 'value', notes: [] });
  });

  test('suggests near names for one that is not there', () => {
    expect(() => targetOf(table, 'specie')).toThrow("there is no column 'specie'\n  help: did you mean 'species'?");
  });

  test('D10: names the row of a gap', () => {
    expect(() => targetOf(table, 'mass')).toThrow("row 3 (counted from 0), column 'mass' is missing");
  });

  test('refuses dates, names as amounts, and fractions as classes', () => {
    expect(() => targetOf(table, 'when')).toThrow("column 'when' holds dates");
    expect(() => targetOf(table, 'species', { task: 'value', missing: 'drop' })).toThrow(
      'holds names, amounts expected',
    );
    expect(() => targetOf(table, 'mass', { task: 'class', missing: 'drop' })).toThrow(
      "row 0 (counted from 0), column 'mass' is 1.5",
    );
  });
});
