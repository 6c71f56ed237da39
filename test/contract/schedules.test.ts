import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSchedules, multiplySchedules } from '../../src/optim/schedules/compose.ts';
import { cosineDecay } from '../../src/optim/schedules/cosine-decay.ts';
import { cosineRestarts } from '../../src/optim/schedules/cosine-restarts.ts';
import { cyclic } from '../../src/optim/schedules/cyclic.ts';
import { exponentialDecay, geometricRamp } from '../../src/optim/schedules/exponential.ts';
import { inverseTimeDecay } from '../../src/optim/schedules/inverse-time-decay.ts';
import { constantRate, linearRamp, word2vecDecay } from '../../src/optim/schedules/linear-ramp.ts';
import { oneCycle, oneCycleMomentum } from '../../src/optim/schedules/one-cycle.ts';
import { adjustableRate, plateauRate } from '../../src/optim/schedules/plateau.ts';
import { polynomialDecay } from '../../src/optim/schedules/polynomial-decay.ts';
import { multiStepDecay, stepDecay } from '../../src/optim/schedules/step-decay.ts';
import { inverseSqrtDecay, noam, warmUp, warmUpStableDecay } from '../../src/optim/schedules/warm-up.ts';
import { sgd } from '../../src/optim/sgd.ts';

const learningRate = 0.1;

/** Each with options that are good, and the largest rate that it may give. */
const SCHEDULES = {
  stepDecay: [stepDecay, { learningRate, every: 7, factor: 0.5 }, 0.1],
  multiStepDecay: [multiStepDecay, { learningRate, milestones: [3, 9, 9], factor: 0.5 }, 0.1],
  linearRamp: [linearRamp, { from: 0.1, to: 0.02, steps: 10 }, 0.1],
  word2vecDecay: [word2vecDecay, { learningRate, steps: 10 }, 0.1],
  exponentialDecay: [exponentialDecay, { learningRate, factor: 0.5, every: 4, minimum: 1e-3 }, 0.1],
  geometricRamp: [geometricRamp, { from: 1e-4, to: 0.1, steps: 10 }, 0.1],
  polynomialDecay: [polynomialDecay, { learningRate, steps: 10, exponent: 0.9, minimum: 1e-3 }, 0.1],
  cosineDecay: [cosineDecay, { learningRate, steps: 10, minimum: 1e-3 }, 0.1],
  cosineRestarts: [cosineRestarts, { learningRate, period: 3, growth: 2, minimum: 1e-3 }, 0.1],
  cyclic: [cyclic, { from: 0.01, to: 0.1, up: 3, down: 4, height: 'halving' }, 0.1],
  oneCycle: [oneCycle, { maximum: 0.1, steps: 20, threePhases: true, shape: 'linear' }, 0.1],
  oneCycleMomentum: [oneCycleMomentum, { steps: 20, minimum: 0.8, maximum: 0.9 }, 0.9],
  inverseTimeDecay: [inverseTimeDecay, { learningRate, decay: 0.1 }, 0.1],
  noam: [noam, { dimension: 64, warmUp: 10, factor: 2 }, 2 / Math.sqrt(640)],
  inverseSqrtDecay: [inverseSqrtDecay, { learningRate, warmUp: 10 }, 0.1],
  warmUpStableDecay: [warmUpStableDecay, { learningRate, steps: 20, warmUp: 4, decay: 5, shape: '1-sqrt' }, 0.1],
  plateauRate: [plateauRate, { learningRate, factor: 0.5, patience: 2 }, 0.1],
} as const;

const entries = Object.entries(SCHEDULES).map(
  ([name, [make, options, largest]]) =>
    [
      name,
      make as (options: never) => ReturnType<typeof linearRamp>,
      options as Record<string, unknown>,
      largest,
    ] as const,
);

describe.each(entries)('%s', (name, make, options, largest) => {
  it('gives finite rates between 0 and its largest, at any step, the same each time', () => {
    const rate = make(options as never);
    fc.assert(
      fc.property(fc.nat(10_000_000), (step) => {
        expect(rate(step)).toBeGreaterThanOrEqual(0);
        expect(rate(step)).toBeLessThanOrEqual(largest * (1 + 1e-12));
        expect(rate(step)).toBe(make(options as never)(step));
      }),
    );
  });

  it('has a name and options as plain JSON, from which it can be made again', () => {
    const rate = make(options as never);
    expect(rate.name).toBe(name);
    const json = JSON.parse(JSON.stringify(rate.options));
    expect(json).toEqual(rate.options);
    const again = make(json as never);
    for (let step = 0; step < 30; step++) expect(again(step)).toBe(rate(step));
    expect(sgd({ learningRate: rate }).options.learningRate).toEqual({ name, options: rate.options });
  });

  it('refuses options that are unknown, missing or out of range, by name', () => {
    const with_ = (changed: Record<string, unknown>) => () => make({ ...options, ...changed } as never);
    expect(with_({ warmup: 1 })).toThrow(/unknown option 'warmup'/);
    for (const [option, value] of Object.entries(options)) {
      if (typeof value === 'number')
        for (const bad of [-1, Number.NaN, '3'])
          expect(with_({ [option]: bad }), `${option} ${bad}`).toThrow(`${name}.${option}: expected `);
      if (typeof value === 'string') expect(with_({ [option]: 'cubic' })).toThrow(`${name}.${option}: unknown value`);
    }
  });
});

describe('composition', () => {
  const list = (rate: (step: number) => number, length: number): number[] =>
    Array.from({ length }, (_, step) => Number(rate(step).toPrecision(12)));

  it('T10: a warm-up goes over into a decay, which begins at its own step 0', () => {
    expect(list(warmUp(4, linearRamp({ from: 0.4, to: 0, steps: 4 })), 9)).toEqual([
      0.1, 0.2, 0.3, 0.4, 0.4, 0.3, 0.2, 0.1, 0,
    ]);
  });

  it('T10: schedules follow one another, each from its own step 0', () => {
    const joined = joinSchedules([
      { schedule: constantRate(1), steps: 2 },
      { schedule: linearRamp({ from: 1, to: 0, steps: 2 }), steps: 3 },
      { schedule: stepDecay({ learningRate: 8, every: 1, factor: 0.5 }) },
    ]);
    expect(list(joined, 8)).toEqual([1, 1, 1, 0.5, 0, 8, 4, 2]);
    expect(JSON.parse(JSON.stringify(joined.options))).toEqual(joined.options);
  });

  it('T10: a plateau composes with a decay as a factor of it', () => {
    const plateau = plateauRate({ learningRate: 1, factor: 0.5, patience: 0 });
    const rate = multiplySchedules(linearRamp({ from: 0.4, to: 0, steps: 4 }), plateau);
    const rates = [0.5, 0.5, 0.6, 0.1].map((loss, step) => {
      const now = rate(step);
      plateau.report(loss);
      return Number(now.toPrecision(12));
    });
    // Halved after the reports 0.5 and 0.6, which bring no improvement.
    expect(rates).toEqual([0.4, 0.3, 0.1, 0.025]);
  });

  it('refuses what cannot be joined', () => {
    expect(() => joinSchedules([])).toThrow(/joinSchedules: expected a list/);
    expect(() => joinSchedules([{ schedule: constantRate(1) }, { schedule: constantRate(2), steps: 1 }])).toThrow(
      /joinSchedules\[0\].steps: expected an integer ≥ 1/,
    );
    expect(() => multiplySchedules()).toThrow(/at least one/);
    expect(() => warmUp(0, constantRate(1))).toThrow(/warmUp: expected an integer ≥ 1, got 0/);
    expect(() => warmUpStableDecay({ learningRate, steps: 5, warmUp: 3, decay: 3 })).toThrow(/longer than the run/);
    expect(() => oneCycle({ maximum: 1, steps: 3, rising: 0.1 })).toThrow(/no more than the first/);
    expect(() => multiStepDecay({ learningRate, milestones: [5, 3] })).toThrow(/ascending whole numbers, got \[5, 3\]/);
  });
});

describe('rates that the host changes', () => {
  it('case 18: a rate that is set counts from the next step on', () => {
    const rate = adjustableRate(0.1);
    const transform = sgd({ learningRate: rate });
    let w = 1;
    for (let step = 0; step < 3; step++) {
      if (step === 2) rate.set(0.01);
      w -= (transform.scalars(step)[0] as number) * 2 * w;
    }
    expect(w).toBeCloseTo(0.6272, 12);
    expect(() => rate.set(-1)).toThrow(/adjustableRate.set: expected a finite number ≥ 0, got -1/);
  });

  it('go on from a state that was saved', () => {
    const options = { learningRate: 1, factor: 0.5, patience: 1, cooldown: 1, mode: 'max' } as const;
    const whole = plateauRate(options);
    const reports = [1, 2, 2, 2, 2, 2, 2, Number.NaN, 3, 3, 3];
    const rates = reports.map((report) => [whole.report(report), whole(0)]);
    for (let cut = 0; cut < reports.length; cut++) {
      const first = plateauRate(options);
      for (const report of reports.slice(0, cut)) first.report(report);
      const second = plateauRate(options);
      second.restore(JSON.parse(JSON.stringify(first.state())));
      expect(reports.slice(cut).map((report) => [second.report(report), second(0)])).toEqual(rates.slice(cut));
    }
    // At the second report without improvement, but for the one behind a fall.
    expect(rates.flatMap(([fell], i) => (fell ? [i] : []))).toEqual([3, 6, 10]);
    expect(() => whole.restore({})).toThrow(/plateauRate.restore: learningRate/);
    const adjustable = adjustableRate(1);
    adjustable.set(0.25);
    const again = adjustableRate(1);
    again.restore(adjustable.state());
    expect(again(5)).toBe(0.25);
  });
});
