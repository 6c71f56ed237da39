/** @file Weights divided by their largest singular value, estimated by power iteration. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { div, equal, float, mul, stopGradient, where } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { reshape } from './movement.ts';
import { l2Normalize } from './normalize.ts';
import { sum } from './reduce.ts';

export interface SpectralNormalizeOptions {
  /** Power iterations, each of two products: ≥ 0, default 1. With 0 `v` is still made of `u`, but `u` stays. */
  readonly iterations?: number;
  /** Vectors shorter than this are divided by it: > 0, default 1e-12. */
  readonly epsilon?: number;
}

export interface SpectralNormalized {
  /** w / σ, in the shape of w. */
  readonly y: Tensor;
  /** The estimate of the largest singular value: a scalar, never more than the true one (but for rounding). */
  readonly sigma: Tensor;
  /** The left vector [units] after the iterations, of length 1; the next call's `u`. */
  readonly u: Tensor;
  /** The right vector [rows] of length 1. */
  readonly v: Tensor;
}

/**
 * Spectral normalization (Miyato et al. 2018, algorithm 1): w as a matrix M of one column a unit, v = M·u / ‖M·u‖, then
 * u = Mᵀ·v / ‖Mᵀ·v‖, σ = vᵀ·M·u; the result is w / σ, whose largest singular value is 1 where u has converged.
 *
 * `u` and `v` are constants of the gradient, as in the paper: it flows through w and through σ's own w. A matrix of zeros
 * stays zeros.
 *
 * @param w [..., units], rank ≥ 2: a dense kernel, or a convolution's [height, width, in, out], whose first axes are made one.
 * @param u [units]: what the last call gave, or anything that is not orthogonal to the answer, such as random numbers.
 * @throws SaddlepointError `shape` where u does not fit w; `option` for numbers out of range.
 * @example
 * const scaled = layer('scaled', { units }, (x, context) => {
 *   const w = context.parameter('kernel', [x.shape.at(-1), units], glorotUniform());
 *   const { y, u } = spectralNormalize(w, context.state('u', [units], lecunNormal()));
 *   context.update('u', u);
 *   return matmul(x, y);
 * });
 */
export function spectralNormalize(
  w: TensorLike,
  u: TensorLike,
  options: SpectralNormalizeOptions = {},
): SpectralNormalized {
  checkKnownOptions('spectralNormalize', options, ['iterations', 'epsilon']);
  const { iterations = 1, epsilon = 1e-12 } = options;
  checkNumber('spectralNormalize.iterations', iterations, { min: 0, integer: true });
  checkNumber('spectralNormalize.epsilon', epsilon, { min: 0, openMin: true });
  const [weights, start] = [float(w), float(u)];
  const units = weights.shape.at(-1);
  if (units === undefined || weights.shape.length < 2 || !sameShape(start.shape, [units])) {
    throw new SaddlepointError(
      'shape',
      `spectralNormalize: expected w [..., units] of rank ≥ 2 and u [units], got ${showShape(weights.shape)} and ${showShape(start.shape)}`,
    );
  }
  const rows = sizeOf(weights.shape.slice(0, -1));
  const matrix = reshape(weights, [rows, units]);
  const constant = stopGradient(matrix);
  const unit = (x: Tensor): Tensor => l2Normalize(x, { axes: [0, 1], epsilon });
  const rightOf = (u: Tensor): Tensor => unit(matmul(constant, reshape(u, [units, 1])));
  let left = stopGradient(start);
  let right = rightOf(left);
  for (let i = 0; i < iterations; i++) {
    if (i > 0) right = rightOf(left);
    left = unit(matmul(reshape(right, [1, rows]), constant));
  }
  const sigma = sum(mul(right, matmul(matrix, reshape(left, [units, 1]))));
  return {
    y: div(weights, where(equal(sigma, 0), 1, sigma)),
    sigma,
    u: reshape(left, [units]),
    v: reshape(right, [rows]),
  };
}
