/** @file `saddlepoint train`: from a file of rows, or a folder of images, to a model file and an honest report. */
import { dirname, join, parse, resolve } from 'node:path';
import { SaddlepointError } from '../index.ts';
import { checkFigures, drawFigures } from './figures.ts';
import { isFolder } from './places.ts';
import { READING } from './read-table.ts';
import type { CommandSpec, Given, OptionSpec } from './spec.ts';
import { trainImages } from './train-images.ts';
import { trainTable } from './train-table.ts';
import { printTraining } from './training-text.ts';

/** The learning, whatever is learnt from. */
const LEARNING: readonly OptionSpec[] = [
  {
    name: 'test',
    value: { kind: 'number', placeholder: 'share', min: 0, max: 0.9 },
    description: 'rows set aside for the report, never trained on; default 0.2, of less than 20 rows none',
  },
  {
    name: 'validation',
    value: { kind: 'number', placeholder: 'share', min: 0, max: 0.9 },
    description: 'of the other rows, those that decide when to stop; default 0.2, of less than 40 rows none',
  },
  {
    name: 'epochs',
    value: { kind: 'number', placeholder: 'n', min: 1, integer: true },
    description: 'passes over the rows at most; default: some 4000 steps, 20 to 300 passes',
  },
  {
    name: 'batch-size',
    value: { kind: 'number', placeholder: 'n', min: 1, integer: true },
    description: 'rows a step; default 16, from 1000 rows on 32',
  },
  {
    name: 'learning-rate',
    value: { kind: 'number', placeholder: 'rate', min: 0, max: 10, open: true },
    description: 'of Adam; default 0.003',
  },
  {
    name: 'class-weights',
    value: { kind: 'choice', choices: ['balanced'] },
    description: 'rare classes count as much as frequent ones; default: all rows count alike',
  },
  {
    name: 'seed',
    value: { kind: 'number', placeholder: 'n', min: 0, max: 2 ** 32 - 1, integer: true },
    description: 'fixes split, weights and order; default 0',
  },
  {
    name: 'max-seconds',
    value: { kind: 'number', placeholder: 's', min: 0, open: true },
    description: 'end the training after so long; the best weights stay',
  },
  {
    name: 'threads',
    value: { kind: 'number', placeholder: 'n', min: 1, max: 64, integer: true },
    description: 'that share each step; default 1',
  },
  {
    name: 'no-baseline',
    value: { kind: 'flag' },
    description: 'do not train a linear model to compare with',
  },
];

const TABLES: readonly OptionSpec[] = [
  {
    name: 'target',
    short: 't',
    value: { kind: 'text', placeholder: 'column' },
    description: 'the column to be predicted',
  },
  {
    name: 'task',
    value: { kind: 'choice', choices: ['class', 'value'] },
    description:
      'what the target is; default: names and yes/no are classes, numbers are values unless they are 0 … k − 1',
  },
  {
    name: 'exclude',
    value: { kind: 'texts', placeholder: 'column' },
    description: 'a column that is no input; may be repeated',
  },
  {
    name: 'kind',
    value: { kind: 'texts', placeholder: 'column=kind' },
    description: 'number, category, boolean, date or text, where the kind found is not right; may be repeated',
  },
  {
    name: 'text',
    value: { kind: 'texts', placeholder: 'column' },
    description:
      'a column that is read word by word (names and codes by runs of characters); default: those of free text',
  },
  {
    name: 'missing',
    value: { kind: 'choice', choices: ['error', 'drop', 'mean', 'median', 'indicator'] },
    description: 'what becomes of gaps; default error: a gap is named and nothing is trained',
  },
  {
    name: 'time',
    value: { kind: 'text', placeholder: 'column' },
    description:
      'rows are in the order of this column: the last ones are held out, none is shuffled in from the future',
  },
  {
    name: 'hidden',
    value: { kind: 'text', placeholder: 'units' },
    description:
      'units of the hidden layers, such as 64 or 64,32, or none for a linear model; default: one layer by the count of rows',
  },
];

const IMAGES: readonly OptionSpec[] = [
  {
    name: 'size',
    value: { kind: 'number', placeholder: 'pixels', min: 8, max: 256, integer: true },
    description: 'images: pixels a side that all are stretched to; default 32',
  },
  { name: 'gray', value: { kind: 'flag' }, description: 'images: take brightness alone; default: color' },
];

const WRITING: readonly OptionSpec[] = [
  {
    name: 'out',
    short: 'o',
    value: { kind: 'text', placeholder: 'file' },
    description: 'where the model goes; default: beside the data, with the ending .safetensors',
  },
  {
    name: 'figure',
    value: { kind: 'text', placeholder: 'file.svg' },
    description: 'draw the learning curve; needs the packages @observablehq/plot and linkedom',
  },
  {
    name: 'matrix',
    value: { kind: 'text', placeholder: 'file.svg' },
    description: 'draw the confusion matrix; needs the same packages',
  },
];

export const trainCommand: CommandSpec = {
  name: 'train',
  summary: 'Train a model on a table (CSV, TSV, JSON, JSON lines) or on a folder of images with a sub-folder a class.',
  arguments: [{ name: 'data', description: 'a file, an address (https://…), - for stdin, or a folder of images' }],
  options: [...TABLES, ...IMAGES, ...LEARNING, ...WRITING, ...READING],
  examples: [
    ['saddlepoint train iris.csv --target species', 'writes iris.safetensors'],
    ['saddlepoint train reviews.csv -t mood --text review', 'classifies texts by their words'],
    ['saddlepoint train photos', 'photos/cat/1.jpg, photos/dog/1.jpg, …: writes photos.safetensors'],
    ['saddlepoint train homes.csv -t price --exclude id --missing median', 'fills gaps, leaves a column out'],
  ],
  async run([source], given, output) {
    const place = source as string;
    const target = await modelPlace(place, given);
    await checkFigures(given);
    const images = await isFolder(place);
    if (images) refuseColumns(given);
    const trained = images ? await trainImages(place, given, output) : await trainTable(place, given, output);
    await trained.run.save(target);
    await drawFigures(trained, given, output);
    await printTraining({ ...trained, model: target }, output);
  },
};

/** Images have no columns: an option about them would be ignored without a word. */
function refuseColumns(given: Given): void {
  const wrong = TABLES.find(({ name }) => given[name] !== undefined);
  if (wrong !== undefined)
    throw new SaddlepointError(
      'option',
      `--${wrong.name} is about tables, and the data are a folder of images`,
      'the sub-folders are the classes: leave it out',
    );
}

/** Where the model goes; a folder that is not there is found out before the training. */
async function modelPlace(source: string, { out }: Given): Promise<string> {
  if (out === undefined && (source === '-' || /^https?:/i.test(source)))
    throw new SaddlepointError(
      'option',
      `train: data from ${source === '-' ? 'stdin' : source} have no place beside them`,
      'say where the model goes: --out model.safetensors',
    );
  const { dir, name } = parse(source);
  const place = (out as string | undefined) ?? join(dir, `${name}.safetensors`);
  const folder = dirname(resolve(place));
  if (!(await isFolder(folder)))
    throw new SaddlepointError('option', `--out: there is no folder ${folder}`, 'make it first, or choose another');
  if (await isFolder(place))
    throw new SaddlepointError('option', `--out: ${place} is a folder`, 'give the name of a file');
  return place;
}
