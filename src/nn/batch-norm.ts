/** @file Batch normalization: the first layer with a state, the running statistics that prediction uses. */
import { checkKnownOptions, checkName, checkNumber } from '../core/errors.ts';
import { add, div, maximum, mul, sqrt, square, sub, where } from '../ops/elementwise.ts';
import { mean } from '../ops/reduce.ts';
import { ones, zeros } from './initializers.ts';
import { type Layer, layer, layerError, maskOf } from './layer.ts';
import { countedSteps } from './masks.ts';

export interface BatchNormOptions {
  /** Added to the variance under the root; default 1e-5. */
  readonly epsilon?: number;
  /**
   * How much of the running statistics a step keeps, in [0, 1]; default 0.9: running = keep · running + (1 − keep) · batch.
   * (Keras calls it momentum; PyTorch's momentum is 1 − keep.)
   */
  readonly keep?: number;
  /** Which variance of the batch the running one takes up: 'biased', divided by n (default, as in Keras), or 'unbiased', by n − 1 (as in PyTorch). */
  readonly runningVariance?: 'biased' | 'unbiased';
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

/**
 * y = γ · (x − mean) / √(variance + ε) + β for each feature of the last axis (Ioffe & Szegedy 2015, Algorithm 1). In training
 * mean and (biased) variance are those of the batch, over all other axes; prediction uses the running ones (Algorithm 2).
 *
 * Input [n, …, features]; the output has the same shape. Steps that a mask rules out do not count in the statistics. Parameters:
 * `gamma` [features], first 1, and `beta`, first 0.
 * States: `mean`, first 0, and `variance`, first 1.
 *
 * @throws SaddlepointError `option` for numbers out of range, `shape` for an input without a feature axis.
 * @example sequential([conv2d(16, 3), batchNorm(), activation('relu')])
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  checkKnownOptions('batchNorm', options, ['epsilon', 'keep', 'runningVariance', 'name']);
  const { name, ...json } = options;
  const { epsilon = 1e-5, keep = 0.9, runningVariance = 'biased' } = json;
  checkNumber('batchNorm.epsilon', epsilon, { min: 0 });
  checkNumber('batchNorm.keep', keep, { min: 0, max: 1 });
  checkName('batchNorm.runningVariance', runningVariance, ['biased', 'unbiased']);
  const made = layer(
    'batchNorm',
    { ...json },
    (x, context) => {
      const features = x.shape.at(-1);
      if (features === undefined || x.shape.length < 2)
        throw layerError('shape', context, `batchNorm: expected [n, …, features], got shape [${x.shape}]`);
      const gamma = context.parameter('gamma', [features], ones());
      const beta = context.parameter('beta', [features], zeros());
      const runningMean = context.state('mean', [features], zeros());
      const running = context.state('variance', [features], ones());
      const normalized = (center: typeof x, variance: typeof x): typeof x =>
        add(mul(sub(x, center), div(gamma, sqrt(add(variance, epsilon)))), beta);
      if (context.mode === 'predict') return normalized(runningMean, running);

      const axes = x.shape.slice(1).map((_, axis) => axis);
      const count = x.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1);
      const mask = maskOf(x);
      const share = mask === undefined ? 1 : mean(mask);
      const meanOf = (values: typeof x): typeof x =>
        mask === undefined ? mean(values, axes) : div(mean(countedSteps(values, mask), axes), where(share, share, 1));
      const center = meanOf(x);
      const variance = meanOf(square(sub(x, center)));
      const counted = mul(share, count);
      const isUnbiased = runningVariance === 'unbiased' && count > 1;
      const taken = isUnbiased ? mul(variance, div(counted, maximum(sub(counted, 1), 1))) : variance;
      context.update('mean', add(mul(runningMean, keep), mul(center, 1 - keep)));
      context.update('variance', add(mul(running, keep), mul(taken, 1 - keep)));
      return normalized(center, variance);
    },
    name,
  );
  return { ...made, meetingRows: 'takes statistics over the rows' };
}
