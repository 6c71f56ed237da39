/** @file CSV files larger than memory: tables of some rows at a time, again for every epoch. */
import { checkNumber } from '../../core/errors.ts';
import type { ByteSource } from '../inputs.ts';
import { openerOf, type Reopenable } from '../reopen.ts';
import type { ColumnKind } from '../table/cells.ts';
import { makeTable, type Table } from '../table/table.ts';
import { textChunks } from '../text-chunks.ts';
import { type CsvOptions, checkWidth, csvSettings, headerOf } from './read-csv.ts';
import { recordBlocks } from './records.ts';

export interface OpenCsvOptions extends CsvOptions {
  /** Rows of a table; default 1024. */
  readonly rows?: number;
  /** The kinds of columns are inferred from so many first rows, and then hold; default 1000. */
  readonly sample?: number;
}

/** Tables of a CSV file in order. Each `for await` reads the file from its beginning. */
export interface CsvStream extends AsyncIterable<Table> {
  readonly name: string;
  /** False where the source can be read only once: more than one epoch is refused. */
  readonly reopenable: boolean;
}

/**
 * Opens a CSV file to read it table by table; memory holds one table and one record. Kinds and marks found in the first rows hold
 * for all: a later cell that does not fit is refused with its row and line.
 *
 * @param source a source that can be read again, or a function that opens it: `() => fetch(url)`; a stream itself can be read
 *   once
 * @throws SaddlepointError while it is read: what `readCsv` says; `data` for a second reading of what can be read once
 * @example
 * const rows = openCsv(file('large.csv'), { rows: 4096 });
 * for await (const table of rows) scaler = scaler.partialFit(encoder.encode(table).data, encoder.width);
 */
export function openCsv(source: Reopenable<ByteSource>, options: OpenCsvOptions = {}): CsvStream {
  const { rows = 1024, sample = 1000, ...csv } = options;
  checkNumber('rows', rows, { min: 1, integer: true });
  checkNumber('sample', sample, { min: 1, integer: true });
  const settings = csvSettings('openCsv', source, csv);
  const opener = openerOf(source, settings.name);
  return {
    name: settings.name,
    reopenable: opener.reopenable,
    async *[Symbol.asyncIterator]() {
      const opened = await opener.open();
      const reader = new BatchReader(settings, csv, sample);
      for await (const block of recordBlocks(textChunks(opened, settings), settings)) {
        reader.take(block.records, block.lines, block.delimiter === ';');
        if (!reader.started && reader.waiting <= sample) continue;
        yield* reader.tables(rows);
      }
      yield* reader.tables(rows, true);
    },
  };
}

type Settings = ReturnType<typeof csvSettings>;

/** Records that wait for a table, and what the first ones have decided. */
class BatchReader {
  started = false;
  private records: (readonly string[])[] = [];
  private lines: number[] = [];
  private names: readonly string[] = [];
  private fixed: Pick<CsvOptions, 'columns' | 'decimal' | 'dateOrder'> = {};
  private semicolons = false;
  private row = 0;

  constructor(
    private readonly settings: Settings,
    private readonly options: CsvOptions,
    private readonly sample: number,
  ) {}

  get waiting(): number {
    return this.records.length;
  }

  take(records: readonly (readonly string[])[], lines: readonly number[], semicolons: boolean): void {
    for (const record of records) this.records.push(record);
    for (const line of lines) this.lines.push(line);
    this.semicolons = semicolons;
  }

  /** Tables of the records that wait; the rest stays unless these are the last. */
  *tables(rows: number, last = false): Generator<Table> {
    if (!this.started) this.start();
    let at = 0;
    while (this.records.length - at >= rows) {
      yield this.table(at, at + rows);
      at += rows;
    }
    if (last && this.records.length > at) {
      yield this.table(at, this.records.length);
      at = this.records.length;
    }
    this.records = this.records.slice(at);
    this.lines = this.lines.slice(at);
  }

  /** Names and kinds from the first records. */
  private start(): void {
    const { names, skip } = headerOf(this.records.slice(0, this.sample + 1), this.settings);
    this.names = names;
    this.records = this.records.slice(skip);
    this.lines = this.lines.slice(skip);
    const first = this.table(0, Math.min(this.sample, this.records.length), false);
    const kinds: Record<string, ColumnKind> = Object.fromEntries(first.columns.map(({ name, kind }) => [name, kind]));
    const marks = first.columns.filter(({ kind }) => kind === 'number').map(({ format }) => format.decimal);
    const orders = first.columns.filter(({ kind }) => kind === 'date').map(({ format }) => format.dateOrder);
    this.fixed = {
      columns: kinds,
      decimal: this.options.decimal ?? (marks.includes(',') ? ',' : '.'),
      dateOrder: this.options.dateOrder ?? (orders.includes('month-first') ? 'month-first' : 'day-first'),
    };
    this.started = true;
  }

  private table(from: number, to: number, counted = true): Table {
    const { names, settings } = this;
    const cells = names.map((name) => [name, new Array<string>(to - from)] as const);
    for (let i = from; i < to; i++) {
      const record = this.records[i] as readonly string[];
      checkWidth(record, names.length, this.row + i - from, this.lines[i] as number, settings.name);
      for (let j = 0; j < names.length; j++)
        (cells[j] as readonly [string, string[]])[1][i - from] = record[j] as string;
    }
    const origin = { name: settings.name, lines: Int32Array.from(this.lines.slice(from, to)), firstRow: this.row };
    const options = { ...this.options, ...this.fixed, name: settings.name };
    const table = makeTable(cells, to - from, options, { origin, semicolons: this.semicolons });
    if (counted) this.row += to - from;
    return table;
  }
}
