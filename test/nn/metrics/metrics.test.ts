import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../../../src/graph/tensor.ts';
import { expectedCalibrationError, topKAccuracy } from '../../../src/nn/metrics/calibration.ts';
import {
  balancedAccuracy,
  classScores,
  cohenKappa,
  confusionMatrix,
  f1,
  matthewsCorrelation,
  precision,
  recall,
} from '../../../src/nn/metrics/confusion.ts';
import { averagePrecision, rocAuc } from '../../../src/nn/metrics/ranking.ts';
import { MetricAccumulator, measure, type StreamingMetric } from '../../../src/nn/metrics/streaming.ts';
import { meanAbsolutePercentageError, r2, rootMeanSquaredError } from '../../../src/nn/metrics/values.ts';

const i32 = (data: readonly number[]) => tensor([...data], undefined, 'i32');
/** One-hot scores of the classes that are predicted. */
const scoresOf = (classes: number, predicted: readonly number[]) =>
  tensor(predicted.map((p) => Array.from({ length: classes }, (_, c) => Number(c === p))));

const STREAMING: readonly [StreamingMetric, 'class' | 'binary' | 'value'][] = [
  [f1(), 'class'],
  [f1(), 'binary'],
  [precision({ average: 'weighted' }), 'class'],
  [recall({ average: 'micro' }), 'class'],
  [balancedAccuracy(), 'class'],
  [cohenKappa(), 'class'],
  [matthewsCorrelation(), 'binary'],
  [expectedCalibrationError({ bins: 5 }), 'class'],
  [rocAuc(), 'binary'],
  [averagePrecision(), 'binary'],
  [rootMeanSquaredError(), 'value'],
  [r2(), 'value'],
];

describe.each(STREAMING.map(([metric, kind]) => [`${metric.name} of ${kind} targets`, metric, kind] as const))(
  '%s',
  (_, metric, kind) => {
    it('T8: is the same however the rows are batched, bit for bit where it counts', () => {
      const x = Array.from({ length: 30 }, (_v, i) => Array.from({ length: 3 }, (_w, k) => Math.sin(5 * i + 2 * k)));
      const scores = (i: number) => (kind === 'class' ? x[i] : [x[i]?.[0]]) as number[];
      const targetOf = (i: number): number => {
        if (kind === 'value') return Math.cos(3 * i) + (x[i]?.[0] as number);
        return kind === 'class' ? (i * 7 + Math.floor(i / 4)) % 3 : Number(Math.sin(5 * i) + Math.cos(9 * i) > 0);
      };
      const of = (rows: readonly number[]) =>
        [tensor(rows.map(scores)), kind === 'value' ? tensor(rows.map(targetOf)) : i32(rows.map(targetOf))] as const;
      const all = Array.from({ length: 30 }, (_v, i) => i);
      const whole = measure(metric, ...of(all));
      expect(Number.isFinite(whole)).toBe(true);
      for (const size of [1, 4, 7, 29]) {
        const total = new MetricAccumulator(metric);
        for (let at = 0; at < 30; at += size) {
          const rows = all.slice(at, at + size);
          const [p, t] = of(rows);
          const [sums, kept] = [metric.sums?.(p, t), metric.rows?.(p, t)];
          total.add(rows.length, { ...(sums && { sums: sums.data }), ...(kept && { rows: kept.data }) });
        }
        // Sums of squares and of probabilities are rounded; counts and orders are not.
        if (/Squared|Calibration/.test(metric.name)) expect(total.finish()).toBeCloseTo(whole, 13);
        else expect(total.finish()).toBe(whole);
      }
    });
  },
);

describe('the confusion matrix', () => {
  it('counts whole rows, and its scores follow from their definitions', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 40 }), (pairs) => {
        const [actual, predicted] = [pairs.map(([a]) => a), pairs.map(([, p]) => p)];
        const given = [scoresOf(4, predicted), i32(actual)] as const;
        const matrix = measure(confusionMatrix(), ...given);
        for (let a = 0; a < 4; a++)
          for (let p = 0; p < 4; p++)
            expect(matrix[a]?.[p]).toBe(pairs.filter((pair) => pair[0] === a && pair[1] === p).length);
        const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
        classScores(matrix).forEach((scores, c) => {
          const hits = pairs.filter(([a, p]) => a === c && p === c).length;
          const [found, support] = [predicted.filter((p) => p === c).length, actual.filter((a) => a === c).length];
          expect(scores.precision).toBe(share(hits, found));
          expect(scores.recall).toBe(share(hits, support));
          expect(scores.f1).toBeCloseTo(
            share(2 * scores.precision * scores.recall, scores.precision + scores.recall),
            14,
          );
          expect(measure(f1({ average: c }), ...given)).toBe(scores.f1);
        });
        const occurring = [0, 1, 2, 3].filter((c) => actual.includes(c) || predicted.includes(c));
        const macro = occurring.reduce((sum, c) => sum + (classScores(matrix)[c]?.f1 as number), 0) / occurring.length;
        expect(measure(f1({ average: 'macro' }), ...given)).toBeCloseTo(macro, 14);
        const accuracy = pairs.filter(([a, p]) => a === p).length / pairs.length;
        expect(measure(precision({ average: 'micro' }), ...given)).toBeCloseTo(accuracy, 14);
      }),
      { numRuns: 50 },
    );
  });

  it('gives the agreement of the literature: kappa 0.4 of Cohen, and Matthews of two classes', () => {
    // 20 yes–yes, 5 yes–no, 10 no–yes, 15 no–no: p = 0.7, e = 0.5.
    const pairs = [
      [20, 1, 1],
      [5, 1, 0],
      [10, 0, 1],
      [15, 0, 0],
    ] as const;
    const rows = pairs.flatMap(([n, a, p]) => Array.from({ length: n }, () => [a, p] as const));
    const given = [tensor(rows.map(([, p]) => p * 2 - 1)), i32(rows.map(([a]) => a))] as const;
    expect(measure(cohenKappa(), ...given)).toBeCloseTo(0.4, 14);
    const matthews = (20 * 15 - 5 * 10) / Math.sqrt(30 * 25 * 20 * 25);
    expect(measure(matthewsCorrelation(), ...given)).toBeCloseTo(matthews, 14);
    expect(measure(balancedAccuracy(), ...given)).toBeCloseTo((20 / 25 + 15 / 25) / 2, 14);
    expect(measure(recall(), ...given)).toBe(20 / 25);
    expect(measure(precision(), ...given, { threshold: 5 })).toBe(0);
  });

  it('names what it cannot judge', () => {
    expect(() => measure(f1(), tensor([[1, 2]]), tensor([1]))).toThrow(
      /f1: expected predictions.*\n.*cast\(target, 'i32'\)/,
    );
    expect(() => f1({ average: 'mean' as never })).toThrow(/f1.average: expected 'macro'.*got 'mean'/);
    expect(() => measure(f1({ average: 3 }), tensor([[1, 2]]), i32([1]))).toThrow(/there is no class 3, but 2 classes/);
  });
});

describe('metrics by rank', () => {
  it('are what comparing every yes with every no gives, ties included', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const [yes, no] = [rows.filter(([, flag]) => flag), rows.filter(([, flag]) => !flag)];
        fc.pre(yes.length > 0 && no.length > 0);
        const given = [tensor(rows.map(([score]) => score)), i32(rows.map(([, flag]) => Number(flag)))] as const;
        const wins = yes.flatMap(([a]) => no.map(([b]) => (a > b ? 1 : a === b ? 0.5 : 0)) as number[]);
        expect(measure(rocAuc(), ...given)).toBeCloseTo(wins.reduce((s, w) => s + w, 0) / wins.length, 12);
        // The precision at each yes's own score, of all rows that score no less.
        const at = (score: number) => rows.filter(([s]) => s >= score);
        const mean = yes.reduce((s, [a]) => s + at(a).filter(([, f]) => f).length / at(a).length, 0) / yes.length;
        expect(measure(averagePrecision(), ...given)).toBeCloseTo(mean, 12);
      }),
    );
  });

  it('are NaN where there is nothing to order', () => {
    expect(measure(rocAuc(), tensor([1, 2]), i32([1, 1]))).toBeNaN();
    expect(measure(averagePrecision(), tensor([1, 2]), i32([0, 0]))).toBeNaN();
    expect(() => measure(rocAuc(), tensor([[1, 2]]), i32([1]))).toThrow(/one class against the rest/);
  });

  it('topKAccuracy takes of equal scores the lower classes first', () => {
    const x = tensor([
      [1, 1, 1],
      [3, 1, 2],
    ]);
    const hits = (k: number, labels: number[]) => topKAccuracy(k).call(x, i32(labels)).toArray();
    expect([hits(1, [0, 0]), hits(1, [1, 2]), hits(2, [1, 2]), hits(2, [2, 1]), hits(3, [2, 1])]).toEqual([
      [1, 1],
      [0, 0],
      [1, 1],
      [0, 0],
      [1, 1],
    ]);
    expect(topKAccuracy(2).name).toBe('top2Accuracy');
  });
});

describe('metrics of values', () => {
  it('follow their definitions', () => {
    const [x, t] = [tensor([1, 2, 5]), tensor([1, 4, 4])];
    expect(measure(rootMeanSquaredError(), x, t)).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(measure(r2(), x, t)).toBeCloseTo(1 - 5 / 6, 14);
    expect(meanAbsolutePercentageError().call(x, t).toArray()).toEqual([0, 0.5, 0.25]);
    expect(
      meanAbsolutePercentageError({ floor: 1 })
        .call(tensor([0.5]), tensor([0]))
        .toArray(),
    ).toEqual([0.5]);
  });

  it('R² is exact far from 0, where sums of squares of f32 would cancel, and the mean over outputs', () => {
    const far = 1e6;
    const shift = (values: number[]) => tensor(values.map((value) => value + far));
    expect(measure(r2(), shift([1, 2, 5]), shift([1, 4, 4]))).toBeCloseTo(1 - 5 / 6, 12);
    const [x, t] = [
      tensor([
        [1, 0],
        [2, 0],
        [5, 0],
      ]),
      tensor([
        [1, 3],
        [4, 3],
        [4, 3],
      ]),
    ];
    expect(measure(r2(), x, t)).toBeCloseTo((1 - 5 / 6) / 2, 14);
  });
});
