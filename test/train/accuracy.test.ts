/** What `accuracy` means follows from the loss. */
import { accuracy, binaryCrossEntropy, constant, dense, fit, meanSquaredError, sequential, sgd } from 'saddlepoint';
import { expect, test } from 'vitest';

/** A layer that passes its inputs on, and a run that changes nothing. */
const passOn = (units: number) =>
  sequential([
    dense(units, {
      bias: false,
      kernelInitializer: { ...constant(0), draw: () => Float32Array.from(identity(units)) },
    }),
  ]);
const identity = (n: number): number[] => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
const still = { optimizer: sgd({ learningRate: 0 }), epochs: 1, standardize: false, metrics: [accuracy()] };

test('a probability above one half is a yes', async () => {
  const loss = binaryCrossEntropy({ fromProbabilities: true });
  const run = await fit(passOn(1), { x: [[0.1], [0.9], [0.4]], y: [0, 1, 1] }, { ...still, loss });
  expect(run.history[0]?.accuracy).toBeCloseTo(2 / 3, 6);
});

test('a logit above zero is a yes', async () => {
  const loss = binaryCrossEntropy();
  const run = await fit(passOn(1), { x: [[-0.1], [0.9], [0.4]], y: [0, 1, 1] }, { ...still, loss });
  expect(run.history[0]?.accuracy).toBe(1);
});

test('several answers a row count by their share', async () => {
  const loss = binaryCrossEntropy();
  const data = {
    x: [
      [3, -3],
      [-3, 3],
    ],
    y: [
      [1, 0],
      [1, 1],
    ],
  };
  const run = await fit(passOn(2), data, { ...still, loss });
  expect(run.history[0]?.accuracy).toBe(0.75);
  expect((await run.evaluate(data)).accuracy).toBe(0.75);
});

test('it is refused for values', async () => {
  const training = fit(passOn(1), { x: [[1], [2]], y: [1, 2] }, { ...still, loss: meanSquaredError() });
  await expect(training).rejects.toThrow(
    'accuracy is for class and binary targets, meanSquaredError has value targets',
  );
});
