/** @file One cell: whether it is a gap, and what it says as a value of a column's kind. */
import { type DateOrder, parseDate } from './dates.ts';
import { type DecimalMark, parseNumber } from './numbers.ts';

/** What a column was found to hold. */
export type ColumnKind = 'number' | 'category' | 'boolean' | 'date' | 'text';
export const COLUMN_KINDS: readonly ColumnKind[] = ['number', 'category', 'boolean', 'date', 'text'];

/** How the texts of a column are read. */
export interface CellFormat {
  readonly decimal: DecimalMark;
  readonly dateOrder: DateOrder;
  /** Texts that mean a gap, in lower case, compared without surrounding space. */
  readonly missing: readonly string[];
}

/** Texts that mean a gap, whatever their case. */
export const MISSING_TOKENS: readonly string[] = ['', 'na', 'n/a', 'null', 'nan', '?', '-'];

/** Pairs of words that say yes and no; a single letter counts only where its partner occurs too. */
export const BOOLEAN_WORDS: readonly (readonly [no: string, yes: string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['off', 'on'],
  ['n', 'y'],
  ['f', 't'],
];

export function isMissing(value: unknown, missing: readonly string[]): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'number') {
    return Number.isNaN(value) || (missing !== MISSING_TOKENS && missing.includes(String(value)));
  }
  if (typeof value === 'string') return value.length < 40 && missing.includes(value.trim().toLowerCase());
  return value instanceof Date && Number.isNaN(value.getTime());
}

/**
 * The value of a cell: a number for the kinds number, boolean (0, 1) and date (milliseconds), a string for category and text.
 * Null for a gap, undefined for what cannot be read as that kind.
 */
export function readCell(value: unknown, kind: ColumnKind, format: CellFormat): number | string | null | undefined {
  if (isMissing(value, format.missing)) return null;
  switch (kind) {
    case 'number':
      return readNumber(value, format);
    case 'boolean':
      return readBoolean(value);
    case 'date':
      return readDate(value, format);
    default:
      return readText(value);
  }
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

function readNumber(value: unknown, { decimal }: CellFormat): number | undefined {
  if (typeof value === 'number') return finite(value);
  if (typeof value === 'string') return finite(parseNumber(value, decimal));
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'bigint' ? finite(Number(value)) : undefined;
}

function readBoolean(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value === 0 || value === 1 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const word = value.trim().toLowerCase();
  if (word === '0' || word === '1') return Number(word);
  const pair = BOOLEAN_WORDS.find((words) => words.includes(word));
  return pair === undefined ? undefined : pair.indexOf(word);
}

function readDate(value: unknown, { dateOrder }: CellFormat): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'number') return Math.abs(value) <= 8.64e15 ? value : undefined;
  return typeof value === 'string' ? finite(parseDate(value, dateOrder)) : undefined;
}

function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    ? undefined
    : String(value);
}
