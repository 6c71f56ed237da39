import fc from 'fast-check';
import { expectedCalibrationError, fit, measure, report, tensor } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classReport } from '../../src/inspect/report-classes.ts';
import { bootstrap, wilson } from '../../src/inspect/report-intervals.ts';
import { valueReport } from '../../src/inspect/report-values.ts';

const options = { level: 0.95, seed: 0, resamples: 2000, bins: 10 };

describe("Wilson's interval", () => {
  it('has the values of the published formula', () => {
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3 (four digits printed there).
    for (const [hits, rows, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const { interval, value } = wilson(hits, rows, 0.95);
      expect(value).toBe(hits / rows);
      expect(interval[0]).toBeCloseTo(low, 4);
      expect(interval[1]).toBeCloseTo(high, 4);
    }
  });

  it('holds the share, lies in 0 … 1, mirrors, and is wider for a higher level', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, part) => {
        const hits = Math.round(part * rows);
        const { interval, value } = wilson(hits, rows, 0.95);
        const mirrored = wilson(rows - hits, rows, 0.95).interval;
        const wide = wilson(hits, rows, 0.99).interval;
        expect(interval[0]).toBeGreaterThanOrEqual(0);
        expect(interval[1]).toBeLessThanOrEqual(1);
        expect(interval[0]).toBeLessThanOrEqual(value);
        expect(interval[1]).toBeGreaterThanOrEqual(value);
        // The same numbers in another order of operations.
        expect(mirrored[0]).toBeCloseTo(1 - interval[1], 12);
        expect(wide[1] - wide[0]).toBeGreaterThan(interval[1] - interval[0]);
      }),
    );
  });
});

describe('the bootstrap', () => {
  it('gives the mean exactly, the same interval for a seed, and another for another', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => (i * 7) % 50);
    const mean = (means: readonly number[]): number => means[0] as number;
    const first = bootstrap([values], mean, options);
    expect(first.value).toBe(24.5);
    expect(bootstrap([values], mean, options)).toEqual(first);
    expect(bootstrap([values], mean, { ...options, seed: 1 }).interval).not.toEqual(first.interval);
    // The normal interval of this mean: 24.5 ± 1.96 · sqrt(208.25 / 50); 2000 samples place its ends within a tenth of its width.
    const half = 1.96 * Math.sqrt(208.25 / 50);
    expect(Math.abs(first.interval[0] - (24.5 - half))).toBeLessThan(0.2 * half);
    expect(Math.abs(first.interval[1] - (24.5 + half))).toBeLessThan(0.2 * half);
  });

  it('has no width where all rows are alike', () => {
    expect(bootstrap([new Float64Array(9).fill(3)], ([m]) => m as number, options).interval).toEqual([3, 3]);
  });
});

describe('the report on classes', () => {
  const rows = {
    ...({ task: 'class', classes: ['a', 'b'] } as const),
    actual: Int32Array.of(0, 0, 0, 1, 1),
    predicted: Int32Array.of(0, 0, 1, 1, 1),
    probabilities: Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.05, 0.95, 0.35, 0.65),
  };
  const made = classReport(rows, [{ name: 'always a', predicted: new Int32Array(5) }], options);

  it('counts', () => {
    expect(made.accuracy.value).toBe(0.8);
    expect(made.confusion).toEqual([
      [2, 1],
      [0, 2],
    ]);
    expect(made.perClass).toMatchObject([
      { label: 'a', precision: 1, recall: 2 / 3, support: 3 },
      { label: 'b', precision: 2 / 3, recall: 1, support: 2 },
    ]);
    expect(made.baselines[0]?.accuracy.value).toBe(0.6);
    expect(made.baselines[0]?.difference.value).toBeCloseTo(0.2, 12);
    expect(made.logLoss.value).toBeCloseTo(
      -(Math.log(0.9) + Math.log(0.8) + Math.log(0.3) + Math.log(0.95) + Math.log(0.65)) / 5,
      12,
    );
  });

  it('has the calibration error of the metric of that name', () => {
    const p = tensor(Float32Array.from(rows.probabilities), [5, 2]);
    const error = measure(expectedCalibrationError({ fromProbabilities: true }), p, rows.actual);
    // The metric computes in f32.
    expect(made.calibration.expectedError).toBeCloseTo(error, 6);
    const two = classReport(rows, [], { ...options, bins: 2 }).calibration;
    const ofTwo = measure(expectedCalibrationError({ fromProbabilities: true, bins: 2 }), p, rows.actual);
    expect(two.expectedError).toBeCloseTo(ofTwo, 6);
    expect(two.bins).toMatchObject([{ from: 0.5, to: 1, rows: 5 }]);
  });

  it('is plain data as JSON, and text with the same numbers', () => {
    expect(JSON.parse(JSON.stringify(made))).toMatchObject({
      task: 'class',
      rows: 5,
      confusion: [
        [2, 1],
        [0, 2],
      ],
    });
    expect(String(made)).toMatch(/this model +0\.800 /);
    expect(String(made)).toMatch(/always a +0\.600 /);
  });
});

describe('the report on amounts', () => {
  it('has errors in the units of the target, beside the baseline', () => {
    const actual = Float64Array.of(1, 2, 3, 4);
    const made = valueReport(
      { task: 'value', actual, predicted: Float64Array.of(1, 2, 3, 6) },
      [{ name: 'mean', predicted: new Float64Array(4).fill(2.5) }],
      options,
    );
    expect(made.rootMeanSquaredError.value).toBe(1);
    expect(made.meanAbsoluteError.value).toBe(0.5);
    expect(made.r2).toBeCloseTo(1 - 4 / 5, 12);
    expect(made.baselines[0]?.rootMeanSquaredError.value).toBeCloseTo(Math.sqrt(1.25), 12);
    expect(made.errors).toMatchObject({ least: 0, largest: 2 });
    expect(
      valueReport({ task: 'value', actual: Float64Array.of(2, 2), predicted: actual.slice(0, 2) }, [], options).r2,
    ).toBeUndefined();
  });
});

describe('report', () => {
  const size = Array.from({ length: 40 }, (_, i) => i);
  const color = size.map((value) => (value < 20 ? 'red' : 'blue'));

  it('measures a model on records, beside what is known without one, and refuses what it does not know', async () => {
    const run = await fit({ size, color }, { target: 'color', progress: false, epochs: 30 });
    const made = await report(run, { size: [1, 2, 38], color: ['red', 'red', 'blue'] }, { training: { size, color } });
    expect(made).toMatchObject({ task: 'class', rows: 3, accuracy: { value: 1 } });
    expect(made.baselines.map(({ name }) => name)).toEqual(['always blue']);
    await expect(report(run, { size, color }, { levl: 0.9 } as never)).rejects.toThrow("did you mean 'level'?");
    await expect(report(run, { size, color }, { level: 1 })).rejects.toThrow(
      'level: expected a finite number > 0 and < 1',
    );
    await expect(report(run, { size: [1], color: ['green'] })).rejects.toThrow('green');
  });
});
