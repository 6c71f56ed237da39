/** @file Pooling layers of images. */
import { checkKnownOptions } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  type AveragePoolOptions,
  averagePool,
  checkPoolOptions,
  type MaxPoolOptions,
  maxPool,
  type PoolOptions,
} from '../ops/pooling.ts';
import { max, mean } from '../ops/reduce.ts';
import type { Pair } from '../ops/window.ts';
import { type Context, type Layer, layer, layerError } from './layer.ts';
import { inLayer, type NamedOption as Named, optionsToJson } from './options.ts';

function poolLayer<O extends PoolOptions>(
  type: string,
  poolSize: number | Pair,
  { name, ...options }: O & Named,
  more: string,
  pool: (x: Tensor, options: O) => Tensor,
): Layer {
  const all = { ...options, poolSize } as unknown as O;
  checkPoolOptions(type, all, more);
  const call = (x: Tensor, context: Context): Tensor => {
    requireImages(type, x, context);
    return inLayer(context, () => pool(x, all));
  };
  return layer(type, optionsToJson(all), call, name);
}

function requireImages(type: string, { shape }: Tensor, context: Context): void {
  if (shape.length === 4) return;
  const message = `${type}: expected images [n, height, width, channels], got ${showShape(shape)}`;
  throw layerError('shape', context, message, 'gray images have one channel: reshape them to [height, width, 1]');
}

/**
 * The largest value of each window, by channel. Input [n, height, width, channels].
 *
 * @param poolSize of a window: a number, or [height, width]; default 2.
 * @param options strides: default the pool size; padding: 'valid' (default), 'same', a number, …; ceilMode; dilations.
 * @throws SaddlepointError `shape` with the layer's path for other ranks, and windows that do not fit.
 * @example sequential([conv2d(16, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)])
 */
export const maxPool2d = (poolSize: number | Pair = 2, options: Omit<MaxPoolOptions, 'poolSize'> & Named = {}): Layer =>
  poolLayer('maxPool2d', poolSize, options, 'dilations', maxPool);

/**
 * The mean of each window, by channel. Input [n, height, width, channels].
 *
 * @param poolSize of a window: a number, or [height, width]; default 2.
 * @param options strides: default the pool size; padding: 'valid' (default), 'same', a number, …; ceilMode; includePadding:
 *   whether cells of the padding count in the divisor, default false.
 * @example averagePool2d(2)
 */
export const averagePool2d = (
  poolSize: number | Pair = 2,
  options: Omit<AveragePoolOptions, 'poolSize'> & Named = {},
): Layer => poolLayer('averagePool2d', poolSize, options, 'includePadding', averagePool);

function globalLayer(type: string, { name, ...rest }: Named, reduce: typeof mean): Layer {
  checkKnownOptions(type, rest, ['name']);
  const call = (x: Tensor, context: Context): Tensor => {
    requireImages(type, x, context);
    return reduce(x, [1, 2]);
  };
  return layer(type, {}, call, name);
}

/** The mean of each channel over the whole image: [n, height, width, channels] → [n, channels]. */
export const globalAveragePool2d = (options: Named = {}): Layer => globalLayer('globalAveragePool2d', options, mean);

/** The largest value of each channel over the whole image: [n, height, width, channels] → [n, channels]. */
export const globalMaxPool2d = (options: Named = {}): Layer => globalLayer('globalMaxPool2d', options, max);
