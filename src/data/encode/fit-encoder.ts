/** @file Fits a row encoder on the training rows of a table: levels, fills, parts of dates; says what it did. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { byCodeUnit, type Column, cellOf, namedColumn } from '../table/column.ts';
import { columnOf, placeOf, type Table } from '../table/table.ts';
import type { ColumnEncoder, DatePart } from './column-encoder.ts';
import { columnEncodersFromJson } from './encoder-json.ts';
import { gapError, makeRowEncoder, type RowEncoder } from './row-encoder.ts';
import { fitText, type TextUnit } from './text-encoder.ts';

/** What becomes of gaps. */
export type MissingPolicy = 'error' | 'drop' | 'mean' | 'median' | 'indicator';
/** How names become numbers; `leave` leaves the column out. */
export type CategoryEncoding = 'one-hot' | 'ordinal' | 'hash' | 'leave';

export interface EncoderOptions {
  /** Columns that are no inputs, such as the target. */
  readonly exclude?: readonly string[];
  /**
   * What becomes of gaps, for all columns or for single ones; default `error`. `mean` and `median` fill numbers and dates with
   * that of the training rows, and names and booleans with the most frequent; `indicator` is `mean` with one more number that
   * says 1 where the gap was (names are not filled: all their numbers are 0). `drop` is for the rows: take those of
   * `completeRows`; here and in prediction it is `error`.
   */
  readonly missing?: MissingPolicy | Readonly<Record<string, MissingPolicy>>;
  /** A name that training has not seen: all `zero` with a note (default), or an `error`. */
  readonly unknown?: 'zero' | 'error';
  /** How single columns become numbers, also columns of numbers that are names. */
  readonly categories?: Readonly<Record<string, CategoryEncoding>>;
  /**
   * Columns that become bags of words, or of runs of characters: all columns of free text (`auto`), or those named, also names
   * and codes, with what counts in them. Default: none; free text is left out with a note.
   */
  readonly text?: 'auto' | Readonly<Record<string, TextUnit | 'auto'>>;
  /** Up to this many names are one-hot; more are hashed. Default 50: each name needs some rows to be learnt from. */
  readonly maxLevels?: number;
  /** Places of a hash; default 64. */
  readonly buckets?: number;
}

const MISSING: readonly MissingPolicy[] = ['error', 'drop', 'mean', 'median', 'indicator'];
const CATEGORIES: readonly CategoryEncoding[] = ['one-hot', 'ordinal', 'hash', 'leave'];
/** From this many rows on, a column of names that are all different is taken for an identifier. */
const IDENTIFIER_ROWS = 20;

interface Settings {
  readonly table: Table;
  readonly rows: ArrayLike<number>;
  readonly options: EncoderOptions;
  readonly notes: string[];
}

/**
 * Fits the encoder of a table's rows. Numbers stay as they are (the model scales them), names become one-hot, booleans 0 and 1,
 * dates the year and sine and cosine of month, weekday and, where there are times, hour. Free text is left out: it needs a
 * vocabulary. Only the given rows are looked at, so nothing of validation rows leaks into levels and fills.
 *
 * @param rows the training rows; left out: all
 * @returns the encoder, and what was done, for people to read
 * @throws SaddlepointError `data`: a gap in the training rows under `error` (row and column named), no column left; `option`
 *   for options and columns that are not there
 * @example
 * const { encoder } = fitEncoder(table, rows, { exclude: ['species'] });
 * encoder.encode(table).data; // Float32Array of rows × encoder.width
 */
export function fitEncoder(
  table: Table,
  rows: ArrayLike<number> = Int32Array.from({ length: table.rows }, (_, row) => row),
  options: EncoderOptions = {},
): { encoder: RowEncoder; notes: string[] } {
  checkOptions(table, options);
  if (rows.length === 0) throw new SaddlepointError('data', 'fitEncoder: there are no training rows to fit it on');
  const notes: string[] = [];
  const settings: Settings = { table, rows, options, notes };
  const encoders = table.columns
    .filter(({ name }) => !(options.exclude ?? []).includes(name))
    .map((column) => fitColumn(column, settings))
    .filter((encoder) => encoder !== undefined);
  if (encoders.length === 0) {
    throw new SaddlepointError(
      'data',
      `the table has no column that can be an input: ${table.columns.map(({ name }) => namedColumn(name)).join(', ')}`,
      notes[0] ?? 'give at least one column besides the target',
    );
  }
  return { encoder: makeRowEncoder(encoders), notes };
}

/** Reads an encoder from a model file; damaged or foreign JSON is refused with code `file`. */
export function encoderFromJson(json: unknown): RowEncoder {
  return makeRowEncoder(columnEncodersFromJson(json));
}

function checkOptions(table: Table, options: EncoderOptions): void {
  checkKnownOptions('fitEncoder', options, [
    ...['exclude', 'missing', 'unknown', 'categories', 'text', 'maxLevels', 'buckets'],
  ]);
  for (const name of options.exclude ?? []) columnOf(table, name, 'exclude');
  if (typeof options.missing === 'object') {
    for (const [name, policy] of Object.entries(options.missing)) {
      columnOf(table, name, 'missing');
      checkName(`missing: ${namedColumn(name)}`, policy, MISSING);
    }
  } else if (options.missing !== undefined) checkName('missing', options.missing, MISSING);
  for (const [name, encoding] of Object.entries(options.categories ?? {})) {
    columnOf(table, name, 'categories');
    checkName(`categories: ${namedColumn(name)}`, encoding, CATEGORIES);
  }
  if (typeof options.text === 'object') for (const name of Object.keys(options.text)) columnOf(table, name, 'text');
  else if (options.text !== undefined) checkName('text', options.text, ['auto']);
  if (options.unknown !== undefined) checkName('unknown', options.unknown, ['zero', 'error']);
  if (options.maxLevels !== undefined)
    checkNumber('maxLevels', options.maxLevels, { min: 1, max: 100_000, integer: true });
  if (options.buckets !== undefined) checkNumber('buckets', options.buckets, { min: 1, max: 100_000, integer: true });
}

/** The policy for a column's gaps. */
export function policyOf(missing: EncoderOptions['missing'], column: string): MissingPolicy {
  if (typeof missing === 'string') return missing;
  return missing !== undefined && Object.hasOwn(missing, column) ? (missing[column] as MissingPolicy) : 'error';
}

function fitColumn(column: Column, settings: Settings): ColumnEncoder | undefined {
  const { table, rows, options, notes } = settings;
  const { name } = column;
  const wanted =
    options.categories !== undefined && Object.hasOwn(options.categories, name) ? options.categories[name] : undefined;
  if (wanted === 'leave') return undefined;
  const unit = unitOf(column, options);
  if (unit !== undefined && wanted === undefined) {
    const { encoder, note } = fitText(column, rows, table.rows, unit === 'auto' ? undefined : unit);
    notes.push(note);
    return encoder;
  }
  if (column.kind === 'text' && wanted === undefined) {
    notes.push(`${namedColumn(name)} is free text and is left out: text: 'auto' makes a bag of words of it`);
    return undefined;
  }
  const policy = policyOf(options.missing, name);
  let gaps = 0;
  for (let i = 0; i < rows.length; i++) {
    if (cellOf(column, rows[i] as number) !== null) continue;
    if (policy === 'error' || policy === 'drop') throw gapError(name, placeOf(table.origin)(rows[i] as number));
    gaps++;
  }
  if (gaps === rows.length) {
    notes.push(`${namedColumn(name)} has no value in the training rows and is left out`);
    return undefined;
  }
  const encoder =
    wanted !== undefined || column.kind === 'category' || column.kind === 'text'
      ? fitNames(column, policy, wanted, settings)
      : fitNumbers(column, policy, settings);
  if (gaps > 0 && encoder !== undefined) notes.push(gapNote(encoder, gaps, policy));
  return encoder;
}

/** What counts in a column that becomes a bag; undefined for all others. */
function unitOf({ name, kind }: Column, { text }: EncoderOptions): TextUnit | 'auto' | undefined {
  if (typeof text === 'object') return Object.hasOwn(text, name) ? text[name] : undefined;
  return text === 'auto' && kind === 'text' ? 'auto' : undefined;
}

function gapNote({ column, fill }: ColumnEncoder, gaps: number, policy: MissingPolicy): string {
  const verb = gaps === 1 ? 'gap in the training rows is' : 'gaps in the training rows are';
  const value = typeof fill === 'number' ? Number(fill.toPrecision(6)) : `'${fill}'`;
  const filled = fill === null ? 'encoded as 0' : `filled with ${value}`;
  const marked = policy === 'indicator' ? ', and marked' : '';
  return `${namedColumn(column)}: ${gaps} ${verb} ${filled}${marked}`;
}

function fitNumbers(column: Column, policy: MissingPolicy, { rows }: Settings): ColumnEncoder {
  const all = Float64Array.from({ length: rows.length }, (_, i) =>
    Number((column as { values: Float64Array }).values[rows[i] as number]),
  );
  const values = all.filter((value) => !Number.isNaN(value));
  const common = { column: column.name, format: column.format, indicator: policy === 'indicator' };
  const filled = policy !== 'error' && policy !== 'drop';
  if (column.kind === 'boolean') {
    const ones = values.reduce((sum, value) => sum + value, 0);
    return { ...common, encoding: 'boolean', fill: filled ? Number(2 * ones > values.length) : null };
  }
  const fill = filled ? (policy === 'median' ? medianOf(values) : meanOf(values)) : null;
  if (column.kind !== 'date') return { ...common, encoding: 'number', fill };
  const timed = values.some((value) => value % 86_400_000 !== 0);
  const parts: DatePart[] = ['year', 'month', 'weekday', ...(timed ? (['hour'] as const) : [])];
  return { ...common, encoding: 'date', fill, parts };
}

/** By differences to the first value: a sum of dates or of large numbers would lose digits. */
function meanOf(values: Float64Array): number {
  const first = values[0] as number;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

function fitNames(
  column: Column,
  policy: MissingPolicy,
  wanted: CategoryEncoding | undefined,
  { rows, options, notes }: Settings,
): ColumnEncoder | undefined {
  const { name } = column;
  const counts = new Map<string, number>();
  for (let i = 0; i < rows.length; i++) {
    const cell = cellOf(column, rows[i] as number);
    if (cell === null) continue;
    const text = cell instanceof Date ? cell.toISOString() : String(cell);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const levels = [...counts.keys()].sort(byCodeUnit);
  if (wanted === undefined && levels.length === rows.length && rows.length >= IDENTIFIER_ROWS) {
    notes.push(`${namedColumn(name)} is different in every row, as an identifier is, and is left out`);
    return undefined;
  }
  const { maxLevels = 50, buckets = 64, unknown = 'zero' } = options;
  const encoding = wanted ?? (levels.length > maxLevels ? 'hash' : 'one-hot');
  const frequent = levels.reduce((best, level) =>
    (counts.get(level) as number) > (counts.get(best) as number) ? level : best,
  );
  const filled = policy === 'mean' || policy === 'median';
  const common = {
    column: name,
    format: column.format,
    fill: filled ? frequent : null,
    indicator: policy === 'indicator',
  };
  if (encoding === 'hash') {
    if (wanted === undefined)
      notes.push(`${namedColumn(name)}: ${levels.length} different names are hashed to ${buckets} places`);
    return { ...common, encoding: 'hash', buckets };
  }
  return { ...common, encoding: encoding as 'one-hot' | 'ordinal', levels, unknown };
}
