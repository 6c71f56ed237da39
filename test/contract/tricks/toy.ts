/** @file Small runs with a trick in them: 48 rows in batches of 20, so that each epoch has a smaller last one. */
import {
  type Callback,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  flatten,
  meanSquaredError,
  type Run,
  sequential,
  sgd,
  type Trick,
  tensor,
} from 'saddlepoint';
import { randomUniform } from '../../../src/core/philox.ts';
import type { TrickRow } from './row.ts';

export type Device = NonNullable<FitOptions['device']>;

const ROWS = 48;
const WIDTH = 8;
/** Epochs of three steps: 21 in all. */
export const EPOCHS = 7;

/** Rows in [0, 1) whose class is the largest of three sums, and whose value is a smooth function of them. */
function data(task: NonNullable<TrickRow['task']>) {
  const width = task === 'images' ? 36 : WIDTH;
  const x = new Float32Array(ROWS * width);
  randomUniform(x, 7, 11, 0, 1);
  const part = (row: number, third: number): number => {
    const from = row * width + third * Math.floor(width / 3);
    return x.subarray(from, from + Math.floor(width / 3)).reduce((sum, value) => sum + value, 0);
  };
  const classOf = (row: number): number => {
    const parts = [0, 1, 2].map((third) => part(row, third));
    return parts.indexOf(Math.max(...parts));
  };
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  return {
    x: tensor(x, task === 'images' ? [ROWS, 6, 6, 1] : [ROWS, WIDTH]),
    y: task === 'values' ? rows.map((row) => Math.sin(part(row, 0))) : rows.map(classOf),
  };
}

function modelOf(task: NonNullable<TrickRow['task']>) {
  const hidden = dense(16, { activation: 'relu' });
  if (task === 'values') return sequential([hidden, dense(1)]);
  return sequential([...(task === 'images' ? [flatten()] : []), hidden, dense(3)]);
}

/** Trains the toy of a row with these tricks. */
export function train(
  { task = 'classes' }: Pick<TrickRow, 'task'>,
  tricks: readonly (Trick | Callback)[] | undefined,
  options: Partial<FitOptions> = {},
): Promise<Run> {
  return fit(modelOf(task), data(task), {
    loss: task === 'values' ? meanSquaredError() : crossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    ...{ epochs: EPOCHS, batchSize: 20, seed: 3, progress: false },
    ...(tricks && { tricks }),
    ...options,
  });
}

/** The loss over all rows, with nothing between model and data but the model. */
export const lossOf = async (run: Run, { task = 'classes' }: Pick<TrickRow, 'task'>): Promise<number> =>
  (await run.evaluate(data(task), { device: 'reference' })).loss;

export const parametersOf = ({ parameters }: Run): number[] =>
  [...parameters.values()].flatMap((leaf) => Array.from(leaf.data));
