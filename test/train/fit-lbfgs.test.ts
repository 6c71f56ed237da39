import {
  accuracy,
  batchNorm,
  crossEntropy,
  dense,
  dropout,
  embedding,
  fitLbfgs,
  flatten,
  meanAbsoluteError,
  meanSquaredError,
  sequential,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classifier, clouds, line, rejection, spread, weightsOf } from './examples.ts';

const linear = () => sequential([dense(1)]);
const devices = ['wasm', 'reference'] as const;

describe('fitLbfgs', () => {
  it.each(devices)('finds the weighted least-squares line in closed form (%s)', async (device) => {
    const x = Array.from({ length: 40 }, (_, i) => spread(i, 0));
    const y = x.map((a, i) => 3 * a + 1 + spread(i, 2));
    const weights = x.map((_, i) => 1 + (i % 3));
    const run = await fitLbfgs(
      linear(),
      { x: x.map((a) => [a]), y, weights },
      { loss: meanSquaredError(), standardize: false, device, batchSize: 17 },
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = (f: (i: number) => number) => weights.reduce((sum, weight, i) => sum + weight * f(i), 0) / total;
    const [a, b] = [mean((i) => x[i] as number), mean((i) => y[i] as number)];
    const slope =
      mean((i) => ((x[i] as number) - a) * ((y[i] as number) - b)) / mean((i) => ((x[i] as number) - a) ** 2);
    // f32 tells losses apart to some 1e-7, so weights to the root of that, 3e-4, times a few.
    expect(Math.abs((weightsOf(run)[0] as number) - slope)).toBeLessThan(2e-3);
    expect(Math.abs((weightsOf(run)[1] as number) - (b - slope * a))).toBeLessThan(2e-3);
    expect(run.notes.at(-1)).toMatch(/^L-BFGS: \d+ iterations, \d+ evaluations; ended since /);
  });

  it.each(devices)(
    'separates classes in dozens of iterations; the history is that of its iterations (%s)',
    async (device) => {
      const seen: number[] = [];
      const run = await fitLbfgs(classifier(), clouds(60), {
        ...{ loss: crossEntropy(), metrics: [accuracy()], device, maximumIterations: 40 },
        onIteration: ({ epoch }) => void seen.push(epoch),
      });
      expect(run.history.at(-1)).toMatchObject({ accuracy: 1 });
      expect(run.history.at(-1)?.loss).toBeLessThan(1e-3);
      expect(run.history.map(({ epoch }) => epoch)).toEqual(seen);
      expect(run.steps).toBe(seen.length);
      const losses = run.history.map(({ loss }) => loss);
      losses.slice(1).forEach((loss, i) => {
        expect(loss).toBeLessThanOrEqual((losses[i] as number) * (1 + 1e-6));
      });
      expect((await run.evaluate(clouds(60), { device })).loss).toBeCloseTo(losses.at(-1) as number, 5);
    },
  );

  it('reports and predicts in the units of the data, whatever is minimized inside', async () => {
    const run = await fitLbfgs(linear(), line(24), { loss: meanSquaredError(), metrics: [meanAbsoluteError()] });
    expect(await run.predict([10])).toBeCloseTo(12, 3);
    expect(run.history.at(-1)?.meanAbsoluteError).toBeLessThan(1e-3);
    expect(run.history[0]?.loss).toBeCloseTo(
      (await fitLbfgs(linear(), line(24), { loss: meanSquaredError(), maximumIterations: 1 })).history[0]
        ?.loss as number,
      10,
    );
  });

  it('gives the same whatever rows it computes at a time, but for rounding', async () => {
    const options = { loss: crossEntropy(), maximumIterations: 5 };
    const whole = await fitLbfgs(classifier(), clouds(50), options);
    const parts = await fitLbfgs(classifier(), clouds(50), { ...options, batchSize: 7 });
    weightsOf(parts).forEach((weight, i) => {
      expect(weight).toBeCloseTo(weightsOf(whole)[i] as number, 3);
    });
    expect(weightsOf(await fitLbfgs(classifier(), clouds(50), options))).toEqual(weightsOf(whole));
  });

  it('keeps the weights of the iteration that was best on rows held out, and leaves frozen leaves', async () => {
    const noisy = { x: clouds(60).x, y: clouds(60).y.map((label, i) => (i % 7 === 0 ? (label + 1) % 3 : label)) };
    const run = await fitLbfgs(classifier(), noisy, { loss: crossEntropy(), validation: 0.3, maximumIterations: 60 });
    const losses = run.history.map(({ validation }) => validation?.loss as number);
    expect(run.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(run.bestEpoch).toBeLessThan(losses.length);
    const again = await fitLbfgs(run, noisy, { loss: crossEntropy(), freeze: ['0'], maximumIterations: 3 });
    expect(again.parameters.get('0/kernel')?.data).toEqual(run.parameters.get('0/kernel')?.data);
    expect(again.parameters.get('1/kernel')?.data).not.toEqual(run.parameters.get('1/kernel')?.data);
  });

  it('stops when its signal is aborted, with what it has', async () => {
    const stop = new AbortController();
    const run = await fitLbfgs(classifier(), clouds(30), {
      ...{ loss: crossEntropy(), signal: stop.signal },
      onIteration: ({ epoch }) => void (epoch === 3 && stop.abort()),
    });
    expect(run.ending).toBe('aborted');
    expect(run.history).toHaveLength(3);
  });

  it('refuses models that are no function of their parameters alone, and options of others', async () => {
    const message = async (layers: Parameters<typeof sequential>[0], options: object = {}, x: unknown = clouds(9).x) =>
      (await rejection(fitLbfgs(sequential(layers), { x, y: clouds(9).y }, { loss: crossEntropy(), ...options })))
        .message;
    expect(await message([dropout(0.5), dense(3)])).toMatch(/layer '0' \(dropout\) draws random numbers/);
    expect(await message([dense(4), batchNorm(), dense(3)])).toMatch(/'1\/\w+' is renewed by each pass/);
    const words = { x: [[1], [2], [0]], y: [0, 1, 2] };
    const table = fitLbfgs(sequential([embedding(4, 2), flatten(), dense(3)]), words, { loss: crossEntropy() });
    expect((await rejection(table)).message).toMatch(/'0\/\w+' is a table trained by rows/);
    expect(await message([dense(3)], { optimizer: {} })).toMatch(/unknown option 'optimizer'/);
    expect(await message([dense(3)], { memory: 0 })).toMatch(/memory: expected an integer ≥ 1, got 0/);
    expect(await message([dense(3)], { batchSize: 0 })).toMatch(/batchSize: expected an integer ≥ 1, got 0/);
  });
});
