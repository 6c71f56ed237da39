/** @file metrics.json: streaming metrics in batches on the device, finished on the host; the others on the host alone. */
import type { Tensor } from '../../../src/graph/tensor.ts';
import {
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  negativeLogLikelihood,
  topKAccuracy,
} from '../../../src/nn/metrics/calibration.ts';
import { type ConfusionMatrix, confusionMatrix, f1, precision, recall } from '../../../src/nn/metrics/confusion.ts';
import { pearson, spearman } from '../../../src/nn/metrics/correlation.ts';
import { frechetDistance, inceptionScore, kernelDistance } from '../../../src/nn/metrics/quality.ts';
import { rocAuc } from '../../../src/nn/metrics/ranking.ts';
import { meanReciprocalRank, medianRank, ranks, recallAt } from '../../../src/nn/metrics/retrieval.ts';
import { MetricAccumulator, type StreamingMetric } from '../../../src/nn/metrics/streaming.ts';
import { temperatureScaling } from '../../../src/nn/metrics/temperature.ts';
import { accuracy, type Metric } from '../../../src/nn/metrics.ts';
import { slice } from '../../../src/ops/movement.ts';
import { type Check, type GoldenCase, type GoldenTensor, hostTensorOf, numbersOf } from '../format.ts';
import type { Adapter, Expression, Session, Tensors } from '../session.ts';

/** Three batches, the last smaller. */
function batches(x: Tensor, t: Tensor): { x: Tensor; t: Tensor; count: number }[] {
  const [n] = x.shape as [number];
  const size = Math.floor(n / 2) - 1;
  return [0, size, 2 * size].map((start) => {
    const count = Math.min(size, n - start);
    const cut = (of: Tensor): Tensor =>
      slice(of, [start, ...of.shape.slice(1).map(() => 0)], [count, ...of.shape.slice(1)]);
    return { x: cut(x), t: cut(t), count };
  });
}

async function streamed<R>(session: Session, metric: StreamingMetric<string, R>, x: Tensor, t: Tensor): Promise<R> {
  const total = new MetricAccumulator(metric);
  for (const batch of batches(x, t)) {
    const run = session.prepare((given) => {
      const results: Tensors = {};
      const sums = metric.sums?.(given.x as Tensor, given.t as Tensor);
      const rows = metric.rows?.(given.x as Tensor, given.t as Tensor);
      return { ...results, ...(sums && { sums }), ...(rows && { rows }) };
    });
    const { sums, rows } = await run({ x: batch.x, t: batch.t });
    total.add(batch.count, { ...(sums && { sums: sums.data }), ...(rows && { rows: rows.data }) });
  }
  return total.finish();
}

/** A metric that is a mean over rows. */
const meanOf = (metric: Metric): StreamingMetric => ({
  name: metric.name,
  rows: (x, t) => metric.call(x, t),
  finish: ({ rows, count }) => rows.reduce((sum, value) => sum + value, 0) / count,
});

const fromProbabilities = { fromProbabilities: true };

const classification =
  (data: GoldenCase): Expression =>
  async (session) => {
    const [p, y] = [hostTensorOf(data.p), hostTensorOf(data.y, 'i32')];
    const numbers: Record<string, StreamingMetric> = {
      accuracy: meanOf(accuracy()),
      top2: meanOf(topKAccuracy(2)),
      macro_f1: f1({ average: 'macro' }),
      ece10: expectedCalibrationError(fromProbabilities),
      mce10: maximumCalibrationError(fromProbabilities),
      brier: meanOf(brierScore(fromProbabilities)),
      nll: meanOf(negativeLogLikelihood(fromProbabilities)),
    };
    const checks: Check[] = [];
    for (const [what, metric] of Object.entries(numbers))
      checks.push({ what, got: [await streamed(session, metric, p, y)], expected: [data[what] as number] });
    for (const [what, make] of Object.entries({ precision, recall, f1 })) {
      const got = await Promise.all([0, 1, 2].map((average) => streamed(session, make({ average }), p, y)));
      checks.push({ what, got, expected: numbersOf((data[what] as GoldenTensor).d) });
    }
    const matrix: ConfusionMatrix = await streamed(session, confusionMatrix(), p, y);
    const exact = { rtol: 0, atol: 0 };
    const expected = numbersOf((data.confusion as GoldenTensor).d);
    return [...checks, { what: 'confusion', got: matrix.flat(), expected, tolerance: exact }];
  };

const sets = (data: GoldenCase): [Tensor, Tensor] => [hostTensorOf(data.a), hostTensorOf(data.b)];
const number = (what: string, got: number, data: GoldenCase): Check => ({
  what,
  got: [got],
  expected: [data[what] as number],
});

const CASES: Readonly<Record<string, (data: GoldenCase) => Expression>> = {
  classification,
  auc_with_ties: (data) => async (session) => {
    const [score, y] = [hostTensorOf(data.score), hostTensorOf(data.y, 'i32')];
    return [number('auc', await streamed(session, rocAuc(), score, y), data)];
  },
  spearman_with_ties: (data) => async () => {
    const [a, b] = sets(data);
    return [number('spearman', spearman(a.data, b.data), data), number('pearson', pearson(a.data, b.data), data)];
  },
  frechet_distance: (data) => async () => [number('fd', frechetDistance(...sets(data)), data)],
  kid_unbiased: (data) => async () => [number('mmd2', kernelDistance(...sets(data)), data)],
  inception_style_score: (data) => async () => [number('score', inceptionScore(hostTensorOf(data.p)), data)],
  retrieval: (data) => async () => {
    const scores = hostTensorOf(data.scores);
    const found = ranks(scores);
    const exact = { rtol: 0, atol: 0 };
    return [
      { what: 'ranks_row', got: found, expected: data.ranks_row as number[], tolerance: exact },
      { what: 'ranks_col', got: ranks(scores, 'column'), expected: data.ranks_col as number[], tolerance: exact },
      number('r1', recallAt(1, found), data),
      number('r5', recallAt(5, found), data),
      number('medr', medianRank(found), data),
      number('mrr', meanReciprocalRank(found), data),
    ];
  },
  temperature_scaling: (data) => async () => {
    const result = temperatureScaling(hostTensorOf(data.logits).data, hostTensorOf(data.y, 'i32').data);
    return [
      number('T', result.temperature, data),
      number('nll_before', result.before, data),
      number('nll_after', result.after, data),
    ];
  },
};

export const metrics: Adapter = (name, data) => (Object.hasOwn(CASES, name) ? CASES[name]?.(data) : undefined);
