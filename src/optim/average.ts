/** @file Averages of the weights along the way, for evaluation: they stand last in a chain and change no step. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { powInteger } from '../core/math.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { FIRST_MOMENT_FLOOR, flush } from '../ops/update.ts';
import { scalarAt } from './blocks.ts';
import { slot, type Transform } from './transform.ts';

/**
 * Keeps the average a ← kₜa + (1 − kₜ)p of the parameters p after each step. The slot holds a − p, which is 0 at the start and
 * becomes kₜ(a − p − update).
 */
const averaging = (name: string, options: JsonObject, keep: (step: number) => number): Transform => ({
  ...{ name, options, slots: ['averageOffset'], scalarCount: 1 },
  scalars: (step) => [keep(step)],
  update(input) {
    const update = input.gradient;
    const offset = mul(sub(slot(input, name, 'averageOffset'), update), scalarAt(input.scalars, 0));
    return { update, slots: { averageOffset: flush(offset, FIRST_MOMENT_FLOOR) } };
  },
  evaluationParameters: (input) => add(input.parameters, slot(input, name, 'averageOffset')),
});

export interface WeightEmaOptions {
  /**
   * False (default): the average begins with the first weights, which fade. True: with the weights after the first step; each
   * step's share is (1 − decay) / (1 − decayᵗ), as Adam corrects its moments.
   */
  readonly biasCorrection?: boolean;
}

/**
 * The exponential moving average of the weights: a ← decay · a + (1 − decay) · p after each step. Evaluation, prediction and
 * saving read it; training goes on from p.
 *
 * @param decay in [0, 1): the average looks back about 1 / (1 − decay) steps; 0.999 is usual, 0.99 for runs of a thousand.
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Polyak & Juditsky 1992; Tarvainen & Valpola 2017, "Mean teachers are better role models", eq. 1.
 * @example chain(adam(), weightEma(0.999))
 */
export function weightEma(decay: number, options: WeightEmaOptions = {}): Transform {
  checkNumber('weightEma', decay, { min: 0, max: 1, openMax: true });
  checkKnownOptions('weightEma', options, ['biasCorrection']);
  const { biasCorrection = false } = options;
  const keep = (step: number): number => (biasCorrection ? 1 - (1 - decay) / (1 - powInteger(decay, step + 1)) : decay);
  return averaging('weightEma', { decay, biasCorrection }, keep);
}

export interface WeightAverageOptions {
  /** The step from which on weights count, from 0: a whole number ≥ 0. Before it, the average is the weights as they are. */
  readonly from: number;
  /** How many steps lie between weights that count, usually those of an epoch: a whole number ≥ 1, default 1. */
  readonly every?: number;
}

/**
 * Stochastic weight averaging: the plain mean of the weights after steps `from`, `from + every`, … Evaluation, prediction and
 * saving read it. Batch norm's statistics are those of the weights that were trained; they need a pass over the data with the
 * averaged weights.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization", algorithm 1.
 * @example chain(sgd({ learningRate: 0.05, momentum: 0.9 }), weightAverage({ from: 3000, every: 100 }))
 */
export function weightAverage(options: WeightAverageOptions): Transform {
  checkKnownOptions('weightAverage', options, ['from', 'every']);
  const from = checkNumber('weightAverage.from', options.from, { min: 0, integer: true });
  const every = checkNumber('weightAverage.every', options.every ?? 1, { min: 1, integer: true });
  const keep = (step: number): number => {
    if (step < from) return 0;
    const counted = Math.floor((step - from) / every);
    return (step - from) % every === 0 ? counted / (counted + 1) : 1;
  };
  return averaging('weightAverage', { from, every }, keep);
}
