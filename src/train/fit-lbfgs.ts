/** @file `fitLbfgs`: a small model to the bottom of its loss, all rows at every evaluation. */
import { must } from '../core/errors.ts';
import type { Layer } from '../nn/layer.ts';
import { type LbfgsEnding, type LbfgsOptions, lbfgs } from '../optim/drivers/lbfgs.ts';
import { type FitWholeOptions, fitWhole, pick } from './fit-whole.ts';
import type { TrainedModel } from './model.ts';
import type { Data } from './options.ts';
import type { Run } from './run.ts';

const OWN = [
  ...(['memory', 'maximumIterations', 'maximumEvaluations', 'gradientTolerance', 'valueTolerance'] as const),
  ...(['decrease', 'curvature'] as const),
];
/** Options of `fit` that hold for whole batches, and those of `lbfgs`. */
export interface FitLbfgsOptions<Name extends string = string>
  extends FitWholeOptions<Name>,
    Pick<LbfgsOptions, (typeof OWN)[number]> {}

const ENDINGS: Readonly<Record<LbfgsEnding, string>> = {
  gradient: 'the gradient is within gradientTolerance',
  value: 'the loss falls by less than valueTolerance',
  iterations: 'maximumIterations are done',
  evaluations: 'maximumEvaluations are done',
  lineSearch: 'no step along the direction lowers the loss (in f32 the mark of a minimum)',
  aborted: 'the signal was aborted',
};

/**
 * Trains by L-BFGS over all rows at once: for models of some thousand parameters and rows, such as logistic regression or a
 * small network, it reaches the bottom of the loss in some dozens of iterations and has no learning rate to be chosen.
 *
 * Points are doubles on the host, values and gradients f32: expect a loss to some 7 digits, and `lineSearch` as an ending. What
 * is minimized is the mean loss, as in `fit`; there is no weight decay.
 *
 * @param model a layer or trained model without noise (dropout) and without running statistics, unless they are frozen.
 * @param data as for `fit`, weights included.
 * @returns a run as of `fit`: an iteration is an epoch of the history, measured after it over all training rows; with
 *   validation the weights of the best iteration are kept; `run.notes` says why it ended, after how many evaluations.
 * @throws SaddlepointError `option` for models that are no function of their parameters alone, and options out of range; `data`
 *   for a loss that is not finite at the start; what `fit` throws before training.
 * @see Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5; Liu & Nocedal 1989.
 * @example const run = await fitLbfgs(sequential([dense(3)]), { x, y }, { loss: crossEntropy(), metrics: [accuracy()] });
 */
export async function fitLbfgs<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitLbfgsOptions<Name>,
): Promise<Run<Name>> {
  return fitWhole('fitLbfgs', model, data, options, OWN, async ({ at, start, signal, onIteration }) => {
    const { point, iterations, evaluations, ending } = await lbfgs(at, start, {
      ...pick(options, OWN),
      ...(signal && { signal }),
      onIteration,
    });
    const why = must(ENDINGS[ending], 'an ending');
    const note = `L-BFGS: ${iterations} iterations, ${evaluations} evaluations; ended since ${why}`;
    return { point, iterations, isAborted: ending === 'aborted', note };
  });
}
