/** @file `fitSaddleFree`: a model past its saddles by saddle-free Newton steps, all rows at every evaluation. */
import type { Layer } from '../nn/layer.ts';
import {
  type SaddleFreeEnding,
  type SaddleFreeNewtonOptions,
  saddleFreeNewton,
} from '../optim/drivers/saddle-free-newton.ts';
import { type FitWholeOptions, fitWhole, pick } from './fit-whole.ts';
import type { TrainedModel } from './model.ts';
import type { Data } from './options.ts';
import type { Run } from './run.ts';

const OWN = [
  ...(['krylov', 'exactBelow', 'damping', 'adaptive', 'maximumIterations', 'gradientTolerance'] as const),
  'curvatureTolerance',
] as const;

/** Options of `fit` that hold for whole batches, and those of `saddleFreeNewton`. */
export interface FitSaddleFreeOptions<Name extends string = string>
  extends FitWholeOptions<Name>,
    Omit<Pick<SaddleFreeNewtonOptions, (typeof OWN)[number]>, 'exactBelow'> {
  /**
   * Below so many numbers in the block of parameters the Hessian is written down at each step, by as many products: a whole number
   * ≥ 0. Default 0: the Krylov form, whatever the size.
   */
  readonly exactBelow?: number;
}

const ENDINGS: Readonly<Record<SaddleFreeEnding, string>> = {
  minimum: 'the gradient is within gradientTolerance and nothing bends down',
  iterations: 'maximumIterations are done',
  damping: 'no step lowers the loss (in f32 the mark of a minimum)',
  aborted: 'the signal was aborted',
};

/**
 * Trains by saddle-free Newton over all rows at once, in its Krylov form: at each step some twenty products with the Hessian of the
 * loss (`krylov`) span a space in which |H| is exact, and the step is −(|H| + damping)⁻¹ g. Where gradient descent lies still for
 * hundreds of steps around a saddle it goes on at once. For models of some thousand parameters and rows; a product costs some two
 * gradients.
 *
 * Points are doubles on the host, values, gradients and products f32, as with `fitLbfgs`. What is minimized is the mean loss, as in
 * `fit`; there is no weight decay.
 *
 * @param model a layer or trained model without noise (dropout) and without running statistics, unless they are frozen.
 * @param data as for `fit`, weights included.
 * @returns a run as of `fit`: a step is an epoch of the history, measured after it over all training rows; with validation the
 *   weights of the best step are kept; `run.notes` says why it ended, and how many steps were taken along the bottom of the spectrum.
 * @throws SaddlepointError `option` for models that are no function of their parameters alone, and options out of range; `data`
 *   for a loss that is not finite at the start; what `fit` throws before training.
 * @see Dauphin et al. 2014 (arXiv 1406.2572), algorithm 1; deviations as of `curvature.saddleFreeNewton`.
 * @example const run = await fitSaddleFree(sequential([dense(8, { activation: 'tanh' }), dense(3)]), { x, y }, { loss: crossEntropy() });
 */
export function fitSaddleFree<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitSaddleFreeOptions<Name>,
): Promise<Run<Name>> {
  const drive: Parameters<typeof fitWhole<Name>>[5] = async ({ start, size, at, hessian, signal, onIteration }) => {
    let escapes = 0;
    const { seed } = options;
    const result = await saddleFreeNewton({ size, at, hessian }, start, {
      exactBelow: 0,
      ...pick(options, OWN),
      ...(seed !== undefined && { seed }),
      ...(signal && { signal }),
      async onIteration({ iteration, point, escaped }) {
        if (escaped) escapes++;
        await onIteration({ iteration, point });
      },
    });
    const { point, iterations, evaluations, ending } = result;
    const note = `saddle-free Newton: ${iterations} steps, ${escapes} of them along the bottom of the spectrum, ${evaluations} evaluations; ended since ${ENDINGS[ending]}`;
    return { point, iterations, isAborted: ending === 'aborted', note };
  };
  return fitWhole('fitSaddleFree', model, data, options, OWN, drive, true);
}
