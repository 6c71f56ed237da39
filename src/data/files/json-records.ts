/** @file Records out of JSON (an array of objects) and JSON lines (an object a line), as a table. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { type ByteSource, sourceName } from '../inputs.ts';
import { TABLE_OPTIONS, type Table, type TableOptions, type TableRecord, tableOf } from '../table/table.ts';
import { textChunks } from '../text-chunks.ts';

export interface JsonLinesOptions extends TableOptions {
  /** The longest line, in characters; default 1,000,000. */
  readonly maxLineLength?: number;
}

/** Cut, and without line ends, for a message. */
const excerpt = (text: string): string => show(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new SaddlepointError(
      'file',
      `${where} is not valid JSON: ${excerpt(text)} (${reason})`,
      'correct it, or save the file again',
      { cause },
    );
  }
}

/**
 * Reads an array of objects, or an object of arrays, from a JSON file as a table.
 *
 * @throws SaddlepointError `file`: no UTF-8, no JSON; `data`: JSON of another form, and what `tableOf` says
 * @example const table = await readJson(file('penguins.json'));
 */
export async function readJson(source: ByteSource, options: TableOptions = {}): Promise<Table> {
  checkKnownOptions('readJson', options, TABLE_OPTIONS);
  const name = sourceName(source, options.name, 'the JSON text');
  let text = '';
  for await (const piece of textChunks(source, { name })) text += piece;
  return tableOf(parse(text, name) as readonly TableRecord[], { ...options, name });
}

/**
 * Reads JSON lines (NDJSON) as a table: one object a line; empty lines are left out.
 *
 * @throws SaddlepointError `file`: a line that is no JSON (its number is named), or longer than `maxLineLength`; `data`: a line
 *   that is no object, and what `tableOf` says
 * @example const table = await readJsonLines('{"a": 1}\n{"a": 2}\n');
 */
export async function readJsonLines(source: ByteSource, options: JsonLinesOptions = {}): Promise<Table> {
  checkKnownOptions('readJsonLines', options, [...TABLE_OPTIONS, 'maxLineLength']);
  const { maxLineLength = 1_000_000, ...tableOptions } = options;
  checkNumber('maxLineLength', maxLineLength, { min: 1, max: 2 ** 28, integer: true });
  const name = sourceName(source, options.name, 'the JSON lines');
  const records: TableRecord[] = [];
  let line = 0;
  const take = (text: string): void => {
    line++;
    if (text.length > maxLineLength) throw tooLong(name, line, maxLineLength);
    if (text.trim() === '') return;
    const record = parse(text, `${name}: line ${line}`);
    if (record === null || typeof record !== 'object' || Array.isArray(record)) {
      throw new SaddlepointError(
        'data',
        `${name}: line ${line} is ${excerpt(text)}, an object expected`,
        'such as {"age": 31, "city": "Rome"}',
      );
    }
    records.push(record as TableRecord);
  };
  let rest = '';
  for await (const piece of textChunks(source, { name })) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() as string;
    for (const text of lines) take(text);
    if (rest.length > maxLineLength) throw tooLong(name, line + 1, maxLineLength);
  }
  if (rest !== '') take(rest);
  return tableOf(records, { ...tableOptions, name });
}

function tooLong(name: string, line: number, limit: number): SaddlepointError {
  return new SaddlepointError(
    'file',
    `${name}: line ${line} is longer than ${limit} characters`,
    'check that there is an object a line; if there is, raise maxLineLength',
  );
}
