import {
  abs,
  add,
  type Data,
  type DivergenceError,
  dense,
  earlyStopping,
  type FitOptions,
  fit,
  type Loss,
  log,
  meanSquaredError,
  mul,
  type Run,
  reshape,
  sequential,
  sgd,
  square,
  sub,
  train,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection } from './examples.ts';

/**
 * A model of one bias b, from 0, which training draws a tenth of the way to 10 at each step: 1, 1.9, 2.71, 3.439, 4.0951.
 * An epoch is one step. Validation wants 2.5, so its losses are 2.25, 0.36, 0.0441, 0.88, 2.54: the third epoch is best.
 */
const model = () => sequential([dense(1, { kernelInitializer: zeros() })]);
const data: Data = { x: [[0]], y: [10] };
const held: Data = { x: [[0]], y: [2.5] };
const options: FitOptions = {
  ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.05 }), epochs: 5 },
  ...{ standardize: false, progress: false, validation: held },
};

const biasOf = (run: Run): number => run.parameters.get('0/bias')?.data[0] as number;

describe('the best weights', () => {
  it('case 12: T6: are kept when the epochs are used up', async () => {
    const run = await fit(model(), data, { ...options, callbacks: [earlyStopping({ patience: 3 })] });
    expect(run.history.map(({ validation }) => validation?.loss)).toEqual(
      [2.25, 0.36, 0.0441, 0.881721, 2.544345].map((loss) => expect.closeTo(loss, 4)),
    );
    expect(run).toMatchObject({ bestEpoch: 3, ending: 'completed', steps: 5 });
    expect(biasOf(run)).toBeCloseTo(2.71, 5);
    expect((await run.evaluate(held)).loss).toBeCloseTo(0.0441, 4);
  });

  it('case 12: T6: are kept when the run is aborted', async () => {
    const controller = new AbortController();
    const epochs = train(model(), data, {
      ...{ ...options, epochs: 10, signal: controller.signal },
      callbacks: [earlyStopping({ patience: 3 })],
    });
    let last = await epochs.next();
    for (; !last.done; last = await epochs.next()) if (last.value.epoch === 5) controller.abort();
    expect(last.value).toMatchObject({ bestEpoch: 3, ending: 'aborted', steps: 5 });
    expect(last.value.history).toHaveLength(5);
    expect(biasOf(last.value)).toBeCloseTo(2.71, 5);
  });

  it('T6: are kept when the run diverges', async () => {
    // Rate 1.5 throws b from 0 to 30, −30, 90, …; the first is nearest to 25.
    const wild = { ...options, optimizer: sgd({ learningRate: 1.5 }), epochs: 200, validation: { x: [[0]], y: [25] } };
    const error = (await rejection(fit(model(), data, wild))) as DivergenceError;
    expect(error.run).toMatchObject({ bestEpoch: 1, ending: 'diverged' });
    expect(biasOf(error.run)).toBe(30);
  });

  it('are the last where there is no validation', async () => {
    const { validation: _, ...rest } = options;
    const run = await fit(model(), data, rest);
    expect(run.bestEpoch).toBe(5);
    expect(biasOf(run)).toBeCloseTo(4.0951, 5);
  });

  it('are not those of an epoch whose validation loss is NaN, though it was the first', async () => {
    // 0 · log 0 is NaN where the prediction hits the target, as it does on the held-out row after the first epoch.
    const loss: Loss = {
      ...meanSquaredError(),
      call: (prediction, target) => {
        const difference = reshape(sub(prediction, target), [1]);
        return add(square(difference), mul(0, log(abs(difference))));
      },
    };
    const run = await fit(model(), data, { ...options, loss, validation: { x: [[0]], y: [1] } });
    expect(run.history.map(({ validation }) => Number.isNaN(validation?.loss))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(run.bestEpoch).toBe(2);
  });
});

describe('abort', () => {
  it('before the run begins refuses it', async () => {
    const error = await rejection(fit(classifier(), clouds(30), { ...classes, signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: 'aborted', message: 'fit: the signal was aborted before the run began' });
  });

  it.each([1, 300])('while it runs ends it soon, and gives it back as it stands (batches of %d)', async (batchSize) => {
    const controller = new AbortController();
    const many = { ...classes, epochs: 1_000_000, batchSize, signal: controller.signal };
    const epochs = train(classifier(), clouds(300), many);
    let next = await epochs.next();
    // Not before: on a busy machine the first step may be long in coming.
    const started = performance.now();
    setTimeout(() => controller.abort(), 50);
    while (!next.done) next = await epochs.next();
    const run = next.value;
    expect(performance.now() - started).toBeLessThan(5000);
    expect(run.ending).toBe('aborted');
    expect(run.steps).toBeGreaterThan(0);
    expect(run.history.length).toBe(Math.floor((run.steps * batchSize) / 300));
    expect((await run.evaluate(clouds(30))).loss).toBeLessThan(5);
  });

  it('after the last epoch changes nothing', async () => {
    const controller = new AbortController();
    const run = await fit(classifier(), clouds(30), { ...classes, signal: controller.signal });
    controller.abort();
    expect(run.ending).toBe('completed');
    expect(await run.predict([1, 1])).toHaveProperty('label');
  });
});
