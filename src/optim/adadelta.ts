/** @file Adadelta: steps in the units of the parameters. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { add, div, mul, neg, sqrt } from '../ops/elementwise.ts';
import { scalarAt, secondMomentOf } from './blocks.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { withL2 } from './weight-decay.ts';

export interface AdadeltaOptions {
  /** A factor of the steps that the method finds by itself, ≥ 0; default 1. */
  readonly learningRate?: number | Schedule;
  /** Of both means of squares, in [0, 1); default 0.9. */
  readonly decay?: number;
  /** Added below both roots, > 0; default 1e-6: it is also what the first steps grow from. */
  readonly epsilon?: number;
  /** L2: this times the parameters is added to the gradient; ≥ 0, default 0. */
  readonly weightDecay?: number;
}

/**
 * v = decay · v + (1 − decay)g²; d = √(a + ε) / √(v + ε) · g; a = decay · a + (1 − decay)d²; update = −learningRate · d.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Zeiler 2012, "ADADELTA", algorithm 1.
 * @example adadelta()
 */
export function adadelta(options: AdadeltaOptions = {}): Transform {
  checkKnownOptions('adadelta', options, ['learningRate', 'decay', 'epsilon', 'weightDecay']);
  const rate = learningRateOf('adadelta', options.learningRate ?? 1);
  const decay = checkNumber('adadelta.decay', options.decay ?? 0.9, { min: 0, max: 1, openMax: true });
  const epsilon = checkNumber('adadelta.epsilon', options.epsilon ?? 1e-6, { min: 0, openMin: true });
  const weightDecay = checkNumber('adadelta.weightDecay', options.weightDecay ?? 0, { min: 0 });
  return {
    name: 'adadelta',
    options: { learningRate: rate.json, decay, epsilon, weightDecay },
    slots: ['secondMoment', 'squaredSteps'],
    scalarCount: 1,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale)],
    update(input) {
      const gradient = withL2(input.gradient, input.parameters, weightDecay);
      const taken = slot(input, 'adadelta', 'squaredSteps');
      const secondMoment = secondMomentOf(slot(input, 'adadelta', 'secondMoment'), gradient, decay);
      const direction = mul(div(sqrt(add(taken, epsilon)), sqrt(add(secondMoment, epsilon))), gradient);
      const squaredSteps = secondMomentOf(taken, direction, decay);
      return {
        update: mul(direction, neg(scalarAt(input.scalars, 0))),
        slots: { secondMoment, squaredSteps },
      };
    },
  };
}
