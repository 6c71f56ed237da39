/** @file Files of rows from the command line: CSV, TSV, JSON, JSON lines, or whatever comes in on stdin. */
import {
  type ByteSource,
  type ColumnKind,
  type ColumnKinds,
  type CsvOptions,
  kindOf,
  readCsv,
  readJson,
  readJsonLines,
  type Table,
} from '../data.ts';
import { SaddlepointError, type TrainedModel } from '../index.ts';
import { file } from '../node.ts';
import type { Given, OptionSpec } from './spec.ts';

/** How rows are read; for every command that reads some. */
export const READING: readonly OptionSpec[] = [
  {
    name: 'delimiter',
    value: { kind: 'choice', choices: ['comma', 'semicolon', 'tab', 'bar'] },
    description: 'what parts the fields of a CSV file; default: found from its first lines',
  },
  {
    name: 'decimal',
    value: { kind: 'choice', choices: ['point', 'comma'] },
    description: 'the decimal mark; default: what the numbers prove',
  },
  {
    name: 'no-header',
    value: { kind: 'flag' },
    description: 'the first line of a CSV file is a row; columns are 0, 1, …',
  },
  {
    name: 'encoding',
    value: { kind: 'text', placeholder: 'label' },
    description: 'of a CSV file, such as windows-1252; default utf-8',
  },
];

const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', bar: '|' } as const;

function csvOptions(given: Given): CsvOptions {
  const { delimiter, decimal, encoding, header } = given as {
    delimiter?: keyof typeof DELIMITERS;
    decimal?: 'point' | 'comma';
    encoding?: string;
    header?: boolean;
  };
  return {
    ...(delimiter && { delimiter: DELIMITERS[delimiter] }),
    ...(decimal && { decimal: decimal === 'point' ? '.' : ',' }),
    ...(encoding !== undefined && { encoding }),
    // `--no-header` is false, none given true.
    ...(header === false && { header: false }),
  };
}

/** A source by its name: `-` is stdin, read to its end so that it can be read again. */
async function sourceOf(place: string): Promise<ByteSource & { readonly name?: string }> {
  if (place !== '-') return file(place);
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return new File(chunks as BlobPart[], 'stdin');
}

const isJson = (place: string): boolean => /\.json$/i.test(place);
const isJsonLines = (place: string): boolean => /\.(jsonl|ndjson)$/i.test(place);

/** The rows of a file, the kinds of columns inferred but for those given. */
export async function readTable(place: string, given: Given, columns: ColumnKinds = {}): Promise<Table> {
  return readRows(place, await sourceOf(place), given, columns);
}

async function readRows(place: string, source: ByteSource, given: Given, columns: ColumnKinds = {}): Promise<Table> {
  if (isJson(place)) return readJson(source, { columns });
  if (isJsonLines(place)) return readJsonLines(source, { columns });
  return readCsv(source, { ...csvOptions(given), columns });
}

/**
 * The rows of a file as a model takes them: its columns as it has learnt them, all others as they stand, so that nothing in them
 * can be wrong.
 */
export async function readTableFor(model: TrainedModel, place: string, given: Given): Promise<Table> {
  const { columns: known } = model.state;
  if (known === undefined)
    throw new SaddlepointError(
      'data',
      `the model was not trained on named columns, so rows of ${place} mean nothing to it`,
      'a model of images takes a folder of images, or image files',
    );
  const { inputs } = known.encoder;
  const source = await sourceOf(place);
  if (isJson(place) || isJsonLines(place)) return readRows(place, source, given);
  const options = { ...csvOptions(given), columns: kindIn(model) };
  const table = await readCsv(source, options);
  const isKnown = table.columns.some(({ name }) => inputs.includes(name));
  // A first line that looks like a row, and yet may name the columns: the model knows what they are called.
  return isKnown || given.header === false ? table : readCsv(source, { ...options, header: true });
}

/** The kinds of columns as the model knows them: its inputs, its target, and texts for whatever else there is. */
function kindIn({ state }: TrainedModel): ColumnKinds {
  const { columns, classes, loss } = state;
  const kinds = new Map<string, ColumnKind>(columns?.encoder.encoders.map((each) => [each.column, kindOf(each)]));
  // Numbers and yes or no are classes too: these are found as they were in training.
  const names = classes?.some((name) => typeof name === 'string' && !/^(true|false)$/.test(name));
  const target = loss.target === 'value' ? ('number' as const) : names ? ('category' as const) : undefined;
  return (name) => kinds.get(name) ?? (name === columns?.target ? target : 'text');
}
