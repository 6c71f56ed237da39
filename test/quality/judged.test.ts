/** Measures that ask a classifier: what its features are, and that good samples are nearer than bad ones. */
import {
  adam,
  crossEntropy,
  dense,
  fit,
  meanSquaredError,
  normalWithKey,
  quality,
  randomKey,
  sequential,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { judged } from '../../src/quality/features.ts';

/** Three clouds in a plane. */
function clouds(n: number, seed: number, spread = 0.3) {
  const noise = normalWithKey(randomKey(seed), [n, 2], 1).toArray() as number[][];
  const y = noise.map((_, i) => i % 3);
  return { x: noise.map(([a = 0, b = 0], i) => [2 * (i % 3) + spread * a, (i % 2) + spread * b]), y };
}

const classifier = () =>
  fit(sequential([dense(8, { activation: 'tanh' }), dense(3)]), clouds(120, 1), {
    ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 0.02 }), epochs: 40, seed: 1, progress: false },
  });

describe('a classifier', () => {
  it('gives the input of its last layer as features, and the probabilities of its predictions', async () => {
    const run = await classifier();
    const { x } = clouds(5, 2);
    const { features, probabilities } = await judged('test', run, x);
    expect([features.shape, probabilities.shape]).toEqual([
      [5, 8],
      [5, 3],
    ]);
    const kernel = run.parameters.get('1/kernel')?.data as Float32Array;
    const bias = run.parameters.get('1/bias')?.data as Float32Array;
    const predicted = (await run.predict(x)) as unknown as { probabilities: Record<string, number> }[];
    predicted.forEach((row, i) => {
      const logits = [0, 1, 2].map((c) =>
        Array.from(
          { length: 8 },
          (_, k) => (features.data[i * 8 + k] as number) * (kernel[k * 3 + c] as number),
        ).reduce((a, b) => a + b, bias[c] as number),
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const wanted = Object.values(row.probabilities);
      // f32.
      logits.forEach((logit, c) => {
        expect(Math.exp(logit) / total).toBeCloseTo(wanted[c] as number, 5);
        expect(probabilities.data[i * 3 + c]).toBeCloseTo(wanted[c] as number, 5);
      });
    });
  });

  it('tells samples of the same clouds from collapsed ones, by every measure', async () => {
    const run = await classifier();
    const { x: real } = clouds(120, 3);
    const { x: good } = clouds(120, 4);
    const collapsed = Array.from({ length: 120 }, (_, i) => [0.01 * (i % 7), 0.01 * (i % 5)]);
    const [near, far] = [await quality.frechet(run, real, good), await quality.frechet(run, real, collapsed)];
    // In a plane uniform noise is no worst case, so the share says little here; it is what it says.
    expect(near.share).toBeCloseTo((near.distance - near.floor) / (near.ceiling - near.floor), 10);
    expect(far.distance).toBeGreaterThan(5 * near.distance);
    expect(near.n).toEqual({ real: 120, fake: 120 });
    expect(String(near)).toMatch(/^\S+ of 120 samples against 120 real rows \(two real halves \S+, noise \S+\)$/);
    expect((await quality.kid(run, real, good)).distance).toBeLessThan(
      (await quality.kid(run, real, collapsed)).distance,
    );
    const scores = [await quality.score(run, real, good), await quality.score(run, real, collapsed)];
    expect(scores[0]?.score).toBeGreaterThan(2);
    expect(scores[1]?.score).toBeLessThan(1.1);
    const covers = await quality.precisionRecall(run, real, good);
    const missing = await quality.precisionRecall(run, real, collapsed);
    expect(covers.precision).toBeGreaterThan(0.7);
    expect(covers.recall).toBeGreaterThan(0.7);
    expect(missing.recall).toBeLessThan(0.1);
  });

  it('must be one of classes, and take rows of that shape', async () => {
    const values = await fit(
      dense(1),
      { x: [[1], [2]], y: [1, 2] },
      { loss: meanSquaredError(), epochs: 1, progress: false },
    );
    await expect(quality.score(values, [[1]], [[2]])).rejects.toThrow(
      'score: expected a model that was trained on classes, got one of values',
    );
    const run = await classifier();
    await expect(quality.frechet(run, [[1, 2, 3]], [[1, 2, 3]])).rejects.toThrow(
      'frechet: rows have shape [3], the classifier takes [2]',
    );
  });
});

it('the nearest training row of a copy is the row itself', () => {
  const rows = [
    [0, 0],
    [3, 4],
    [6, 8],
  ];
  expect(
    quality.nearest(
      [
        [3, 4],
        [0, 5],
      ],
      rows,
    ),
  ).toEqual([
    { index: 1, distance: 0 },
    { index: 1, distance: Math.sqrt(10) },
  ]);
});
