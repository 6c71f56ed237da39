/** @file Ghost batch normalization: the statistics of small parts of a large batch, whose noise regularizes. */
import { checkNumber } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, mul, sqrt, square, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { mean } from '../ops/reduce.ts';
import { type BatchNormOptions, batchNorm } from './batch-norm.ts';
import { ones, zeros } from './initializers.ts';
import { type Layer, layer } from './layer.ts';

export interface GhostBatchNormOptions extends Pick<BatchNormOptions, 'epsilon' | 'keep' | 'name'> {
  /** Rows of a part: a whole number ≥ 2, default 32. A batch that it does not divide is one part. */
  readonly size?: number;
}

/**
 * As `batchNorm`, with mean and (biased) variance of each part of `size` rows instead of the whole batch; running statistics take
 * the means over the parts, and prediction uses them. Padded steps are not left out.
 *
 * @throws SaddlepointError `option` for numbers out of range.
 * @see Hoffer, Hubara & Soudry 2017, "Train longer, generalize better", algorithm 1.
 * @example sequential([dense(64), ghostBatchNorm({ size: 32 }), activation('relu'), dense(10)])
 */
export function ghostBatchNorm(options: GhostBatchNormOptions = {}): Layer {
  const { size = 32, name, ...rest } = options;
  checkNumber('ghostBatchNorm.size', size, { min: 2, integer: true });
  const whole = batchNorm(rest);
  const { epsilon = 1e-5, keep = 0.9 } = rest;
  const made = layer(
    'ghostBatchNorm',
    { size, ...rest },
    (x, context) => {
      const [rows = 0] = x.shape;
      const features = x.shape.at(-1) ?? 0;
      if (context.mode === 'predict' || rows % size !== 0 || x.shape.length < 2) return whole.call(x, context);
      const gamma = context.parameter('gamma', [features], ones());
      const beta = context.parameter('beta', [features], zeros());
      const running = {
        mean: context.state('mean', [features], zeros()),
        variance: context.state('variance', [features], ones()),
      };
      const parts = rows / size;
      const grouped = reshape(x, [parts, sizeOf(x.shape) / parts / features, features]);
      const ofPart = (values: Tensor): Tensor => reshape(mean(values, [1]), [parts, 1, features]);
      const center = ofPart(grouped);
      const variance = ofPart(square(sub(grouped, center)));
      for (const [key, value] of Object.entries({ mean: center, variance }))
        context.update(
          key,
          add(mul(running[key as 'mean'], keep), mul(reshape(mean(value, [0]), [features]), 1 - keep)),
        );
      const normalized = div(sub(grouped, center), sqrt(add(variance, epsilon)));
      return reshape(add(mul(normalized, gamma), beta), x.shape);
    },
    name,
  );
  return { ...made, meetingRows: 'takes statistics over the rows' };
}
