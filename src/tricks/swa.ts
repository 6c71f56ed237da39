/**
 * @file Stochastic weight averaging (Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization",
 * algorithm 1). Kind: transform: `weightAverage` behind the run's optimizer. Deviation: the learning rate is the run's own; a constant or
 * cyclic one, as the paper has, is a schedule (`cyclic`, `constantRate`).
 */
import { type WeightAverageOptions, weightAverage } from '../optim/average.ts';
import { chain } from '../optim/transform.ts';
import type { TransformTrick } from '../train/trick.ts';

/**
 * Evaluation, prediction and saving read the plain mean of the weights after steps `from`, `from + every`, … A model with batch
 * normalization needs its running statistics taken anew with these weights: `await reestimateStatistics(run, data)`.
 *
 * @param options from: the first step that counts, from 0, usually that at three quarters of the run; every: steps between weights
 *   that count, default 1, in the paper an epoch's.
 * @throws SaddlepointError `option` for values out of range.
 * @see Izmailov et al. 2018, algorithm 1.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [swa({ from: 3000, every: 125 })] })
 */
export function swa(options: WeightAverageOptions): TransformTrick {
  const average = weightAverage(options);
  return {
    kind: 'transform',
    name: 'swa',
    options: average.options,
    claims: ['weights of evaluation'],
    wrap: (optimizer) => chain(optimizer, average),
  };
}
