/** @file LARS: momentum with a rate for each leaf, for very large batches. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { add, mul, neg } from '../ops/elementwise.ts';
import { byLeaf, leavesIn, scalarAt, velocityOf } from './blocks.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { leafNorm, ratioOrOne } from './trust-ratio.ts';
import { withL2 } from './weight-decay.ts';

export interface LarsOptions {
  /** ≥ 0; default 0.1. */
  readonly learningRate?: number | Schedule;
  /** Share of the velocity that is kept, in [0, 1); default 0.9. */
  readonly momentum?: number;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** How far a step may move a leaf, beside its norm: > 0, default 1e-3. */
  readonly trust?: number;
}

/**
 * For each leaf: local = trust · ‖p‖ / (‖g‖ + weightDecay · ‖p‖), 1 · trust where ‖p‖ or the denominator is 0;
 * m = momentum · m + learningRate · local · (g + weightDecay · p); update = −m. Biases count as leaves too; to leave them out,
 * give them another transform by `partition`.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see You, Gitman & Ginsburg 2017, "Large batch training of convolutional networks", algorithm 1.
 * @example lars({ learningRate: 1, trust: 0.02 })
 */
export function lars(options: LarsOptions = {}): Transform {
  checkKnownOptions('lars', options, ['learningRate', 'momentum', 'weightDecay', 'trust']);
  const rate = learningRateOf('lars', options.learningRate ?? 0.1);
  const momentum = checkNumber('lars.momentum', options.momentum ?? 0.9, { min: 0, max: 1, openMax: true });
  const weightDecay = checkNumber('lars.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const trust = checkNumber('lars.trust', options.trust ?? 1e-3, { min: 0, openMin: true });
  return {
    name: 'lars',
    options: { learningRate: rate.json, momentum, weightDecay, trust },
    slots: ['velocity'],
    scalarCount: 1,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale)],
    update(input) {
      const { gradient, parameters } = input;
      const scale = scalarAt(input.scalars, 0);
      const { scaled } = byLeaf(leavesIn(input), { gradient, parameters }, (leaf) => {
        const norm = leafNorm(leaf.parameters);
        const local = ratioOrOne(norm, add(leafNorm(leaf.gradient), mul(norm, weightDecay)));
        return { scaled: mul(withL2(leaf.gradient, leaf.parameters, weightDecay), mul(mul(local, trust), scale)) };
      });
      const velocity = velocityOf(slot(input, 'lars', 'velocity'), scaled, momentum);
      return { update: neg(velocity), slots: { velocity } };
    },
  };
}
