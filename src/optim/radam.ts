/** @file RAdam: Adam that waits until it knows the variance of its steps. */
import { powInteger } from '../core/math.ts';
import { add, div, mul, neg, sqrt } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings, MOMENTS } from './adam-family.ts';
import { firstMomentOf, scalarAt, secondMomentOf } from './blocks.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

/**
 * Adam whose steps are scaled by rₜ = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)), ρ∞ = 2 / (1 − β₂) − 1,
 * ρₜ = ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ); while ρₜ ≤ 5, update = −learningRate · m̂, without the second moment. It needs no warm-up.
 *
 * @param options as for `adam`.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Liu et al. 2020, "On the variance of the adaptive learning rate and beyond", algorithm 2; the threshold 5 and the place
 *   of ε as in PyTorch.
 * @example radam({ learningRate: 1e-3 })
 */
export function radam(options: AdamOptions = {}): Transform {
  const settings = adamSettings('radam', options, { learningRate: 1e-3 });
  const { rate, beta1, beta2, epsilon, weightDecay, corrections } = settings;
  const limit = 2 / (1 - beta2) - 1;
  return {
    name: 'radam',
    options: settings.json,
    slots: MOMENTS,
    // The factor of m / (√v + ε) and that of m; one of them is 0.
    scalarCount: 2,
    learningRate: rate,
    scalars(step, scale) {
      const [first, second] = corrections(step);
      const length = limit - (2 * (step + 1) * powInteger(beta2, step + 1)) / second;
      if (length <= 5) return [0, rate(step, scale) / first];
      const rectified = Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
      return [(rate(step, scale) * rectified * Math.sqrt(second)) / first, 0];
    },
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const firstMoment = firstMomentOf(slot(input, 'radam', 'firstMoment'), gradient, beta1);
      const secondMoment = secondMomentOf(slot(input, 'radam', 'secondMoment'), gradient, beta2);
      const factor = add(div(scalarAt(input.scalars, 0), add(sqrt(secondMoment), epsilon)), scalarAt(input.scalars, 1));
      return { update: neg(mul(firstMoment, factor)), slots: { firstMoment, secondMoment } };
    },
  };
}
