/** @file Dropout. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { mul } from '../ops/elementwise.ts';
import { dropoutMaskWithKey } from '../ops/random.ts';
import { type Layer, layer } from './layer.ts';

/**
 * While training, sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 − rate), so that
 * prediction, which keeps all, needs no correction. The masks follow from the seed, the layer's path and the step.
 *
 * @param rate in [0, 1); 0 is the identity.
 * @see Srivastava et al. 2014 (which scales at prediction instead).
 */
export function dropout(rate: number, options: { readonly name?: string } = {}): Layer {
  checkKnownOptions('dropout', options, ['name']);
  checkNumber('dropout.rate', rate, { min: 0, max: 1, openMax: true });
  return layer(
    'dropout',
    { rate },
    (x, context) => {
      if (context.mode === 'predict' || rate === 0) return x;
      const { key, stream } = context.random();
      return mul(x, dropoutMaskWithKey(key, x.shape, stream, rate));
    },
    options.name,
  );
}
