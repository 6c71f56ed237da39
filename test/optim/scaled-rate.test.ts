import fc from 'fast-check';
import { scaledRate, scaledWarmUp } from 'saddlepoint';
import { describe, expect, it } from 'vitest';

const sizes = fc.integer({ min: 1, max: 2 ** 20 });
const rates = fc.double({ min: 1e-6, max: 10, noNaN: true });
/** Two roundings, of a quotient and of a product, or of a root. */
const close = (value: number, wanted: number) => expect(Math.abs(value / wanted - 1)).toBeLessThanOrEqual(4 * 2 ** -52);

describe('scaledRate', () => {
  it('is the rate itself for the same size, by either rule, and 0 stays 0', () => {
    fc.assert(
      fc.property(rates, sizes, (learningRate, from) => {
        for (const rule of ['linear', 'squareRoot'] as const) {
          expect(scaledRate({ learningRate, from, to: from, rule })).toBe(learningRate);
          expect(scaledRate({ learningRate: 0, from, to: 7, rule })).toBe(0);
        }
      }),
    );
  });

  it('keeps rate / size by the linear rule, which is the default, and rate² / size by the other', () => {
    fc.assert(
      fc.property(rates, sizes, sizes, (learningRate, from, to) => {
        close(scaledRate({ learningRate, from, to }) / to, learningRate / from);
        expect(scaledRate({ learningRate, from, to, rule: 'linear' })).toBe(scaledRate({ learningRate, from, to }));
        close(scaledRate({ learningRate, from, to, rule: 'squareRoot' }) ** 2 / to, learningRate ** 2 / from);
      }),
    );
  });

  it('has the values of its papers: 0.1 for 256 is 3.2 for 8,192 (Goyal et al. 2017)', () => {
    expect(scaledRate({ learningRate: 0.1, from: 256, to: 8192 })).toBe(3.2);
    expect(scaledRate({ learningRate: 0.1, from: 256, to: 4096, rule: 'squareRoot' })).toBe(0.4);
  });

  it('refuses rates, sizes and rules that it does not know', () => {
    const good = { learningRate: 0.1, from: 32, to: 64 };
    expect(() => scaledRate({ ...good, learningRate: -1 })).toThrow(/scaledRate\.learningRate: .*≥ 0, got -1/);
    expect(() => scaledRate({ ...good, from: 0 })).toThrow(/scaledRate\.from: expected an integer ≥ 1, got 0/);
    expect(() => scaledRate({ ...good, to: 1.5 })).toThrow(/scaledRate\.to: expected an integer ≥ 1, got 1\.5/);
    expect(() => scaledRate({ ...good, rule: 'cubic' as never })).toThrow(/scaledRate\.rule: unknown value 'cubic'/);
    expect(() => scaledRate({ ...good, batch: 3 } as never)).toThrow(/unknown option 'batch'/);
  });
});

describe('scaledWarmUp', () => {
  it('goes in a line from the small rate to the large one, and stays there', () => {
    fc.assert(
      fc.property(rates, sizes, sizes, fc.integer({ min: 1, max: 1000 }), (learningRate, from, to, steps) => {
        const options = { learningRate, from, to };
        const rate = scaledWarmUp({ ...options, steps });
        const last = scaledRate(options);
        expect(rate(0)).toBe(learningRate);
        // What is rounded is as large as the larger of both ends.
        const rounding = 8 * 2 ** -52 * Math.max(last, learningRate);
        for (const step of [steps, steps + 1, 10 * steps])
          expect(Math.abs(rate(step) - last)).toBeLessThanOrEqual(rounding);
        const slope = (last - learningRate) / steps;
        for (let step = 1; step <= Math.min(steps, 20); step++)
          expect(Math.abs(rate(step) - rate(step - 1) - slope)).toBeLessThanOrEqual(rounding);
      }),
    );
  });

  it('is a schedule with its options, for checkpoints', () => {
    const options = { learningRate: 0.1, from: 32, to: 1024, steps: 40, rule: 'squareRoot' } as const;
    const made = scaledWarmUp(options);
    expect([made.name, made.options]).toEqual(['scaledWarmUp', options]);
    expect(scaledWarmUp(options)(40)).toBeCloseTo(0.1 * Math.sqrt(32), 12);
    expect(() => scaledWarmUp({ ...options, steps: 0 })).toThrow(/scaledWarmUp\.steps: expected an integer ≥ 1, got 0/);
  });
});
