/** @file The target of a table by the name of its column: classes or amounts, in the form that `fit` takes as y. */
import { checkName, SaddlepointError } from '../../core/errors.ts';
import { cellOf, namedColumn } from './column.ts';
import { columnOf, placeOf, type Table } from './table.ts';

/** The column to be predicted: its values, and whether they are classes or amounts. */
export interface TableTarget {
  readonly name: string;
  /** Classes, or amounts to be predicted. */
  readonly task: 'class' | 'value';
  /** One a row of the table: names, booleans or whole numbers for classes, amounts otherwise. Only `rows` count. */
  readonly values: readonly string[] | readonly boolean[] | readonly number[];
  /** The rows that have a target. */
  readonly rows: Int32Array;
  /** What was decided, for people to read. */
  readonly notes: readonly string[];
}

export interface TargetColumnOptions {
  /** Classes or amounts; default: names and booleans are classes, numbers are amounts unless they are 0 … k − 1 with k ≤ 20. */
  readonly task?: 'class' | 'value';
  /** Rows without a target: an `error` (default), or `drop` to leave them out. */
  readonly missing?: 'error' | 'drop';
}

/** Whole numbers 0 … k − 1 with at most this many k are read as class numbers. */
const MOST_NUMBERED = 20;

/**
 * Takes the target out of a table.
 *
 * @throws SaddlepointError `option` for a column that is not there (near names are suggested); `data` for a gap (row named),
 *   for text or dates, for classes that are not whole numbers or names
 * @example targetOf(table, 'species').task; // 'class'
 */
export function targetOf(table: Table, name: string, options: TargetColumnOptions = {}): TableTarget {
  const column = columnOf(table, name, 'target');
  if (options.task !== undefined) checkName('task', options.task, ['class', 'value']);
  const policy = checkName('missing', options.missing ?? 'error', ['error', 'drop']);
  if (column.kind === 'text' || column.kind === 'date') {
    throw new SaddlepointError(
      'data',
      `target: ${namedColumn(name)} holds ${column.kind === 'text' ? 'free text' : 'dates'} (${column.reason}), which cannot be predicted`,
      `choose a column of names, booleans or numbers; or say columns: { ${JSON.stringify(name)}: 'category' } if these are names`,
    );
  }
  const cells = Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
  const rows = Int32Array.from(cells.keys()).filter((row) => cells[row] !== null);
  const notes: string[] = [];
  if (rows.length < table.rows) {
    const first = cells.indexOf(null);
    if (policy === 'error') {
      throw new SaddlepointError(
        'data',
        `target: ${placeOf(table.origin)(first)}, ${namedColumn(name)} is missing`,
        "every row needs its target: fill it, or choose missing: 'drop' to leave such rows out",
      );
    }
    if (rows.length === 0) throw new SaddlepointError('data', `target: ${namedColumn(name)} has no value in any row`);
    notes.push(`target: ${table.rows - rows.length} of ${table.rows} rows have none and are left out`);
  }
  if (column.kind !== 'number') {
    if (options.task === 'value' && column.kind === 'category') {
      throw new SaddlepointError('data', `target: ${namedColumn(name)} holds names, amounts expected for task 'value'`);
    }
    const value = options.task === 'value';
    const values = cells.map((cell) => (typeof cell === 'boolean' ? (value ? Number(cell) : cell) : (cell ?? '')));
    return { name, task: value ? 'value' : 'class', values: values as string[] | boolean[], rows, notes };
  }
  const values = cells.map((cell) => (cell ?? Number.NaN) as number);
  const numbered = areClassNumbers(values, rows);
  if (options.task === undefined && numbered) {
    notes.push(
      `target: ${namedColumn(name)} holds whole numbers from 0 on, read as classes; task: 'value' reads them as amounts`,
    );
  }
  if (options.task === 'class') {
    const bad = rows.find((row) => !Number.isInteger(values[row]));
    if (bad !== undefined) {
      throw new SaddlepointError(
        'data',
        `target: ${placeOf(table.origin)(bad)}, ${namedColumn(name)} is ${values[bad]}, a whole number expected for task 'class'`,
        "to predict amounts use task: 'value'",
      );
    }
  }
  return { name, task: options.task ?? (numbered ? 'class' : 'value'), values, rows, notes };
}

/** 0 … k − 1, each at least twice: a count of things would leave numbers out or have a long tail. */
function areClassNumbers(values: readonly number[], rows: Int32Array): boolean {
  const counts = new Map<number, number>();
  for (const row of rows) {
    const value = values[row] as number;
    if (!Number.isInteger(value) || value < 0 || value >= MOST_NUMBERED) return false;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const count = counts.size;
  return count >= 2 && Array.from({ length: count }, (_, k) => counts.get(k) ?? 0).every((times) => times >= 2);
}
