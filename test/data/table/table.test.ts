import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeRows } from '../../../src/data/table/missing.ts';
import {
  columnOf,
  describeTable,
  dropColumns,
  recordsOf,
  selectColumns,
  selectRows,
  tableOf,
} from '../../../src/data/table/table.ts';

const kinds = (data: Parameters<typeof tableOf>[0], options?: Parameters<typeof tableOf>[1]) =>
  Object.fromEntries(tableOf(data, options).columns.map(({ name, kind }) => [name, kind]));

describe('a table of records', () => {
  test('infers the kind of each column and keeps the reason', () => {
    const table = tableOf([
      { age: 31, city: 'Rome', member: true, since: '2020-01-31', share: '12,5 %', zip: '00118' },
      { age: null, city: 'Oslo', member: false, since: '2021-02-28', share: '7 %', zip: '10115' },
    ]);
    expect(kinds(table)).toEqual({
      ...{ age: 'number', city: 'category', member: 'boolean', since: 'date', share: 'number', zip: 'category' },
    });
    expect(table.columns.map(({ reason }) => reason)).toEqual([
      'all 1 values are numbers',
      "2 different names, such as 'Rome'",
      'all 2 values are true or false',
      'all 2 values are dates',
      'all 2 values are numbers (percentages, read as shares of 1)',
      'digits with leading zeros are codes, not amounts',
    ]);
    expect(columnOf(table, 'age').missing).toBe(1);
    expect(recordsOf(table)[0]).toEqual({
      ...{ age: 31, city: 'Rome', member: true, since: new Date('2020-01-31'), share: 0.125, zip: '00118' },
    });
  });

  test('takes columns of arrays and typed arrays alike', () => {
    const table = tableOf({ x: Float32Array.of(1, 2.5), label: ['a', 'b'] });
    expect(kinds(table)).toEqual({ x: 'number', label: 'category' });
    expect(recordsOf(table)).toEqual([
      { x: 1, label: 'a' },
      { x: 2.5, label: 'b' },
    ]);
  });

  test('reads yes and no, a single letter only with its partner', () => {
    expect(kinds({ a: ['yes', 'NO'], b: ['Y', 'n'], c: ['Y', 'Y'], d: ['true', 'true'] })).toEqual({
      ...{ a: 'boolean', b: 'boolean', c: 'category', d: 'boolean' },
    });
  });

  test('takes a column of many words for text', () => {
    expect(kinds({ review: ['a film that I would see again', 'two hours of my life that are gone'] })).toEqual({
      review: 'text',
    });
  });

  test('lets the mark that one column proves decide for the others', () => {
    const table = tableOf({ a: ['1,5', '2,25'], b: ['1.234', '5.678'] });
    expect(recordsOf(table)).toEqual([
      { a: 1.5, b: 1234 },
      { a: 2.25, b: 5678 },
    ]);
    const alone = tableOf({ b: ['1,234', '5,678'] });
    expect(recordsOf(alone)[0]).toEqual({ b: 1234 });
    expect(alone.notes).toEqual([
      "column 'b': '1,234' is read with a decimal point or groups of thousands; decimal: ',' reads it the other way",
    ]);
    expect(recordsOf(tableOf({ b: ['1,234', '5,678'] }, { decimal: ',' }))[0]).toEqual({ b: 1.234 });
  });

  test('refuses a column with both marks, naming both cells', () => {
    expect(() => tableOf({ a: ['1,5', '2.5'] })).toThrow(
      "column 'a' has a decimal point in row 1 (counted from 0), '2.5', and a decimal comma in row 0 (counted from 0), '1,5'",
    );
  });

  test('names the row and the column of the one cell that is no number', () => {
    const records = Array.from({ length: 10 }, (_, i) => ({ age: i === 7 ? 'old' : String(i) }));
    expect(() => tableOf(records)).toThrow(
      "row 7 (counted from 0), column 'age' is the string 'old', a finite number expected, since 9 of 10 values are numbers",
    );
    expect(kinds(records, { columns: { age: 'category' } })).toEqual({ age: 'category' });
    expect(columnOf(tableOf(records, { missing: ['old'] }), 'age')).toMatchObject({ kind: 'number', missing: 1 });
  });

  test('refuses infinities, objects and rows that are none', () => {
    expect(() => tableOf([{ a: 1 }, { a: Number.POSITIVE_INFINITY }])).toThrow(
      "row 1 (counted from 0), column 'a' is Infinity",
    );
    expect(() => tableOf([{ a: { b: 1 } }])).toThrow("row 0 (counted from 0), column 'a' is { b }");
    expect(() => tableOf([{ a: 1 }, [2]] as never)).toThrow('row 1 (counted from 0) is [2]');
    expect(() => tableOf([])).toThrow('table is empty');
    expect(() => tableOf('a,b' as never)).toThrow("got 'a,b'");
    expect(() => tableOf({ a: [1, 2], b: [1] })).toThrow("column 'b' has 1 values, column 'a' has 2");
    expect(() => tableOf([{ a: 1 }], { colums: {} } as never)).toThrow("unknown option 'colums'");
    expect(() => tableOf([{ a: 1 }], { columns: { b: 'number' } })).toThrow("there is no column 'b'");
  });

  test('takes the order of days and months from the dates that prove it', () => {
    const [first] = recordsOf(tableOf({ a: ['3/4/2024', '3/14/2024'] }));
    expect(first?.a).toEqual(new Date('2024-03-04'));
    expect(tableOf({ a: ['3/4/2024'] }).notes).toEqual([
      "column 'a': '3/4/2024' is read with the day first; dateOrder: 'month-first' reads the month first",
    ]);
  });

  test('D5: any string is the name of a column or a value', () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (columns, values) => {
        const records = values.map((value) => Object.fromEntries(columns.map((name) => [name, value])));
        const given = Object.fromEntries(columns.map((name) => [name, 'category' as const]));
        const table = tableOf(records, { columns: given, missing: [] });
        expect(recordsOf(table)).toEqual(records);
      }),
    );
    expect(recordsOf(tableOf([{ ['__proto__']: 1, constructor: 2 }]))).toEqual([{ ['__proto__']: 1, constructor: 2 }]);
  });
});

describe('rows and columns', () => {
  const table = tableOf({ a: [1, null, 3, 4], b: ['x', 'y', null, 'x'], c: [true, false, true, true] });

  test('are selected, and levels that no longer occur leave', () => {
    const two = selectRows(table, [3, 0]);
    expect(recordsOf(two)).toEqual([
      { a: 4, b: 'x', c: true },
      { a: 1, b: 'x', c: true },
    ]);
    expect(columnOf(two, 'b')).toMatchObject({ levels: ['x'], missing: 0 });
    expect(() => selectRows(table, [4])).toThrow('row 4 at position 0, allowed 0 … 3');
    expect(selectColumns(table, ['c', 'a']).columns.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(dropColumns(table, ['c']).columns.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(() => dropColumns(table, ['d'])).toThrow("there is no column 'd'");
  });

  test('D10: rows with gaps are dropped on demand', () => {
    expect(completeRows(table)).toEqual({
      rows: Int32Array.of(0, 3),
      notes: ['2 of 4 rows have gaps and are left out'],
    });
    expect(completeRows(table, ['a']).rows).toEqual(Int32Array.of(0, 2, 3));
    expect(() => completeRows(tableOf({ a: [null, 1], b: [1, null] }))).toThrow('every row of the table has a gap');
  });

  test('are described a line a column', () => {
    expect(describeTable(table)).toBe(
      [
        '4 rows, 3 columns',
        'a: number, 1 of 4 missing (all 3 values are numbers)',
        "b: category, 1 of 4 missing (2 different names, such as 'x')",
        'c: boolean (all 4 values are true or false)',
      ].join('\n'),
    );
  });
});

test('the penguins have four numbers, three columns of names, and gaps', () => {
  const url = new URL('../../fixtures/penguins.json', import.meta.url);
  const table = tableOf(JSON.parse(readFileSync(url, 'utf8')));
  expect(table.rows).toBe(344);
  expect(table.columns.map(({ name, kind, missing }) => `${name} ${kind} ${missing}`)).toEqual([
    'Species category 0',
    'Island category 0',
    'Beak Length (mm) number 2',
    'Beak Depth (mm) number 2',
    'Flipper Length (mm) number 2',
    'Body Mass (g) number 2',
    'Sex category 10',
  ]);
});
