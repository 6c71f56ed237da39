/** @file Images of another size: nearest neighbor, bilinear, and pixels from channels. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { add, float, mul } from './elementwise.ts';
import { broadcastTo, reshape, transpose } from './movement.ts';
import { take } from './take.ts';
import { type Pair, pairOf } from './window.ts';

export interface ResizeOptions {
  /** How values between the pixels are found: 'bilinear' (default), or 'nearest'. */
  readonly method?: 'bilinear' | 'nearest';
  /**
   * Where the pixels of the result lie. False (default): pixels are areas, whose outer edges coincide ("half-pixel centers"),
   * so that resizing commutes with mirroring. True, for bilinear alone: pixels are points, of which the corners coincide.
   */
  readonly alignCorners?: boolean;
}

function images(name: string, x: TensorLike): Tensor {
  const t = float(x);
  if (t.shape.length === 4) return t;
  throw new SaddlepointError(
    'shape',
    `${name}: expected images [n, height, width, channels], got ${showShape(t.shape)}`,
  );
}

/**
 * Images of another size. Enlarging interpolates; reducing samples, without smoothing before it: for that, use averagePool
 * or adaptiveAveragePool.
 *
 * @param x images [n, height, width, channels].
 * @param size [height, width] of the result, or one number for both.
 * @returns [n, ...size, channels].
 * @throws SaddlepointError `shape` for other ranks; `option` for an unknown method, and for alignCorners with 'nearest'.
 * @example resize2d(x, [64, 64])
 */
export function resize2d(x: TensorLike, size: number | Pair, options: ResizeOptions = {}): Tensor {
  checkKnownOptions('resize2d', options, ['method', 'alignCorners']);
  const { method = 'bilinear', alignCorners = false } = options;
  checkName('resize2d.method', method, ['bilinear', 'nearest']);
  if (typeof alignCorners !== 'boolean' || (alignCorners && method === 'nearest'))
    throw new SaddlepointError(
      'option',
      `resize2d.alignCorners: expected ${method === 'nearest' ? "false with method 'nearest'" : 'true or false'}, got ${show(alignCorners)}`,
    );
  const [height, width] = pairOf('resize2d.size', size, 1);
  const along =
    method === 'nearest' ? nearest : (t: Tensor, axis: number, n: number) => linear(t, axis, n, alignCorners);
  return along(along(images('resize2d', x), 1, height), 2, width);
}

/**
 * Images enlarged by a whole factor.
 *
 * @param x images [n, height, width, channels].
 * @param factor a whole number ≥ 1, or [vertical, horizontal].
 * @returns [n, height · factor, width · factor, channels].
 * @example upsample2d(x, 2, { method: 'nearest' })
 */
export function upsample2d(x: TensorLike, factor: number | Pair, options: ResizeOptions = {}): Tensor {
  const [vertical, horizontal] = pairOf('upsample2d.factor', factor, 1);
  const t = images('upsample2d', x);
  const [n, height, width, channels] = t.shape as [number, number, number, number];
  if (options.method !== 'nearest') return resize2d(t, [height * vertical, width * horizontal], options);
  checkKnownOptions('upsample2d', options, ['method']);
  const repeated = broadcastTo(reshape(t, [n, height, 1, width, 1, channels]), [
    ...[n, height, vertical, width, horizontal, channels],
  ]);
  return reshape(repeated, [n, height * vertical, width * horizontal, channels]);
}

/** The pixel in whose area the center of the new pixel lies. */
function nearest(x: Tensor, axis: number, count: number): Tensor {
  const size = x.shape[axis] as number;
  if (size === count) return x;
  const index = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));
  return take(x, index, axis);
}

function linear(x: Tensor, axis: number, count: number, alignCorners: boolean): Tensor {
  const size = x.shape[axis] as number;
  if (size === count) return x;
  const places = Array.from({ length: count }, (_, i) =>
    alignCorners
      ? (i * (size - 1)) / Math.max(1, count - 1)
      : Math.min(Math.max(((i + 0.5) * size) / count - 0.5, 0), size - 1),
  );
  const before = places.map(Math.floor);
  // On a pixel, both neighbors are that pixel: with weights 1 and 0, an infinite neighbor would make it NaN.
  const after = places.map(Math.ceil);
  const shares = places.map((place, i) => (before[i] === after[i] ? 0.5 : place - (before[i] as number)));
  const column = (weights: number[]): Tensor => reshape(weights, [count, ...x.shape.slice(axis + 1).map(() => 1)]);
  return add(
    mul(take(x, before, axis), column(shares.map((share) => 1 - share))),
    mul(take(x, after, axis), column(shares)),
  );
}

/**
 * Channels to pixels (the "sub-pixel convolution" of Shi et al. 2016, eq. 4): channel c · factor² + dy · factor + dx of pixel
 * (y, x) becomes channel c of pixel (y · factor + dy, x · factor + dx), as in PyTorch. (TensorFlow's depth_to_space has the
 * channel outermost in another order.)
 *
 * @param x images [n, height, width, channels · factor²].
 * @returns [n, height · factor, width · factor, channels].
 * @throws SaddlepointError `shape` if the channels are no multiple of factor².
 * @example pixelShuffle(x, 2)
 */
export function pixelShuffle(x: TensorLike, factor: number): Tensor {
  checkNumber('pixelShuffle.factor', factor, { min: 1, integer: true });
  const t = images('pixelShuffle', x);
  const [n, height, width, depth] = t.shape as [number, number, number, number];
  const channels = depth / factor ** 2;
  if (!Number.isInteger(channels))
    throw new SaddlepointError(
      'shape',
      `pixelShuffle: expected a multiple of ${factor ** 2} channels for factor ${factor}, got ${showShape(t.shape)}`,
    );
  const split = transpose(reshape(t, [n, height, width, channels, factor, factor]), [0, 1, 4, 2, 5, 3]);
  return reshape(split, [n, height * factor, width * factor, channels]);
}
