/** @file Layers that disturb what passes through them while training; prediction passes everything on. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, greaterEqual, mul, where } from '../ops/elementwise.ts';
import { dropoutMaskWithKey, normalWithKey, uniformWithKey } from '../ops/random.ts';
import { type Layer, layer, layerError } from './layer.ts';
import type { NamedOption } from './options.ts';

type Draw = { readonly key: Tensor; readonly stream: number };

function noiseLayer(
  type: string,
  option: 'rate' | 'deviation',
  amount: number,
  options: NamedOption,
  disturb: (x: Tensor, draw: Draw) => Tensor,
  least = 1,
): Layer {
  checkKnownOptions(type, options, ['name']);
  checkNumber(`${type}.${option}`, amount, option === 'rate' ? { min: 0, max: 1, openMax: true } : { min: 0 });
  return layer(
    type,
    { [option]: amount },
    (x, context) => {
      if (x.shape.length < least)
        throw layerError('shape', context, `${type}: expected [n, …, channels], got shape [${x.shape}]`);
      return context.mode === 'predict' || amount === 0 ? x : disturb(x, context.random());
    },
    options.name,
  );
}

/**
 * Dropout of whole channels: of images [n, height, width, channels] or series [n, steps, channels], where neighbors are so alike
 * that dropping single ones does little (Tompson et al. 2015). Kept channels are multiplied by 1 / (1 − rate).
 *
 * @param rate in [0, 1); 0 is the identity.
 * @example sequential([conv2d(16, 3), spatialDropout(0.2)])
 */
export const spatialDropout = (rate: number, options: NamedOption = {}): Layer =>
  noiseLayer(
    ...(['spatialDropout', 'rate', rate, options] as const),
    (x, { key, stream }) => {
      const shape: Shape = x.shape.map((dimension, axis) => (axis > 0 && axis < x.shape.length - 1 ? 1 : dimension));
      return mul(x, dropoutMaskWithKey(key, shape, stream, rate));
    },
    2,
  );

/**
 * Drops what it is given for whole rows at a time, as the last layer of a residual branch: the row then takes the short way
 * alone. Kept rows are multiplied by 1 / (1 − rate), so that prediction needs no factor (Huang et al. 2016, "Deep networks with
 * stochastic depth", eq. 2; there rates rise from 0 at the first branch to 0.5 at the last).
 *
 * @param rate in [0, 1): how likely a row is dropped; 0 is the identity.
 * @example residual([conv2d(16, 3, { padding: 'same' }), stochasticDepth(0.1)])
 */
export const stochasticDepth = (rate: number, options: NamedOption = {}): Layer =>
  noiseLayer('stochasticDepth', 'rate', rate, options, (x, { key, stream }) => {
    const shape: Shape = x.shape.map((dimension, axis) => (axis === 0 ? dimension : 1));
    return mul(x, dropoutMaskWithKey(key, shape, stream, rate));
  });

/**
 * Multiplies by normal deviates of mean 1 and variance rate / (1 − rate), those of dropout (Srivastava et al. 2014, section 10).
 *
 * @param rate in [0, 1); 0 is the identity.
 */
export const gaussianDropout = (rate: number, options: NamedOption = {}): Layer =>
  noiseLayer('gaussianDropout', 'rate', rate, options, (x, { key, stream }) =>
    mul(x, add(mul(normalWithKey(key, x.shape, stream), Math.sqrt(rate / (1 - rate))), 1)),
  );

/**
 * Adds normal deviates of mean 0 while training.
 *
 * @param deviation their standard deviation, ≥ 0, in units of the input; 0 is the identity.
 */
export const gaussianNoise = (deviation: number, options: NamedOption = {}): Layer =>
  noiseLayer('gaussianNoise', 'deviation', deviation, options, (x, { key, stream }) =>
    add(x, mul(normalWithKey(key, x.shape, stream), deviation)),
  );

/** −λα of selu: what its units tend to for large negative inputs. */
const SATURATED = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for selu networks: a dropped unit is set to selu's lowest value, and all are scaled and shifted so that mean 0 and
 * variance 1 stay as they are (Klambauer et al. 2017, section "New dropout technique").
 *
 * @param rate in [0, 1); 0 is the identity.
 * @example sequential([dense(64, { activation: 'selu', kernelInitializer: lecunNormal() }), alphaDropout(0.05), dense(10)])
 */
export const alphaDropout = (rate: number, options: NamedOption = {}): Layer =>
  noiseLayer('alphaDropout', 'rate', rate, options, (x, { key, stream }) => {
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * SATURATED ** 2));
    const kept = where(greaterEqual(uniformWithKey(key, x.shape, stream), rate), x, SATURATED);
    return add(mul(kept, scale), -scale * rate * SATURATED);
  });
