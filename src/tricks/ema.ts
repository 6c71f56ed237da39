/**
 * @file The exponential moving average of the weights, for evaluation (Polyak & Juditsky 1992; Tarvainen & Valpola 2017, eq. 1).
 * Kind: transform: `weightEma` behind the run's optimizer. No deviation.
 */
import { checkKnownOptions } from '../core/errors.ts';
import { type WeightEmaOptions, weightEma } from '../optim/average.ts';
import { chain } from '../optim/transform.ts';
import type { TransformTrick } from '../train/trick.ts';

/**
 * Evaluation, prediction and saving read the average a ← decay · a + (1 − decay) · w of the weights after each step; training goes on
 * from the weights themselves. Running statistics of batch normalization are those of the weights: see `reestimateStatistics`.
 *
 * @param decay in [0, 1), default 0.999: the average looks back about 1 / (1 − decay) steps; take 0.99 for runs of a thousand. 0 is none.
 * @throws SaddlepointError `option` for values out of range.
 * @see Tarvainen & Valpola 2017, "Mean teachers are better role models", eq. 1.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [ema(0.99)] })
 */
export function ema(decay = 0.999, options: WeightEmaOptions = {}): TransformTrick {
  checkKnownOptions('ema', options, ['biasCorrection']);
  const average = weightEma(decay, options);
  return {
    kind: 'transform',
    name: 'ema',
    options: average.options,
    isNeutral: decay === 0,
    claims: ['weights of evaluation'],
    wrap: (optimizer) => chain(optimizer, average),
  };
}
