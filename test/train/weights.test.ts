import { crossEntropy, dense, fit, meanSquaredError, sequential, sgd } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, identity, rejection, still, weightsOf } from './examples.ts';

const squares = { ...still, loss: meanSquaredError() } as const;

describe('weights of rows', () => {
  it('T12: the loss is the weighted mean, over any batches, in training and in validation', async () => {
    // The errors are 1, 2, 3, 4, 5; the weights 5, 4, 3, 2, 1: Σ w e² / Σ w = (5 + 16 + 27 + 32 + 25) / 15 = 7.
    const data = { x: [[0], [0], [0], [0], [0]], y: [1, 2, 3, 4, 5], weights: [5, 4, 3, 2, 1] };
    for (const batchSize of [1, 2, 3, 4, 5]) {
      const run = await fit(identity(), data, { ...squares, batchSize, validation: data });
      expect(run.history[0]?.loss).toBeCloseTo(7, 5);
      expect(run.history[0]?.validation?.loss).toBeCloseTo(7, 5);
    }
  });

  it('T12: give the same numbers from a list, a typed array and bytes', async () => {
    const { x, y } = clouds(24);
    const weights = y.map((label) => label + 1);
    const runs = await Promise.all(
      [weights, Float32Array.from(weights), Uint8Array.from(weights), Float64Array.from(weights)].map((given) =>
        fit(classifier(), { x, y, weights: given }, classes),
      ),
    );
    for (const run of runs) expect(weightsOf(run)).toEqual(weightsOf(runs[0] as (typeof runs)[number]));
  });

  it('count in evaluate as in training', async () => {
    const data = { x: [[0], [0], [0], [0], [0]], y: [1, 2, 3, 4, 5], weights: [5, 4, 3, 2, 1] };
    const run = await fit(identity(), data, { ...squares, batchSize: 2 });
    // The same 7 as above, in whatever batches; and 11, the mean of 1, 4, 9, 16, 25, without weights.
    for (const batchSize of [1, 2, 5]) expect((await run.evaluate(data, { batchSize })).loss).toBeCloseTo(7, 5);
    expect((await run.evaluate({ x: data.x, y: data.y })).loss).toBeCloseTo(11, 5);
    expect((await rejection(run.evaluate({ ...data, weights: [1] }))).message).toContain(
      'weights: 1 weights for 5 rows',
    );
  });

  it('a row of weight 0 is no row, and weights of 1 change nothing but rounding', async () => {
    const whole = { x: [[1], [2], [100]], y: [1, 2, -7] };
    const options = { ...squares, optimizer: sgd({ learningRate: 0.1 }), epochs: 5, batchSize: 3, standardize: false };
    const without = await fit(identity(), { x: [[1], [2]], y: [1, 2] }, { ...options, batchSize: 2 });
    const weighed = await fit(identity(), { ...whole, weights: [1, 1, 0] }, options);
    for (const [i, value] of weightsOf(weighed).entries())
      expect(value).toBeCloseTo(weightsOf(without)[i] as number, 6);
  });

  it.each([
    [[1, 2], 'weights: 2 weights for 3 rows'],
    [[1, -1, 1], 'weights: row 1 (counted from 0) is -1, a number ≥ 0 expected'],
    [[1, Number.NaN, 1], 'weights: row 1 (counted from 0) is NaN, a number ≥ 0 expected'],
    [[0, 0, 0], 'weights: all are 0, so no row would count'],
  ])('%j are refused', async (weights, message) => {
    const error = await rejection(fit(identity(), { x: [[1], [2], [3]], y: [1, 2, 3], weights }, squares));
    expect(error.message.split('\n')[0]).toBe(message);
  });
});

describe('weights of classes', () => {
  const data = { x: [[0], [0], [0], [0]], y: ['a', 'a', 'a', 'b'] };
  const options = { ...still, loss: crossEntropy(), batchSize: 4 } as const;
  const model = () => sequential([dense(2)]);

  it('are those of the rows of the class', async () => {
    const byClass = await fit(model(), data, { ...options, ...{ classWeights: { b: 3 } } });
    const byRow = await fit(model(), { ...data, weights: [1, 1, 1, 3] }, options);
    expect(byClass.history[0]?.loss).toBe(byRow.history[0]?.loss);
  });

  it('do not count in validation, whether its rows are a share or of their own', async () => {
    const many = {
      x: Array.from({ length: 20 }, (_, i) => [i % 7]),
      y: Array.from({ length: 20 }, (_, i) => (i % 4 ? 'a' : 'b')),
    };
    const run = (more: object) => fit(model(), many, { ...options, validation: 0.4, ...more });
    const [plain, heavy] = [await run({}), await run({ classWeights: { b: 30 } })];
    expect(heavy.history[0]?.validation?.loss).toBeCloseTo(plain.history[0]?.validation?.loss as number, 6);
    expect(heavy.history[0]?.loss).not.toBeCloseTo(plain.history[0]?.loss as number, 3);
  });

  it('are rows / (classes · rows of the class) where balanced', async () => {
    const balanced = await fit(model(), data, { ...options, classWeights: 'balanced' });
    const byRow = await fit(model(), { ...data, weights: [2 / 3, 2 / 3, 2 / 3, 2] }, options);
    expect(balanced.history[0]?.loss).toBe(byRow.history[0]?.loss);
  });

  it.each([
    [{ c: 1 }, "fit: classWeights: no class 'c'"],
    [{ a: -1 }, "fit: classWeights: 'a': expected a number ≥ 0, got -1"],
    ['even', "fit: classWeights: expected weights by class or 'balanced', got 'even'"],
  ])('%j are refused', async (classWeights, message) => {
    const error = await rejection(fit(model(), data, { ...options, classWeights: classWeights as never }));
    expect(error.message.split('\n')[0]).toBe(message);
  });
});
