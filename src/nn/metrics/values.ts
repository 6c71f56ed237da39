/** @file Metrics of values beside `meanSquaredError()` and `meanAbsoluteError()`, which are losses and metrics. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { concat } from '../../ops/concat.ts';
import { abs, div, float, maximum, square, sub } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/movement.ts';
import { sum } from '../../ops/reduce.ts';
import { likePrediction, rowMeans } from '../losses/loss.ts';
import type { Metric } from '../metrics.ts';
import type { MetricTotals, StreamingMetric } from './streaming.ts';

/** √ of the mean squared error over all rows (not the mean of batches' roots). Units: the target's. */
export const rootMeanSquaredError = (): StreamingMetric<'rootMeanSquaredError'> => ({
  name: 'rootMeanSquaredError',
  targets: ['value'],
  sums(prediction, target) {
    const x = float(prediction);
    return reshape(sum(rowMeans(square(sub(x, likePrediction('rootMeanSquaredError', x, target))))), [1]);
  },
  finish: ({ sums, count }) => Math.sqrt((sums[0] as number) / count),
});

/**
 * |x − t| / max(|t|, floor), the mean over each row's elements: a share, 0.1 for ten percent.
 *
 * @param options floor: what targets near 0 count as at least, in their units: > 0, default 1e-9.
 * @throws SaddlepointError `option` for another floor.
 */
export function meanAbsolutePercentageError(
  options: { readonly floor?: number } = {},
): Metric<'meanAbsolutePercentageError'> {
  checkKnownOptions('meanAbsolutePercentageError', options, ['floor']);
  const floor = checkNumber('meanAbsolutePercentageError.floor', options.floor ?? 1e-9, { min: 0, openMin: true });
  return {
    name: 'meanAbsolutePercentageError',
    targets: ['value'],
    call(prediction, target) {
      const x = float(prediction);
      const t = likePrediction('meanAbsolutePercentageError', x, target);
      return rowMeans(div(abs(sub(x, t)), maximum(abs(t), floor)));
    },
  };
}

/** Prediction and target of each row side by side. */
function sides(name: string, prediction: Tensor, target: Tensor): Tensor {
  const x = float(prediction);
  const [n] = x.shape as [number];
  const flat = (y: Tensor): Tensor => reshape(y, [n, sizeOf(y.shape) / n]);
  return concat([flat(x), flat(likePrediction(name, x, target))], 1);
}

const columnsOf = ({ rows, width, count }: MetricTotals): Float64Array[] =>
  Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length: count }, (_row, i) => rows[i * width + column] as number),
  );

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0) / values.length;

/**
 * R² = 1 − Σ(t − x)² / Σ(t − mean t)²: the share of the targets' variance that is explained; 0 is the mean, below 0 worse. Of
 * several outputs, the mean of theirs. All rows are kept, since sums of squares of f32 would cancel. Where targets are constant:
 * 1 for perfect predictions, else 0.
 *
 * @see scikit-learn's r2_score.
 */
export const r2 = (): StreamingMetric<'r2'> => ({
  name: 'r2',
  targets: ['value'],
  rows: (prediction, target) => sides('r2', prediction, target),
  finish(totals) {
    const columns = columnsOf(totals);
    const outputs = columns.length / 2;
    const scores = columns.slice(0, outputs).map((x, i) => {
      const t = columns[outputs + i] as Float64Array;
      const mean = meanOf(t);
      const spread = t.reduce((total, value) => total + (value - mean) ** 2, 0);
      const error = t.reduce((total, value, row) => total + (value - (x[row] as number)) ** 2, 0);
      if (spread === 0) return error === 0 ? 1 : 0;
      return 1 - error / spread;
    });
    return meanOf(scores);
  },
});
