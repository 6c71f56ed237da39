/** @file LAMB: Adam with a rate for each leaf, for very large batches. */
import { add, div, mul, neg, sqrt } from '../ops/elementwise.ts';
import type { AdamOptions } from './adam.ts';
import { adamSettings, MOMENTS } from './adam-family.ts';
import { byLeaf, firstMomentOf, leavesIn, scalarAt, secondMomentOf } from './blocks.ts';
import { slot, type Transform } from './transform.ts';
import { leafNorm, ratioOrOne } from './trust-ratio.ts';
import { withL2 } from './weight-decay.ts';

/**
 * r = m̂ / (√v̂ + ε) + weightDecay · p, with m̂ and v̂ as in `adam`; for each leaf update = −learningRate · ‖p‖ / ‖r‖ · r, without
 * the quotient where either norm is 0. Biases count as leaves too; to leave them out, give them another transform by
 * `partition`.
 *
 * @param options as for `adam`; epsilon: default 1e-6; weightDecay: inside r, default 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see You et al. 2020, "Large batch optimization for deep learning: training BERT in 76 minutes", algorithm 2, φ the identity.
 * @example lamb({ learningRate: 1e-2, weightDecay: 0.01 })
 */
export function lamb(options: AdamOptions = {}): Transform {
  const settings = adamSettings('lamb', options, { learningRate: 1e-3, epsilon: 1e-6 });
  const { rate, beta1, beta2, epsilon, weightDecay, corrections } = settings;
  return {
    name: 'lamb',
    options: settings.json,
    slots: MOMENTS,
    scalarCount: 3,
    learningRate: rate,
    scalars(step, scale) {
      const [first, second] = corrections(step);
      return [rate(step, scale), 1 / first, 1 / second];
    },
    update(input) {
      const { gradient, parameters, scalars } = input;
      const firstMoment = firstMomentOf(slot(input, 'lamb', 'firstMoment'), gradient, beta1);
      const secondMoment = secondMomentOf(slot(input, 'lamb', 'secondMoment'), gradient, beta2);
      const corrected = sqrt(mul(secondMoment, scalarAt(scalars, 2)));
      const adapted = div(mul(firstMoment, scalarAt(scalars, 1)), add(corrected, epsilon));
      const direction = withL2(adapted, parameters, weightDecay);
      const { update } = byLeaf(leavesIn(input), { direction, parameters }, (leaf) => {
        const ratio = ratioOrOne(leafNorm(leaf.parameters), leafNorm(leaf.direction));
        return { update: mul(leaf.direction, neg(mul(ratio, scalarAt(scalars, 0)))) };
      });
      return { update, slots: { firstMoment, secondMoment } };
    },
  };
}
