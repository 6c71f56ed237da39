/** @file RMSprop. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, maximum, mul, neg, sqrt, square, sub } from '../ops/elementwise.ts';
import { firstMomentOf, scalarAt, secondMomentOf, velocityOf } from './blocks.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface RmspropOptions {
  /** ≥ 0; default 0.01. */
  readonly learningRate?: number | Schedule;
  /** Of the mean of squares, in [0, 1); default 0.99. */
  readonly decay?: number;
  /** Added to the root, > 0; default 1e-8. */
  readonly epsilon?: number;
  /** Share of the velocity that is kept, in [0, 1); default 0: no velocity. */
  readonly momentum?: number;
  /** Divide by the standard deviation of the gradients in place of their root mean square; default false. */
  readonly centered?: boolean;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

/**
 * v = decay · v + (1 − decay)g²; update = −learningRate · g / (√v + ε). With `centered`, v − ḡ² in place of v, ḡ the mean of
 * gradients with the same decay (held at 0 where rounding takes it below); with `momentum`, the velocity
 * b = momentum · b + g / (√v + ε) in place of the quotient. No bias correction: the first steps are long.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Tieleman & Hinton 2012, lecture 6.5; Graves 2013, eq. 38–45 (centered), in PyTorch's form (ε outside the root).
 * @example rmsprop({ learningRate: 1e-3, momentum: 0.9 })
 */
export function rmsprop(options: RmspropOptions = {}): Transform {
  const known = ['learningRate', 'decay', 'epsilon', 'momentum', 'centered', 'weightDecay'];
  checkKnownOptions('rmsprop', options, known);
  const rate = learningRateOf('rmsprop', options.learningRate ?? 0.01);
  const decay = checkNumber('rmsprop.decay', options.decay ?? 0.99, { min: 0, max: 1, openMax: true });
  const epsilon = checkNumber('rmsprop.epsilon', options.epsilon ?? 1e-8, { min: 0, openMin: true });
  const momentum = checkNumber('rmsprop.momentum', options.momentum ?? 0, { min: 0, max: 1, openMax: true });
  const weightDecay = checkNumber('rmsprop.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const centered = options.centered ?? false;
  return {
    name: 'rmsprop',
    options: { learningRate: rate.json, decay, epsilon, momentum, centered, weightDecay },
    slots: ['secondMoment', ...(centered ? ['firstMoment'] : []), ...(momentum > 0 ? ['velocity'] : [])],
    scalarCount: 1,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale)],
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const secondMoment = secondMomentOf(slot(input, 'rmsprop', 'secondMoment'), gradient, decay);
      const slots: Record<string, Tensor> = { secondMoment };
      let variance = secondMoment;
      if (centered) {
        slots.firstMoment = firstMomentOf(slot(input, 'rmsprop', 'firstMoment'), gradient, decay);
        variance = maximum(sub(secondMoment, square(slots.firstMoment)), 0);
      }
      let direction = div(gradient, add(sqrt(variance), epsilon));
      if (momentum > 0) {
        direction = velocityOf(slot(input, 'rmsprop', 'velocity'), direction, momentum);
        slots.velocity = direction;
      }
      return { update: mul(direction, neg(scalarAt(input.scalars, 0))), slots };
    },
  };
}
