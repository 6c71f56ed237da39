/** @file Small data sets, made without randomness, and models for them. */
import {
  accuracy,
  binaryCrossEntropy,
  constant,
  crossEntropy,
  dense,
  fit,
  meanSquaredError,
  type Run,
  sequential,
  sgd,
  zeros,
} from 'saddlepoint';

/** A number in [0, 1) for each index and column, of 10 bits, so exact: the same everywhere, without any pattern to learn. */
export function spread(index: number, column: number): number {
  const mixed = Math.imul(Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca77), 0xc2b2ae3d);
  return ((mixed ^ (mixed >>> 15)) & 1023) / 1024;
}

/** Three clouds of points in the plane, one a class, well apart; classes come in turns. */
export function clouds(rows: number): { x: number[][]; y: number[] } {
  const centers = [
    [0, 0],
    [4, 0],
    [0, 4],
  ] as const;
  const y = Array.from({ length: rows }, (_, i) => i % 3);
  const x = y.map((label, i) => {
    const [a, b] = centers[label] as readonly [number, number];
    return [a + spread(i, 0), b + spread(i, 1)];
  });
  return { x, y };
}

/** x = 1 … n, y = x + 2. */
export function line(rows: number): { x: number[][]; y: number[] } {
  const x = Array.from({ length: rows }, (_, i) => [i + 1]);
  return { x, y: x.map(([value]) => (value as number) + 2) };
}

export const classifier = () => sequential([dense(8, { activation: 'tanh' }), dense(3)]);

/** Options for `clouds`, quiet and quick. */
export const classes = {
  loss: crossEntropy(),
  metrics: [accuracy()],
  epochs: 5,
  batchSize: 16,
  progress: false,
} as const;

/** A model whose prediction is its input, of `units` columns: loss and metrics are then known. */
export const identity = (units = 1) =>
  sequential([
    dense(units, {
      kernelInitializer: { ...constant(1), draw: ([rows = 0, columns = 0]) => unitMatrix(rows, columns) },
      biasInitializer: zeros(),
    }),
  ]);

function unitMatrix(rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) => (i % columns === Math.floor(i / columns) ? 1 : 0));
}

/** One epoch that changes nothing, as it comes: rate 0, no scaling, no shuffling. */
export const still = {
  optimizer: sgd({ learningRate: 0 }),
  epochs: 1,
  shuffle: false,
  standardize: false,
  progress: false,
};

/** A run whose model gives back its input as a logit of yes. */
export function logits(fromProbabilities = false): Promise<Run<never>> {
  return fit(identity(), { x: [[0], [1]], y: [0, 1] }, { ...still, loss: binaryCrossEntropy({ fromProbabilities }) });
}

/** A run of the plane's line, trained well. */
export function trainedLine(): Promise<Run<never>> {
  return fit(sequential([dense(1)]), line(24), {
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    epochs: 100,
    batchSize: 24,
    progress: false,
  });
}

/** All parameters one after the other. */
export function weightsOf(run: Pick<Run, 'parameters'>): number[] {
  return [...run.parameters.values()].flatMap(({ data }) => Array.from(data));
}

/** The error that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; help?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a rejection');
}

/** What an error says, and its help. */
export async function lines(promise: Promise<unknown>): Promise<[message: string, help: string]> {
  const [message = '', help = ''] = (await rejection(promise)).message.split('\n  help: ');
  return [message, help];
}
