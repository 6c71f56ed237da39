/** @file The learning-rate range test without a model: which rates to try, when to stop, and what the losses say. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { powInteger } from '../../core/math.ts';
import { geometricRamp } from '../schedules/exponential.ts';
import type { Schedule } from '../schedules/schedule.ts';

export interface LearningRateRangeOptions {
  /** The first rate, > 0; default 1e-7. */
  readonly from?: number;
  /** The last rate, > from; default 10. */
  readonly to?: number;
  /** How many steps, one a rate: a whole number ≥ 10, default 100. */
  readonly steps?: number;
  /** Of the losses: share of the mean that is kept, in [0, 1); default 0.9 (with the bias correction of Adam). */
  readonly smoothing?: number;
  /** Ends when the smoothed loss is this many times the lowest so far: > 1, default 4. */
  readonly stopAt?: number;
}

/** What the test found; all arrays have one element for each step taken. */
export interface LearningRateRange {
  readonly learningRates: readonly number[];
  readonly losses: readonly number[];
  readonly smoothed: readonly number[];
  /** Where the smoothed loss falls fastest by the logarithm of the rate; undefined if it never fell. */
  readonly steepest: number | undefined;
  /** A tenth of the rate with the lowest smoothed loss; undefined if it never fell. */
  readonly tenthOfMinimum: number | undefined;
  /** The smaller of both: what to begin with. */
  readonly suggestion: number | undefined;
}

/** A range test under way: it says the rate of each step, is told the loss, and ends with a suggestion. */
export interface LearningRateRangeTest {
  /** The rate of each step, for the optimizer. */
  readonly schedule: Schedule;
  readonly steps: number;
  /** Takes the loss of the next step, measured before its update; false: the test is over. */
  report(loss: number): boolean;
  result(): LearningRateRange;
}

/**
 * A test that trains for some steps with rates that grow from tiny to far too large, and reads from the losses which suits.
 * Whoever runs it gives `schedule` to the optimizer and `report`s each step's loss; weights are to be put back afterwards.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Smith 2017, "Cyclical learning rates for training neural networks", section 3.3; fastai's lr_find (smoothing, 4 × the
 *   lowest loss, steepest and minimum / 10).
 * @example
 * const test = learningRateRangeTest({ steps: 60 });
 * for (let step = 0; test.report(trainStep(test.schedule(step))); step++);
 * test.result().suggestion;
 */
export function learningRateRangeTest(options: LearningRateRangeOptions = {}): LearningRateRangeTest {
  const where = 'learningRateRangeTest';
  checkKnownOptions(where, options, ['from', 'to', 'steps', 'smoothing', 'stopAt']);
  const from = checkNumber(`${where}.from`, options.from ?? 1e-7, { min: 0, openMin: true });
  const to = checkNumber(`${where}.to`, options.to ?? 10, { min: from, openMin: true });
  const steps = checkNumber(`${where}.steps`, options.steps ?? 100, { min: 10, integer: true });
  const smoothing = checkNumber(`${where}.smoothing`, options.smoothing ?? 0.9, { min: 0, max: 1, openMax: true });
  const stopAt = checkNumber(`${where}.stopAt`, options.stopAt ?? 4, { min: 1, openMin: true });
  const schedule = geometricRamp({ from, to, steps });
  const losses: number[] = [];
  const smoothed: number[] = [];
  let mean = 0;
  let over = false;
  return {
    schedule,
    steps,
    report(loss) {
      if (over) throw new SaddlepointError('option', `${where}: the test is over; a new one takes new losses`);
      // A loss that is no number ends the test: beyond it there is nothing to learn.
      if (!Number.isFinite(loss)) {
        over = true;
        return false;
      }
      losses.push(loss);
      mean = smoothing * mean + (1 - smoothing) * loss;
      const now = mean / (1 - powInteger(smoothing, losses.length));
      smoothed.push(now);
      const lowest = Math.min(...smoothed);
      // Losses below 0 (log-likelihoods) have no multiple that would mean anything; there only the number of steps ends it.
      over = losses.length === steps || (lowest > 0 && now > stopAt * lowest);
      return !over;
    },
    result: () => found(schedule, losses, smoothed),
  };
}

function found(schedule: Schedule, losses: readonly number[], smoothed: readonly number[]): LearningRateRange {
  const learningRates = losses.map((_, i) => schedule(i));
  const lowest = smoothed.indexOf(Math.min(...smoothed));
  // Rates grow by equal factors, so the slope by their logarithm is that by the step, centered.
  const slopes = smoothed.map((_, i) => {
    const [before, after] = [smoothed[i - 1], smoothed[i + 1]];
    return before === undefined || after === undefined ? 0 : (after - before) / 2;
  });
  const steepestFall = Math.min(0, ...slopes.slice(0, lowest + 1));
  const steepest = steepestFall < 0 ? learningRates[slopes.indexOf(steepestFall)] : undefined;
  const tenthOfMinimum = lowest > 0 ? (learningRates[lowest] as number) / 10 : undefined;
  const known = [steepest, tenthOfMinimum].filter((rate) => rate !== undefined);
  return {
    ...{ learningRates, losses: [...losses], smoothed: [...smoothed], steepest, tenthOfMinimum },
    suggestion: known.length === 0 ? undefined : Math.min(...known),
  };
}
