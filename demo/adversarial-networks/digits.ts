/** @file Digits that a conditional DCGAN makes in three minutes, judged by a classifier of our own. */
import {
  accuracy,
  activation,
  adam,
  augment,
  batchNorm,
  chain,
  conv2d,
  conv2dTranspose,
  criticBlock,
  crossEntropy,
  dense,
  fit,
  flatten,
  ganLosses,
  generatorBlock,
  maxPool2d,
  normal,
  normalWithKey,
  type PlayersCallback,
  players,
  quality,
  randomKey,
  randomNormal,
  reestimateStatistics,
  reshapeTo,
  sequential,
  streamOf,
  type Tensor,
  tensor,
  weightEma,
  withLabels,
} from 'saddlepoint';
import { digits28 } from '../experiment-data.ts';

const SIDE = 28;
const NOISE = 64;
const SECONDS = 180;
const SAMPLES = 2000;
const CLASSES = 10;

export interface Made {
  /** Of the classifier, on held-out digits. */
  readonly accuracy: number;
  readonly score: quality.Score;
  readonly frechet: quality.Distance;
  readonly precision: number;
  readonly recall: number;
  /** Mean distances to the nearest training row: of samples, and of held-out digits. */
  readonly nearest: { readonly fake: number; readonly real: number };
  readonly steps: number;
  readonly pictures: readonly (readonly number[])[];
}

/** A convolutional network, trained on digits that are moved by up to two pixels. */
async function classifier() {
  const { train, test } = digits28();
  const images = ({ x, y }: typeof train) => ({ x: tensor(x, [y.length, SIDE, SIDE, 1]), y });
  const model = sequential([
    augment({ shift: 2 }),
    conv2d(16, 3, { activation: 'relu' }),
    maxPool2d(2),
    conv2d(32, 3, { activation: 'relu' }),
    maxPool2d(2),
    flatten(),
    dense(64, { activation: 'relu' }),
    dense(10),
  ]);
  const run = await fit(model, images(train), {
    ...{ loss: crossEntropy(), metrics: [accuracy()], epochs: 6, batchSize: 64, seed: 0 },
    ...{ standardize: false, progress: false },
  });
  return { run, ...(await run.evaluate(images(test))) };
}

/**
 * Radford et al. 2015 at the size of digits, told the class as by Odena et al. 2017 (AC-GAN), with one-sided smoothing and an
 * averaged generator. docs/adr/025 has what was tried.
 */
function dcgan() {
  const start = { kernelInitializer: randomNormal(0.02) };
  const generator = sequential([
    ...[dense(7 * 7 * 32, { ...start, bias: false }), batchNorm(), activation('relu'), reshapeTo([7, 7, 32])],
    generatorBlock(16),
    conv2dTranspose(1, 4, { ...start, strides: 2, padding: 'same', activation: 'sigmoid' }),
  ]);
  const critic = sequential([criticBlock(16), criticBlock(32, { norm: true }), flatten(), dense(1 + CLASSES, start)]);
  const loss = ganLosses.auxiliaryClassifier(ganLosses.nonSaturating({ smoothing: 0.1 }), CLASSES);
  const optimizer = adam({ learningRate: 1e-3, beta1: 0.5 });
  return players(
    { critic, generator },
    {
      critic: {
        optimizer,
        loss: (m, { x, y, z }) => loss.critic(m.critic(x), m.critic(m.generator(withLabels(z, y, CLASSES))), y),
      },
      generator: {
        optimizer: chain(optimizer, weightEma(0.99)),
        loss: (m, { y, z }) => loss.generator(m.critic(m.generator(withLabels(z, y, CLASSES))), y),
      },
    },
  );
}

/** Noise with the code of a class, in turn: each class as often. */
function ordered(count: number): Tensor {
  const z = normalWithKey(randomKey(999), [count, NOISE], streamOf('samples'));
  return withLabels(
    z,
    tensor(
      Int32Array.from({ length: count }, (_, i) => i % CLASSES),
      [count],
      'i32',
    ),
    CLASSES,
  );
}

/** Seconds of a core that this process has taken: what other programs do on the machine changes no result. */
const coreSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export async function makeDigits(seed: number, tell: (line: string) => void, seconds = SECONDS): Promise<Made> {
  const { train, test } = digits28();
  const judge = await classifier();
  using judging = judge.run;
  tell(`the classifier: ${(100 * judge.accuracy).toFixed(1)} % of held-out digits`);
  const began = coreSeconds();
  const clock: PlayersCallback = {
    onStep(_, control) {
      if (coreSeconds() - began > seconds) control.stop(`${seconds} s are over`);
    },
  };
  const x = tensor(train.x, [train.y.length, SIDE, SIDE, 1]);
  const options = { inputs: { z: normal([NOISE]) }, batchSize: 64, seed, progress: false, callbacks: [clock] };
  using run = await fit(dcgan(), { x, y: train.y }, { ...options, epochs: 10_000 });
  tell(`${run.steps} steps of the DCGAN`);
  const z = ordered(SAMPLES);
  // The running statistics are those of the weights on the way, not of their average.
  using generator = await reestimateStatistics(run.models.generator, { x: z, y: z }, { batchSize: 50 });
  const made = (await generator.predict(z)) as unknown as { flat(depth: number): number[] }[];
  const pictures = made.map((row) => row.flat(3));
  const rows = ({ x: data, y }: typeof test) => tensor(data, [y.length, SIDE * SIDE]);
  const [trained, held] = [rows(train), rows(test)];
  const few = (from: readonly (readonly number[])[]) => from.slice(0, 100);
  const meanOf = (found: readonly { readonly distance: number }[]) =>
    found.reduce((sum, { distance }) => sum + distance, 0) / found.length;
  const heldRows = few(held.toArray() as number[][]);
  return {
    accuracy: judge.accuracy,
    score: await quality.score(judging, held, pictures),
    frechet: await quality.frechet(judging, held, pictures),
    ...(await quality.precisionRecall(judging, held, pictures)),
    nearest: {
      fake: meanOf(quality.nearest(few(pictures), trained)),
      real: meanOf(quality.nearest(heldRows, trained)),
    },
    ...{ steps: run.steps, pictures: pictures.slice(0, 40) },
  };
}
