/** @file Predicted and true classes, whatever form they have. */
import { SaddlepointError } from '../../core/errors.ts';
import { sameShape, showShape } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import { greater, sub } from '../../ops/elementwise.ts';
import { oneHot } from '../../ops/indexing.ts';
import { reshape } from '../../ops/movement.ts';
import { argmax } from '../../ops/reduce.ts';

/** Both as one-hot rows f32 [n, classes]. */
export interface ClassRows {
  readonly predicted: Tensor;
  readonly actual: Tensor;
  readonly classes: number;
}

/** Class numbers i32 [n] of integers [n] or [n, 1], or of rows [n, classes]; undefined where targets are neither. */
export function actualClasses(prediction: Tensor, target: Tensor): Tensor | undefined {
  const [n] = prediction.shape as [number];
  const single = sameShape(target.shape, [n]) || sameShape(target.shape, [n, 1]);
  if (single && target.dtype !== 'f32') return reshape(cast(target, 'i32'), [n]);
  return sameShape(prediction.shape, target.shape) ? argmax(target) : undefined;
}

/**
 * Predictions [n, classes]: the largest element, against class numbers or one-hot rows. Predictions [n] or [n, 1]: above the
 * threshold is class 1, else class 0, against targets above ½.
 */
export function classRows(name: string, prediction: Tensor, target: Tensor, threshold = 0): ClassRows {
  const { shape } = prediction;
  const [n] = shape as [number];
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) {
    if (sameShape(target.shape, [n]) || sameShape(target.shape, [n, 1])) {
      const two = (yes: Tensor): Tensor => concat([sub(1, yes), yes], 1);
      return {
        predicted: two(reshape(greater(prediction, threshold), [n, 1])),
        actual: two(reshape(greater(target, 0.5), [n, 1])),
        classes: 2,
      };
    }
  } else if (shape.length === 2) {
    const classes = shape[1] as number;
    const actual = actualClasses(prediction, target);
    if (actual !== undefined)
      return { predicted: oneHot(argmax(prediction), classes), actual: oneHot(actual, classes), classes };
  }
  throw new SaddlepointError(
    'shape',
    `${name}: expected predictions [n, classes] and class numbers [n] or rows [n, classes], got ${showShape(shape)} and ${printSpec(target)}`,
    target.dtype === 'f32' ? "class numbers are whole: convert them with cast(target, 'i32')" : undefined,
  );
}
