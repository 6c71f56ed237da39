/** @file What is measured beside the loss: one number a row, averaged by whoever trains or evaluates. */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { printSpec } from '../graph/print.ts';
import type { Tensor } from '../graph/tensor.ts';
import { equal, greater } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { argmax } from '../ops/reduce.ts';

/** Every loss is a metric too: `metrics: [meanAbsoluteError()]`. */
export interface Metric<Name extends string = string> {
  readonly name: Name;
  /** Values [n] of predictions [n, ...] against targets. */
  call(prediction: Tensor, target: Tensor): Tensor;
}

/**
 * The share of rows whose class is predicted: 1 or 0 for each row.
 *
 * Predictions [n, classes]: the largest element (the first, on ties) against class numbers, integers [n] or [n, 1], or against
 * the largest element of f32 rows [n, classes]. Predictions [n, 1] or [n], logits of yes: above 0 is yes, against targets above ½.
 *
 * @param options threshold: above it a single output is yes; default 0, for logits. Give 0.5 where the model's output is a
 *   probability (`binaryCrossEntropy({ fromProbabilities: true })`).
 * @throws SaddlepointError `shape` where targets fit neither form.
 */
export function accuracy(options: { readonly threshold?: number } = {}): Metric<'accuracy'> {
  const { threshold = 0 } = options;
  return {
    name: 'accuracy',
    call(prediction, target) {
      const [n] = prediction.shape as [number];
      const classes = prediction.shape.length === 1 ? 1 : (prediction.shape[1] as number);
      const single = sameShape(target.shape, [n]) || sameShape(target.shape, [n, 1]);
      const column = (x: Tensor): Tensor => reshape(x, [n]);
      if (prediction.shape.length <= 2 && n !== undefined) {
        if (classes === 1 && single) return equal(greater(column(prediction), threshold), greater(column(target), 0.5));
        if (classes > 1 && single && target.dtype !== 'f32') return equal(argmax(prediction), column(target));
        if (classes > 1 && sameShape(prediction.shape, target.shape)) return equal(argmax(prediction), argmax(target));
      }
      throw new SaddlepointError(
        'shape',
        `accuracy: expected predictions [n, classes] and class numbers [n] or rows [n, classes], got ${showShape(prediction.shape)} and ${printSpec(target)}`,
        single && target.dtype === 'f32'
          ? "class numbers are whole: convert them with cast(target, 'i32')"
          : 'for values use meanAbsoluteError()',
      );
    },
  };
}
