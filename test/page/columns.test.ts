import { readCsv } from 'saddlepoint/data';
import { describe, expect, it } from 'vitest';
import { baselineOf, fieldsOf } from '../../demo/page/src/table/columns.ts';

const table = await readCsv(
  'size,color,sold,on,good\n1.5,red,yes,2024-01-02,0.5\n2,blue,no,2024-01-03,1.5\n4,red,yes,2024-02-01,4\n,red,no,2024-02-02,6\n',
);
const columnOf = (name: string) => table.columns.find((column) => column.name === name)!;

describe('the form of a table', () => {
  it('has a field for each column but the target, filled with the first row', () => {
    const fields = fieldsOf(table, 'good');
    expect(fields.map(({ name, kind, example }) => [name, kind, example])).toEqual([
      ['size', 'number', '1.5'],
      ['color', 'category', 'red'],
      ['sold', 'boolean', 'true'],
      ['on', 'date', '2024-01-02'],
    ]);
    expect(fields.map(({ choices }) => choices)).toEqual([undefined, ['blue', 'red'], ['true', 'false'], undefined]);
  });
});

describe('what is known without a model', () => {
  it('of classes: the share of the commonest', () => {
    expect(baselineOf(columnOf('color'))).toMatchObject({ share: 0.75, name: 'red' });
  });

  it('of amounts: how far the mean is off, gaps left out', () => {
    // Mean 3: off by 2.5, 1.5, 1 and 3.
    expect(baselineOf(columnOf('good')).error).toBe(2);
    // 1.5, 2 and 4 about 2.5.
    expect(baselineOf(columnOf('size')).error).toBe(1);
  });
});
