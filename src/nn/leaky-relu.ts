/** @file The leaky rectifier with a slope of one's choice, as a layer. */
import { checkNumber } from '../core/errors.ts';
import { leakyRelu as leaky } from './activations.ts';
import { type Layer, layer } from './layer.ts';
import { checkOptions, type NamedOption } from './options.ts';

/**
 * x where x > 0, else slope · x: [n, …] to [n, …]. `activation('leakyRelu')` is the same with the slope 0.01 of networks that
 * classify; critics of adversarial networks take 0.2 (Radford et al. 2015, section 3).
 *
 * @param slope below 0: in [0, 1), default 0.2.
 * @throws SaddlepointError `option` for a slope out of range.
 * @example sequential([conv2d(64, 4, { strides: 2, padding: 'same' }), leakyRelu(0.2)])
 */
export function leakyRelu(slope = 0.2, options: NamedOption = {}): Layer {
  checkOptions('leakyRelu', options, [], []);
  checkNumber('leakyRelu.slope', slope, { min: 0, max: 1, openMax: true });
  return layer('leakyRelu', { slope }, (x) => leaky(x, slope), options.name);
}
