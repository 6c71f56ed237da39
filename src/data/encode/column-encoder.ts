/** @file How one column of a table becomes numbers: plain data, and the functions that read it. */
import { SaddlepointError } from '../../core/errors.ts';
import { streamOf } from '../../core/philox.ts';
import type { CellFormat, ColumnKind } from '../table/cells.ts';
import { namedColumn } from '../table/column.ts';
import { bagOf, type TextEncoder, tokensOf } from './text-encoder.ts';

/** Parts of a date: the year as a number, the others as sine and cosine of their place in the cycle. */
export const DATE_PARTS = ['year', 'month', 'weekday', 'hour'] as const;
/** What of a date becomes numbers; all but the year as sine and cosine, so that December is beside January. */
export type DatePart = (typeof DATE_PARTS)[number];

interface Common {
  readonly column: string;
  readonly format: CellFormat;
  /** What a gap becomes; null: a gap is an error, or, with `indicator`, all zero. */
  readonly fill: number | string | null;
  /** One more number at the end: 1 for a gap, else 0. */
  readonly indicator: boolean;
}

export interface NumberEncoder extends Common {
  readonly encoding: 'number' | 'boolean';
}

export interface DateEncoder extends Common {
  readonly encoding: 'date';
  readonly parts: readonly DatePart[];
}

export interface LevelEncoder extends Common {
  /** One-hot: a 1 in the place of the level. Ordinal: one number, 1 for the first level, 0 for an unknown name. */
  readonly encoding: 'one-hot' | 'ordinal';
  readonly levels: readonly string[];
  /** A name that training has not seen: zero, or an error. */
  readonly unknown: 'zero' | 'error';
}

export interface HashEncoder extends Common {
  /** A 1 in the place that a hash of the name gives: several names may share one. */
  readonly encoding: 'hash';
  readonly buckets: number;
}

/** How one column becomes numbers: plain data, a part of the model's file. */
export type ColumnEncoder = NumberEncoder | DateEncoder | LevelEncoder | HashEncoder | TextEncoder;

/** The kind that cells of the column are read as. */
export function kindOf({ encoding }: ColumnEncoder): ColumnKind {
  const own = encoding === 'number' || encoding === 'boolean' || encoding === 'date' || encoding === 'text';
  return own ? encoding : 'category';
}

/** The names of the numbers that one cell becomes. */
export function namesOf(encoder: ColumnEncoder): string[] {
  const { column, indicator } = encoder;
  return [...bodyNames(encoder), ...(indicator ? [`${column} is missing`] : [])];
}

function bodyNames(encoder: ColumnEncoder): string[] {
  const { column } = encoder;
  switch (encoder.encoding) {
    case 'date':
      return encoder.parts.flatMap((part) =>
        part === 'year' ? [`${column} year`] : [`${column} ${part} sin`, `${column} ${part} cos`],
      );
    case 'one-hot':
      return encoder.levels.map((level) => `${column}=${level}`);
    case 'hash':
      return Array.from({ length: encoder.buckets }, (_, i) => `${column}#${i}`);
    case 'text':
      return bagOf(encoder).columns.map((token) => `${column}: ${token}`);
    default:
      return [column];
  }
}

/** A cell's value as `readCell` gives it. */
export type CellValue = number | string | null;

/**
 * Makes the function that writes one cell's numbers at an offset; it returns false for a name that training has not seen.
 * The numbers it writes to are 0 before.
 */
export function cellWriter(encoder: ColumnEncoder): (value: CellValue, out: Float32Array, at: number) => boolean {
  const width = bodyNames(encoder).length;
  const write = bodyWriter(encoder);
  const { fill, indicator } = encoder;
  return (value, out, at) => {
    if (value !== null) return write(value, out, at);
    if (indicator) out[at + width] = 1;
    return fill === null || write(fill, out, at);
  };
}

function bodyWriter(encoder: ColumnEncoder): (value: number | string, out: Float32Array, at: number) => boolean {
  switch (encoder.encoding) {
    case 'date':
      return (value, out, at) => writeDate(encoder.parts, value as number, out, at);
    case 'hash':
      return (value, out, at) => {
        out[at + (streamOf(value as string) % encoder.buckets)] = 1;
        return true;
      };
    case 'text': {
      const bag = bagOf(encoder);
      return (value, out, at) => {
        out.set(bag.encode([tokensOf(encoder.unit, value as string)]), at);
        return true;
      };
    }
    case 'one-hot':
    case 'ordinal': {
      const places = new Map(encoder.levels.map((level, i) => [level, i]));
      const oneHot = encoder.encoding === 'one-hot';
      return (value, out, at) => {
        const place = places.get(value as string);
        if (place === undefined) return false;
        out[oneHot ? at + place : at] = oneHot ? 1 : place + 1;
        return true;
      };
    }
    default:
      return (value, out, at) => {
        out[at] = value as number;
        if (Number.isFinite(out[at])) return true;
        throw new SaddlepointError(
          'data',
          `${namedColumn(encoder.column)} holds ${value}, too large for a 32-bit float`,
          'give the column in a larger unit: values must lie within ±3.4e38',
        );
      };
  }
}

function writeDate(parts: readonly DatePart[], value: number, out: Float32Array, from: number): boolean {
  const date = new Date(value);
  let at = from;
  const cycle = (turns: number): void => {
    out[at++] = Math.sin(2 * Math.PI * turns);
    out[at++] = Math.cos(2 * Math.PI * turns);
  };
  for (const part of parts) {
    if (part === 'year') out[at++] = date.getUTCFullYear();
    else if (part === 'month') cycle(date.getUTCMonth() / 12);
    else if (part === 'weekday') cycle(date.getUTCDay() / 7);
    else cycle((date.getUTCHours() + date.getUTCMinutes() / 60) / 24);
  }
  return true;
}
