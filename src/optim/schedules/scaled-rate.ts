/** @file The learning rate of another batch size, by rule, and the warm-up that large batches need. */
import { checkKnownOptions, checkName, checkNumber } from '../../core/errors.ts';
import { type Schedule, schedule } from './schedule.ts';

/** From which batch size to which, by which rule. */
export interface ScaledRateOptions {
  /** The rate that suits batches of `from` rows: ≥ 0. */
  readonly learningRate: number;
  readonly from: number;
  /** The batch size that is used instead. */
  readonly to: number;
  /** 'linear' (default), for SGD: rate · to / from; 'squareRoot', for Adam and its kin: rate · √(to / from). */
  readonly rule?: 'linear' | 'squareRoot';
}

const KNOWN = ['learningRate', 'from', 'to', 'rule'];

/**
 * The learning rate for another batch size.
 *
 * @throws SaddlepointError `option` for values out of range.
 * @see Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.1 (linear); Krizhevsky 2014, Hoffer et al. 2017 (√).
 * @example sgd({ learningRate: scaledRate({ learningRate: 0.1, from: 32, to: 128 }) }) // 0.4
 */
export function scaledRate(options: ScaledRateOptions): number {
  checkKnownOptions('scaledRate', options, KNOWN);
  const rate = checkNumber('scaledRate.learningRate', options.learningRate, { min: 0 });
  const from = checkNumber('scaledRate.from', options.from, { min: 1, integer: true });
  const to = checkNumber('scaledRate.to', options.to, { min: 1, integer: true });
  const rule = checkName('scaledRate.rule', options.rule ?? 'linear', ['linear', 'squareRoot']);
  return rate * (rule === 'linear' ? to / from : Math.sqrt(to / from));
}

/**
 * Gradual warm-up: from the rate of the small batch in a line to that of the large one, and on at it.
 *
 * @param options those of `scaledRate`, and steps: of the warm-up, a whole number ≥ 1 (five epochs in the paper).
 * @throws SaddlepointError `option` for values out of range.
 * @see Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
 * @example sgd({ learningRate: scaledWarmUp({ learningRate: 0.1, from: 32, to: 1024, steps: 40 }) })
 */
export function scaledWarmUp({ steps, ...options }: ScaledRateOptions & { readonly steps: number }): Schedule {
  checkNumber('scaledWarmUp.steps', steps, { min: 1, integer: true });
  const [first, last] = [options.learningRate, scaledRate(options)];
  return schedule('scaledWarmUp', { ...options, steps }, (step) => first + (last - first) * Math.min(1, step / steps));
}
