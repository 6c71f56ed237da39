/**
 * @file Baselines on small tables by `fit(records, { target })` with its own defaults, the mean of seeds 0, 1, 2. What was wanted
 * stood before the first run; scikit-learn's and PyTorch's results on the same rows are said beside it. The test rows (i % 5 = 4)
 * are seen by `evaluate` alone.
 */
import { dense, fit, meanAbsoluteError } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { births, iris, meanOfSeeds, penguins } from '../convergence/tables.ts';

// The same bits on every machine: what passes here passes there.
const quiet = { progress: false, deterministic: true } as const;

describe('records with all defaults', () => {
  // Logistic regression 0.933; 16 relu units 0.933, 0.967, 0.933.
  it('tell irises apart: at least 0.93 of the test rows', async () => {
    const { train, test } = iris();
    expect([train.length, test.length]).toEqual([120, 30]);
    const mean = await meanOfSeeds('iris, accuracy', async (seed) => {
      using run = await fit(train, { target: 'species', seed, ...quiet });
      return (await run.evaluate(test)).accuracy;
    });
    expect(mean).toBeGreaterThanOrEqual(0.93);
  });

  // Logistic regression 1.000; 16 relu units 1.0, 1.0, 0.985.
  it('tell penguins apart: at least 0.98 of the test rows', async () => {
    const { train, test } = penguins();
    expect([train.length, test.length]).toEqual([274, 68]);
    const mean = await meanOfSeeds('penguins, accuracy', async (seed) => {
      using run = await fit(train, { target: 'Species', seed, ...quiet });
      return (await run.evaluate(test)).accuracy;
    });
    expect(mean).toBeGreaterThanOrEqual(0.98);
  });
});

describe('a series as records', () => {
  // The same day a week before 438, ridge regression 344; 32 relu units 341 and 319. Trained for what it is measured by.
  it('tells the births of a day: at most 345 off (MAE) in two years that it never saw', async () => {
    const { train, test } = births();
    expect([train.length, test.length]).toEqual([4735, 730]);
    const mean = await meanOfSeeds('births, MAE', async (seed) => {
      using run = await fit(train, {
        target: 'births',
        model: [dense(32, { activation: 'relu' })],
        loss: meanAbsoluteError(),
        seed,
        ...quiet,
      });
      return (await run.evaluate(test)).meanAbsoluteError;
    });
    expect(mean).toBeLessThanOrEqual(345);
  });
});
