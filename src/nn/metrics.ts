/** @file What is measured beside the loss: one number a row, averaged by whoever trains or evaluates. */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { printSpec } from '../graph/print.ts';
import type { Tensor } from '../graph/tensor.ts';
import { equal, greater } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { argmax } from '../ops/reduce.ts';
import { type Loss, rowMeans } from './losses/loss.ts';
import type { StreamingMetric } from './metrics/streaming.ts';

/** A mean over rows, or a number that is made of sums and rows at the end. */
export type AnyMetric<Name extends string = string> = Metric<Name> | StreamingMetric<Name>;

/** Every loss is a metric too: `metrics: [meanAbsoluteError()]`. */
export interface Metric<Name extends string = string> {
  readonly name: Name;
  /** The kinds of target that it can judge; left out: all. */
  readonly targets?: readonly Loss['target'][];
  /** Values [n] of predictions [n, ...] against targets; `threshold` is the loss's, given for binary targets. */
  call(prediction: Tensor, target: Tensor, threshold?: number): Tensor;
}

/**
 * The share of rows whose class is predicted: 1 or 0 for each row.
 *
 * Predictions [n, classes]: the largest element (the first, on ties) against class numbers, integers [n] or [n, 1], or against
 * the largest element of f32 rows [n, classes]. Predictions [n, 1] or [n]: above the loss's
 * threshold (0 for logits, ½ for probabilities) is yes, against targets above ½; several such answers a row count by share.
 *
 * @throws SaddlepointError `shape` where targets fit neither form.
 */
export function accuracy(): Metric<'accuracy'> {
  return {
    name: 'accuracy',
    targets: ['class', 'binary'],
    call(prediction, target, threshold) {
      const [n] = prediction.shape as [number];
      const classes = prediction.shape.length === 1 ? 1 : (prediction.shape[1] as number);
      const single = sameShape(target.shape, [n]) || sameShape(target.shape, [n, 1]);
      const column = (x: Tensor): Tensor => reshape(x, [n]);
      if (prediction.shape.length <= 2 && n !== undefined) {
        if (classes === 1 && single) return agree(column(prediction), column(target), threshold);
        if (threshold !== undefined && sameShape(prediction.shape, target.shape))
          return rowMeans(agree(prediction, target, threshold));
        if (classes > 1 && single && target.dtype !== 'f32') return equal(argmax(prediction), column(target));
        if (classes > 1 && sameShape(prediction.shape, target.shape)) return equal(argmax(prediction), argmax(target));
      }
      throw new SaddlepointError(
        'shape',
        `accuracy: expected predictions [n, classes] and class numbers [n] or distributions [n, classes], got ${showShape(prediction.shape)} and ${printSpec(target)}`,
        single && target.dtype === 'f32'
          ? "class numbers are whole: convert them with cast(target, 'i32')"
          : 'for values use meanAbsoluteError()',
      );
    },
  };
}

function agree(prediction: Tensor, target: Tensor, threshold = 0): Tensor {
  return equal(greater(prediction, threshold), greater(target, 0.5));
}
