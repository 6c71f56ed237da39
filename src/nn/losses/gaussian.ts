/** @file How likely values are under normal distributions that a model predicts. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { add, div, float, log, maximum, mul, square, sub } from '../../ops/elementwise.ts';
import { likePrediction, rowMeans } from './loss.ts';

/**
 * ½(log v + (mean − target)² / v), the mean over each row's elements, without ½ log 2π, which no prediction changes. For models
 * with an output for the mean and one for the variance; a function of tensors, since a `Loss` has one prediction.
 *
 * @param mean [n, ...].
 * @param variance of the same shape, > 0: the model makes it so, by softplus or exp.
 * @param target of the same shape.
 * @param options minimumVariance: v is held above it, > 0, default 1e-6; below, the variance gets no gradient.
 * @returns losses [n].
 * @throws SaddlepointError `shape` where the three do not fit.
 * @see Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
 */
export function gaussianNegativeLogLikelihood(
  mean: Tensor,
  variance: Tensor,
  target: Tensor,
  options: { readonly minimumVariance?: number } = {},
): Tensor {
  const where = 'gaussianNegativeLogLikelihood';
  checkKnownOptions(where, options, ['minimumVariance']);
  const floor = checkNumber(`${where}.minimumVariance`, options.minimumVariance ?? 1e-6, { min: 0, openMin: true });
  const x = float(mean);
  const v = maximum(likePrediction(where, x, variance), floor);
  const squared = square(sub(x, likePrediction(where, x, target)));
  return rowMeans(mul(add(log(v), div(squared, v)), 0.5));
}
