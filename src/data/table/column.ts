/** @file Typed columns: their forms, and their making from cells of a known kind. */
import { SaddlepointError } from '../../core/errors.ts';
import { describe, shortName } from '../nested.ts';
import { type CellFormat, type ColumnKind, readCell } from './cells.ts';

interface ColumnBase {
  readonly name: string;
  /** How many cells are gaps. */
  readonly missing: number;
  /** Why the column has its kind, for people to read. */
  readonly reason: string;
  /** How its texts were read. */
  readonly format: CellFormat;
}

/** Numbers; NaN marks a gap. */
export interface NumberColumn extends ColumnBase {
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** 0 and 1; NaN marks a gap. */
export interface BooleanColumn extends ColumnBase {
  readonly kind: 'boolean';
  readonly values: Float64Array;
}

/** Milliseconds of UTC since 1970; NaN marks a gap. */
export interface DateColumn extends ColumnBase {
  readonly kind: 'date';
  readonly values: Float64Array;
}

/** Names, each as its number in `levels`; −1 marks a gap. */
export interface CategoryColumn extends ColumnBase {
  readonly kind: 'category';
  readonly codes: Int32Array;
  /** Different names, in the order of their code units. */
  readonly levels: readonly string[];
}

/** Free text; null marks a gap. */
export interface TextColumn extends ColumnBase {
  readonly kind: 'text';
  readonly values: readonly (string | null)[];
}

/** A column: its name, its kind, and its cells in the form that fits the kind. */
export type Column = NumberColumn | BooleanColumn | DateColumn | CategoryColumn | TextColumn;

/** Says where a row comes from: `row 7 (counted from 0; line 9 of flowers.csv)`. */
export type Place = (row: number) => string;

export const rowPlace: Place = (row) => `row ${row} (counted from 0)`;

const EXPECTED: Readonly<Record<ColumnKind, string>> = {
  number: 'a finite number',
  boolean: 'true or false, yes or no, 1 or 0',
  date: 'a date',
  category: 'a name',
  text: 'a text',
};

/** `column 'age'`, or `column 3` for one without a name. */
export const namedColumn = (name: string): string => `column ${/^\d+$/.test(name) ? name : shortName(name)}`;

/** The error for a cell that its column cannot hold. */
export function cellError(
  name: string,
  cells: ArrayLike<unknown>,
  row: number,
  kind: ColumnKind,
  place: Place,
  why = '',
) {
  const expected = `${EXPECTED[kind]} expected${why === '' ? '' : `, since ${why}`}`;
  return new SaddlepointError(
    'data',
    `${place(row)}, ${namedColumn(name)} is ${describe(cells, row)}, ${expected}`,
    'correct the cell; if it means a gap, add it to missing: […]; if the column holds names, say columns: { name: "category" }',
  );
}

/** A column of cells read as a kind; the first cell that cannot be is refused, with its row. */
export function makeColumn(
  name: string,
  cells: ArrayLike<unknown>,
  kind: ColumnKind,
  options: { format: CellFormat; reason: string; place?: Place },
): Column {
  const { format, reason, place = rowPlace } = options;
  const read = (row: number): number | string | null => {
    const value = readCell(cells[row], kind, format);
    if (value === undefined) throw cellError(name, cells, row, kind, place);
    return value;
  };
  const base = { name, reason, format };
  let missing = 0;
  if (kind === 'text') {
    const values = Array.from({ length: cells.length }, (_, row) => read(row) as string | null);
    for (const value of values) if (value === null) missing++;
    return { ...base, kind, values, missing };
  }
  if (kind !== 'category') {
    const values = new Float64Array(cells.length);
    for (let row = 0; row < cells.length; row++) {
      const value = read(row) as number | null;
      if (value === null) missing++;
      values[row] = value ?? Number.NaN;
    }
    return { ...base, kind, values, missing };
  }
  const texts = Array.from({ length: cells.length }, (_, row) => read(row) as string | null);
  const levels = [...new Set(texts)].filter((text) => text !== null).sort(byCodeUnit);
  const numbers = new Map(levels.map((level, code) => [level, code]));
  const codes = Int32Array.from(texts, (text) => (text === null ? -1 : (numbers.get(text) as number)));
  for (const code of codes) if (code < 0) missing++;
  return { ...base, kind, codes, levels, missing };
}

/** The order of names that does not depend on the machine's language. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function lengthOf(column: Column): number {
  return column.kind === 'category' ? column.codes.length : column.values.length;
}

/** A cell as a value: number, boolean, Date, name or text; null for a gap. */
export function cellOf(column: Column, row: number): number | boolean | Date | string | null {
  if (column.kind === 'category') return column.levels[column.codes[row] as number] ?? null;
  const value = column.values[row];
  if (column.kind === 'text') return (value as string | null | undefined) ?? null;
  if (value === undefined || Number.isNaN(value)) return null;
  if (column.kind === 'boolean') return value === 1;
  return column.kind === 'date' ? new Date(value as number) : (value as number);
}

/** The column with only some rows, in the order given. Names that no longer occur leave the levels. */
export function takeRows(column: Column, rows: ArrayLike<number>): Column {
  if (column.kind === 'text') {
    const values = Array.from({ length: rows.length }, (_, i) => column.values[rows[i] as number] ?? null);
    return { ...column, values, missing: values.filter((value) => value === null).length };
  }
  if (column.kind !== 'category') {
    const values = Float64Array.from({ length: rows.length }, (_, i) => column.values[rows[i] as number] as number);
    return { ...column, values, missing: values.filter((value) => Number.isNaN(value)).length };
  }
  const old = Int32Array.from({ length: rows.length }, (_, i) => column.codes[rows[i] as number] as number);
  const used = [...new Set(old)].filter((code) => code >= 0).sort((a, b) => a - b);
  const renumbered = new Map(used.map((code, i) => [code, i]));
  const codes = old.map((code) => renumbered.get(code) ?? -1);
  const levels = used.map((code) => column.levels[code] as string);
  return { ...column, codes, levels, missing: codes.filter((code) => code < 0).length };
}
