/** @file Records of a CSV text: cut at the ends of records, parsed piece by piece, each with its line. Knows nothing of columns. */
import { SaddlepointError } from '../../core/errors.ts';
import { type Delimiter, sniffDelimiter } from './sniff.ts';

export interface RecordOptions {
  /** What errors call the text. */
  readonly name: string;
  /** Default: the one that fits the first lines. */
  readonly delimiter?: Delimiter | undefined;
  /** The longest record, in characters. */
  readonly maxLineLength: number;
}

/** Some records in order. */
export interface RecordBlock {
  readonly delimiter: Delimiter;
  readonly records: readonly (readonly string[])[];
  /** The line on which each begins, counted from 1. */
  readonly lines: readonly number[];
}

/** So much text is parsed at a time, and the first of it is looked at for the delimiter. */
const SAMPLE = 65_536;

type Parse = (text: string, options: object) => string[][];

/** The parser of csv-parse; on pages, its build that brings its own Buffer. */
async function loadParser(): Promise<Parse> {
  const module = 'Buffer' in globalThis ? import('csv-parse/sync') : import('csv-parse/browser/esm/sync');
  return (await module).parse as unknown as Parse;
}

/** Where the last record that is complete ends, in a text that grows; quotes may hold line ends. */
class Cutter {
  private scanned = 0;
  private quoted = false;
  private fieldStart = true;
  private previous = 0;
  private end = 0;

  constructor(private readonly delimiter: string) {}

  /** The length of the complete records at the beginning of the text; the text must begin as it did at the last call. */
  complete(text: string): number {
    const delimiter = this.delimiter.charCodeAt(0);
    for (; this.scanned < text.length; this.scanned++) {
      const code = text.charCodeAt(this.scanned);
      if (code === 0x22) {
        // A quote right behind the closing one is a quote inside the field.
        if (this.quoted) this.quoted = false;
        else if (this.fieldStart || this.previous === 0x22) this.quoted = true;
        this.fieldStart = false;
      } else if (!this.quoted) {
        if (code === 0x0a) this.end = this.scanned + 1;
        else if (this.previous === 0x0d) this.end = this.scanned;
        if (code !== 0x20) this.fieldStart = code === delimiter || code === 0x0a || code === 0x0d;
      }
      this.previous = code;
    }
    return this.end;
  }

  /** Forgets what was cut off. */
  cut(): void {
    this.scanned -= this.end;
    this.end = 0;
  }
}

/**
 * The records of a text in blocks, about as large as the pieces that come in. Empty lines are left out.
 *
 * @throws SaddlepointError `file`: quotes that do not close or stand inside a field, a record longer than `maxLineLength`; the
 *   line is named
 */
export async function* recordBlocks(
  pieces: AsyncIterable<string>,
  options: RecordOptions,
): AsyncGenerator<RecordBlock> {
  const { name, maxLineLength } = options;
  const parse = await loadParser();
  let text = '';
  let enough = SAMPLE;
  let line = 1;
  let cutter: Cutter | undefined;
  let delimiter = options.delimiter;
  const block = (part: string): RecordBlock => {
    const found = parseRecords(parse, part, delimiter as Delimiter, line, options);
    line = found.next;
    return { delimiter: delimiter as Delimiter, records: found.records, lines: found.lines };
  };
  const start = (): void => {
    delimiter ??= sniffDelimiter(text.slice(0, SAMPLE));
    cutter ??= new Cutter(delimiter);
  };
  for await (const piece of pieces) {
    text += piece;
    if (text.length < enough) continue;
    start();
    const end = (cutter as Cutter).complete(text);
    if (end > 0) {
      const part = text.slice(0, end);
      text = text.slice(end);
      (cutter as Cutter).cut();
      yield block(part);
    }
    enough = text.length + SAMPLE;
    if (text.length > maxLineLength) throw tooLong(name, line, maxLineLength);
  }
  if (text === '') return;
  start();
  yield block(text);
}

function tooLong(name: string, line: number, limit: number): SaddlepointError {
  return new SaddlepointError(
    'file',
    `${name}: the record that begins in line ${line} is longer than ${limit} characters`,
    'a quote that never closes makes one record of all that follows; if the record is right, raise maxLineLength',
  );
}

function parseRecords(parse: Parse, text: string, delimiter: Delimiter, first: number, options: RecordOptions) {
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      trim: true,
      max_record_size: options.maxLineLength,
    });
  } catch (cause) {
    throw parseError(options, first, delimiter, cause as ParserError);
  }
  const records: string[][] = [];
  const lines: number[] = [];
  let line = first;
  for (const row of rows) {
    if (row.length !== 1 || row[0] !== '') {
      records.push(row);
      lines.push(line);
    }
    line += 1;
    for (const field of row) line += lineEnds(field);
  }
  return { records, lines, next: line };
}

/** Line ends inside a field; most fields have none. */
function lineEnds(field: string): number {
  if (!field.includes('\n') && !field.includes('\r')) return 0;
  return field.split(/\r\n|\n|\r/).length - 1;
}

interface ParserError extends Error {
  readonly code?: string;
  readonly lines?: number;
  readonly column?: number;
}

function parseError({ name, maxLineLength }: RecordOptions, first: number, delimiter: Delimiter, cause: ParserError) {
  const line = first + (cause.lines ?? 1) - 1;
  if (cause.code === 'CSV_MAX_RECORD_SIZE') return tooLong(name, line, maxLineLength);
  const what: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: `the quote that opens in line ${line} or before is never closed`,
    INVALID_OPENING_QUOTE: `line ${line} has a quote in the middle of a field`,
    CSV_INVALID_CLOSING_QUOTE: `line ${line} has text behind a closing quote`,
  };
  const column = typeof cause.column === 'number' ? `, column ${cause.column} (counted from 0)` : '';
  return new SaddlepointError(
    'file',
    `${name}: ${what[cause.code ?? ''] ?? `line ${line} cannot be read: ${cause.message}`}${column}`,
    `a field with quotes inside is written "he said ""yes""", with the whole field in quotes; fields are parted by ${delimiter === '\t' ? 'tabs' : `'${delimiter}'`}`,
    { cause },
  );
}
