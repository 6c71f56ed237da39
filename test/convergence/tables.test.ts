/** @file Baselines of tables that are fetched on demand, as test/train/baselines.test.ts has them for the others. */
import { fit, rootMeanSquaredError } from 'saddlepoint';
import { expect, it } from 'vitest';
import { breastCancer, cars, meanOfSeeds } from './tables.ts';

const quiet = { progress: false, deterministic: true } as const;

// Logistic regression 1.000; 16 relu units 1.000 three times.
it('malignant and benign nuclei are told apart: at least 0.99 of the test rows', async () => {
  const { train, test } = breastCancer();
  expect([train.length, test.length]).toEqual([456, 113]);
  const mean = await meanOfSeeds('breast cancer, accuracy', async (seed) => {
    using run = await fit(train, { target: 'diagnosis', seed, ...quiet });
    return (await run.evaluate(test)).accuracy;
  });
  expect(mean).toBeGreaterThanOrEqual(0.99);
});

// The mean 7.58, linear 2.77; 32 relu units 2.16, 2.30, 2.38.
it('the consumption of cars is told: at most 2.5 miles per gallon off (RMSE)', async () => {
  const { train, test } = cars();
  expect([train.length, test.length]).toEqual([314, 78]);
  const mean = await meanOfSeeds('cars, RMSE', async (seed) => {
    const metrics = [rootMeanSquaredError()];
    using run = await fit(train, { target: 'Miles_per_Gallon', metrics, seed, ...quiet });
    return (await run.evaluate(test)).rootMeanSquaredError;
  });
  expect(mean).toBeLessThanOrEqual(2.5);
});
