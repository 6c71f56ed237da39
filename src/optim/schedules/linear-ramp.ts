/** @file Straight lines, and what is constant for a while. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * From one rate to another in a straight line: from + (to − from) · step / steps, and `to` from step `steps` on. A warm-up
 * where it rises, a decay where it falls.
 *
 * @param options from, to: rates ≥ 0; steps: a whole number ≥ 1.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example adam({ learningRate: linearRamp({ from: 1e-3, to: 0, steps: 5000 }) })
 */
export function linearRamp(options: { readonly from: number; readonly to: number; readonly steps: number }): Schedule {
  checkKnownOptions('linearRamp', options, ['from', 'to', 'steps']);
  const from = checkNumber('linearRamp.from', options.from, { min: 0 });
  const to = checkNumber('linearRamp.to', options.to, { min: 0 });
  const steps = checkNumber('linearRamp.steps', options.steps, { min: 1, integer: true });
  return schedule('linearRamp', { from, to, steps }, (step) =>
    step >= steps ? to : from + ((to - from) * step) / steps,
  );
}

/**
 * The same rate at every step: a part for `joinSchedules`.
 *
 * @param learningRate ≥ 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example joinSchedules([{ schedule: constantRate(1e-4), steps: 100 }, { schedule: constantRate(1e-3) }])
 */
export function constantRate(learningRate: number): Schedule {
  checkNumber('constantRate', learningRate, { min: 0 });
  return schedule('constantRate', { learningRate }, () => learningRate);
}

/**
 * learningRate · max(floor, 1 − step / (steps + 1)): a line that ends just above the floor.
 *
 * @param options learningRate: of step 0, ≥ 0; steps: of the whole run, a whole number ≥ 1; floor: share of the rate that is
 *   always left, in [0, 1], default 1e-4.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Mikolov et al. 2013, word2vec.c: `alpha`.
 * @example sgd({ learningRate: word2vecDecay({ learningRate: 0.025, steps: 100_000 }) })
 */
export function word2vecDecay(options: {
  readonly learningRate: number;
  readonly steps: number;
  readonly floor?: number;
}): Schedule {
  checkKnownOptions('word2vecDecay', options, ['learningRate', 'steps', 'floor']);
  const learningRate = checkNumber('word2vecDecay.learningRate', options.learningRate, { min: 0 });
  const steps = checkNumber('word2vecDecay.steps', options.steps, { min: 1, integer: true });
  const floor = checkNumber('word2vecDecay.floor', options.floor ?? 1e-4, { min: 0, max: 1 });
  return schedule('word2vecDecay', { learningRate, steps, floor }, (step) => {
    return learningRate * Math.max(floor, 1 - step / (steps + 1));
  });
}
