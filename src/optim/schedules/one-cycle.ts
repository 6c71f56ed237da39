/** @file One cycle for a whole run. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { cosPi } from '../../core/math.ts';
import { type Schedule, schedule } from './schedule.ts';

export interface OneCycleOptions {
  /** The largest rate, > 0. */
  readonly maximum: number;
  /** Steps of the run, a whole number ≥ 2. */
  readonly steps: number;
  /** The share of steps that the rate rises, in (0, 1); at most ½ with three phases; default 0.3. */
  readonly rising?: number;
  /** How it goes from one rate to the next: 'cosine' (default) or 'linear'. */
  readonly shape?: 'cosine' | 'linear';
  /** The first rate is maximum / startDivisor: ≥ 1, default 25. */
  readonly startDivisor?: number;
  /** The last rate is the first / endDivisor: ≥ 1, default 1e4. */
  readonly endDivisor?: number;
  /** Down to the first rate as fast as it rose, then on to the last; default false: down at once. */
  readonly threePhases?: boolean;
}

/** Where each phase ends, in steps that may be fractions, and the value there. */
interface Phase {
  readonly end: number;
  readonly value: number;
}

/** The ends of the phases: the peak at rising · steps − 1, the last at steps − 1. */
function phasesOf(
  where: string,
  options: Pick<OneCycleOptions, 'steps' | 'rising' | 'threePhases'>,
  values: [number, number, number],
): { phases: Phase[]; steps: number; rising: number; threePhases: boolean } {
  const { threePhases = false } = options;
  const steps = checkNumber(`${where}.steps`, options.steps, { min: 2, integer: true });
  const most = threePhases ? { max: 0.5 } : { max: 1, openMax: true };
  const rising = checkNumber(`${where}.rising`, options.rising ?? 0.3, { min: 0, openMin: true, ...most });
  const peak = rising * steps - 1;
  if (peak <= 0) {
    throw new SaddlepointError(
      'option',
      `${where}.rising: a share of ${rising} of ${steps} steps is no more than the first`,
      'give more steps, or a larger share',
    );
  }
  const [start, top, last] = values;
  const phases = threePhases
    ? [
        { end: peak, value: top },
        { end: 2 * peak, value: start },
        { end: steps - 1, value: last },
      ]
    : [
        { end: peak, value: top },
        { end: steps - 1, value: last },
      ];
  return { phases, steps, rising, threePhases };
}

function along(start: number, phases: readonly Phase[], shape: 'cosine' | 'linear', step: number): number {
  let [from, begin] = [start, 0];
  for (const { end, value } of phases) {
    if (step <= end) {
      const share = (step - begin) / (end - begin);
      return shape === 'linear' ? from + (value - from) * share : value + ((from - value) * (1 + cosPi(share))) / 2;
    }
    [from, begin] = [value, end];
  }
  return from;
}

/**
 * Up from maximum / startDivisor to the maximum, then down to maximum / startDivisor / endDivisor, within one run: large rates
 * in its middle act as regularization and let it be short. The peak is at step rising · steps − 1, which may lie between two
 * steps; from step `steps` on the last rate stays.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Smith & Topin 2018, "Super-convergence", in PyTorch's form.
 * @example sgd({ learningRate: oneCycle({ maximum: 0.5, steps: 3000 }), momentum: 0.9 })
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const known = ['maximum', 'steps', 'rising', 'shape', 'startDivisor', 'endDivisor', 'threePhases'];
  checkKnownOptions('oneCycle', options, known);
  const maximum = checkNumber('oneCycle.maximum', options.maximum, { min: 0, openMin: true });
  const startDivisor = checkNumber('oneCycle.startDivisor', options.startDivisor ?? 25, { min: 1 });
  const endDivisor = checkNumber('oneCycle.endDivisor', options.endDivisor ?? 1e4, { min: 1 });
  const shape = checkName('oneCycle.shape', options.shape ?? 'cosine', ['cosine', 'linear']);
  const start = maximum / startDivisor;
  const { phases, ...rest } = phasesOf('oneCycle', options, [start, maximum, start / endDivisor]);
  return schedule('oneCycle', { maximum, ...rest, shape, startDivisor, endDivisor }, (step) => {
    return along(start, phases, shape, step);
  });
}

/**
 * The momentum beside `oneCycle`: from the maximum down to the minimum while the rate rises, and back.
 *
 * @param options minimum: in [0, 1), default 0.85; maximum: in [minimum, 1), default 0.95; steps, rising, shape and threePhases
 *   as for `oneCycle`.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Smith 2018, "A disciplined approach to neural network hyper-parameters", section 4.3.
 * @example oneCycleMomentum({ steps: 3000 })(0); // 0.95
 */
export function oneCycleMomentum(
  options: Pick<OneCycleOptions, 'steps' | 'rising' | 'shape' | 'threePhases'> & {
    readonly minimum?: number;
    readonly maximum?: number;
  },
): Schedule {
  const where = 'oneCycleMomentum';
  checkKnownOptions(where, options, ['minimum', 'maximum', 'steps', 'rising', 'shape', 'threePhases']);
  const minimum = checkNumber(`${where}.minimum`, options.minimum ?? 0.85, { min: 0, max: 1, openMax: true });
  const maximum = checkNumber(`${where}.maximum`, options.maximum ?? 0.95, { min: minimum, max: 1, openMax: true });
  const shape = checkName(`${where}.shape`, options.shape ?? 'cosine', ['cosine', 'linear']);
  const { phases, ...rest } = phasesOf(where, options, [maximum, minimum, maximum]);
  return schedule(where, { minimum, maximum, ...rest, shape }, (step) => along(maximum, phases, shape, step));
}
