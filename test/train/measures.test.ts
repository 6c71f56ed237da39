import {
  accuracy,
  binaryCrossEntropy,
  dense,
  dropout,
  fit,
  loadModel,
  meanAbsoluteError,
  meanSquaredError,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, identity, logits, rejection, spread, still } from './examples.ts';

describe('case 14: T8: means over rows, not of batch means', () => {
  const x = [[1], [2], [3], [4], [5]];
  // Squared errors 4, 4, 4, 4, 1.
  const y = [3, 4, 5, 6, 6];
  const options = { ...still, loss: meanSquaredError(), metrics: [meanAbsoluteError()] };

  it.each([1, 2, 3, 4, 5])('batches of %d give 3.4 in the epoch record and in evaluate', async (batchSize) => {
    const run = await fit(identity(), { x, y }, { ...options, batchSize });
    expect(run.history[0]?.loss).toBeCloseTo(3.4, 6);
    expect(run.history[0]?.meanAbsoluteError).toBeCloseTo(1.8, 6);
    expect(await run.evaluate({ x, y }, { batchSize })).toEqual({
      loss: expect.closeTo(3.4, 6),
      meanAbsoluteError: expect.closeTo(1.8, 6),
    });
  });

  it.each([1, 2, 3, 4, 5])('batches of %d give 3.4 in the validation record', async (batchSize) => {
    const run = await fit(identity(), { x, y }, { ...options, batchSize, validation: { x, y } });
    expect(run.history[0]?.validation?.loss).toBeCloseTo(3.4, 6);
  });

  it('batches of more than all rows do so too', async () => {
    const run = await fit(identity(), { x, y }, { ...options, batchSize: 5 });
    expect((await run.evaluate({ x, y }, { batchSize: 100 })).loss).toBeCloseTo(3.4, 6);
  });

  it('metrics stay exact over 1,000 rows of uneven batches', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [spread(i, 0), spread(i, 1), spread(i, 2)]);
    const labels = rows.map((_, i) => i % 3);
    const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
    const run = await fit(
      identity(3),
      { x: rows, y: labels },
      {
        ...{ ...still, loss: classes.loss, metrics: [accuracy()], batchSize: 33 },
      },
    );
    expect(run.history[0]?.accuracy).toBe(right / 1000);
    for (const batchSize of [1, 7, 256, 999]) {
      expect((await run.evaluate({ x: rows, y: labels }, { batchSize })).accuracy).toBe(right / 1000);
    }
  });
});

describe('case 26: cross-entropy of yes and no, far from 0', () => {
  const logitCases: [logit: number, label: number, loss: number][] = [
    [40, 0, 40],
    [-40, 1, 40],
    [40, 1, 4.2483543e-18],
    [100, 0, 100],
    [0, 1, Math.LN2],
    [-3, 0, 0.0485874],
  ];

  it.each(logitCases)('logit %d with label %d costs %d', async (logit, label, loss) => {
    const run = await logits();
    const { loss: found } = await run.evaluate({ x: [[logit]], y: [label] });
    expect(Math.abs(found - loss)).toBeLessThanOrEqual(loss * 1e-6);
    expect(found).toBeGreaterThanOrEqual(0);
  });

  it.each([
    [40, 0, 1, 0],
    [-40, 1, -1, 0],
    [40, 1, 0, 1e-17],
  ])('logit %d with label %d has gradient %d', async (logit, label, gradient, within) => {
    // The bias begins at 0 and moves by −1 × the gradient.
    const options = { ...still, optimizer: sgd({ learningRate: 1 }), loss: binaryCrossEntropy() };
    const run = await fit(identity(), { x: [[logit]], y: [label] }, options);
    expect(Math.abs((run.parameters.get('0/bias')?.data[0] as number) + gradient)).toBeLessThanOrEqual(within);
  });

  it.each([
    [1, 1, 0],
    [0, 0, 0],
    [0, 1, 100],
    [1, 0, 100],
    [0.5, 1, Math.LN2],
  ])('probability %d with label %d costs %d', async (probability, label, loss) => {
    const run = await logits(true);
    expect((await run.evaluate({ x: [[probability]], y: [label] })).loss).toBeCloseTo(loss, 6);
  });
});

describe('evaluate', () => {
  it('gives what the last epoch of validation gave', async () => {
    const held = clouds(31);
    const run = await fit(classifier(), clouds(90), { ...classes, validation: held });
    const best = run.history[run.bestEpoch - 1]?.validation;
    expect(await run.evaluate(held)).toEqual({
      loss: expect.closeTo(best?.loss as number, 6),
      accuracy: best?.accuracy,
    });
  });

  it('takes labels in every form that fit takes', async () => {
    const data = clouds(30);
    const run = await fit(classifier(), data, classes);
    const expected = await run.evaluate(data);
    const oneHot = data.y.map((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0)));
    for (const y of [oneHot, Uint8Array.from(data.y), data.y.map((label) => [label])])
      expect(await run.evaluate({ x: data.x, y })).toEqual(expected);
  });

  it('says which rows or labels do not fit the model', async () => {
    const run = await fit(classifier(), clouds(30), classes);
    expect((await rejection(run.evaluate({ x: [[1, 2, 3]], y: [0] }))).message).toMatch(
      /^x: rows of shape \[3\], the model takes \[2\]/,
    );
    expect((await rejection(run.evaluate({ x: [[1, 2]], y: [3] }))).message).toMatch(
      /^y: label 3 at row 0: none of the model's 3 classes\n.*legal: 0, 1, 2/,
    );
    expect((await rejection(run.evaluate({ x: [], y: [] }))).message).toMatch(/^x is empty: it has no rows/);
    expect((await rejection(run.evaluate(clouds(3), { batchSize: 0 }))).message).toMatch(
      /^batchSize: expected an integer ≥ 1, got 0/,
    );
    expect((await rejection(run.evaluate(clouds(3), { batchsize: 2 } as never))).message).toMatch(
      /^evaluate: unknown option 'batchsize'\n.*did you mean 'batchSize'/,
    );
  });

  it('keeps the metrics over saving, but for those of the user', async () => {
    const zero = { name: 'zero', call: (prediction: never) => meanSquaredError().call(prediction, prediction) };
    const options = { ...still, loss: meanSquaredError(), metrics: [meanAbsoluteError(), zero] };
    const run = await fit(sequential([dense(1)]), { x: [[1], [2]], y: [1, 2] }, options);
    expect(Object.keys(await run.evaluate({ x: [[1]], y: [1] }))).toEqual(['loss', 'meanAbsoluteError', 'zero']);
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const loaded = await loadModel(new Blob(chunks as BlobPart[]));
    expect(Object.keys(await loaded.evaluate({ x: [[1]], y: [1] }))).toEqual(['loss', 'meanAbsoluteError']);
  });

  it('measures the model without dropout', async () => {
    const model = sequential([dropout(0.5), identity()]);
    const data = { x: Array.from({ length: 50 }, () => [2]), y: Array.from({ length: 50 }, () => 2) };
    const run = await fit(model, data, { ...still, loss: meanSquaredError() });
    // In training every value is 0 or 4.
    expect(run.history[0]?.loss).toBe(4);
    expect(await run.evaluate(data)).toEqual({ loss: 0 });
  });
});
