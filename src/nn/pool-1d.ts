/** @file Pooling layers of series [n, steps, channels]. Steps that a mask rules out do not count. */
import { checkNumber } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { div, float, maximum, where } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { averagePool, checkPoolOptions, maxPool } from '../ops/pooling.ts';
import { max, mean, sum } from '../ops/reduce.ts';
import type { Padding } from '../ops/window.ts';
import { type Context, type Layer, layer, layerError, maskOf, withMask } from './layer.ts';
import { alongSteps, countedSteps } from './masks.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface Pool1dOptions extends NamedOption {
  /** From window to window; default: the pool size. */
  readonly strides?: number;
  /** 'valid' (default), 'same', a number, or [before, after]. Padding never counts. */
  readonly padding?: 'valid' | 'same' | number | readonly [number, number];
  /** Whether a window may hang over the last step; default false. */
  readonly ceilMode?: boolean;
}

function requireSeries(type: string, x: Tensor, context: Context): [number, number, number] {
  if (x.shape.length === 3) return x.shape as unknown as [number, number, number];
  const message = `${type}: expected [n, steps, channels], got ${showShape(x.shape)}`;
  throw layerError('shape', context, message, 'one number a step is one channel');
}

/** The options of a series as those of an image of one row. */
function asImages(type: string, poolSize: number, { strides, padding, ceilMode }: Pool1dOptions) {
  checkNumber(`${type}.poolSize`, poolSize, { min: 1, integer: true });
  if (strides !== undefined) checkNumber(`${type}.strides`, strides, { min: 1, integer: true });
  const sides = typeof padding === 'number' ? ([padding, padding] as const) : padding;
  const around: Padding | undefined = sides === undefined || typeof sides === 'string' ? sides : [[0, 0], sides];
  const how = {
    poolSize: [1, poolSize] as const,
    ...(strides === undefined ? {} : { strides: [1, strides] as const }),
    ...(around === undefined ? {} : { padding: around }),
    ...(ceilMode === undefined ? {} : { ceilMode }),
  };
  checkPoolOptions(type, how, '');
  return how;
}

function poolLayer(
  type: string,
  poolSize: number,
  options: Pool1dOptions,
  pool: (images: Tensor, mask: Tensor | undefined, how: ReturnType<typeof asImages>) => Tensor,
): Layer {
  checkOptions(type, options, ['strides', 'padding'], ['ceilMode']);
  const how = asImages(type, poolSize, options);
  return layer(
    type,
    optionsToJson({ ...options, poolSize }),
    (x, context) => {
      const [n, steps, channels] = requireSeries(type, x, context);
      const mask = maskOf(x);
      const images = reshape(float(x), [n, 1, steps, channels]);
      const counts = mask === undefined ? undefined : reshape(mask, [n, 1, steps, 1]);
      const y = inLayer(context, () => pool(images, counts, how));
      const series = reshape(y, [n, y.shape[2] as number, channels]);
      if (counts === undefined) return series;
      // A window counts if any of its steps does; others give 0.
      const kept = reshape(maxPool(counts, how), [n, series.shape[1] as number]);
      return withMask(countedSteps(series, kept), kept);
    },
    options.name,
  );
}

/**
 * The largest value of each window of steps, by channel: [n, steps, channels] → [n, steps′, channels]. Padded steps (a mask) do
 * not count; a window of nothing else gives 0 and is padded itself.
 *
 * @param poolSize steps of a window, default 2.
 * @param options strides, padding, ceilMode.
 * @throws SaddlepointError `shape` with the layer's path for other ranks, and windows that do not fit.
 * @example sequential([conv1d(16, 5, { activation: 'relu' }), maxPool1d(2), flatten(), dense(1)])
 */
export const maxPool1d = (poolSize = 2, options: Pool1dOptions = {}): Layer =>
  poolLayer('maxPool1d', poolSize, options, (images, mask, how) =>
    maxPool(mask === undefined ? images : where(mask, images, Number.NEGATIVE_INFINITY), how),
  );

/**
 * The mean of each window of steps, by channel; see `maxPool1d`. The mean is that of the steps that count.
 *
 * @param poolSize steps of a window, default 2.
 * @example averagePool1d(4)
 */
export const averagePool1d = (poolSize = 2, options: Pool1dOptions = {}): Layer =>
  poolLayer('averagePool1d', poolSize, options, (images, mask, how) => {
    if (mask === undefined) return averagePool(images, how);
    const share = averagePool(mask, how);
    return div(averagePool(where(mask, images, 0), how), where(share, share, 1));
  });

function globalLayer(type: string, options: NamedOption, reduce: (x: Tensor, mask?: Tensor) => Tensor): Layer {
  checkOptions(type, options, [], []);
  const call = (x: Tensor, context: Context): Tensor => {
    requireSeries(type, x, context);
    return reduce(float(x), maskOf(x));
  };
  return layer(type, {}, call, options.name);
}

/**
 * The mean of each channel over the steps that count: [n, steps, channels] → [n, channels]. A row of padding alone gives zeros.
 *
 * @example sequential([embedding(10_000, 32, { maskId: 0 }), globalAveragePool1d(), dense(2)])
 */
export const globalAveragePool1d = (options: NamedOption = {}): Layer =>
  globalLayer('globalAveragePool1d', options, (x, mask) =>
    mask === undefined ? mean(x, 1) : div(sum(countedSteps(x, mask), 1), maximum(sum(mask, 1, { keepDims: true }), 1)),
  );

/** The largest value of each channel over the steps that count: [n, steps, channels] → [n, channels]; zeros if none does. */
export const globalMaxPool1d = (options: NamedOption = {}): Layer =>
  globalLayer('globalMaxPool1d', options, (x, mask) => {
    if (mask === undefined) return max(x, 1);
    const largest = max(countedSteps(x, mask, Number.NEGATIVE_INFINITY), 1);
    return where(max(alongSteps(mask, x), 1), largest, 0);
  });
