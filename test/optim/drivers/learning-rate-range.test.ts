import { expect, it } from 'vitest';
import { learningRateRangeTest } from '../../../src/optim/drivers/learning-rate-range.ts';

/** Runs the test against losses that are a function of log₁₀ of the rate. */
function run(lossAt: (exponent: number) => number, options = {}) {
  const test = learningRateRangeTest({ from: 1e-6, to: 10, steps: 141, smoothing: 0, ...options });
  let taken = 0;
  while (test.report(lossAt(Math.log10(test.schedule(taken))))) taken++;
  return { taken: taken + 1, ...test.result() };
}

/** Flat, then a fall that is steepest at 10⁻³, the lowest at about 10⁻¹·⁵, then a steep rise. */
const curve = (e: number): number => 2 - 1.5 / (1 + Math.exp(-4 * (e + 3))) + Math.exp(6 * (e + 0.5));

it('suggests the steepest place and a tenth of the minimum, and stops at four times the lowest loss', () => {
  const found = run(curve);
  expect(Math.log10(found.steepest as number)).toBeCloseTo(-3, 1);
  // The derivative of the curve, 6(e^(6x + 3) − s(1 − s)) with s = 1 / (1 + e^(−4x − 12)), is 0 at x = −1.5.
  expect(Math.log10(found.tenthOfMinimum as number)).toBeCloseTo(-2.5, 1);
  expect(found.suggestion).toBe(found.steepest);
  expect(found.taken).toBeLessThan(141);
  const [last, before] = [found.smoothed.at(-1) as number, found.smoothed.at(-2) as number];
  const lowest = Math.min(...found.smoothed);
  expect(last).toBeGreaterThan(4 * lowest);
  expect(before).toBeLessThanOrEqual(4 * lowest);
  expect(found.learningRates).toHaveLength(found.taken);
  expect(found.losses).toHaveLength(found.taken);
});

it('smooths noise away, with the weight of the first losses corrected', () => {
  const noisy = run((e) => curve(e) * (1 + 0.02 * Math.sin(1e4 * e)), { smoothing: 0.8 });
  expect(noisy.smoothed[0]).toBeCloseTo(noisy.losses[0] as number, 12);
  // The mean lags by 0.8 / 0.2 = 4 steps of 0.05: a fifth of a decade.
  expect(Math.abs(Math.log10(noisy.steepest as number) + 3)).toBeLessThan(0.5);
});

it('ends at a loss that is no number, and where losses only rise suggests nothing', () => {
  expect(run((e) => (e < -2.01 ? 1 : Number.NaN)).taken).toBe(81);
  const rising = run((e) => 1 + Math.exp(e), { stopAt: 1e9 });
  expect(rising.taken).toBe(141);
  expect([rising.steepest, rising.tenthOfMinimum, rising.suggestion]).toEqual([undefined, undefined, undefined]);
});

it('takes no more once it is over, and refuses options out of range', () => {
  const test = learningRateRangeTest({ steps: 10 });
  for (let i = 0; i < 10; i++) test.report(1);
  expect(() => test.report(1)).toThrow(/the test is over/);
  expect(() => learningRateRangeTest({ from: 1, to: 0.1 })).toThrow(/learningRateRangeTest.to: expected .* > 1/);
  expect(() => learningRateRangeTest({ steps: 5 })).toThrow(/steps: expected an integer ≥ 10/);
});
