/** @file Rows without gaps: the policy `drop`. */
import { SaddlepointError } from '../../core/errors.ts';
import { namedColumn } from './column.ts';
import { columnOf, type Table } from './table.ts';

/**
 * The rows that have a value in every column, or in those given.
 *
 * @returns ascending row numbers for `selectRows` or `fitEncoder`, and what was left out, for people to read
 * @throws SaddlepointError `data` if no row is complete, `option` for a column that is not there
 * @example const { rows, notes } = completeRows(table); // notes: ['2 of 344 rows have gaps and are left out']
 */
export function completeRows(
  table: Table,
  columns: readonly string[] = table.columns.map(({ name }) => name),
): { rows: Int32Array; notes: string[] } {
  const gap = new Uint8Array(table.rows);
  for (const name of columns) {
    const column = columnOf(table, name, 'completeRows');
    if (column.missing === 0) continue;
    for (let row = 0; row < table.rows; row++) {
      const value = column.kind === 'category' ? column.codes[row] : column.values[row];
      if (column.kind === 'category' ? value === -1 : value === null || Number.isNaN(value)) gap[row] = 1;
    }
  }
  const rows = Int32Array.from(gap.keys()).filter((row) => gap[row] === 0);
  if (rows.length === 0) {
    const worst = table.columns.reduce((a, b) => (b.missing > a.missing ? b : a));
    throw new SaddlepointError(
      'data',
      `every row of the table has a gap; ${namedColumn(worst.name)} has the most, ${worst.missing} of ${table.rows}`,
      'leave that column out, or fill the gaps: missing: "mean"',
    );
  }
  const dropped = table.rows - rows.length;
  const subject = dropped === 1 ? 'row has gaps and is' : 'rows have gaps and are';
  return { rows, notes: dropped === 0 ? [] : [`${dropped} of ${table.rows} ${subject} left out`] };
}
