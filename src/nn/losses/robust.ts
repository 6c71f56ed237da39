/**
 * @file More losses of values: the mean over each row's elements. Predictions [n, ...] and targets of the same shape ([n] and
 * [n, 1] stand for each other).
 */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { abs, add, div, exp, float, less, maximum, mul, square, sub, where } from '../../ops/elementwise.ts';
import { softplus } from '../activations.ts';
import { type Loss, likePrediction, rowMeans } from './loss.ts';
import { valueLoss } from './regression.ts';

/**
 * (x − t)² / (2 beta) where |x − t| < beta, else |x − t| − beta / 2: `huber` divided by its delta, with slopes of ±1 far away.
 *
 * @param options beta: > 0, in the target's units; default 1.
 * @throws SaddlepointError `option` for a beta out of range.
 * @see Girshick 2015, "Fast R-CNN", eq. 3 (beta 1).
 */
export function smoothL1(options: { readonly beta?: number } = {}): Loss {
  checkKnownOptions('smoothL1', options, ['beta']);
  const beta = checkNumber('smoothL1.beta', options.beta ?? 1, { min: 0, openMin: true });
  return valueLoss('smoothL1', { beta }, (difference) => {
    const size = abs(difference);
    return where(less(size, beta), div(square(difference), 2 * beta), sub(size, beta / 2));
  });
}

/** log cosh(x − t), without overflow: squares near the target, slopes of ±1 far from it, smooth between. */
export const logCosh = (): Loss =>
  // log cosh d = |d| + log(1 + e^(−2|d|)) − log 2; with d in place of |d| it is smooth at 0, and as exact.
  valueLoss('logCosh', {}, (d) => sub(add(d, softplus(mul(d, -2))), Math.LN2));

/**
 * max(q · e, (q − 1) · e) with e = t − x: what it minimizes is the q-quantile of the targets, not their mean.
 *
 * @param quantile q in (0, 1): 0.5 is half the absolute error; 0.9 is exceeded by one target in ten.
 * @throws SaddlepointError `option` for a quantile out of range.
 * @see Koenker & Bassett 1978.
 */
export function quantileLoss(quantile: number): Loss {
  checkNumber('quantileLoss', quantile, { min: 0, max: 1, openMin: true, openMax: true });
  return valueLoss('quantileLoss', { quantile }, (d) => maximum(mul(d, -quantile), mul(d, 1 - quantile)));
}

/**
 * eˣ − t · x: the negative log-likelihood of counts t ≥ 0 under a Poisson distribution whose rate is eˣ, without log t!, which
 * no prediction changes. Targets are counts as they are: standardize them not (`standardize: false`).
 *
 * @see PyTorch's PoissonNLLLoss with log_input.
 */
export const poissonNegativeLogLikelihood = (): Loss => ({
  name: 'poissonNegativeLogLikelihood',
  target: 'value',
  options: {},
  call(prediction, target) {
    const x = float(prediction);
    return rowMeans(sub(exp(x), mul(likePrediction('poissonNegativeLogLikelihood', x, target), x)));
  },
});
