/** @file The kind of a column from its cells, with the reason: numbers, yes and no, dates, names or free text. */
import { SaddlepointError } from '../../core/errors.ts';
import { shortName } from '../nested.ts';
import { BOOLEAN_WORDS, type CellFormat, type ColumnKind, isMissing } from './cells.ts';
import { cellError, namedColumn, type Place } from './column.ts';
import { type DateOrder, orderOf } from './dates.ts';
import { type DecimalMark, isCode, isPercent, type MarkEvidence, markOf } from './numbers.ts';

export interface Inferred {
  readonly kind: ColumnKind;
  readonly format: CellFormat;
  readonly reason: string;
  /** What had to be guessed. */
  readonly notes: readonly string[];
}

/** What is known before a column is looked at. */
export interface Hints {
  readonly missing: readonly string[];
  /** Given by the user. */
  readonly decimal?: DecimalMark | undefined;
  readonly dateOrder?: DateOrder | undefined;
  /** What the other columns of the table say. */
  readonly tableDecimal?: DecimalMark | undefined;
  /** The file parts its fields by semicolons, as programs do where the comma is the decimal mark. */
  readonly semicolons?: boolean | undefined;
  readonly place: Place;
}

/** From this share of numbers on, what is none is taken for a mistake and not for a name. */
const MOSTLY = 0.8;
/** More words a cell than this on average are free text. */
const WORDS_OF_TEXT = 4;
const MANY_LEVELS = 50;

/** The rows that hold something, and what the types of their values are. */
interface Survey {
  readonly rows: readonly number[];
  readonly types: ReadonlySet<string>;
}

function survey(cells: ArrayLike<unknown>, missing: readonly string[]): Survey {
  const rows: number[] = [];
  const types = new Set<string>();
  for (let row = 0; row < cells.length; row++) {
    const value = cells[row];
    if (isMissing(value, missing)) continue;
    rows.push(row);
    types.add(value instanceof Date ? 'date' : typeof value);
  }
  return { rows, types };
}

/** Which decimal marks the texts of a column prove: `both` where they contradict each other. */
export function provenMark(cells: ArrayLike<unknown>, missing: readonly string[]): DecimalMark | 'both' | undefined {
  const found = new Set<MarkEvidence>();
  for (let row = 0; row < cells.length; row++) {
    const value = cells[row];
    if (isMissing(value, missing) || typeof value === 'number') continue;
    const mark = typeof value === 'string' ? markOf(value) : 'none';
    // A column of something else proves nothing about numbers.
    if (mark === 'none') return undefined;
    found.add(mark);
  }
  if (found.has('.')) return found.has(',') ? 'both' : '.';
  return found.has(',') ? ',' : undefined;
}

/**
 * The kind of a column.
 *
 * @throws SaddlepointError `data`: most cells are numbers and one is not, an object or a function as a cell.
 */
export function inferColumn(name: string, cells: ArrayLike<unknown>, hints: Hints): Inferred {
  const { rows, types } = survey(cells, hints.missing);
  const format: CellFormat = {
    decimal: hints.decimal ?? hints.tableDecimal ?? '.',
    dateOrder: hints.dateOrder ?? 'day-first',
    missing: hints.missing,
  };
  const be = (kind: ColumnKind, reason: string, more: Partial<Inferred> = {}): Inferred => ({
    kind,
    reason,
    format,
    notes: [],
    ...more,
  });
  if (rows.length === 0) return be('number', 'every cell is a gap');
  const odd = rows.find((row) => {
    const value = cells[row];
    return (
      (typeof value === 'object' && !(value instanceof Date)) ||
      typeof value === 'function' ||
      typeof value === 'symbol'
    );
  });
  if (odd !== undefined) throw cellError(name, cells, odd, 'text', hints.place, 'a cell holds one value');
  const count = `all ${rows.length} values are`;
  if (types.size === 1 && types.has('boolean')) return be('boolean', `${count} true or false`);
  if (types.size === 1 && types.has('date')) return be('date', `${count} dates`);
  if (!types.has('string')) {
    if (types.has('date')) return be('category', 'dates and other values are mixed');
    const infinite = rows.find((row) => typeof cells[row] === 'number' && !Number.isFinite(cells[row]));
    if (infinite !== undefined) throw cellError(name, cells, infinite, 'number', hints.place);
    return be('number', `${count} numbers`);
  }
  return inferTexts(name, cells, rows, hints, be);
}

type Be = (kind: ColumnKind, reason: string, more?: Partial<Inferred>) => Inferred;

function inferTexts(name: string, cells: ArrayLike<unknown>, rows: readonly number[], hints: Hints, be: Be): Inferred {
  const textOf = (row: number): string => String(cells[row]).trim();
  const count = `all ${rows.length} values are`;
  const words = new Set(rows.slice(0, 1000).map((row) => textOf(row).toLowerCase()));
  const pair =
    words.size > 2 ? undefined : BOOLEAN_WORDS.find((each) => [...words].every((word) => each.includes(word)));
  if (pair !== undefined && (words.size === 2 || pair[0].length > 1)) {
    const exception = rows.find((row) => !pair.includes(textOf(row).toLowerCase()));
    if (exception === undefined) return be('boolean', `${count} '${pair[0]}' or '${pair[1]}'`);
  }
  const number = inferNumbers(name, rows, textOf, cells, hints, be);
  if (number !== undefined) return number;
  const date = inferDates(name, rows, textOf, hints, be);
  return date ?? inferNames(rows, textOf, be);
}

function inferNumbers(
  name: string,
  rows: readonly number[],
  textOf: (row: number) => string,
  cells: ArrayLike<unknown>,
  hints: Hints,
  be: Be,
): Inferred | undefined {
  const first: Partial<Record<MarkEvidence, number>> = {};
  let [numbers, codes, percents, commas] = [0, 0, 0, false];
  let exception = -1;
  for (const row of rows) {
    const text = textOf(row);
    const mark = markOf(text);
    first[mark] ??= row;
    if (mark === 'none') {
      if (exception < 0) exception = row;
      continue;
    }
    numbers++;
    if (isCode(text)) codes++;
    if (isPercent(text)) percents++;
    if (mark === 'ambiguous' && text.includes(',')) commas = true;
  }
  if (exception >= 0) {
    const mostly = numbers >= MOSTLY * rows.length && codes === 0;
    if (mostly)
      throw cellError(name, cells, exception, 'number', hints.place, `${numbers} of ${rows.length} values are numbers`);
    return undefined;
  }
  const count = `all ${rows.length} values are`;
  if (codes > 0) return be('category', 'digits with leading zeros are codes, not amounts');
  if (percents > 0 && percents < rows.length) {
    const row = rows.find((at) => !isPercent(textOf(at))) as number;
    throw cellError(name, cells, row, 'number', hints.place, 'other values of the column are percentages');
  }
  if (first['.'] !== undefined && first[','] !== undefined && hints.decimal === undefined) {
    const [point, comma] = [textOf(first['.']), textOf(first[','])];
    throw new SaddlepointError(
      'data',
      `${namedColumn(name)} has a decimal point in ${hints.place(first['.'])}, '${point}', and a decimal comma in ${hints.place(first[','])}, '${comma}'`,
      `say which it is with decimal: '.' or ',', or columns: { ${JSON.stringify(name)}: 'category' }`,
    );
  }
  const proven = first['.'] !== undefined ? '.' : first[','] !== undefined ? ',' : undefined;
  const guessed = hints.tableDecimal ?? (commas && hints.semicolons ? ',' : '.');
  const decimal = hints.decimal ?? proven ?? guessed;
  const wrong = hints.decimal !== undefined && proven !== undefined && proven !== hints.decimal;
  if (wrong) {
    const row = first[proven] as number;
    throw cellError(name, cells, row, 'number', hints.place, `the decimal mark is '${decimal}'`);
  }
  const notes: string[] = [];
  if (first.ambiguous !== undefined && hints.decimal === undefined && proven === undefined) {
    const [other, role] = decimal === ',' ? ['.', 'a decimal comma'] : [',', 'a decimal point or groups of thousands'];
    notes.push(
      `${namedColumn(name)}: '${textOf(first.ambiguous)}' is read with ${role}; decimal: '${other}' reads it the other way`,
    );
  }
  const form = percents > 0 ? ' (percentages, read as shares of 1)' : decimal === ',' ? ' (decimal comma)' : '';
  const { format } = be('number', '');
  return be('number', `${count} numbers${form}`, { format: { ...format, decimal }, notes });
}

function inferDates(
  name: string,
  rows: readonly number[],
  textOf: (row: number) => string,
  hints: Hints,
  be: Be,
): Inferred | undefined {
  const first: Partial<Record<ReturnType<typeof orderOf>, number>> = {};
  for (const row of rows) {
    const order = orderOf(textOf(row));
    if (order === 'none') return undefined;
    first[order] ??= row;
  }
  const [day, month] = [first['day-first'], first['month-first']];
  if (day !== undefined && month !== undefined && hints.dateOrder === undefined) return undefined;
  const proven: DateOrder | undefined =
    day !== undefined ? 'day-first' : month !== undefined ? 'month-first' : undefined;
  if (hints.dateOrder !== undefined && proven !== undefined && hints.dateOrder !== proven) return undefined;
  const dateOrder = hints.dateOrder ?? proven ?? 'day-first';
  const notes: string[] = [];
  if (first.ambiguous !== undefined && proven === undefined && hints.dateOrder === undefined) {
    notes.push(
      `${namedColumn(name)}: '${textOf(first.ambiguous)}' is read with the day first; dateOrder: 'month-first' reads the month first`,
    );
  }
  const { format } = be('date', '');
  return be('date', `all ${rows.length} values are dates`, { format: { ...format, dateOrder }, notes });
}

function inferNames(rows: readonly number[], textOf: (row: number) => string, be: Be): Inferred {
  const sample = rows.slice(0, 10_000);
  const distinct = new Set(sample.map(textOf));
  let words = 0;
  for (const text of distinct) words += text.split(/\s+/).length;
  const perCell = words / distinct.size;
  if (perCell > WORDS_OF_TEXT && distinct.size > sample.length / 10) {
    return be('text', `${perCell.toFixed(1)} words a cell on average`);
  }
  const example = shortName([...distinct][0] as string);
  const many = distinct.size > MANY_LEVELS ? ', many' : '';
  return be('category', `${distinct.size} different names${many}, such as ${example}`);
}
