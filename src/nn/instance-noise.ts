/** @file Noise in front of a critic that fades as training goes on. */
import { checkNumber } from '../core/errors.ts';
import { cast } from '../ops/cast.ts';
import { add, maximum, mul, sub } from '../ops/elementwise.ts';
import { reshape, slice } from '../ops/movement.ts';
import { normalWithKey } from '../ops/random.ts';
import { type Layer, layer } from './layer.ts';
import { checkOptions, type NamedOption, optionsToJson } from './options.ts';

/**
 * Instance noise: normal deviates added to what a critic judges, data and made rows alike, so that the two overlap; their
 * deviation falls from `deviation` to 0 in a line over `steps` steps. Stands first in a critic; prediction passes rows on as they
 * are. Noise that stays is `gaussianNoise`.
 *
 * @param deviation at the first step, ≥ 0, in units of the data.
 * @param options steps: a whole number ≥ 1; required.
 * @throws SaddlepointError `option` for numbers out of range.
 * @see Sønderby et al. 2017, "Amortised MAP inference for image super-resolution"; Arjovsky & Bottou 2017, section 3.
 * @example sequential([instanceNoise(0.1, { steps: 2000 }), dense(128, { activation: 'relu' }), dense(1)])
 */
export function instanceNoise(deviation: number, options: NamedOption & { readonly steps: number }): Layer {
  checkOptions('instanceNoise', options, ['steps'], []);
  checkNumber('instanceNoise.deviation', deviation, { min: 0 });
  const steps = checkNumber('instanceNoise.steps', options.steps, { min: 1, integer: true });
  return layer(
    'instanceNoise',
    optionsToJson({ ...options, deviation }),
    (x, context) => {
      if (context.mode === 'predict' || deviation === 0) return x;
      const { key, stream } = context.random();
      // A key is [seed, step, turn].
      const step = cast(reshape(slice(key, [1], [1]), []), 'f32');
      const scale = maximum(sub(deviation, mul(step, deviation / steps)), 0);
      return add(x, mul(normalWithKey(key, x.shape, stream), scale));
    },
    options.name,
  );
}
