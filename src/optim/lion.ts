/** @file Lion: steps of one size, in the direction of the momentum's sign. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { add, mul, neg, sign } from '../ops/elementwise.ts';
import { firstMomentOf, scalarAt } from './blocks.ts';
import { checkDecayOf, type DecayOf, decayed } from './decay.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';

export interface LionOptions {
  /** The size of every step in every parameter, ≥ 0; default 1e-4: a third to a tenth of what suits Adam. */
  readonly learningRate?: number | Schedule;
  /** The momentum's share in the direction, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the momentum, in [0, 1); default 0.99. */
  readonly beta2?: number;
  /** Decoupled: parameters shrink by learningRate · weightDecay of themselves; ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Which leaves decay; default 'all'. */
  readonly decayOf?: DecayOf;
}

/**
 * update = −learningRate · (sign(β₁m + (1 − β₁)g) + weightDecay · parameters), then m = β₂m + (1 − β₂)g: one slot. Where the
 * direction is exactly 0 nothing moves.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
 * @example lion({ learningRate: 1e-4, weightDecay: 0.1 })
 */
export function lion(options: LionOptions = {}): Transform {
  checkKnownOptions('lion', options, ['learningRate', 'beta1', 'beta2', 'weightDecay', 'decayOf']);
  const rate = learningRateOf('lion', options.learningRate ?? 1e-4);
  const beta1 = checkNumber('lion.beta1', options.beta1 ?? 0.9, { min: 0, max: 1, openMax: true });
  const beta2 = checkNumber('lion.beta2', options.beta2 ?? 0.99, { min: 0, max: 1, openMax: true });
  const weightDecay = checkNumber('lion.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const which = checkDecayOf('lion.decayOf', options.decayOf);
  return {
    name: 'lion',
    options: { learningRate: rate.json, beta1, beta2, weightDecay, decayOf: which.json },
    slots: ['momentum'],
    scalarCount: 2,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale), rate.at(step, scale) * weightDecay],
    update(input) {
      const { gradient, scalars } = input;
      const old = slot(input, 'lion', 'momentum');
      const direction = sign(add(mul(old, beta1), mul(gradient, 1 - beta1)));
      const update = mul(direction, neg(scalarAt(scalars, 0)));
      const slots = { momentum: firstMomentOf(old, gradient, beta2) };
      if (weightDecay === 0) return { update, slots };
      return { update: decayed(update, input, scalarAt(scalars, 1), which.match), slots };
    },
  };
}
