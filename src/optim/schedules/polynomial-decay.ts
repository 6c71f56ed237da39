/** @file Polynomial decay. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { power } from '../../core/power.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * minimum + (learningRate − minimum) · (1 − step / steps)^exponent, and the minimum from `steps` on.
 *
 * @param options learningRate: of step 0, ≥ 0; steps: a whole number ≥ 1; exponent: > 0, default 2; minimum: in
 *   [0, learningRate], default 0.
 * @throws SaddlepointError `option` for a value outside its range.
 * @example sgd({ learningRate: polynomialDecay({ learningRate: 0.1, steps: 5000, exponent: 0.9 }) })
 */
export function polynomialDecay(options: {
  readonly learningRate: number;
  readonly steps: number;
  readonly exponent?: number;
  readonly minimum?: number;
}): Schedule {
  checkKnownOptions('polynomialDecay', options, ['learningRate', 'steps', 'exponent', 'minimum']);
  const learningRate = checkNumber('polynomialDecay.learningRate', options.learningRate, { min: 0 });
  const steps = checkNumber('polynomialDecay.steps', options.steps, { min: 1, integer: true });
  const exponent = checkNumber('polynomialDecay.exponent', options.exponent ?? 2, { min: 0, openMin: true });
  const minimum = checkNumber('polynomialDecay.minimum', options.minimum ?? 0, { min: 0, max: learningRate });
  return schedule('polynomialDecay', { learningRate, steps, exponent, minimum }, (step) =>
    step >= steps ? minimum : minimum + (learningRate - minimum) * power(1 - step / steps, exponent),
  );
}
