/** Draws: their bounds, their moments, their distribution, and that every backend gives the same. */
import { describe, expect, test } from 'vitest';
import { hostErf } from '../../src/core/erf.ts';
import { streamOf } from '../../src/core/philox.ts';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import {
  bernoulliWithKey,
  gumbelWithKey,
  permutation,
  randomKey,
  truncatedNormalWithKey,
} from '../../src/ops/distributions.ts';
import { add } from '../../src/ops/elementwise.ts';
import { argmax } from '../../src/ops/reduce.ts';

const N = 100_000;
const STREAM = streamOf('test');
const KEY = randomKey(7, 3, 1);
const normalBelow = (x: number): number => (1 + hostErf(x * Math.SQRT1_2)) / 2;

async function drawn(draw: (key: Tensor) => Tensor): Promise<Float64Array> {
  return Float64Array.from((await compile(draw, { device: 'wasm' })(KEY)).data);
}

/**
 * The largest distance of the empirical distribution from the exact one: above 1.95/√n once in a thousand samples
 * (Kolmogorov); the samples here are always the same.
 */
function distance(sample: Float64Array, below: (x: number) => number): number {
  const sorted = sample.slice().sort();
  return sorted.reduce((worst, x, i) => {
    const exact = below(x);
    return Math.max(worst, exact - i / sorted.length, (i + 1) / sorted.length - exact);
  }, 0);
}

describe('truncated normal deviates', () => {
  test.each([
    [{}, -2, 2],
    [{ low: -1, high: 3 }, -1, 3],
    [{ low: 0.5, high: 0.75 }, 0.5, 0.75],
    [{ low: -4, high: -1 }, -4, -1],
  ])('with %o lie between their bounds, with the distribution that is left', async (options, low, high) => {
    const sample = await drawn((key) => truncatedNormalWithKey(key, [N], STREAM, options));
    expect(Math.min(...sample.subarray(0, 1000))).toBeGreaterThanOrEqual(low);
    expect(sample.every((x) => x >= low && x <= high)).toBe(true);
    const below = (x: number): number => (normalBelow(x) - normalBelow(low)) / (normalBelow(high) - normalBelow(low));
    expect(distance(sample, below)).toBeLessThan(1.95 / Math.sqrt(N));
  });

  test('have standard deviation 0.8796 at ±2', async () => {
    const sample = await drawn((key) => truncatedNormalWithKey(key, [N], STREAM));
    const variance = sample.reduce((sum, x) => sum + x * x, 0) / N;
    // The mean of x⁴ less the square of that of x², over n: five standard errors are 0.9 % of the variance.
    expect(Math.sqrt(variance)).toBeCloseTo(0.8796, 2);
  });

  test('are refused for bounds that cross or lie too far out', () => {
    const draw = (options: object) => () => truncatedNormalWithKey(KEY, [2], 0, options);
    expect(draw({ low: 1, high: 1 })).toThrow(
      'truncatedNormalWithKey.high: expected a finite number > 1 and ≤ 4, got 1',
    );
    expect(draw({ low: -5 })).toThrow('truncatedNormalWithKey.low: expected a finite number ≥ -4 and ≤ 4, got -5');
    expect(draw({ mean: 2 })).toThrow("truncatedNormalWithKey: unknown option 'mean'");
  });
});

describe('Bernoulli deviates', () => {
  test('are 1 with their probability, 0 never and 1 always', async () => {
    const sample = await drawn((key) => bernoulliWithKey(key, [4, N], STREAM, [[0], [0.3], [0.999], [1]]));
    const share = (row: number): number => sample.subarray(row * N, (row + 1) * N).reduce((a, b) => a + b) / N;
    expect([share(0), share(3)]).toEqual([0, 1]);
    // Five standard errors, √(p(1 − p)/n).
    expect(Math.abs(share(1) - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / N));
    expect(Math.abs(share(2) - 0.999)).toBeLessThan(5 * Math.sqrt(0.000999 / N));
    expect(new Set(sample)).toEqual(new Set([0, 1]));
  });

  test('are refused for probabilities outside, or of another shape', () => {
    expect(() => bernoulliWithKey(KEY, [2], 0, 1.5)).toThrow('bernoulliWithKey.probability: expected');
    expect(() => bernoulliWithKey(KEY, [2], 0, [[0.5], [0.5]])).toThrow(
      'bernoulliWithKey: probabilities [2,1] do not broadcast to [2]',
    );
    expect(() => bernoulliWithKey(KEY, [2], 0, [0.1, 0.2, 0.3])).toThrow('shapes [3] and [2] do not broadcast');
  });
});

describe('Gumbel deviates', () => {
  test('have their distribution', async () => {
    const sample = await drawn((key) => gumbelWithKey(key, [N], STREAM));
    expect(sample.every(Number.isFinite)).toBe(true);
    expect(distance(sample, (x) => Math.exp(-Math.exp(-x)))).toBeLessThan(1.95 / Math.sqrt(N));
  });

  test('draw classes by the softmax of their logits', async () => {
    const probabilities = [0.1, 0.6, 0.3];
    const logits = tensor(probabilities.map(Math.log));
    const classes = await drawn((key) => argmax(add(logits, gumbelWithKey(key, [N, 3], STREAM))));
    probabilities.forEach((p, i) => {
      const share = classes.filter((c) => c === i).length / N;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / N));
    });
  });
});

test('draws are the same on every backend, and others for another key or stream', async () => {
  const draw = (key: Tensor, stream: number) => ({
    truncated: truncatedNormalWithKey(key, [1000], stream),
    bernoulli: bernoulliWithKey(key, [1000], stream, 0.5),
    gumbel: gumbelWithKey(key, [1000], stream),
  });
  const onDevice = await compile((key: Tensor) => draw(key, STREAM), { device: 'wasm' })(KEY);
  const onHost = draw(KEY, STREAM);
  const others = [draw(randomKey(8, 3, 1), STREAM), draw(randomKey(7, 4, 1), STREAM), draw(KEY, STREAM + 1)];
  for (const name of ['truncated', 'bernoulli', 'gumbel'] as const) {
    onHost[name].data.forEach((exact: number, i: number) => {
      // Errors of erfinv and of two logarithms, a few units in the last place of numbers up to 17.
      expect(Math.abs((onDevice[name].data[i] as number) - exact)).toBeLessThan(2e-6 * Math.max(1, Math.abs(exact)));
    });
    for (const other of others) expect(other[name].data).not.toEqual(onHost[name].data);
  }
});

describe('permutation', () => {
  test('holds every number once, by seed, stream and step', () => {
    const order = permutation(1000, 42);
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1000, 42)).toEqual(order);
    for (const other of [permutation(1000, 43), permutation(1000, 42, 5), permutation(1000, 42, undefined, 1)])
      expect(other).not.toEqual(order);
    expect([permutation(0, 1).length, permutation(1, 1)[0]]).toEqual([0, 0]);
  });

  test('gives every order equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 12_000; seed++) {
      const order = permutation(4, seed).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // χ² with 23 degrees of freedom: above 49.7 once in a thousand.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    expect(chi).toBeLessThan(49.7);
  });

  test('is refused for what is no count or no seed', () => {
    expect(() => permutation(2.5, 1)).toThrow('permutation.n: expected an integer ≥ 0');
    expect(() => permutation(2, -1)).toThrow('permutation.seed: expected an integer ≥ 0');
    expect(() => randomKey(1, Number.NaN)).toThrow('randomKey.step: expected an integer');
  });
});
