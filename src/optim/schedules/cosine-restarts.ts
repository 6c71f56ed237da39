/** @file Cosine decay that begins again. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { cosPi } from '../../core/math.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * Cosine decay from the rate to the minimum within a period, then again from the rate, each period `growth` times as long as
 * the one before.
 *
 * @param options learningRate: at the start of each period, ≥ 0; period: steps of the first, a whole number ≥ 1; growth: a
 *   whole number ≥ 1, default 1; minimum: in [0, learningRate], default 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", eq. 5.
 * @example sgd({ learningRate: cosineRestarts({ learningRate: 0.1, period: 1000, growth: 2 }) })
 */
export function cosineRestarts(options: {
  readonly learningRate: number;
  readonly period: number;
  readonly growth?: number;
  readonly minimum?: number;
}): Schedule {
  checkKnownOptions('cosineRestarts', options, ['learningRate', 'period', 'growth', 'minimum']);
  const learningRate = checkNumber('cosineRestarts.learningRate', options.learningRate, { min: 0 });
  const period = checkNumber('cosineRestarts.period', options.period, { min: 1, integer: true });
  const growth = checkNumber('cosineRestarts.growth', options.growth ?? 1, { min: 1, integer: true });
  const minimum = checkNumber('cosineRestarts.minimum', options.minimum ?? 0, { min: 0, max: learningRate });
  return schedule('cosineRestarts', { learningRate, period, growth, minimum }, (step) => {
    let length = period;
    let within = growth === 1 ? step % period : step;
    for (; within >= length; length *= growth) within -= length;
    return minimum + ((learningRate - minimum) * (1 + cosPi(within / length))) / 2;
  });
}
