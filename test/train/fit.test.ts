import {
  accuracy,
  adam,
  binaryCrossEntropy,
  crossEntropy,
  dense,
  dropout,
  fit,
  flatten,
  meanAbsoluteError,
  meanSquaredError,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, line, rejection, spread, trainedLine, weightsOf } from './examples.ts';

describe('fit', () => {
  it('learns classes, and reports loss and accuracy of each epoch', async () => {
    const run = await fit(classifier(), clouds(90), {
      ...classes,
      epochs: 20,
      optimizer: adam({ learningRate: 0.02 }),
    });
    expect(run.history).toHaveLength(20);
    expect(run.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const [first, last] = [run.history[0], run.history.at(-1)];
    expect(last?.loss).toBeLessThan((first?.loss as number) / 4);
    expect(last?.accuracy).toBe(1);
    expect(last?.seconds).toBeGreaterThanOrEqual(0);
    expect(run).toMatchObject({ ending: 'completed', steps: 20 * 6, bestEpoch: 20 });
  });

  it('learns yes and no from names', async () => {
    const { x } = clouds(60);
    const y = x.map(([a]) => ((a as number) > 2 ? 'yes' : 'no'));
    const options = { epochs: 30, batchSize: 10, optimizer: adam({ learningRate: 0.05 }), progress: false };
    const run = await fit(
      sequential([dense(1)]),
      { x, y },
      { ...options, loss: binaryCrossEntropy(), metrics: [accuracy()] },
    );
    expect(run.history.at(-1)?.accuracy).toBe(1);
    expect(run.notes).toContain("y: two names: 'no' is 0, 'yes' is 1");
    expect(await run.predict([4.5, 0.5])).toMatchObject({ label: 'yes' });
  });

  it('learns several values a row, and reports them in the units of the data', async () => {
    const x = Array.from({ length: 40 }, (_, i) => [spread(i, 0) * 1000, spread(i, 1)]);
    const y = x.map(([a, b]) => [(a as number) * 3 + 5000, (b as number) - 1]);
    const run = await fit(
      sequential([dense(2)]),
      { x, y },
      {
        loss: meanSquaredError(),
        metrics: [meanAbsoluteError()],
        optimizer: sgd({ learningRate: 0.3 }),
        ...{ epochs: 200, batchSize: 40, progress: false },
      },
    );
    const [a, b] = (await run.predict([500, 0.25])) as number[];
    expect(a).toBeCloseTo(6500, 0);
    expect(b).toBeCloseTo(-0.75, 3);
    // The spread of the first column, some hundreds, squared.
    expect(run.history[0]?.loss).toBeGreaterThan(1e4);
    expect(run.history.at(-1)?.meanAbsoluteError).toBeLessThan(0.1);
  });

  it('takes images of any rank through flatten, and tensors as rows', async () => {
    const pixels = Float32Array.from({ length: 30 * 12 }, (_, i) => spread(i, i % 7));
    const x = tensor(pixels, [30, 3, 4]);
    const y = Array.from({ length: 30 }, (_, i) => i % 2);
    const run = await fit(sequential([flatten(), dense(2)]), { x, y }, { ...classes, epochs: 1 });
    expect(run.parameters.get('1/kernel')?.shape).toEqual([12, 2]);
    expect(run.notes).toEqual(['y: class numbers 0 … 1']);
  });

  it('trains with dropout: masks depend on the step, and prediction has none', async () => {
    const model = sequential([dense(16, { activation: 'relu' }), dropout(0.5), dense(3)]);
    const run = await fit(model, clouds(90), { ...classes, epochs: 30, optimizer: adam({ learningRate: 0.02 }) });
    expect((await run.evaluate(clouds(90))).accuracy).toBeGreaterThan(0.95);
    const [first, again] = await Promise.all([run.predict([1, 1]), run.predict([1, 1])]);
    expect(first).toEqual(again);
  });

  it('says where it ran, why, and what was done to the data', async () => {
    const run = await fit(classifier(), clouds(30), { ...classes, epochs: 1 });
    expect(run.device).toEqual({
      name: 'wasm',
      reason: 'WebAssembly SIMD is available',
      threads: 1,
      build: expect.stringMatching(/^(simd|relaxed)$/),
    });
    expect(run.notes).toEqual([
      'y: class numbers 0 … 2',
      'x: 2 columns are standardized over 30 training rows (standardize: false turns this off)',
    ]);
    expect(run.bytes % 65536).toBe(0);
    expect(run.bytes).toBeGreaterThan(0);
  });

  it('keeps every loss and parameter finite', async () => {
    const run = await fit(classifier(), clouds(90), classes);
    expect(run.history.every(({ loss, accuracy: share }) => Number.isFinite(loss) && Number.isFinite(share))).toBe(
      true,
    );
    expect(weightsOf(run).every(Number.isFinite)).toBe(true);
  });

  it('T9: counts a last, smaller batch: 10 rows in batches of 4 are three steps an epoch, and every row weighs the same', async () => {
    const data = line(10);
    const options = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0 }), epochs: 2, progress: false };
    const inFours = await fit(sequential([dense(1)]), data, { ...options, batchSize: 4, seed: 3 });
    const atOnce = await fit(sequential([dense(1)]), data, { ...options, batchSize: 10, seed: 3 });
    expect(inFours.steps).toBe(6);
    expect(inFours.history[0]?.loss).toBeCloseTo(atOnce.history[0]?.loss as number, 4);
  });

  it('T9: takes the gradient of a smaller batch as the mean over its own rows', async () => {
    // From zero weights with rate 1 and no scaling: after the row (x, y) the bias is 2y, whatever the batch size says.
    const run = await fit(
      sequential([dense(1, { kernelInitializer: zero, biasInitializer: zero })]),
      { x: [[0], [0], [0]], y: [0, 0, 3] },
      {
        loss: meanSquaredError(),
        optimizer: sgd({ learningRate: 1 }),
        ...{ epochs: 1, batchSize: 2, shuffle: false, standardize: false, progress: false },
      },
    );
    expect(run.parameters.get('0/bias')?.data[0]).toBe(6);
  });

  it('T9: leaves the rest of an epoch out where the last rows are dropped, other rows each epoch', async () => {
    const options = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0 }), batchSize: 4, progress: false };
    const run = await fit(sequential([dense(1)]), line(10), { ...options, epochs: 3, last: 'drop' });
    expect(run.steps).toBe(6);
    const losses = run.history.map(({ loss }) => loss);
    expect(new Set(losses).size).toBe(3);
    const ordered = { ...options, epochs: 1, shuffle: false, standardize: false } as const;
    const first = await fit(sequential([dense(1)]), line(10), { ...ordered, last: 'drop' });
    const eight = await fit(sequential([dense(1)]), line(8), ordered);
    expect(first.history[0]?.loss).toBe(eight.history[0]?.loss);
    const error = await rejection(fit(classifier(), clouds(9), { ...classes, last: 'no' as never }));
    expect(error.message).toBe("fit: last: unknown value 'no'\n  help: legal: keep, drop, pad");
  });

  it('D9: clamps a batch size larger than the data, and says so', async () => {
    const run = await fit(classifier(), clouds(9), { ...classes, batchSize: 64, epochs: 2 });
    expect(run.steps).toBe(2);
    expect(run.notes).toContain('batchSize: 64 is more than the 9 training rows; each step takes all 9');
  });

  it('trains on from a run, which stays as it was', async () => {
    const options = { ...classes, optimizer: adam({ learningRate: 0.01 }) };
    const base = await fit(classifier(), clouds(60), options);
    const before = weightsOf(base);
    const further = await fit(base, clouds(60), { ...options, epochs: 1 });
    expect(further.history[0]?.loss).toBeLessThan(base.history.at(-1)?.loss as number);
    expect(weightsOf(base)).toEqual(before);
    expect(weightsOf(further)).not.toEqual(before);
    expect(further.notes).toContain('x: scaled as the model was trained');
  });

  it('runs twice at once, each as if alone', async () => {
    const data = clouds(300);
    const alone = [
      await fit(classifier(), data, { ...classes, seed: 1 }),
      await fit(classifier(), data, { ...classes, seed: 2 }),
    ].map(weightsOf);
    const together = await Promise.all([1, 2].map((seed) => fit(classifier(), data, { ...classes, seed })));
    expect(together.map(weightsOf)).toEqual(alone);
  });

  it('T5: works again after a fit that failed', async () => {
    const data = clouds(30);
    const expected = weightsOf(await fit(classifier(), data, classes));
    const mean = {
      name: 'broken',
      call: () => {
        throw new Error('from a metric');
      },
    };
    expect((await rejection(fit(classifier(), data, { ...classes, metrics: [mean] }))).message).toBe('from a metric');
    await rejection(fit(classifier(), { x: data.x, y: [1, 2] }, classes));
    expect(weightsOf(await fit(classifier(), data, classes))).toEqual(expected);
  });

  it('frees what a prediction holds by using, and predicts again after dispose', async () => {
    using run = await trainedLine();
    const first = await run.predict([30]);
    run.dispose();
    run.dispose();
    expect(await run.predict([30])).toBe(first);
  });
});

const zero = {
  name: 'zeros',
  options: {},
  spread: () => 0,
  draw: (shape: readonly number[]) => new Float32Array(shape.reduce((a, b) => a * b, 1)),
};

describe('fit on the reference device', () => {
  it.each([
    ['sgd', sgd({ learningRate: 0.1, momentum: 0.9 })],
    ['adam', adam({ learningRate: 0.01 })],
  ])('agrees with WebAssembly to single precision, trained by %s', async (_, optimizer) => {
    const runs = await Promise.all(
      (['wasm', 'reference'] as const).map((device) =>
        fit(sequential([dense(8, { activation: 'relu' }), dropout(0.2), dense(3)]), clouds(30), {
          ...{ ...classes, loss: crossEntropy(), optimizer, device, validation: 0.2, epochs: 3 },
        }),
      ),
    );
    const [device, reference] = runs.map(weightsOf) as [number[], number[]];
    reference.forEach((value, i) => {
      expect(Math.abs((device[i] as number) - value)).toBeLessThan(2e-5);
    });
    expect(runs.map((run) => run.device.name)).toEqual(['wasm', 'reference']);
    const [a, b] = runs.map((run) => run.history.at(-1));
    expect(a?.accuracy).toBe(b?.accuracy);
    expect(a?.validation?.loss).toBeCloseTo(b?.validation?.loss as number, 5);
  });
});
