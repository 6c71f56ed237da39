/**
 * @file Noise on the inputs (Sietsma & Dow 1991; for small noise it is Tikhonov regularization: Bishop 1995, "Training with
 * noise is equivalent to Tikhonov regularization", section "Training with noise"). Kind: augmentation. No deviation.
 */
import { checkNumber } from '../core/errors.ts';
import { add, mul } from '../ops/elementwise.ts';
import { normalWithKey } from '../ops/random.ts';
import type { Augmentation } from '../train/trick.ts';

/**
 * Adds normal deviates to every input while training. (As a layer anywhere in a model: `gaussianNoise`.)
 *
 * @param deviation their standard deviation ≥ 0, in units of scaled inputs, without a default: standardized columns have the deviation 1; 0 is none.
 * @throws SaddlepointError `option` for another value.
 * @see Bishop 1995, section "Training with noise".
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [inputNoise(0.1)] })
 */
export function inputNoise(deviation: number): Augmentation {
  checkNumber('inputNoise.deviation', deviation, { min: 0 });
  return {
    kind: 'augmentation',
    name: 'inputNoise',
    options: { deviation },
    isNeutral: deviation === 0,
    change(batch, { random }) {
      const { key, stream } = random();
      return { ...batch, x: add(batch.x, mul(normalWithKey(key, batch.x.shape, stream), deviation)) };
    },
  };
}
