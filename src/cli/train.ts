/** @file `saddlepoint train`: from a file of rows, or a folder of images, to a model file and an honest report. */
import { dirname, join, parse, resolve } from 'node:path';
import { SaddlepointError } from '../index.ts';
import { checkFigures, drawFigures } from './figures.ts';
import { LEARNING, TABLES } from './learning-options.ts';
import { isFolder } from './places.ts';
import { READING } from './read-table.ts';
import type { CommandSpec, Given, OptionSpec } from './spec.ts';
import { trainImages } from './train-images.ts';
import { trainTable } from './train-table.ts';
import { printTraining } from './training-text.ts';

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
