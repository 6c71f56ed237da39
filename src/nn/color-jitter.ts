/** @file Brightness, saturation and contrast of pictures, changed by chance while training, so that gradients pass. */
import { checkNumber } from '../core/errors.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { uniformWithKey } from '../ops/random.ts';
import { mean } from '../ops/reduce.ts';
import { requireImages } from './conv-transpose.ts';
import { type Layer, layer } from './layer.ts';
import { checkOptions, type NamedOption } from './options.ts';

/**
 * Changes each picture by draws of its own while training: brightness by up to strength / 2 either way, saturation by a factor in
 * [1 − strength, 1 + strength), contrast by one in [1 − strength / 2, 1 + strength / 2). Prediction passes pictures on.
 *
 * Input and output [n, height, width, channels]; of one channel there is no saturation.
 *
 * @param strength in [0, 1], default 1: that of DiffAugment, for pictures in [0, 1] or [−1, 1].
 * @throws SaddlepointError `option` for a strength out of range; `shape` for what are no pictures.
 * @see Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training", appendix A.
 */
export function colorJitter(strength = 1, options: NamedOption = {}): Layer {
  checkOptions('colorJitter', options, [], []);
  checkNumber('colorJitter.strength', strength, { min: 0, max: 1 });
  return layer(
    'colorJitter',
    { strength },
    (x, context) => {
      const channels = requireImages('colorJitter', x.shape, context);
      if (context.mode === 'predict' || strength === 0) return x;
      /** One number a picture, in [−strength · most, strength · most). */
      const draw = (most: number) => {
        const { key, stream } = context.random();
        return mul(sub(uniformWithKey(key, [x.shape[0] as number, 1, 1, 1], stream), 0.5), 2 * most * strength);
      };
      const bright = add(x, draw(0.5));
      const gray = mean(bright, 3, { keepDims: true });
      const colored = channels === 1 ? bright : add(gray, mul(sub(bright, gray), add(draw(1), 1)));
      const middle = mean(colored, [1, 2, 3], { keepDims: true });
      return add(middle, mul(sub(colored, middle), add(draw(0.5), 1)));
    },
    options.name,
  );
}
