/**
 * A problem whose gradient noise is known: one weight w at 0, the loss of a row is (w · 1 − y)² / 2 · 2 = (w − y)², so that the
 * gradient of a row is −2 y. Over n rows drawn without replacement from N, the squared gradient has the mean
 * ‖G‖² + tr Σ / n · (1 − (n − 1) / (N − 1)), where tr Σ = 4 var y over the N rows.
 */
import {
  type Callback,
  constant,
  crossEntropy,
  dense,
  fit,
  meanSquaredError,
  noiseScale,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { noiseOfParts, noiseOfTwo } from '../../../src/train/gradient-noise.ts';
import { classes, classifier, clouds, rejection, spread } from '../examples.ts';

/** With small integers all of it is exact in f32. */
const targets = [1, 2, 3, 4, 5, 7];
const gradients = targets.map((y) => -2 * y);
const N = targets.length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const G = mean(gradients);
/** As the estimators have it: of draws without replacement from few rows, with N − 1 in place of N. */
const variance = gradients.reduce((sum, g) => sum + (g - G) ** 2, 0) / (N - 1);

/** All ways to choose so many. */
function subsets(count: number, from = 0): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: N - from }, (_, i) => from + i).flatMap((first) =>
    subsets(count - 1, first + 1).map((rest) => [first, ...rest]),
  );
}
const squaredMean = (rows: readonly number[]) => mean(rows.map((row) => gradients[row] as number)) ** 2;

describe('the estimators', () => {
  it.each([
    [1, 2],
    [1, 6],
    [2, 3],
    [2, 5],
    [3, 4],
  ])('from batches of %i and %i rows are unbiased: exact over all batches there are', (small, big) => {
    const found = noiseOfTwo(small, mean(subsets(small).map(squaredMean)), big, mean(subsets(big).map(squaredMean)));
    // Doubles: some 20 roundings of numbers below 100.
    expect(found.variance).toBeCloseTo(variance, 10);
    // Of the rows as a sample: the square of the mean of a larger population, less what the draw of N adds.
    expect(found.squaredNorm).toBeCloseTo(G ** 2 - variance / N, 10);
    expect(found.noiseScale).toBeCloseTo(variance / (G ** 2 - variance / N), 10);
  });

  it('from parts of a sample are unbiased: exact over all ways to cut it', () => {
    const all = subsets(2).flatMap((first) =>
      subsets(2)
        .filter((second) => second.every((row) => !first.includes(row)))
        .map((second) => {
          const third = [0, 1, 2, 3, 4, 5].filter((row) => !first.includes(row) && !second.includes(row));
          return noiseOfParts(
            [first, second, third].map((rows) => [mean(rows.map((row) => gradients[row] as number))]),
            2,
          );
        }),
    );
    expect(mean(all.map((one) => one.variance))).toBeCloseTo(variance, 10);
    expect(mean(all.map((one) => one.squaredNorm))).toBeCloseTo(G ** 2 - variance / N, 10);
  });

  it('are infinite where noise is all there is, and 0 without noise', () => {
    expect(noiseOfTwo(1, 4, 4, 1)).toEqual({ variance: 4, squaredNorm: 0, noiseScale: Number.POSITIVE_INFINITY });
    expect(noiseOfTwo(1, 9, 4, 9)).toEqual({ variance: 0, squaredNorm: 9, noiseScale: 0 });
  });
});

/** y with mean 1 and a deviation of about 2: B_simple is then some 4. */
const rows = 512;
const y = Array.from({ length: rows }, (_, i) => 1 + 7 * (spread(i, 0) - 0.5));
const known = (() => {
  const each = y.map((value) => -2 * value);
  const center = mean(each);
  const trace = each.reduce((sum, g) => sum + (g - center) ** 2, 0) / (rows - 1);
  return { variance: trace, squaredNorm: center ** 2 - trace / rows };
})();
const still = {
  ...{ loss: meanSquaredError(), standardize: false, progress: false, batchSize: 64, epochs: 1 },
  optimizer: sgd({ learningRate: 0 }),
} as const;
const model = () => sequential([dense(1, { kernelInitializer: constant(0), bias: false })]);
const data = { x: y.map(() => [1]), y };

describe('noiseScale', () => {
  it('estimates a noise that is known, without bias', async () => {
    const noise = noiseScale({ small: 4, big: 64, every: 1, draws: 50 });
    await fit(model(), data, { ...still, callbacks: [noise] });
    expect(noise.measurements.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // The mean of 9 × 50 pairs. Their own spread says how far it may be off: four standard errors of the nine means.
    for (const of of ['variance', 'squaredNorm'] as const) {
      const values = noise.measurements.map((one) => one[of]);
      const center = mean(values);
      const error = Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / 8 / 9);
      expect(Math.abs(center - known[of])).toBeLessThan(4 * error);
      expect(error).toBeLessThan(0.1 * known.variance);
    }
    for (const { variance: trace, squaredNorm, noiseScale: scale } of noise.measurements)
      expect(scale).toBe(squaredNorm > 0 ? Math.max(0, trace) / squaredNorm : Number.POSITIVE_INFINITY);
  });

  it('measures at the start and after every so many steps, and changes nothing of the run', async () => {
    const noise = noiseScale({ small: 2, big: 8, every: 5, draws: 2 });
    const losses = async (callbacks: readonly Callback[]) => {
      const seen: number[] = [];
      const watch: Callback = { onStep: ({ loss }) => void seen.push(loss) };
      await fit(classifier(), clouds(96), { ...classes, epochs: 2, callbacks: [...callbacks, watch] });
      return seen;
    };
    expect(await losses([noise])).toEqual(await losses([]));
    expect(noise.measurements.map(({ step }) => step)).toEqual([0, 5, 10]);
  });

  it('refuses sizes out of range', async () => {
    expect(() => noiseScale({ small: 32, big: 32 })).toThrow(/noiseScale\.big: expected an integer > 32, got 32/);
    expect(() => noiseScale({ draws: 0 })).toThrow(/noiseScale\.draws: expected an integer ≥ 1, got 0/);
    expect(() => noiseScale({ large: 3 } as never)).toThrow(/unknown option 'large'/);
    const error = await rejection(
      fit(classifier(), clouds(96), { loss: crossEntropy(), progress: false, callbacks: [noiseScale()] }),
    );
    expect(error.message).toMatch(/noiseScale\.big: expected an integer ≥ 2 and ≤ 96, got 1024/);
  });
});
