/** @file Tables: typed columns of equal length, made from records, from columns, or from rows of texts. */
import { checkKnownOptions, checkName, SaddlepointError, show, suggest } from '../../core/errors.ts';
import { describe, emptyError, isTypedArray, isVector } from '../nested.ts';
import { type CellFormat, COLUMN_KINDS, type ColumnKind, MISSING_TOKENS } from './cells.ts';
import { type Column, cellOf, lengthOf, makeColumn, namedColumn, type Place, rowPlace, takeRows } from './column.ts';
import type { DateOrder } from './dates.ts';
import { type Hints, inferColumn, provenMark } from './infer.ts';
import type { DecimalMark } from './numbers.ts';

/** Where the rows of a table come from. */
export interface Origin {
  /** The file, or what errors call it. */
  readonly name: string;
  /** The line of each row, counted from 1. */
  readonly lines: Int32Array;
  /** The row of the file that is row 0 here, where a file is read in parts; default 0. */
  readonly firstRow?: number;
}

/** Rows of named columns of one kind each, as the readers and `tableOf` make it. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** What was guessed about the cells, for people to read. */
  readonly notes: readonly string[];
  readonly origin: Origin | undefined;
}

/** Kinds by column; a column that has none here is inferred. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>> | ((name: string) => ColumnKind | undefined);

export interface TableOptions {
  /** What errors call the data; default `table`. */
  readonly name?: string;
  /** The kind of single columns, where the inferred one is not right: by name, or a function of the name. */
  readonly columns?: ColumnKinds;
  /**
   * Texts that mean a gap; case and surrounding space do not matter. Default `MISSING_TOKENS`: "", NA, N/A, null, NaN, ?, -.
   * An empty list lets every text be a name.
   */
  readonly missing?: readonly string[];
  /** The decimal mark; default: what the texts prove, and a point if they prove nothing. */
  readonly decimal?: DecimalMark;
  /** How 3/4/2024 is read; default: what the column's other dates prove, and the day first if they prove nothing. */
  readonly dateOrder?: DateOrder;
}

export const TABLE_OPTIONS: readonly string[] = ['name', 'columns', 'missing', 'decimal', 'dateOrder'];

/** One row by column name. */
export type TableRecord = Readonly<Record<string, unknown>>;
/** All values of each column. */
export type TableColumns = Readonly<Record<string, ArrayLike<unknown>>>;

/** What is only known to a reader of files. */
export interface Reading {
  readonly origin?: Origin | undefined;
  readonly semicolons?: boolean | undefined;
}

export function isTable(value: unknown): value is Table {
  const { rows, columns } = (value ?? {}) as Partial<Table>;
  return (
    typeof rows === 'number' && Array.isArray(columns) && columns.every((column) => typeof column?.kind === 'string')
  );
}

/**
 * A table from records (an array of objects) or from columns (an object of arrays or typed arrays). The kind of each column is
 * inferred from its values: number (decimal commas, thousands, percent), category, boolean (also yes and no), date, text.
 *
 * A record that lacks a column has a gap there. Gaps stay gaps: what becomes of them is for `fitEncoder` or `completeRows`.
 *
 * @throws SaddlepointError `data`: no rows, columns of different length, a cell that is no value, a column of numbers with a
 *   cell that is none (row and column named); `option` for unknown options, kinds and columns
 * @example
 * const table = tableOf([{ age: 31, city: 'Rome' }, { age: null, city: 'Oslo' }]);
 * table.columns.map(({ name, kind }) => `${name}: ${kind}`); // ['age: number', 'city: category']
 */
export function tableOf(data: readonly TableRecord[] | TableColumns | Table, options: TableOptions = {}): Table {
  checkKnownOptions('tableOf', options, TABLE_OPTIONS);
  if (isTable(data)) return data;
  const name = options.name ?? 'table';
  if (Array.isArray(data)) return makeTable(cellsOfRecords(name, data), data.length, options);
  if (data !== null && typeof data === 'object' && !isVector(data)) {
    const cells = Object.entries(data as TableColumns);
    const rows = cells[0]?.[1]?.length ?? 0;
    for (const [column, values] of cells) {
      if (!isVector(values)) throw notRows(name, `${namedColumn(column)} is ${show(values)}, an array expected`);
      if (values.length === rows) continue;
      throw new SaddlepointError(
        'data',
        `${name}: ${namedColumn(column)} has ${values.length} values, ${namedColumn(cells[0]?.[0] as string)} has ${rows}`,
        'all columns must have the same length; fill what is missing with null',
      );
    }
    return makeTable(cells, rows, options);
  }
  throw notRows(name, `got ${show(data)}`);
}

function notRows(name: string, what: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `${name}: expected an array of records or an object of columns; ${what}`,
    'such as [{ age: 31, city: "Rome" }, …] or { age: [31, …], city: ["Rome", …] }',
  );
}

function cellsOfRecords(name: string, records: readonly unknown[]): [string, unknown[]][] {
  const columns = new Map<string, unknown[]>();
  for (let row = 0; row < records.length; row++) {
    const record = records[row];
    if (record === null || typeof record !== 'object' || isVector(record) || record instanceof Date) {
      throw notRows(name, `${rowPlace(row)} is ${describe(records, row)}`);
    }
    for (const key of Object.keys(record)) {
      const cells = columns.get(key) ?? new Array(records.length).fill(null);
      columns.set(key, cells);
      cells[row] = (record as TableRecord)[key];
    }
  }
  return [...columns];
}

/** A table of cells by column; for readers, which know more about where they come from. */
export function makeTable(
  cells: readonly (readonly [string, ArrayLike<unknown>])[],
  rows: number,
  options: TableOptions,
  { origin, semicolons }: Reading = {},
): Table {
  const name = options.name ?? 'table';
  if (rows === 0 || cells.length === 0) throw emptyError(name);
  const names = cells.map(([column]) => column);
  const kindOf = chosenKinds(options.columns, names);
  if (options.decimal !== undefined) checkName('decimal', options.decimal, ['.', ',']);
  if (options.dateOrder !== undefined) checkName('dateOrder', options.dateOrder, ['day-first', 'month-first']);
  const missing = missingTokens(options.missing);
  // Given by the user, or found in the first part of a file: the texts are not asked again.
  const known = options.decimal !== undefined;
  const proven = new Set(
    cells.map(([, column]) => (known || isTypedArray(column) ? undefined : provenMark(column, missing))),
  );
  const tableDecimal = proven.has(',') ? (proven.has('.') ? undefined : ',') : proven.has('.') ? '.' : undefined;
  const place = placeOf(origin);
  const hints: Hints = {
    missing,
    decimal: options.decimal,
    dateOrder: options.dateOrder,
    tableDecimal,
    semicolons,
    place,
  };
  const notes: string[] = [];
  const columns = cells.map(([column, values]) => {
    const given = kindOf(column);
    const inferred = given === undefined ? inferColumn(column, values, hints) : chosen(given, values, hints);
    notes.push(...inferred.notes);
    return makeColumn(column, values, inferred.kind, { format: inferred.format, reason: inferred.reason, place });
  });
  return { rows, columns, notes, origin };
}

/** The kinds that the user gave, checked. */
function chosenKinds(kinds: ColumnKinds = {}, names: readonly string[]): (name: string) => ColumnKind | undefined {
  const check = (name: string, kind: unknown): ColumnKind =>
    checkName(`columns: ${namedColumn(name)}`, kind, COLUMN_KINDS);
  if (typeof kinds === 'function')
    return (name) => {
      const kind = kinds(name);
      return kind === undefined ? undefined : check(name, kind);
    };
  for (const [name, kind] of Object.entries(kinds)) {
    if (!names.includes(name)) throw unknownColumn('columns', name, names);
    check(name, kind);
  }
  return (name) => (Object.hasOwn(kinds, name) ? kinds[name] : undefined);
}

/** A kind that the user gave; the marks are still read from the texts. */
function chosen(kind: ColumnKind, values: ArrayLike<unknown>, hints: Hints) {
  const proven = hints.decimal === undefined ? provenMark(values, hints.missing) : undefined;
  const mark = proven === 'both' ? undefined : proven;
  const decimal = hints.decimal ?? mark ?? hints.tableDecimal ?? (hints.semicolons ? ',' : '.');
  const format: CellFormat = { decimal, dateOrder: hints.dateOrder ?? 'day-first', missing: hints.missing };
  return { kind, format, reason: 'given', notes: [] };
}

function missingTokens(tokens: readonly string[] | undefined): readonly string[] {
  if (tokens === undefined) return MISSING_TOKENS;
  if (!Array.isArray(tokens) || tokens.some((token) => typeof token !== 'string')) {
    throw new SaddlepointError(
      'option',
      `missing: expected a list of texts, got ${show(tokens)}`,
      "such as ['none', '-999']",
    );
  }
  return tokens.map((token) => token.trim().toLowerCase());
}

/** How errors about a row of a table name it. */
export function placeOf(origin: Origin | undefined): Place {
  if (origin === undefined) return rowPlace;
  const { name, lines, firstRow = 0 } = origin;
  return (row) => `row ${firstRow + row} (counted from 0; line ${lines[row]} of ${name})`;
}

function unknownColumn(where: string, name: string, names: readonly string[]): SaddlepointError {
  return new SaddlepointError(
    'option',
    `${where}: there is no ${namedColumn(name)}`,
    suggest(name, names.slice(0, 50)),
  );
}

/** The column of a name; an unknown one is refused with near names. */
export function columnOf(table: Table, name: string, where = 'column'): Column {
  const column = table.columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw unknownColumn(
    where,
    name,
    table.columns.map((each) => each.name),
  );
}

/** The table with only some columns, in the order given. */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return { ...table, columns: names.map((name) => columnOf(table, name)) };
}

/** The table without some columns. */
export function dropColumns(table: Table, names: readonly string[]): Table {
  for (const name of names) columnOf(table, name);
  return { ...table, columns: table.columns.filter(({ name }) => !names.includes(name)) };
}

/** The table with only some rows, in the order given; rows keep the lines that errors name. */
export function selectRows(table: Table, rows: ArrayLike<number>): Table {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (Number.isInteger(row) && row >= 0 && row < table.rows) continue;
    throw new SaddlepointError('data', `selectRows: row ${row} at position ${i}, allowed 0 … ${table.rows - 1}`);
  }
  const lines = table.origin?.lines;
  return {
    ...table,
    rows: rows.length,
    columns: table.columns.map((column) => takeRows(column, rows)),
    origin: lines && {
      name: table.origin?.name as string,
      lines: Int32Array.from(rows, (row) => lines[row] as number),
    },
  };
}

/** The rows as records: numbers, booleans, Dates, names and texts; null for gaps. */
export function recordsOf(table: Table): Record<string, number | boolean | Date | string | null>[] {
  return Array.from({ length: table.rows }, (_, row) =>
    // fromEntries, since a column may be called __proto__.
    Object.fromEntries(table.columns.map((column) => [column.name, cellOf(column, row)])),
  );
}

/** A line a column: its kind, its gaps and why it has that kind. */
export function describeTable(table: Table): string {
  const lines = table.columns.map((column) => {
    const gaps = column.missing === 0 ? '' : `, ${column.missing} of ${lengthOf(column)} missing`;
    return `${column.name}: ${column.kind}${gaps} (${column.reason})`;
  });
  return [`${table.rows} rows, ${table.columns.length} columns`, ...lines, ...table.notes].join('\n');
}
