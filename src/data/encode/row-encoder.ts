/** @file Row encoder: rows of a table, or records, as rows of numbers, by what was fitted on the training rows. */
import { SaddlepointError, show, suggest } from '../../core/errors.ts';
import { isVector } from '../nested.ts';
import { readCell } from '../table/cells.ts';
import { type Column, cellError, cellOf, namedColumn, type Place, rowPlace } from '../table/column.ts';
import { isTable, placeOf, type Table, type TableColumns, type TableRecord } from '../table/table.ts';
import { type CellValue, type ColumnEncoder, cellWriter, kindOf, namesOf } from './column-encoder.ts';
import { type EncoderJson, encoderToJson } from './encoder-json.ts';

/** Rows as numbers, row by row, with the names of their columns. */
export interface EncodedRows {
  /** Row-major, rows × width. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly width: number;
  /** The name of each number of a row. */
  readonly columns: readonly string[];
  /** Names that training has not seen and columns that are not there but can be filled, for people to read. */
  readonly notes: readonly string[];
}

/** What `fitEncoder` and `encoderFromJson` give: immutable, without state. */
export interface RowEncoder {
  /** Numbers a row. */
  readonly width: number;
  /** The name of each number of a row, such as `age` or `city=Rome`. */
  readonly columns: readonly string[];
  /** The columns that a record must have. */
  readonly inputs: readonly string[];
  readonly encoders: readonly ColumnEncoder[];
  /**
   * Rows as numbers. Columns that the encoder does not know are ignored.
   *
   * @throws SaddlepointError `data`: a missing column (near names are suggested), a gap where none may be, a cell that cannot be
   *   read as its column's kind, an unknown name with `unknown: 'error'`; row and column named
   */
  encode(rows: Table | readonly TableRecord[] | TableColumns): EncodedRows;
  /** One record as numbers: what `encode([record]).data` gives, without its notes. */
  encodeRecord(record: TableRecord): Float32Array;
  toJSON(): EncoderJson;
}

/** The cells of one column, as its encoder reads them. */
type CellReader = (row: number) => unknown;

interface Rows {
  readonly count: number;
  readonly names: readonly string[];
  readonly place: Place;
  /** Undefined for a column that the data do not have. */
  reader(column: string): CellReader | undefined;
}

export function makeRowEncoder(encoders: readonly ColumnEncoder[]): RowEncoder {
  const columns = encoders.flatMap(namesOf);
  const width = columns.length;
  const writers = encoders.map(cellWriter);
  const widths = encoders.map((encoder) => namesOf(encoder).length);
  const encode = (input: Table | readonly TableRecord[] | TableColumns): EncodedRows => {
    const rows = rowsOf(input);
    const data = new Float32Array(rows.count * width);
    const notes: string[] = [];
    let offset = 0;
    encoders.forEach((encoder, i) => {
      const note = encodeColumn(encoder, rows, data, { offset, width, write: writers[i] as Write });
      if (note !== undefined) notes.push(note);
      offset += widths[i] as number;
    });
    return { data, rows: rows.count, width, columns, notes };
  };
  return {
    width,
    columns,
    inputs: encoders.map(({ column }) => column),
    encoders,
    encode,
    encodeRecord: (record) => encode([record]).data,
    toJSON: () => encoderToJson(encoders),
  };
}

function rowsOf(input: Table | readonly TableRecord[] | TableColumns): Rows {
  if (isTable(input)) {
    const columns = new Map<string, Column>(input.columns.map((column) => [column.name, column]));
    const reader = (name: string): CellReader | undefined => {
      const column = columns.get(name);
      return column && ((row) => cellOf(column, row));
    };
    return { count: input.rows, names: [...columns.keys()], place: placeOf(input.origin), reader };
  }
  if (Array.isArray(input)) {
    const records = input as readonly TableRecord[];
    const bad = records.findIndex((record) => record === null || typeof record !== 'object' || isVector(record));
    if (bad >= 0) throw notRecords(`${rowPlace(bad)} is ${show(records[bad])}`);
    const names = [...new Set(records.slice(0, 100).flatMap((record) => Object.keys(record)))];
    const has = (column: string): boolean => records.some((record) => Object.hasOwn(record, column));
    const at = (row: number, column: string): unknown => {
      const record = records[row] as TableRecord;
      return Object.hasOwn(record, column) ? record[column] : null;
    };
    const reader = (column: string): CellReader | undefined => (has(column) ? (row) => at(row, column) : undefined);
    return { count: records.length, names, place: rowPlace, reader };
  }
  if (input === null || typeof input !== 'object' || isVector(input)) throw notRecords(`got ${show(input)}`);
  const columns = input as TableColumns;
  const names = Object.keys(columns);
  const count = names.length === 0 ? 0 : (columns[names[0] as string] as ArrayLike<unknown>).length;
  const wrong = names.find((name) => columns[name]?.length !== count);
  if (wrong !== undefined) throw notRecords(`${namedColumn(wrong)} has another length than the first column`);
  const reader = (name: string): CellReader | undefined =>
    Object.hasOwn(columns, name) ? (row) => columns[name]?.[row] : undefined;
  return { count, names, place: rowPlace, reader };
}

function notRecords(what: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `rows to encode: expected a table, an array of records or an object of columns; ${what}`,
    'such as [{ age: 31, city: "Rome" }]',
  );
}

type Write = (value: CellValue, out: Float32Array, at: number) => boolean;

/** Writes one column of all rows; a note if some names are unknown. */
function encodeColumn(
  encoder: ColumnEncoder,
  rows: Rows,
  out: Float32Array,
  { offset, width, write }: { offset: number; width: number; write: Write },
): string | undefined {
  const { column, fill, indicator, format } = encoder;
  const kind = kindOf(encoder);
  const read = rows.reader(column);
  if (read === undefined && rows.count > 0 && fill === null && !indicator) {
    const has = rows.names.length > 0 ? `; ${suggest(column, rows.names.slice(0, 50))}` : '';
    throw new SaddlepointError('data', `the rows have no ${namedColumn(column)}`, `every row needs it${has}`);
  }
  const absent = read === undefined && rows.count > 0;
  const strangers = new Set<string>();
  let count = 0;
  for (let row = 0, at = offset; row < rows.count; row++, at += width) {
    const cell = read?.(row);
    const value = readCell(cell, kind, format);
    const cells = { length: row + 1, [row]: cell };
    if (value === undefined) throw cellError(column, cells, row, kind, rows.place, 'the model has learnt it as such');
    if (value === null && fill === null && !indicator && encoder.encoding !== 'text')
      throw gapError(column, rows.place(row));
    if (write(value, out, at)) continue;
    if (encoder.encoding !== 'hash' && 'unknown' in encoder && encoder.unknown === 'error') {
      throw new SaddlepointError(
        'data',
        `${rows.place(row)}, ${namedColumn(column)}: training has not seen ${show(value)}`,
        suggest(String(value), encoder.levels.slice(0, 50)),
      );
    }
    count++;
    if (strangers.size < 3) strangers.add(show(value));
  }
  // A misspelt name would otherwise be a gap in every row, without a word.
  if (absent)
    return `the rows have no ${namedColumn(column)}, which is taken for a gap in each; ${suggest(column, rows.names.slice(0, 50))}`;
  if (count === 0) return undefined;
  const what = `${[...strangers].join(', ')}${count > strangers.size ? ', …' : ''}`;
  return `${namedColumn(column)}: ${count} ${count === 1 ? 'row holds a name' : 'rows hold names'} that training has not seen (${what}), encoded as 0`;
}

/** The refusal of a gap. */
export function gapError(column: string, place: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `${place}, ${namedColumn(column)} is missing`,
    "fill the gap, or choose missing: 'drop' (leave out such rows), 'mean' or 'median' (fill from the training rows), 'indicator' (fill, and tell the model)",
  );
}
