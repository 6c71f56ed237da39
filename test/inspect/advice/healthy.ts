/**
 * @file Runs that learn as they should, in which the advisor has nothing to say: MLPs, a CNN, an embedding (games stand in
 * healthy-games.ts). Calibrated on seeds 100 to 109, judged on others; see docs/adr/027-advice.md.
 */
import {
  type Advice,
  accuracy,
  adam,
  advise,
  advisor,
  conv2d,
  crossEntropy,
  type Data,
  dense,
  diagnose,
  embedding,
  type FitOptions,
  fit,
  flatten,
  type Layer,
  lazyAdam,
  maxPool2d,
  meanSquaredError,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { digits8, digits28, pick, standardizedGlobally } from '../../../demo/experiment-data.ts';
import { randomPermutation } from '../../../src/core/philox.ts';

export interface Case {
  readonly name: string;
  readonly model: () => Layer;
  readonly data: () => Data;
  readonly options: FitOptions;
}

const ROWS = 4000;

const digits = (shape: readonly number[]) => (): Data => {
  const { train } = standardizedGlobally(digits28());
  const { x, y } = pick(
    train,
    Int32Array.from({ length: ROWS }, (_, i) => i),
  );
  return { x: tensor(x, [ROWS, ...shape]), y };
};

/** Triples of words, of which the first two decide the class. None comes twice: a held-out row is then none that was learnt. */
const words = (): Data => {
  const [rows, vocabulary] = [2000, 60];
  const triples = randomPermutation(vocabulary ** 3, 5, 6).subarray(0, rows);
  const ids = Int32Array.from(
    { length: rows * 3 },
    (_, i) => Math.floor((triples[Math.floor(i / 3)] as number) / vocabulary ** (i % 3)) % vocabulary,
  );
  const y = Array.from({ length: rows }, (_, row) => ((ids[row * 3] as number) + (ids[row * 3 + 1] as number)) % 3);
  return { x: tensor(ids, [rows, 3]), y };
};

const small = (): Data => {
  const { x, y, width } = digits8();
  return { x: tensor(x, [x.length / width, width]), y };
};

const amounts = (): Data => {
  const { x, y } = small();
  return { x, y: Array.from(y as Int32Array, (digit, i) => digit + 0.01 * (i % 7)) };
};

const common = { metrics: [accuracy()], validation: 0.2, batchSize: 64, progress: false } as const;
const classes = { ...common, loss: crossEntropy() };
const tanh5 = () => sequential([...Array.from({ length: 5 }, () => dense(100, { activation: 'tanh' })), dense(10)]);

export const HEALTHY: readonly Case[] = [
  {
    name: 'ReLU MLP, momentum 0.05',
    model: () => sequential([dense(128, { activation: 'relu' }), dense(10)]),
    data: digits([784]),
    options: { ...classes, standardize: false, epochs: 5, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) },
  },
  {
    name: 'ReLU MLP, Adam 1e-3',
    model: () => sequential([dense(128, { activation: 'relu' }), dense(10)]),
    data: digits([784]),
    options: { ...classes, standardize: false, epochs: 5, optimizer: adam({ learningRate: 1e-3 }) },
  },
  {
    name: 'tanh, 5 layers, momentum 0.01',
    model: tanh5,
    data: digits([784]),
    options: { ...classes, standardize: false, epochs: 5, optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }) },
  },
  {
    name: 'small digits, Adam 1e-3, 40 epochs',
    model: () => sequential([dense(64, { activation: 'relu' }), dense(10)]),
    data: small,
    options: { ...classes, epochs: 40, batchSize: 32, optimizer: adam({ learningRate: 1e-3 }) },
  },
  {
    name: 'values, Adam 1e-3',
    model: () => sequential([dense(64, { activation: 'relu' }), dense(1)]),
    data: amounts,
    options: { loss: meanSquaredError(), validation: 0.2, batchSize: 32, progress: false, epochs: 30 },
  },
  {
    name: 'CNN, Adam 1e-3',
    model: () =>
      sequential([
        conv2d(8, 5, { activation: 'relu', strides: 2 }),
        maxPool2d(2),
        conv2d(16, 3, { activation: 'relu' }),
        flatten(),
        dense(10),
      ]),
    data: digits([28, 28, 1]),
    options: { ...classes, standardize: false, epochs: 4, optimizer: adam({ learningRate: 1e-3 }) },
  },
  {
    name: 'embedding, lazy Adam 3e-3',
    model: () => sequential([embedding(60, 16), flatten(), dense(64, { activation: 'relu' }), dense(3)]),
    data: words,
    options: { ...classes, batchSize: 32, epochs: 12, optimizer: lazyAdam({ learningRate: 3e-3 }) },
  },
];

/** All that is said of a case, before, while and after it runs; and what it reached. */
export async function adviceOn({ model, data, options }: Case, seed: number) {
  const rows = data();
  const given = { ...options, seed };
  const before = await diagnose(model(), rows, given);
  const watch = advisor({ onAdvice: () => undefined });
  const run = await fit(model(), rows, { ...given, callbacks: [watch] });
  const after = await advise(run);
  const all: readonly Advice[] = [...before, ...after];
  return { advice: all, run };
}
