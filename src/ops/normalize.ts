/**
 * @file Normalizations as functions of tensors, the last axis being the features (channels last). `gamma` and `beta` are the
 * learnt scale and shift, both optional; statistics are biased (divided by n) and taken in two passes.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { normalizeAxes, showShape } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import {
  abs,
  add,
  div,
  equal,
  float,
  maximum,
  mul,
  reciprocal,
  sqrt,
  square,
  stopGradient,
  sub,
  where,
} from './elementwise.ts';
import { reshape, transpose } from './movement.ts';
import { max, sum } from './reduce.ts';
import { standardizeOp } from './standardize.ts';

export interface NormalizeOptions {
  /** What the normalized values are multiplied with; broadcasts with x. Default: nothing. */
  readonly gamma?: TensorLike | undefined;
  /** What is added then; broadcasts with x. Default: nothing. */
  readonly beta?: TensorLike | undefined;
  /** Added to the variance under the root; default 1e-5 (rmsNorm: 1e-6). */
  readonly epsilon?: number | undefined;
}

export interface AxesOptions {
  /** The axes that the statistics are taken over, neighbors; default: the last. */
  readonly axes?: number | readonly number[] | undefined;
}

const KEEP = { keepDims: true } as const;
const OPTIONS = ['gamma', 'beta', 'epsilon'];

function standardize(name: string, x: Tensor, axes: readonly number[], epsilon: number, center: boolean): Tensor[] {
  checkNumber(`${name}.epsilon`, epsilon, { min: 0 });
  return apply(standardizeOp, [x], { axes, epsilon, center });
}

function scaled(x: Tensor, { gamma, beta }: NormalizeOptions): Tensor {
  const y = gamma === undefined ? x : mul(x, gamma);
  return beta === undefined ? y : add(y, beta);
}

/** x as f32 with at least `least` axes. */
function atLeast(name: string, x: TensorLike, least: number, expected: string): Tensor {
  const t = float(x);
  if (t.shape.length >= least) return t;
  throw new SaddlepointError('shape', `${name}: expected ${expected}, got ${showShape(t.shape)}`);
}

/**
 * Layer normalization: γ · (x − mean) / √(variance + ε) + β, with the statistics of each row by itself (Ba et al. 2016, eq. 4).
 *
 * @param x [..., features].
 * @param options gamma, beta: broadcast with x; epsilon: default 1e-5; axes: default the last, several must be neighbors.
 * @returns the shape of x.
 * @throws SaddlepointError `shape` if an axis does not exist or the axes are no neighbors, `option` if epsilon is negative.
 * @example layerNorm([[1, 2, 3, 4]]).toArray(); // [[-1.34, -0.45, 0.45, 1.34]]
 */
export function layerNorm(x: TensorLike, options: NormalizeOptions & AxesOptions = {}): Tensor {
  checkKnownOptions('layerNorm', options, [...OPTIONS, 'axes']);
  const t = float(x);
  const axes = normalizeAxes('layerNorm', options.axes ?? -1, t.shape.length);
  return scaled(standardize('layerNorm', t, axes, options.epsilon ?? 1e-5, true)[0] as Tensor, options);
}

/**
 * Root mean square normalization: γ · x / √(mean x² + ε): layer normalization without the mean (Zhang & Sennrich 2019, eq. 4).
 *
 * @param x [..., features].
 * @param options gamma (beta is rarely wanted), epsilon: default 1e-6; axes as for `layerNorm`.
 * @example rmsNorm([[3, 4]]).toArray(); // [[0.85, 1.13]]
 */
export function rmsNorm(x: TensorLike, options: NormalizeOptions & AxesOptions = {}): Tensor {
  checkKnownOptions('rmsNorm', options, [...OPTIONS, 'axes']);
  const t = float(x);
  const axes = normalizeAxes('rmsNorm', options.axes ?? -1, t.shape.length);
  return scaled(standardize('rmsNorm', t, axes, options.epsilon ?? 1e-6, false)[0] as Tensor, options);
}

/**
 * Instance normalization: each channel of each example by its own statistics over all places (Ulyanov et al. 2016).
 *
 * @param x [n, ..., channels], with at least one axis of places.
 * @param options gamma, beta: [channels]; epsilon: default 1e-5.
 */
export function instanceNorm(x: TensorLike, options: NormalizeOptions = {}): Tensor {
  checkKnownOptions('instanceNorm', options, OPTIONS);
  const t = atLeast('instanceNorm', x, 3, '[n, ..., channels] with an axis of places');
  const axes = t.shape.slice(1, -1).map((_, i) => i + 1);
  return scaled(standardize('instanceNorm', t, axes, options.epsilon ?? 1e-5, true)[0] as Tensor, options);
}

/**
 * Group normalization: the channels of each example in groups of neighbors, each group by its statistics over all places and
 * its channels (Wu & He 2018, eq. 7). One group normalizes each example whole, as many groups as channels are instances.
 *
 * @param x [n, ..., channels].
 * @param groups how many; divides the channels.
 * @param options gamma, beta: [channels]; epsilon: default 1e-5.
 * @throws SaddlepointError `shape` if the groups do not divide the channels.
 */
export function groupNorm(x: TensorLike, groups: number, options: NormalizeOptions = {}): Tensor {
  checkKnownOptions('groupNorm', options, OPTIONS);
  const t = atLeast('groupNorm', x, 2, '[n, ..., channels]');
  checkNumber('groupNorm.groups', groups, { min: 1, integer: true });
  const [n, channels] = [t.shape[0] as number, t.shape.at(-1) as number];
  if (channels % groups !== 0)
    throw new SaddlepointError(
      'shape',
      `groupNorm: ${groups} groups do not divide the channels of ${showShape(t.shape)}`,
    );
  const places = t.shape.slice(1, -1).reduce((product, dimension) => product * dimension, 1);
  // A group's values side by side, so that they are a row.
  const split = transpose(reshape(t, [n, places, groups, channels / groups]), [0, 2, 1, 3]);
  const [y] = standardize('groupNorm', split, [2, 3], options.epsilon ?? 1e-5, true) as [Tensor];
  return scaled(reshape(transpose(y, [0, 2, 1, 3]), t.shape), options);
}

/**
 * x / max(‖x‖, ε): rows of length 1; a row shorter than ε is divided by ε, so that zeros stay zeros. The norm neither
 * overflows nor vanishes on the way.
 *
 * @param x any shape.
 * @param options axes: those that a row's elements stand along, default the last; epsilon: default 1e-12.
 * @example l2Normalize([[3, 4]]).toArray(); // [[0.6, 0.8]]
 */
export function l2Normalize(
  x: TensorLike,
  options: { readonly axes?: number | readonly number[]; readonly epsilon?: number } = {},
): Tensor {
  checkKnownOptions('l2Normalize', options, ['axes', 'epsilon']);
  const { axes = -1, epsilon = 1e-12 } = options;
  checkNumber('l2Normalize.epsilon', epsilon, { min: 0 });
  const t = float(x);
  const largest = stopGradient(max(abs(t), axes, KEEP));
  const isZero = equal(largest, 0);
  const size = where(isZero, 1, largest);
  // Where all is 0 the root's slope would be ∞, and ∞ · 0 no number: there the norm is a constant.
  const squares = where(isZero, 1, sum(square(div(t, size)), axes, KEEP));
  return div(t, maximum(where(isZero, 0, mul(size, sqrt(squares))), epsilon));
}

export interface BatchStatistics {
  /** The shape of x. */
  readonly y: Tensor;
  /** [features] */
  readonly mean: Tensor;
  /** Biased: divided by the number of rows; [features]. */
  readonly variance: Tensor;
}

/**
 * Batch normalization as it is in training: each feature by its statistics over all rows, which are returned too (Ioffe &
 * Szegedy 2015, algorithm 1). `batchNormPredict` applies statistics that are known, `runningAverage` gathers them.
 *
 * @param x [n, ..., features].
 * @param options gamma, beta: [features]; epsilon: default 1e-5.
 * @returns y, and mean and biased variance [features] of the batch, through which gradients flow as well.
 */
export function batchNormTrain(x: TensorLike, options: NormalizeOptions = {}): BatchStatistics {
  checkKnownOptions('batchNormTrain', options, OPTIONS);
  const t = atLeast('batchNormTrain', x, 2, '[n, ..., features]');
  const axes = t.shape.slice(1).map((_, axis) => axis);
  const [y, variance, mean] = standardize('batchNormTrain', t, axes, options.epsilon ?? 1e-5, true);
  const features = t.shape.slice(-1);
  return {
    y: scaled(y as Tensor, options),
    mean: reshape(mean as Tensor, features),
    variance: reshape(variance as Tensor, features),
  };
}

/**
 * Batch normalization with known statistics: γ · (x − mean) / √(variance + ε) + β (algorithm 2).
 *
 * @param x [n, ..., features].
 * @param statistics mean and variance [features].
 */
export function batchNormPredict(
  x: TensorLike,
  statistics: { readonly mean: TensorLike; readonly variance: TensorLike },
  options: NormalizeOptions = {},
): Tensor {
  checkKnownOptions('batchNormPredict', options, OPTIONS);
  const { gamma, beta, epsilon = 1e-5 } = options;
  checkNumber('batchNormPredict.epsilon', epsilon, { min: 0 });
  const factor = reciprocal(sqrt(add(statistics.variance, epsilon)));
  return scaled(mul(sub(x, statistics.mean), gamma === undefined ? factor : mul(factor, gamma)), { beta });
}

/**
 * The running statistics after one more batch: keep · running + (1 − keep) · batch.
 *
 * @param keep in [0, 1]: 0.9 forgets slowly; 1 − 1/i at batch i = 1, 2, … is the plain average of all so far.
 * @param unbias how many rows the batch's variance was taken over, if the running one is to be unbiased (divided by
 *   rows − 1) as PyTorch's is; default: biased, as Keras's.
 */
export function runningAverage(running: TensorLike, batch: TensorLike, keep: TensorLike, unbias?: number): Tensor {
  const correction = unbias === undefined || unbias < 2 ? 1 : unbias / (unbias - 1);
  return add(mul(running, keep), mul(batch, mul(sub(1, keep), correction)));
}
