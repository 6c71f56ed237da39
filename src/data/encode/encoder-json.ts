/** @file Row encoders as JSON: what a model file holds, read back without trust in it. */
import { SaddlepointError, show } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { CellFormat } from '../table/cells.ts';
import { type BagJson, bagFromJson } from '../text/bag.ts';
import { type ColumnEncoder, DATE_PARTS, type DatePart } from './column-encoder.ts';

/** A row encoder as plain data. */
export interface EncoderJson {
  readonly format: 'saddlepoint row encoder';
  readonly version: 1;
  readonly columns: readonly { readonly [key: string]: Json }[];
}

const FORMAT = 'saddlepoint row encoder';
/** More numbers a row than this are no table, but a mistake or an attack. */
const WIDEST = 1_000_000;

export function encoderToJson(encoders: readonly ColumnEncoder[]): EncoderJson {
  // The names in one order, so that equal encoders give equal bytes.
  const columns = encoders.map(({ column, encoding, fill, indicator, format, ...rest }) => ({
    column,
    encoding,
    fill,
    indicator,
    ...rest,
    decimal: format.decimal,
    dateOrder: format.dateOrder,
    missing: format.missing,
  }));
  // Interfaces have no index signature; all of it is plain data.
  return { format: FORMAT, version: 1, columns: columns as unknown as EncoderJson['columns'] };
}

function damaged(what: string): SaddlepointError {
  return new SaddlepointError(
    'file',
    `row encoder: ${what}`,
    'the file is damaged or was written by another program; save it again',
  );
}

/**
 * Reads the columns of an encoder from JSON, which may hold anything.
 *
 * @throws SaddlepointError `file`: another format or version, an unknown encoding, a value of a wrong type, more than a
 *   million numbers a row
 */
export function columnEncodersFromJson(json: unknown): ColumnEncoder[] {
  const { format, version, columns } = objectOf('it', json);
  if (format !== FORMAT) throw damaged(`expected format '${FORMAT}', got ${show(format)}`);
  if (version !== 1) throw damaged(`expected version 1, got ${show(version)}`);
  const encoders = listOf('columns', columns).map((column, i) => columnFrom(`columns[${i}]`, column));
  const names = new Set(encoders.map(({ column }) => column));
  if (names.size < encoders.length) throw damaged('a column occurs twice');
  let width = 0;
  for (const encoder of encoders) {
    if (encoder.encoding === 'hash') width += encoder.buckets;
    else if (encoder.encoding === 'text') width += encoder.bag.width;
    else width += encoder.encoding === 'one-hot' ? encoder.levels.length : 8;
  }
  if (width > WIDEST) throw damaged(`${width} numbers a row, at most ${WIDEST} allowed`);
  return encoders;
}

function columnFrom(where: string, json: unknown): ColumnEncoder {
  const object = objectOf(where, json);
  const column = textOf(`${where}.column`, object.column);
  const encoding = oneOf(`${where}.encoding`, object.encoding, [
    'number',
    'boolean',
    'date',
    'one-hot',
    'ordinal',
    'hash',
    'text',
  ]);
  const format: CellFormat = {
    decimal: oneOf(`${where}.decimal`, object.decimal, ['.', ',']),
    dateOrder: oneOf(`${where}.dateOrder`, object.dateOrder, ['day-first', 'month-first']),
    missing: listOf(`${where}.missing`, object.missing).map((token) => textOf(`${where}.missing`, token)),
  };
  if (typeof object.indicator !== 'boolean') throw damaged(`${where}.indicator is ${show(object.indicator)}`);
  const numeric = encoding === 'number' || encoding === 'boolean' || encoding === 'date';
  const common = { column, format, indicator: object.indicator, fill: fillOf(`${where}.fill`, object.fill, numeric) };
  switch (encoding) {
    case 'date': {
      const parts = listOf(`${where}.parts`, object.parts).map((part) =>
        oneOf<DatePart>(`${where}.parts`, part, DATE_PARTS),
      );
      if (new Set(parts).size < parts.length) throw damaged(`${where}.parts holds a part twice`);
      return { ...common, encoding, parts };
    }
    case 'hash': {
      const { buckets } = object;
      if (!Number.isInteger(buckets) || (buckets as number) < 1 || (buckets as number) > WIDEST) {
        throw damaged(`${where}.buckets is ${show(buckets)}, an integer from 1 to ${WIDEST} expected`);
      }
      return { ...common, encoding, buckets: buckets as number };
    }
    case 'text': {
      const unit = oneOf(`${where}.unit`, object.unit, ['word', 'character']);
      // Read for its checks: the encoder itself is plain data.
      const bag = bagFromJson(object.bag).toJSON() as BagJson;
      return { column, encoding, format, unit, bag, fill: null, indicator: false };
    }
    case 'one-hot':
    case 'ordinal': {
      const levels = listOf(`${where}.levels`, object.levels).map((level) => textOf(`${where}.levels`, level));
      if (new Set(levels).size < levels.length) throw damaged(`${where}.levels holds a name twice`);
      return { ...common, encoding, levels, unknown: oneOf(`${where}.unknown`, object.unknown, ['zero', 'error']) };
    }
    default:
      return { ...common, encoding };
  }
}

function fillOf(where: string, fill: unknown, numeric: boolean): number | string | null {
  if (fill === null) return null;
  if (numeric ? typeof fill === 'number' && Number.isFinite(Math.fround(fill)) : typeof fill === 'string') {
    return fill as number | string;
  }
  throw damaged(`${where} is ${show(fill)}, ${numeric ? 'a finite number' : 'a name'} or null expected`);
}

function objectOf(where: string, json: unknown): Record<string, unknown> {
  if (json !== null && typeof json === 'object' && !Array.isArray(json)) return json as Record<string, unknown>;
  throw damaged(`${where} is ${show(json)}, an object expected`);
}

function listOf(where: string, json: unknown): readonly unknown[] {
  if (Array.isArray(json) && json.length <= WIDEST) return json;
  throw damaged(`${where} is ${show(json)}, a list of at most ${WIDEST} expected`);
}

function textOf(where: string, json: unknown): string {
  if (typeof json === 'string') return json;
  throw damaged(`${where} is ${show(json)}, a text expected`);
}

function oneOf<T extends string>(where: string, json: unknown, legal: readonly T[]): T {
  if (legal.includes(json as T)) return json as T;
  throw damaged(`${where} is ${show(json)}, expected one of ${legal.join(', ')}`);
}
