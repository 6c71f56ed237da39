/** @file AdaBelief: Adam by how far gradients are from what was expected. */
import { add, div, mul, neg, sqrt, sub } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings } from './adam-family.ts';
import { firstMomentOf, scalarAt, secondMomentOf } from './blocks.ts';
import { checkDecayOf, type DecayOf, decayed } from './decay.ts';
import { slot, type Transform } from './transform.ts';

export interface AdabeliefOptions extends AdamOptions {
  /** Decoupled, as in `adamw`: parameters shrink by learningRate · weightDecay of themselves; ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Which leaves decay; default 'all'. */
  readonly decayOf?: DecayOf;
}

/**
 * m = β₁m + (1 − β₁)g; s = β₂s + (1 − β₂)(g − m)² + ε, with the new m; update = −learningRate · m̂ / (√ŝ + ε): long steps where
 * gradients are as expected. No rectification.
 *
 * The slot holds s without the ε that has gathered in it, ε(1 − β₂ᵗ) / (1 − β₂), which is put in when s is used.
 *
 * @param options as for `adam`, weightDecay decoupled; epsilon: default 1e-8.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Zhuang et al. 2020, "AdaBelief optimizer", algorithm 2.
 * @example adabelief({ learningRate: 1e-3 })
 */
export function adabelief(options: AdabeliefOptions = {}): Transform {
  const settings = adamSettings('adabelief', options, { learningRate: 1e-3 }, ['decayOf']);
  const { rate, beta1, beta2, epsilon, weightDecay, corrections } = settings;
  const which = checkDecayOf('adabelief.decayOf', options.decayOf);
  return {
    name: 'adabelief',
    options: { ...settings.json, decayOf: which.json },
    slots: ['firstMoment', 'deviation'],
    scalarCount: 3,
    learningRate: rate,
    scalars(step, scale) {
      const [first, second] = corrections(step);
      return [rate(step, scale) / first, 1 / second, rate(step, scale) * weightDecay];
    },
    update(input) {
      const { gradient, scalars } = input;
      const firstMoment = firstMomentOf(slot(input, 'adabelief', 'firstMoment'), gradient, beta1);
      const surprise = sub(gradient, firstMoment);
      const deviation = secondMomentOf(slot(input, 'adabelief', 'deviation'), surprise, beta2);
      // ŝ = s / (1 − β₂ᵗ), where the gathered ε leaves ε / (1 − β₂).
      const corrected = add(mul(deviation, scalarAt(scalars, 1)), epsilon / (1 - beta2));
      const update = neg(div(mul(firstMoment, scalarAt(scalars, 0)), add(sqrt(corrected), epsilon)));
      const slots = { firstMoment, deviation };
      if (weightDecay === 0) return { update, slots };
      return { update: decayed(update, input, scalarAt(scalars, 2), which.match), slots };
    },
  };
}
