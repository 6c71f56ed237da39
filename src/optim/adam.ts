/** @file Adam. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { powInteger } from '../core/math.ts';
import type { Tensor } from '../graph/tensor.ts';
import { adamUpdate } from '../ops/update.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface AdamOptions {
  /** About the size of a step in each parameter, ≥ 0; default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the corrected mean of squares, > 0; default 1e-8. */
  readonly epsilon?: number;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

/**
 * m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; update = −learningRate · m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ),
 * v̂ = v / (1 − β₂ᵗ), t = 1, 2, …
 *
 * Both corrections are scalars of the step, computed in double: learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ) and ε · √(1 − β₂ᵗ).
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Kingma & Ba 2015, algorithm 1, and the order of operations at the end of its section 2.
 * @example adam({ learningRate: 3e-4 })
 */
export function adam(options: AdamOptions = {}): Transform {
  checkKnownOptions('adam', options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
  const rate = learningRateOf('adam', options.learningRate ?? 1e-3);
  const beta1 = checkNumber('adam.beta1', options.beta1 ?? 0.9, { min: 0, max: 1, openMax: true });
  const beta2 = checkNumber('adam.beta2', options.beta2 ?? 0.999, { min: 0, max: 1, openMax: true });
  const epsilon = checkNumber('adam.epsilon', options.epsilon ?? 1e-8, { min: 0, openMin: true });
  const weightDecay = checkNumber('adam.weightDecay', options.weightDecay ?? 0, { min: 0 });
  return {
    name: 'adam',
    options: { learningRate: rate.json, beta1, beta2, epsilon, weightDecay },
    slots: ['firstMoment', 'secondMoment'],
    scalarCount: 2,
    learningRate: rate.at,
    scalars(step, scale) {
      const t = step + 1;
      const secondCorrection = Math.sqrt(1 - powInteger(beta2, t));
      return [(rate.at(step, scale) * secondCorrection) / (1 - powInteger(beta1, t)), epsilon * secondCorrection];
    },
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const moments = [slot(input, 'adam', 'firstMoment'), slot(input, 'adam', 'secondMoment')] as const;
      const [update, firstMoment, secondMoment] = adamUpdate(gradient, ...moments, input.scalars, { beta1, beta2 }) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      return { update, slots: { firstMoment, secondMoment } };
    },
  };
}
