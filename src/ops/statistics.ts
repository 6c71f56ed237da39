/** @file Variance and standard deviation, as compositions. */
import { checkNumber } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { div, equal, float, mul, sqrt, square, sub, where } from './elementwise.ts';
import { mean, type ReduceOptions, sum } from './reduce.ts';

export interface VarianceOptions extends ReduceOptions {
  /**
   * How many degrees of freedom are lost: the sum of squared deviations is divided by the count less this. Default 0, the
   * variance of the elements themselves; 1 estimates that of the population they were drawn from.
   */
  readonly ddof?: number;
}

type Axes = number | readonly number[];

/**
 * The mean squared deviation from the mean over axes (default: all), in two passes, so that a large mean cancels nothing.
 *
 * @throws SaddlepointError `option` unless 0 ≤ ddof < count of the elements.
 * @example variance([1, 2, 3, 4], undefined, { ddof: 1 }).item(); // 1.666…
 */
export function variance(x: TensorLike, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const { ddof = 0, ...keep } = options;
  const t = float(x);
  const center = mean(t, axes, { keepDims: true });
  const count = sizeOf(t.shape) / sizeOf(center.shape);
  checkNumber('variance.ddof', ddof, { min: 0, max: count, openMax: true });
  return div(sum(square(sub(t, center)), axes, keep), count - ddof);
}

/** The square root of the `variance`; gradient 0 where all elements are equal. */
export function standardDeviation(x: TensorLike, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const v = variance(x, axes, options);
  const isZero = equal(v, 0);
  return mul(sqrt(where(isZero, 1, v)), sub(1, isZero));
}
