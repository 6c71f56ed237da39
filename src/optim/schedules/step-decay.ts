/** @file Decay in steps: at regular distances, or at milestones. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { powInteger } from '../../core/math.ts';
import { type Schedule, schedule } from './schedule.ts';

const FACTOR = { min: 0, openMin: true };

/**
 * learningRate · factor^⌊step / every⌋.
 *
 * @param options learningRate: of step 0, ≥ 0; every: steps between falls, a whole number ≥ 1; factor: > 0, default 0.1.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 1000, factor: 0.5 }) })
 */
export function stepDecay(options: {
  readonly learningRate: number;
  readonly every: number;
  readonly factor?: number;
}): Schedule {
  checkKnownOptions('stepDecay', options, ['learningRate', 'every', 'factor']);
  const learningRate = checkNumber('stepDecay.learningRate', options.learningRate, { min: 0 });
  const every = checkNumber('stepDecay.every', options.every, { min: 1, integer: true });
  const factor = checkNumber('stepDecay.factor', options.factor ?? 0.1, FACTOR);
  return schedule('stepDecay', { learningRate, every, factor }, (step) => {
    return learningRate * powInteger(factor, Math.floor(step / every));
  });
}

/**
 * learningRate · factor^(how many milestones ≤ step).
 *
 * @param options learningRate: of step 0, ≥ 0; milestones: ascending whole numbers ≥ 0; factor: > 0, default 0.1.
 * @throws SaddlepointError `option` for a value outside its range, or milestones that do not ascend.
 * @example sgd({ learningRate: multiStepDecay({ learningRate: 0.1, milestones: [3000, 4500] }) })
 */
export function multiStepDecay(options: {
  readonly learningRate: number;
  readonly milestones: readonly number[];
  readonly factor?: number;
}): Schedule {
  checkKnownOptions('multiStepDecay', options, ['learningRate', 'milestones', 'factor']);
  const learningRate = checkNumber('multiStepDecay.learningRate', options.learningRate, { min: 0 });
  const factor = checkNumber('multiStepDecay.factor', options.factor ?? 0.1, FACTOR);
  const { milestones } = options;
  if (
    !Array.isArray(milestones) ||
    milestones.some((at, i) => !(Number.isInteger(at) && at >= (milestones[i - 1] ?? 0)))
  ) {
    throw new SaddlepointError(
      'option',
      `multiStepDecay.milestones: expected ascending whole numbers, got ${show(milestones)}`,
      'for example [3000, 4500]: the steps from which on the rate is lower',
    );
  }
  return schedule('multiStepDecay', { learningRate, milestones: [...milestones], factor }, (step) => {
    return learningRate * powInteger(factor, milestones.filter((at) => at <= step).length);
  });
}
