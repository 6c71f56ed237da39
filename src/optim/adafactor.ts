/** @file Adafactor: second moments of rows and columns in place of elements. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { power } from '../core/power.ts';
import type { Segment } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, maximum, mul, neg, sqrt, square } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { reshape } from '../ops/movement.ts';
import { mean } from '../ops/reduce.ts';
import { byLeaf, leavesIn, scalarAt, sizeOfLeaf } from './blocks.ts';
import { checkDecayOf, type DecayOf, decayed } from './decay.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';

export interface AdafactorOptions {
  /** About the size of a step in each parameter, ≥ 0; default 1e-2. It is not scaled by the parameters' size. */
  readonly learningRate?: number | Schedule;
  /** β₂ of step t is 1 − t^−decayExponent, ≥ 0; default 0.8. */
  readonly decayExponent?: number;
  /** Added to the squared gradients, > 0; default 1e-30. */
  readonly epsilon?: number;
  /** The largest root mean square that a leaf's update may have, before the rate: d > 0, default 1. */
  readonly clip?: number;
  /** Decoupled: parameters shrink by learningRate · weightDecay of themselves; ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Which leaves decay; default 'all'. */
  readonly decayOf?: DecayOf;
}

/**
 * For each leaf with two axes or more, of its last two: rows r and columns c are decaying means of g² + ε over the other axis,
 * and v = r cᵀ / mean(r); vectors keep v itself. u = g / √v; update = −learningRate · u / max(1, RMS(u) / clip). No momentum,
 * and no scaling by the parameters' size.
 *
 * The method was made to save memory; here each slot is as large as the parameters, and only the beginning of each leaf's part
 * is used.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Shazeer & Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost", algorithm 4.
 * @example adafactor({ learningRate: 1e-2 })
 */
export function adafactor(options: AdafactorOptions = {}): Transform {
  const known = ['learningRate', 'decayExponent', 'epsilon', 'clip', 'weightDecay', 'decayOf'];
  checkKnownOptions('adafactor', options, known);
  const rate = learningRateOf('adafactor', options.learningRate ?? 1e-2);
  const above = { min: 0, openMin: true };
  const decayExponent = checkNumber('adafactor.decayExponent', options.decayExponent ?? 0.8, { min: 0 });
  const epsilon = checkNumber('adafactor.epsilon', options.epsilon ?? 1e-30, above);
  const clip = checkNumber('adafactor.clip', options.clip ?? 1, above);
  const weightDecay = checkNumber('adafactor.weightDecay', options.weightDecay ?? 0, { min: 0 });
  const which = checkDecayOf('adafactor.decayOf', options.decayOf);
  return {
    name: 'adafactor',
    options: { learningRate: rate.json, decayExponent, epsilon, clip, weightDecay, decayOf: which.json },
    slots: ['secondMoment'],
    // The rate; β₂ and 1 − β₂; the decay.
    scalarCount: 4,
    learningRate: rate.at,
    scalars(step, scale) {
      const fresh = power(step + 1, -decayExponent);
      return [rate.at(step, scale), 1 - fresh, fresh, rate.at(step, scale) * weightDecay];
    },
    update(input) {
      const { gradient, scalars } = input;
      const held = slot(input, 'adafactor', 'secondMoment');
      const blend = (old: Tensor, now: Tensor): Tensor =>
        add(mul(old, scalarAt(scalars, 1)), mul(now, scalarAt(scalars, 2)));
      const made = byLeaf(leavesIn(input), { gradient, held }, (leaf, where) => {
        const squares = add(square(leaf.gradient), epsilon);
        const { secondMoment, root } = isFactored(where)
          ? factored(leaf.held, squares, blend, where)
          : whole(blend(leaf.held, squares));
        const direction = div(leaf.gradient, root);
        const size = sqrt(mean(square(direction)));
        return { update: div(direction, maximum(1, div(size, clip))), secondMoment };
      });
      const update = mul(made.update, neg(scalarAt(scalars, 0)));
      const slots = { secondMoment: made.secondMoment };
      if (weightDecay === 0) return { update, slots };
      return { update: decayed(update, input, scalarAt(scalars, 3), which.match), slots };
    },
  };
}

/** Two axes longer than 1: then rows and columns together have no more elements than the leaf. */
const isFactored = ({ shape }: Segment): boolean => shape.length > 1 && Math.min(...shape.slice(-2)) > 1;

const whole = (secondMoment: Tensor) => ({ secondMoment, root: sqrt(secondMoment) });

/** Rows [lead, a, 1] and columns [lead, 1, b] of the last two axes; the slot holds them one behind the other. */
function factored(
  held: Tensor,
  squares: Tensor,
  blend: (old: Tensor, now: Tensor) => Tensor,
  where: Segment,
): { secondMoment: Tensor; root: Tensor } {
  const size = sizeOfLeaf(where);
  const [a, b] = where.shape.slice(-2) as [number, number];
  const lead = size / (a * b);
  const flat = reshape(held, [size]);
  const x = reshape(squares, [lead, a, b]);
  const rows = blend(segment(flat, 0, [lead, a, 1]), mean(x, 2, { keepDims: true }));
  const columns = blend(segment(flat, lead * a, [lead, 1, b]), mean(x, 1, { keepDims: true }));
  // The quotient first: rows · columns of ε alone would be 0 in f32.
  const moments = mul(div(rows, mean(rows, 1, { keepDims: true })), columns);
  return {
    secondMoment: pack([rows, columns], [0, lead * a], lead * (a + b)),
    root: reshape(sqrt(moments), where.shape),
  };
}
