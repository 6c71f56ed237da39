/** @file Reads a whole CSV or TSV file as a table. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { type ByteSource, sourceName } from '../inputs.ts';
import { shortName } from '../nested.ts';
import { makeTable, TABLE_OPTIONS, type Table, type TableOptions } from '../table/table.ts';
import { textChunks } from '../text-chunks.ts';
import { recordBlocks } from './records.ts';
import { DELIMITERS, type Delimiter, sniffHeader } from './sniff.ts';

export interface CsvOptions extends TableOptions {
  /** What parts the fields; default: found from the first lines among comma, semicolon, tab and bar. */
  readonly delimiter?: Delimiter;
  /** Whether the first record names the columns, or the names themselves; default `auto`. Without one they are '0', '1', … */
  readonly header?: 'auto' | boolean | readonly string[];
  /** Two columns of one name: an `error` (default), or `number` to call the second `name 2`. */
  readonly duplicates?: 'error' | 'number';
  /** A label of the Encoding Standard, such as `windows-1252`; default `utf-8`. */
  readonly encoding?: string;
  /** The longest record, in characters; default 1,000,000: a quote that never closes must not take all memory. */
  readonly maxLineLength?: number;
}

const CSV_OPTIONS: readonly string[] = [
  ...TABLE_OPTIONS,
  'delimiter',
  'header',
  'duplicates',
  'encoding',
  'maxLineLength',
];

export interface CsvSettings {
  readonly name: string;
  readonly delimiter: Delimiter | undefined;
  readonly header: 'auto' | boolean | readonly string[];
  readonly duplicates: 'error' | 'number';
  readonly encoding: string | undefined;
  readonly maxLineLength: number;
}

/** The options, checked, with their defaults. */
export function csvSettings(where: string, source: unknown, options: CsvOptions): CsvSettings {
  checkKnownOptions(where, options, CSV_OPTIONS);
  const { header = 'auto', delimiter, maxLineLength = 1_000_000, encoding } = options;
  if (delimiter !== undefined) checkName('delimiter', delimiter, DELIMITERS);
  const named = Array.isArray(header) && header.every((name) => typeof name === 'string');
  if (!named && typeof header !== 'boolean' && header !== 'auto') {
    throw new SaddlepointError(
      'option',
      `header: expected 'auto', true, false or a list of names, got ${show(header)}`,
    );
  }
  checkNumber('maxLineLength', maxLineLength, { min: 1, max: 2 ** 28, integer: true });
  const duplicates = checkName('duplicates', options.duplicates ?? 'error', ['error', 'number']);
  return {
    name: sourceName(source, options.name, 'the CSV text'),
    delimiter,
    header,
    duplicates,
    encoding,
    maxLineLength,
  };
}

/** The names of the columns, and whether the first record gave them. */
export function headerOf(
  records: readonly (readonly string[])[],
  { header, duplicates, name }: CsvSettings,
): { names: readonly string[]; skip: 0 | 1 } {
  const first = records[0] ?? [];
  const given = typeof header === 'object';
  const read = given ? false : header === 'auto' ? sniffHeader(records) : header;
  if (!given && !read) return { names: Array.from({ length: widthOf(records) }, (_, j) => String(j)), skip: 0 };
  const names = given ? [...header] : first.map((cell, j) => (cell === '' ? String(j) : cell));
  const taken = new Map<string, number>();
  names.forEach((each, j) => {
    const before = taken.get(each);
    if (before === undefined) {
      taken.set(each, j);
      return;
    }
    if (duplicates === 'error') {
      throw new SaddlepointError(
        'data',
        `${name}: columns ${before} and ${j} (counted from 0) are both called ${shortName(each)}`,
        "rename one, or number them with duplicates: 'number'",
      );
    }
    let count = 2;
    while (taken.has(`${each} ${count}`) || names.includes(`${each} ${count}`)) count++;
    names[j] = `${each} ${count}`;
    taken.set(names[j] as string, j);
  });
  return { names, skip: given ? 0 : 1 };
}

/** The length that most records have: the odd one is named, also where it comes first. */
function widthOf(records: readonly (readonly string[])[]): number {
  const tally = new Map<number, number>();
  for (const { length } of records) tally.set(length, (tally.get(length) ?? 0) + 1);
  return [...tally].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}

/** Refuses a record of another length than the header's. */
export function checkWidth(record: readonly string[], width: number, row: number, line: number, name: string): void {
  if (record.length === width) return;
  throw new SaddlepointError(
    'data',
    `${name}: row ${row} (counted from 0; line ${line}) has ${record.length} ${record.length === 1 ? 'value' : 'values'}, ${width} expected`,
    'every row must have the same length; a comma inside a text needs quotes around the text',
  );
}

/**
 * Reads CSV or TSV as a table: delimiter, header, decimal mark and the kind of each column are found from the text.
 *
 * Fields may be quoted and hold delimiters and line ends; a byte-order mark, CRLF and empty lines are taken as they come; space
 * around fields is removed.
 *
 * @param source the text, or where it comes from; `file(path)` of `saddlepoint/node` opens files
 * @throws SaddlepointError `data`: a row of another length (row, line and both lengths named), two columns of one name, no
 *   rows, a cell that its column cannot hold; `file`: text that is no UTF-8, archives, quotes that never close, a record longer
 *   than `maxLineLength`; `option` for unknown options
 * @example const table = await readCsv('name;height\nAda;1,70\nBo;1,82'); // height: number (decimal comma)
 */
export async function readCsv(source: ByteSource, options: CsvOptions = {}): Promise<Table> {
  const settings = csvSettings('readCsv', source, options);
  const records: (readonly string[])[] = [];
  const lines: number[] = [];
  let delimiter: Delimiter | undefined;
  for await (const block of recordBlocks(textChunks(source, settings), settings)) {
    for (const record of block.records) records.push(record);
    for (const line of block.lines) lines.push(line);
    delimiter = block.delimiter;
  }
  const { names, skip } = headerOf(records, settings);
  const rows = records.length - skip;
  const cells = names.map((column) => [column, new Array<string>(rows)] as const);
  for (let row = 0; row < rows; row++) {
    const record = records[row + skip] as readonly string[];
    checkWidth(record, names.length, row, lines[row + skip] as number, settings.name);
    for (let j = 0; j < names.length; j++) (cells[j] as readonly [string, string[]])[1][row] = record[j] as string;
  }
  const origin = { name: settings.name, lines: Int32Array.from(lines.slice(skip)) };
  return makeTable(cells, rows, { ...options, name: settings.name }, { origin, semicolons: delimiter === ';' });
}
