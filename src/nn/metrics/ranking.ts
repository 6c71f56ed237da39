/** @file Metrics of scores by their order alone: all scores are kept, so that values are exact, ties included. */
import { SaddlepointError } from '../../core/errors.ts';
import { sameShape, showShape } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { concat } from '../../ops/concat.ts';
import { float, greater } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/movement.ts';
import type { MetricTotals, StreamingMetric } from './streaming.ts';

/** Each value's rank from 1; equal values share the mean of their ranks. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++;
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** One score and one flag a row. */
function pairs(name: string, prediction: Tensor, target: Tensor): Tensor {
  const [n] = prediction.shape as [number];
  const isColumn = (x: Tensor): boolean => sameShape(x.shape, [n]) || sameShape(x.shape, [n, 1]);
  if (prediction.shape.length > 0 && isColumn(prediction) && isColumn(target))
    return concat([reshape(float(prediction), [n, 1]), reshape(greater(target, 0.5), [n, 1])], 1);
  throw new SaddlepointError(
    'shape',
    `${name}: expected scores [n] or [n, 1] and targets 0 or 1 of the same rows, got ${showShape(prediction.shape)} and ${printSpec(target)}`,
    'for one of several classes, take its column: one class against the rest',
  );
}

const split = ({ rows, count }: MetricTotals): { scores: Float64Array; flags: Float64Array } => ({
  scores: Float64Array.from({ length: count }, (_, i) => rows[2 * i] as number),
  flags: Float64Array.from({ length: count }, (_, i) => rows[2 * i + 1] as number),
});

/**
 * The area under the ROC curve: how likely a yes has a higher score than a no, a tie counting ½. NaN without a yes or without a
 * no. Scores may be logits or probabilities: only their order counts.
 *
 * @see Hanley & McNeil 1982; by ranks, Mann & Whitney 1947.
 */
export const rocAuc = (): StreamingMetric<'rocAuc'> => ({
  name: 'rocAuc',
  targets: ['binary'],
  rows: (prediction, target) => pairs('rocAuc', prediction, target),
  finish(totals) {
    const { scores, flags } = split(totals);
    const ranks = ranksOf(scores);
    const yes = flags.reduce((sum, flag) => sum + flag, 0);
    const sum = ranks.reduce((s, rank, i) => s + rank * (flags[i] as number), 0);
    return (sum - (yes * (yes + 1)) / 2) / (yes * (flags.length - yes));
  },
});

/**
 * The mean of precision over the yeses, in the order of scores: Σ (recall step) · precision, rows of equal scores taken at once.
 * NaN without a yes.
 *
 * @see scikit-learn's average_precision_score (no interpolation).
 */
export const averagePrecision = (): StreamingMetric<'averagePrecision'> => ({
  name: 'averagePrecision',
  targets: ['binary'],
  rows: (prediction, target) => pairs('averagePrecision', prediction, target),
  finish(totals) {
    const { scores, flags } = split(totals);
    const order = Array.from(scores, (_, i) => i).sort((i, j) => (scores[j] as number) - (scores[i] as number));
    const yes = flags.reduce((sum, flag) => sum + flag, 0);
    let [found, sum] = [0, 0];
    for (let start = 0; start < order.length; ) {
      let [end, hits] = [start, 0];
      const score = scores[order[start] as number];
      for (; end < order.length && scores[order[end] as number] === score; end++)
        hits += flags[order[end] as number] as number;
      found += hits;
      sum += (hits / yes) * (found / end);
      start = end;
    }
    return yes === 0 ? Number.NaN : sum;
  },
});
