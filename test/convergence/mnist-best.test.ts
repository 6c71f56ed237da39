/**
 * @file The best that the library's own advice makes of MNIST in five minutes on two cores: convolutions with batch
 * normalization, dropout, AdamW by a cosine after a warm-up, and the moving average of the weights. No augmentation.
 */
import {
  accuracy,
  activation,
  adamw,
  batchNorm,
  chain,
  conv2d,
  cosineDecay,
  crossEntropy,
  dense,
  dropout,
  fit,
  flatten,
  maxPool2d,
  sequential,
  tensor,
  warmUp,
  weightEma,
} from 'saddlepoint';
import { expect, it } from 'vitest';
import { type Digits, readMnist } from '../../demo/mnist-data.ts';

const images = ({ x, y }: Digits) => ({ x: tensor(x, [y.length, 28, 28, 1], 'u8'), y });
const block = (filters: number) => [
  conv2d(filters, 3, { padding: 'same', bias: false }),
  batchNorm(),
  activation('relu'),
  maxPool2d(2),
];

it('MNIST is learnt to 0.990 within five minutes', { timeout: 900_000 }, async () => {
  const { train, test } = readMnist();
  const [epochs, batchSize, warm] = [8, 128, 200];
  const steps = epochs * Math.ceil(train.y.length / batchSize);
  const model = sequential([
    ...block(16),
    ...block(32),
    flatten(),
    dropout(0.25),
    dense(128, { activation: 'relu' }),
    dropout(0.5),
    dense(10),
  ]);
  const began = performance.now();
  using run = await fit(model, images(train), {
    ...{ loss: crossEntropy(), metrics: [accuracy()], epochs, batchSize, seed: 0, threads: 2, progress: false },
    optimizer: chain(
      adamw({
        learningRate: warmUp(warm, cosineDecay({ learningRate: 3e-3, steps: steps - warm })),
        weightDecay: 0.01,
      }),
      weightEma(0.998),
    ),
    maxSeconds: 300,
  });
  const seconds = (performance.now() - began) / 1000;
  const { accuracy: share, loss } = await run.evaluate(images(test));
  console.log(
    `MNIST, best advice: test accuracy ${share.toFixed(4)}, loss ${loss.toFixed(4)}; ${run.ending} after ` +
      `${run.steps} of ${steps} steps in ${seconds.toFixed(0)} s`,
  );
  expect(share).toBeGreaterThanOrEqual(0.99);
});
