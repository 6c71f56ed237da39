/** @file Rates that change by a factor a step. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { power } from '../../core/power.ts';
import { type Schedule, schedule } from './schedule.ts';

const ABOVE = { min: 0, openMin: true };

/**
 * learningRate · factor^(step / every), never below `minimum`.
 *
 * @param options learningRate: of step 0, ≥ 0; factor: in (0, 1]; every: the steps in which the rate falls by the factor, a
 *   whole number ≥ 1, default 1; minimum: ≥ 0, default 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example adam({ learningRate: exponentialDecay({ learningRate: 1e-3, factor: 0.5, every: 1000 }) })
 */
export function exponentialDecay(options: {
  readonly learningRate: number;
  readonly factor: number;
  readonly every?: number;
  readonly minimum?: number;
}): Schedule {
  checkKnownOptions('exponentialDecay', options, ['learningRate', 'factor', 'every', 'minimum']);
  const learningRate = checkNumber('exponentialDecay.learningRate', options.learningRate, { min: 0 });
  const factor = checkNumber('exponentialDecay.factor', options.factor, { ...ABOVE, max: 1 });
  const every = checkNumber('exponentialDecay.every', options.every ?? 1, { min: 1, integer: true });
  const minimum = checkNumber('exponentialDecay.minimum', options.minimum ?? 0, { min: 0 });
  return schedule('exponentialDecay', { learningRate, factor, every, minimum }, (step) => {
    return Math.max(minimum, learningRate * power(factor, step / every));
  });
}

/**
 * `from` · (to / from)^(step / (steps − 1)): from one rate to another in equal factors, and `to` from then on. The ramp of a
 * learning-rate range test.
 *
 * @param options from, to: rates > 0; steps: how many have rates of their own, a whole number ≥ 2.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Smith 2017, "Cyclical learning rates for training neural networks", section 3.3; fastai's lr_find.
 * @example sgd({ learningRate: geometricRamp({ from: 1e-6, to: 1, steps: 100 }) })
 */
export function geometricRamp(options: {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}): Schedule {
  checkKnownOptions('geometricRamp', options, ['from', 'to', 'steps']);
  const from = checkNumber('geometricRamp.from', options.from, ABOVE);
  const to = checkNumber('geometricRamp.to', options.to, ABOVE);
  const steps = checkNumber('geometricRamp.steps', options.steps, { min: 2, integer: true });
  return schedule('geometricRamp', { from, to, steps }, (step) =>
    step >= steps - 1 ? to : from * power(to / from, step / (steps - 1)),
  );
}
