/** @file NAdam: Adam with Nesterov's momentum. */
import { checkNumber } from '../core/errors.ts';
import { powInteger } from '../core/math.ts';
import { power } from '../core/power.ts';
import { add, div, mul, neg, sqrt } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings, MOMENTS } from './adam-family.ts';
import { firstMomentOf, recurrence, scalarAt, secondMomentOf } from './blocks.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface NadamOptions extends AdamOptions {
  /** How fast the momentum comes up to beta1, ≥ 0; default 4e-3. */
  readonly momentumDecay?: number;
}

/**
 * μₜ = β₁(1 − ½ · 0.96^(t · momentumDecay)), Πₜ = μ₁ ⋯ μₜ; update = −learningRate · ((1 − μₜ)g / (1 − Πₜ) +
 * μₜ₊₁m / (1 − Πₜ₊₁)) / (√v̂ + ε), with m, v and v̂ as in `adam`.
 *
 * @param options as for `adam`; learningRate: default 2e-3; momentumDecay: default 4e-3.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Dozat 2016, "Incorporating Nesterov momentum into Adam".
 * @example nadam({ learningRate: 2e-3 })
 */
export function nadam(options: NadamOptions = {}): Transform {
  const settings = adamSettings('nadam', options, { learningRate: 2e-3 }, ['momentumDecay']);
  const { rate, beta1, beta2, epsilon, weightDecay, corrections } = settings;
  const momentumDecay = checkNumber('nadam.momentumDecay', options.momentumDecay ?? 4e-3, { min: 0 });
  const perStep = power(0.96, momentumDecay);
  const momentum = (t: number): number => beta1 * (1 - 0.5 * powInteger(perStep, t));
  const product = recurrence(1, (value, step) => value * momentum(step + 1));
  return {
    name: 'nadam',
    options: { ...settings.json, momentumDecay },
    slots: MOMENTS,
    // Factors of the gradient and of m, and ε, all with √(1 − β₂ᵗ) in them.
    scalarCount: 3,
    learningRate: rate,
    scalars(step, scale) {
      const root = Math.sqrt(corrections(step)[1]);
      const [now, next] = [momentum(step + 1), momentum(step + 2)];
      const past = product(step + 1);
      const scaled = rate(step, scale) * root;
      return [(scaled * (1 - now)) / (1 - past), (scaled * next) / (1 - past * next), epsilon * root];
    },
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const firstMoment = firstMomentOf(slot(input, 'nadam', 'firstMoment'), gradient, beta1);
      const secondMoment = secondMomentOf(slot(input, 'nadam', 'secondMoment'), gradient, beta2);
      const { scalars } = input;
      const direction = add(mul(gradient, scalarAt(scalars, 0)), mul(firstMoment, scalarAt(scalars, 1)));
      const update = neg(div(direction, add(sqrt(secondMoment), scalarAt(scalars, 2))));
      return { update, slots: { firstMoment, secondMoment } };
    },
  };
}
