/** @file The functions of pooling: windows by options, and cells that share an image evenly. */
import { checkKnownOptions, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { float, mul } from './elementwise.ts';
import { reshape } from './movement.ts';
import { averagePoolOp, maxPoolOp } from './pool.ts';
import { sum } from './reduce.ts';
import { take } from './take.ts';
import { checkWindows, type Padding, type Pair, pairOf, windowsOf } from './window.ts';

export interface PoolOptions {
  /** Of a window: one number, or [height, width]; default 2. */
  readonly poolSize?: number | Pair;
  /** From window to window; default: the pool size, so that windows neither overlap nor leave gaps. */
  readonly strides?: number | Pair;
  /**
   * What is added around the images and never counts as a value: 'valid' (default), nothing; 'same', as much as gives
   * ⌈size / stride⌉ windows; a number; [vertical, horizontal]; or [[top, bottom], [left, right]].
   */
  readonly padding?: Padding;
  /** Whether windows may hang over the last row and column, instead of leaving those out; default false. */
  readonly ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** From cell to cell of a window; default 1. */
  readonly dilations?: number | Pair;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether cells of the padding count in the divisor; default false, as in Keras. (PyTorch's default is true.) */
  readonly includePadding?: boolean;
}

const OPTIONS = ['poolSize', 'strides', 'padding', 'ceilMode'];

function windows(name: string, x: Tensor, options: MaxPoolOptions) {
  const { poolSize = 2, strides = poolSize, padding = 'valid', dilations = 1, ceilMode = false } = options;
  const [, height = 1, width = 1] = x.shape;
  const found = windowsOf(
    name,
    [height, width],
    { window: poolSize, strides, padding, dilations, ceilMode },
    'poolSize',
  );
  checkWindows(name, x.shape, found);
  return found;
}

/** Refuses options of pooling that are unknown or out of range, before there are images. */
export function checkPoolOptions(name: string, options: MaxPoolOptions & AveragePoolOptions, more: string): void {
  checkKnownOptions(name, options, [...OPTIONS, more]);
  for (const option of ['ceilMode', 'includePadding'] as const) {
    const given = options[option];
    if (given !== undefined && typeof given !== 'boolean')
      throw new SaddlepointError('option', `${name}.${option}: expected true or false, got ${String(given)}`);
  }
  const { poolSize = 2, strides = poolSize, padding = 'valid', dilations = 1 } = options;
  windowsOf(name, [1, 1], { window: poolSize, strides, padding, dilations, ceilMode: true }, 'poolSize');
}

/**
 * The largest value of each window, by channel. NaN wins over all numbers; the gradient goes to the first of equals.
 *
 * @param x images [n, height, width, channels].
 * @returns [n, height′, width′, channels], where a size is ⌊(size + padding − dilation · (poolSize − 1) − 1) / stride⌋ + 1.
 * @throws SaddlepointError `shape` for other ranks, and for windows that do not fit or would lie in padding alone.
 * @example maxPool(x, { poolSize: 3, strides: 2, padding: 1 })
 */
export function maxPool(x: TensorLike, options: MaxPoolOptions = {}): Tensor {
  checkPoolOptions('maxPool', options, 'dilations');
  const images = float(x);
  return apply(maxPoolOp, [images], windows('maxPool', images, options))[0] as Tensor;
}

/**
 * The mean of each window, by channel: of the cells inside the image, or with `includePadding` of all, those of the padding
 * being 0.
 *
 * @param x images [n, height, width, channels].
 * @returns [n, height′, width′, channels], where a size is ⌊(size + padding − poolSize) / stride⌋ + 1.
 * @throws SaddlepointError as `maxPool`.
 * @example averagePool(x, { poolSize: 2 })
 */
export function averagePool(x: TensorLike, options: AveragePoolOptions = {}): Tensor {
  checkPoolOptions('averagePool', options, 'includePadding');
  const images = float(x);
  const attributes = { ...windows('averagePool', images, options), includePadding: options.includePadding ?? false };
  return apply(averagePoolOp, [images], attributes)[0] as Tensor;
}

/**
 * Means over a grid of cells of about equal size, so that images of any size give [n, ...size, channels]: cell i of an axis
 * has the rows ⌊i · in / out⌋ … ⌈(i + 1) · in / out⌉ − 1, as in PyTorch.
 *
 * @param x images [n, height, width, channels].
 * @param size [height, width] of the result, or one number for both.
 * @example adaptiveAveragePool(x, [7, 7])
 */
export function adaptiveAveragePool(x: TensorLike, size: number | Pair): Tensor {
  const images = float(x);
  const [rows, columns] = pairOf('adaptiveAveragePool.size', size, 1);
  const [, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 4 || rows > height || columns > width) {
    const message = `adaptiveAveragePool: expected images [n, height ≥ ${rows}, width ≥ ${columns}, channels], got ${showShape(images.shape)}`;
    throw new SaddlepointError('shape', message, 'resize2d makes images larger');
  }
  if (height % rows === 0 && width % columns === 0)
    return averagePool(images, { poolSize: [height / rows, width / columns] });
  return meansAlong(meansAlong(images, 1, rows), 2, columns);
}

/** Means of `count` cells along one axis. */
function meansAlong(x: Tensor, axis: number, count: number): Tensor {
  const size = x.shape[axis] as number;
  const cells = Array.from({ length: count }, (_, i) => {
    const [first, end] = [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)];
    return Array.from({ length: end - first }, (_cell, k) => first + k);
  });
  // The numbers of rows differ by one at most. Where one is missing, the last row stands twice, with half its weight each.
  const most = Math.max(...cells.map((cell) => cell.length));
  const rows = cells.map((cell) => (cell.length === most ? cell : [...cell, cell[cell.length - 1] as number]));
  const weights = cells.map(({ length }) =>
    Array.from({ length: most }, (_, k) => (length < most && k >= length - 1 ? 0.5 : 1) / length),
  );
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const picked = reshape(take(x, rows.flat(), axis), [...before, count, most, ...after]);
  const column = reshape(weights, [count, most, ...after.map(() => 1)]);
  return sum(mul(picked, column), axis + 1);
}
