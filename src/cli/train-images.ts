/** @file Training on a folder of images, a sub-folder a class: a small convolutional network. */
import { type Images, readImages, splitRows } from '../data.ts';
import {
  accuracy,
  adam,
  conv2d,
  crossEntropy,
  dense,
  dropout,
  earlyStopping,
  type FitOptions,
  fit,
  flatten,
  type Layer,
  maxPool2d,
  type Run,
  report,
  sequential,
  tensor,
} from '../index.ts';
import { imageFolder } from '../node.ts';
import type { LearningGiven } from './learning-options.ts';
import type { Output } from './output.ts';
import { LINEAR, practicesOf } from './practices.ts';
import type { Given } from './spec.ts';
import { stopSignal } from './stop-signal.ts';
import type { Trained } from './trained.ts';

/** Of the options of learning, those that do not name columns. */
type ImageGiven = { readonly size?: number; readonly gray?: boolean } & Omit<
  LearningGiven,
  'target' | 'task' | 'exclude' | 'kind' | 'text' | 'missing' | 'time' | 'hidden'
>;

/** Pixels a side, unless another is asked for: what is in a picture can mostly still be told, and an epoch takes seconds. */
const SIDE = 32;

export async function trainImages(place: string, options: Given, output: Output): Promise<Trained> {
  const given = options as ImageGiven;
  const began = performance.now();
  const { seed = 0, size = SIDE } = given;
  const { files, labels, classes } = await imageFolder(place);
  output.say(`reading ${files.length} images of ${classes.length} classes`);
  const images = await readImages(files, { size: [size, size], channels: given.gray ? 'gray' : 'rgb' });
  const numbers = Int32Array.from(labels, (label) => classes.indexOf(label));
  const all = Int32Array.from(labels.keys());
  const split = (rows: Int32Array, share: number) => {
    if (share === 0) return { train: rows, validation: new Int32Array(0), notes: [] };
    const own = { labels: rows.map((row) => numbers[row] as number), names: classes, seed };
    const { train, validation, notes } = splitRows(rows.length, share, own);
    const pick = (chosen: Int32Array): Int32Array => chosen.map((at) => rows[at] as number);
    return { train: pick(train), validation: pick(validation), notes };
  };
  const outer = split(all, given.test ?? (all.length < 20 ? 0 : 0.2));
  const validation = given.validation ?? (outer.train.length < 40 ? 0 : 0.2);
  const inner = split(outer.train, validation);
  const data = (rows: Int32Array) => rowsOf(images, labels, rows);

  const signal = stopSignal(output, 'the best weights so far are kept');
  const common: FitOptions<'accuracy'> = {
    ...{ loss: crossEntropy(), metrics: [accuracy()], seed, signal: signal.signal },
    ...(validation > 0 && { validation: data(inner.validation), callbacks: [earlyStopping({ patience: 8 })] }),
    epochs: given.epochs ?? 40,
    batchSize: Math.min(inner.train.length, given.batchSize ?? 32),
    optimizer: adam({ learningRate: given.learningRate ?? 1e-3 }),
    classWeights: given.classWeights,
    ...(given.threads !== undefined && { threads: given.threads }),
    maxSeconds: given.maxSeconds,
  };
  try {
    const training = data(inner.train);
    const run = await fit(network(size, classes.length), training, { ...common, progress: !output.quiet });
    const compare = given.baseline !== false && !signal.signal.aborted;
    const line = sequential([flatten(), dense(classes.length)]);
    const linear = compare ? await fit(line, training, { ...common, progress: false }) : undefined;
    const measured = await report(run, outer.validation.length > 0 ? data(outer.validation) : training, {
      ...{ training, seed },
      ...(linear && { baselines: { [LINEAR]: linear } }),
    });
    const trained: Omit<Trained, 'practices'> = {
      ...{
        run: run as unknown as Run,
        report: measured,
        source: place,
        target: undefined,
        task: 'class',
        table: undefined,
      },
      rows: { training: inner.train.length, validation: inner.validation.length, test: outer.validation.length },
      notes: [
        `${files.length} images are stretched to ${size} × ${size} pixels, ${given.gray ? 'gray' : 'in color'} (--size, --gray)`,
        ...outer.notes,
        ...run.notes,
      ],
      seconds: (performance.now() - began) / 1000,
      settings: { seed, order: 'shuffle', validation, classWeights: given.classWeights },
    };
    return { ...trained, practices: practicesOf(trained) };
  } finally {
    signal.close();
  }
}

/** Convolutions and pools until some 8 pixels a side are left, at most three; then one hidden layer. */
function network(size: number, classes: number): Layer {
  const layers: Layer[] = [];
  let side = size;
  for (let filters = 16; filters <= 64 && side >= 8; filters *= 2) {
    layers.push(conv2d(filters, 3, { activation: 'relu', padding: 'same' }), maxPool2d(2));
    side = Math.floor(side / 2);
  }
  return sequential([...layers, flatten(), dense(64, { activation: 'relu' }), dropout(0.3), dense(classes)]);
}

function rowsOf({ shape, data }: Images, labels: readonly string[], rows: Int32Array) {
  const [, height, width, channels] = shape;
  const size = height * width * channels;
  const picked = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => void picked.set(data.subarray(row * size, (row + 1) * size), i * size));
  return {
    x: tensor(picked, [rows.length, height, width, channels]),
    y: Array.from(rows, (row) => labels[row] as string),
  };
}
