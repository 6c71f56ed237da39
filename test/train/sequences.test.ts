import {
  accuracy,
  conv2d,
  crossEntropy,
  dense,
  fit,
  type Layer,
  layer,
  meanSquaredError,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { zeros } from '../../src/nn/initializers.ts';
import { withMask } from '../../src/nn/layer.ts';
import { notEqual } from '../../src/ops/elementwise.ts';
import { reshape } from '../../src/ops/movement.ts';
import { identity, rejection, still } from './examples.ts';

/** Steps [n, steps, 1] whose value is 0 are padding. */
const unpadded = (): Layer => layer('unpadded', {}, (x) => withMask(x, notEqual(reshape(x, x.shape.slice(0, 2)), 0)));
const steps = (values: number[][]) => tensor(values.flat(), [values.length, (values[0] as number[]).length, 1]);

describe('models that answer for each step', () => {
  it('case 21: the mean is over the steps that are there: 7.5, not 5', async () => {
    // Predictions 1, 2, 3 and 4 against 0: squared errors 1, 4, 9 and 16, padded to 3 steps.
    const data = {
      x: steps([
        [1, 2, 3],
        [4, 0, 0],
      ]),
      y: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    };
    const model = sequential([unpadded(), identity()]);
    for (const batchSize of [1, 2]) {
      const run = await fit(model, data, { ...still, loss: meanSquaredError(), batchSize, validation: data });
      expect(run.history[0]?.loss).toBeCloseTo(7.5, 5);
      expect(run.history[0]?.validation?.loss).toBeCloseTo(7.5, 5);
    }
  });

  it('M6: accuracy too counts the steps that are there alone', async () => {
    const data = {
      x: steps([
        [1, 2, 3],
        [4, 0, 0],
      ]),
      y: [
        [1, 1, 0],
        [1, 0, 0],
      ],
    };
    // All logits equal: class 0 is predicted, and one step of four is of it.
    const model = sequential([unpadded(), dense(2, { kernelInitializer: zeros() })]);
    const run = await fit(model, data, { ...still, loss: crossEntropy(), metrics: [accuracy()] });
    expect(run.history[0]?.accuracy).toBe(0.25);
    expect(run.history[0]?.loss).toBeCloseTo(Math.LN2, 6);
  });

  it('learn labels of steps, and answer for each', async () => {
    const x = tensor(
      Float32Array.from({ length: 60 }, (_, i) => ((i * 7) % 10) - 4.5),
      [20, 3, 1],
    );
    const y = Array.from({ length: 20 }, (_, row) =>
      [0, 1, 2].map((step) => ((x.data[row * 3 + step] as number) > 0 ? 'up' : 'down')),
    );
    const options = { loss: crossEntropy(), metrics: [accuracy()], optimizer: sgd({ learningRate: 0.5 }) };
    const run = await fit(sequential([dense(2)]), { x, y }, { ...options, epochs: 30, progress: false });
    expect(run.history.at(-1)?.accuracy).toBe(1);
    const answers = (await run.predict(tensor([-4, 3, 2], [3, 1]))) as unknown as { label: string }[];
    expect(answers.map(({ label }) => label)).toEqual(['down', 'up', 'up']);
    const evaluation = await run.evaluate({ x, y });
    expect(evaluation.accuracy).toBe(1);
  });

  it('refuse rows of labels of another length by their number', async () => {
    const data = {
      x: steps([
        [1, 2],
        [3, 4],
      ]),
      y: [[0, 1], [0]],
    };
    const error = await rejection(fit(sequential([dense(2)]), data, { ...still, loss: crossEntropy() }));
    expect(error.message).toMatch(/y: row 1 \(counted from 0\) has 1 labels, 2 expected/);
  });

  it('make images of images, in the units of the data, and report the loss in them', async () => {
    const x = tensor(
      Uint8Array.from({ length: 20 * 16 }, (_, i) => (i * 29) % 256),
      [20, 4, 4, 1],
    );
    const y = Float32Array.from(x.data as Uint8Array, (value) => 1000 + 2 * value);
    const model = sequential([conv2d(1, 1)]);
    const run = await fit(
      model,
      { x, y },
      { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }), epochs: 200, progress: false },
    );
    expect(run.history.at(-1)?.loss).toBeLessThan(1500);
    expect((await run.evaluate({ x, y })).loss).toBeCloseTo(run.history.at(-1)?.loss as number, -3);
    const answer = (await run.predict(tensor(new Uint8Array(16).fill(100), [4, 4, 1]))) as unknown as number[][];
    // One value is a number, as of a model with a single unit.
    expect([answer.length, answer[0]?.length, typeof answer[0]?.[0]]).toEqual([4, 4, 'number']);
    for (const value of answer.flat()) expect(Math.abs(value - 1200)).toBeLessThan(120);
  });
});
