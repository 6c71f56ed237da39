/** @file Cosine decay. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { cosPi } from '../../core/math.ts';
import { type Schedule, schedule } from './schedule.ts';

/**
 * minimum + (learningRate − minimum) · (1 + cos(π · step / steps)) / 2, and the minimum from `steps` on.
 *
 * @param options learningRate: of step 0, ≥ 0; steps: how many the decay takes, a whole number ≥ 1, usually all of the run;
 *   minimum: in [0, learningRate], default 0.
 * @see Loshchilov & Hutter 2017, eq. 5 (one period, no restarts).
 * @example adam({ learningRate: cosineDecay({ learningRate: 1e-3, steps: 5000 }) })
 */
export function cosineDecay(options: {
  readonly learningRate: number;
  readonly steps: number;
  readonly minimum?: number;
}): Schedule {
  checkKnownOptions('cosineDecay', options, ['learningRate', 'steps', 'minimum']);
  const learningRate = checkNumber('cosineDecay.learningRate', options.learningRate, { min: 0 });
  const steps = checkNumber('cosineDecay.steps', options.steps, { min: 1, integer: true });
  const minimum = checkNumber('cosineDecay.minimum', options.minimum ?? 0, { min: 0 });
  if (minimum > learningRate) {
    throw new SaddlepointError(
      'option',
      `cosineDecay.minimum: expected at most the learning rate ${learningRate}, got ${minimum}`,
    );
  }
  return schedule('cosineDecay', { learningRate, steps, minimum }, (step) =>
    step >= steps ? minimum : minimum + ((learningRate - minimum) * (1 + cosPi(step / steps))) / 2,
  );
}
