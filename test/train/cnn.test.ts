/** A convolutional network with batch normalization on real digits: trained, measured, saved; states kept; both backends alike. */
import {
  accuracy,
  activation,
  adam,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  fit,
  flatten,
  maxPool2d,
  sequential,
  tensor,
} from 'saddlepoint';
import { describe, expect, test } from 'vitest';
import { type Digits, readMnist } from '../../demo/mnist-data.ts';
import { modelFromBytes, modelToBytes } from '../../src/train/model-file.ts';

const { train, test: held } = readMnist();
const images = ({ x, y }: Digits, n: number) => ({
  x: tensor(x.subarray(0, n * 784), [n, 28, 28, 1], 'u8'),
  y: y.subarray(0, n),
});
const model = () =>
  sequential([
    conv2d(8, 3, { bias: false }),
    batchNorm(),
    activation('relu'),
    maxPool2d(2),
    conv2d(16, 3, { activation: 'relu' }),
    maxPool2d(2),
    flatten(),
    dense(10),
  ]);
const options = {
  ...{ loss: crossEntropy(), metrics: [accuracy()], batchSize: 32, seed: 3, progress: false },
  optimizer: adam({ learningRate: 3e-3 }),
} as const;

describe('a network of convolutions with batch normalization', () => {
  test('learns digits, predicts with the running statistics, and comes back from a file bit for bit', async () => {
    using run = await fit(model(), images(train, 2000), { ...options, epochs: 2 });
    // A dense network of 128 units reaches some 0.85 from as many digits (mnist.test.ts).
    expect((await run.evaluate(images(held, 1000))).accuracy).toBeGreaterThan(0.88);
    const states = [...run.parameters].filter(([, { kind }]) => kind === 'state').map(([path]) => path);
    expect(states).toEqual(['1/mean', '1/variance']);
    expect(run.parameters.get('1/mean')?.data.some((x) => x !== 0)).toBe(true);
    expect([...(await modelFromBytes(modelToBytes(run.state))).parameters]).toEqual([...run.parameters]);
    // Evaluation a row at a time: nothing of the other rows goes into a prediction.
    const whole = await run.evaluate(images(held, 40));
    const single = await run.evaluate(images(held, 40), { batchSize: 1 });
    expect(single.loss).toBeCloseTo(whole.loss, 5);
  });

  test('takes the same steps on both backends', async () => {
    const runs = await Promise.all(
      (['wasm', 'reference'] as const).map((device) =>
        fit(model(), images(train, 24), { ...options, batchSize: 8, epochs: 1, device }),
      ),
    );
    const [wasm, reference] = runs as [(typeof runs)[0], (typeof runs)[0]];
    for (const [path, { data }] of reference.parameters) {
      // Three steps of Adam of 3e-3 each: an element whose gradient is all rounding may go either way.
      const far = Array.from(data).filter(
        (x, i) => Math.abs(x - (wasm.parameters.get(path)?.data[i] as number)) > 1e-3,
      );
      expect(far.length, path).toBeLessThanOrEqual(Math.ceil(0.01 * data.length));
    }
    for (const run of runs) run.dispose();
  });
});
