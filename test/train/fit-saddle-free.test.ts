import {
  crossEntropy,
  dense,
  dropout,
  fit,
  fitSaddleFree,
  lossSurface,
  meanSquaredError,
  randomNormal,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classifier, clouds, line, rejection, weightsOf } from './examples.ts';

/** Small first weights: a saddle, on which gradient descent lies still. */
const small = () => {
  const kernelInitializer = randomNormal(0.01);
  return sequential([
    ...[0, 1].map(() => dense(5, { activation: 'tanh', kernelInitializer })),
    dense(3, { kernelInitializer }),
  ]);
};

describe('fitSaddleFree', () => {
  it.each(['wasm', 'reference'] as const)(
    'is at the least squares of a line within some steps (%s)',
    async (device) => {
      const run = await fitSaddleFree(sequential([dense(1)]), line(24), {
        loss: meanSquaredError(),
        device,
        maximumIterations: 30,
      });
      expect(await run.predict([10])).toBeCloseTo(12, 3);
      expect(run.notes.at(-1)).toMatch(
        /^saddle-free Newton: \d+ steps, \d+ of them along the bottom of the spectrum, \d+ evaluations; ended since /,
      );
    },
  );

  it('leaves a saddle in twenty steps on which gradient descent lies still for as many epochs', async () => {
    const data = clouds(60);
    const run = await fitSaddleFree(small(), data, { loss: crossEntropy(), maximumIterations: 20 });
    const still = await fit(small(), data, {
      ...{ loss: crossEntropy(), epochs: 20, batchSize: 60, optimizer: sgd({ learningRate: 0.1 }), progress: false },
    });
    expect(still.history.at(-1)?.loss).toBeGreaterThan(0.99 * Math.log(3));
    expect(run.history.at(-1)?.loss).toBeLessThan(0.5 * Math.log(3));
    const losses = run.history.map(({ loss }) => loss);
    losses.slice(1).forEach((loss, i) => {
      expect(loss).toBeLessThanOrEqual((losses[i] as number) * (1 + 1e-6));
    });
  });

  it('takes the same steps with rows in parts, and with rows of weight 0; its loss is that of the surface', async () => {
    const { x, y } = clouds(50);
    const options = { loss: crossEntropy(), maximumIterations: 3, seed: 1 } as const;
    const whole = await fitSaddleFree(classifier(), { x, y }, options);
    const parts = await fitSaddleFree(classifier(), { x, y }, { ...options, batchSize: 7 });
    // f32 sums in another order, through three steps.
    weightsOf(parts).forEach((weight, i) => {
      expect(weight).toBeCloseTo(weightsOf(whole)[i] as number, 2);
    });
    const doubled = await fitSaddleFree(
      classifier(),
      { x: [...x, ...x], y: [...y, ...y], weights: [...y.map(() => 1), ...y.map(() => 0)] },
      options,
    );
    expect(doubled.history.at(-1)?.loss).toBeCloseTo(whole.history.at(-1)?.loss as number, 3);
    expect(weightsOf(await fitSaddleFree(classifier(), { x, y }, options))).toEqual(weightsOf(whole));
    const surface = await lossSurface(whole, { x, y });
    expect(await surface.value(surface.start)).toBeCloseTo(whole.history.at(-1)?.loss as number, 4);
  });

  it('stops when its signal is aborted, and refuses models that draw and options of others', async () => {
    const stop = new AbortController();
    const run = await fitSaddleFree(classifier(), clouds(30), {
      ...{ loss: crossEntropy(), signal: stop.signal },
      onIteration: ({ epoch }) => void (epoch === 2 && stop.abort()),
    });
    expect(run.ending).toBe('aborted');
    expect(run.history).toHaveLength(2);
    const message = async (options: object, layer = classifier()) =>
      (await rejection(fitSaddleFree(layer, clouds(9), { loss: crossEntropy(), ...options }))).message;
    expect(await message({ memory: 3 })).toMatch(/fitSaddleFree: unknown option 'memory'/);
    expect(await message({ damping: 0 })).toMatch(/damping: expected a finite number > 0/);
    expect(await message({}, sequential([dropout(0.5), dense(3)]))).toMatch(
      /layer '0' \(dropout\) draws random numbers/,
    );
  });
});
