/** @file `saddlepoint predict`: a model's answers for rows or images, as CSV or JSON lines. */
import { recordsOf, selectColumns } from '../data.ts';
import { type ClassPrediction, loadModel, SaddlepointError, type TrainedModel, tensor } from '../index.ts';
import { columnList } from './columns.ts';
import { imageFiles, readImagesFor, takesImages } from './images-for.ts';
import type { Output } from './output.ts';
import { READING, readTableFor } from './read-table.ts';
import type { CommandSpec, Given } from './spec.ts';

/** Answers in order, and what stands beside them. */
export interface Answers {
  readonly answers: readonly unknown[];
  /** Columns of the input to repeat, by name. */
  readonly beside: readonly { readonly name: string; readonly values: readonly unknown[] }[];
}

export const predictCommand: CommandSpec = {
  name: 'predict',
  summary: 'Predict with a model: a line for each row, as CSV (or JSON lines with --json).',
  arguments: [
    { name: 'model', description: 'a file that train has written' },
    {
      name: 'data',
      many: true,
      description: 'rows with the columns of the training, or - for stdin; of images: files and folders',
    },
  ],
  options: [
    {
      name: 'keep',
      value: { kind: 'texts', placeholder: 'column' },
      description: 'a column of the input to repeat beside the answers, such as an id; may be repeated',
    },
    ...READING,
  ],
  examples: [
    ['saddlepoint predict iris.safetensors new.csv > out.csv', 'prediction and probabilities'],
    ['saddlepoint predict iris.safetensors new.csv --json', 'the same as JSON lines'],
  ],
  async run([path, ...places], given, output) {
    const model = await loadModel(path as string);
    if (takesImages(model)) {
      printAnswers(await predictImages(model, places), model, output);
      return;
    }
    if (places.length > 1)
      throw new SaddlepointError(
        'option',
        `predict: ${places.length} files of rows, one expected`,
        'predict them one by one',
      );
    printAnswers(await predictRows(model, places[0] as string, given, output), model, output);
  },
};

async function predictRows(model: TrainedModel, place: string, given: Given, output: Output): Promise<Answers> {
  const table = await readTableFor(model, place, given);
  const names = columnList(
    '--keep',
    (given.keep as string[] | undefined) ?? [],
    table.columns.map(({ name }) => name),
  );
  const { encoder } = model.state.columns as NonNullable<TrainedModel['state']['columns']>;
  const { data, rows, width, notes } = encoder.encode(table);
  for (const note of notes) output.say(`note: ${note}`);
  const beside = names.map((name) => ({
    name,
    values: recordsOf(selectColumns(table, [name])).map((record) => record[name]),
  }));
  return { answers: (await model.predict(tensor(data, [rows, width]))) as unknown[], beside };
}

async function predictImages(model: TrainedModel, places: readonly string[]): Promise<Answers> {
  const files = await imageFiles(places);
  const answers = (await model.predict(await readImagesFor(model, files))) as unknown[];
  return { answers, beside: [{ name: 'file', values: files.map(({ name }) => name) }] };
}

function printAnswers({ answers, beside }: Answers, model: TrainedModel, output: Output): void {
  const classes = model.state.classes?.map(String) ?? [];
  const isClass = typeof (answers[0] as Partial<ClassPrediction> | undefined)?.label === 'string';
  const kept = (row: number): unknown[] => beside.map(({ values }) => values[row]);
  if (output.json) {
    answers.forEach((answer, row) => {
      const before = Object.fromEntries(beside.map(({ name, values }) => [name, values[row]]));
      const { label, probabilities } = answer as ClassPrediction;
      output.result(
        JSON.stringify({ ...before, ...(isClass ? { prediction: label, probabilities } : { prediction: answer }) }),
      );
    });
    return;
  }
  const header = [
    ...beside.map(({ name }) => name),
    'prediction',
    ...(isClass ? classes.map((name) => `probability ${name}`) : []),
  ];
  output.result(header.map(cell).join(','));
  answers.forEach((answer, row) => {
    const { label, probabilities } = answer as ClassPrediction;
    const own = isClass
      ? [label, ...classes.map((name) => digits(probabilities[name] as number))]
      : [digits(answer as number)];
    output.result([...kept(row), ...own].map(cell).join(','));
  });
}

/** As many digits as a 32-bit float has. */
const digits = (value: number): string => String(Number(value.toPrecision(7)));

/** A field of CSV, RFC 4180: quoted where it holds what parts fields or records. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : value instanceof Date ? value.toISOString() : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
