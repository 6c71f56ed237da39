/** @file What users call: convolutions of images and series, depthwise, transposed. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { type ConvGeometry, convOutputSize, convolve, inputGradient } from './conv.ts';
import { float } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { reshape } from './movement.ts';
import { type Padding, type Pair, windowsOf } from './window.ts';

export interface ConvOptions {
  /** Steps of the filter: one number, or [height, width]; default 1. */
  readonly strides?: number | Pair;
  /** Default 'valid'. */
  readonly padding?: Padding;
  /** Distance of the filter's taps; default 1. */
  readonly dilations?: number | Pair;
  /** Channels are cut into so many groups that do not meet; default 1. */
  readonly groups?: number;
}

function geometry(name: string, x: Shape, filter: Shape, options: ConvOptions): ConvGeometry {
  checkKnownOptions(name, options, ['strides', 'padding', 'dilations', 'groups']);
  const { strides = 1, dilations = 1, padding = 'valid' } = options;
  const groups = checkNumber(`${name}.groups`, options.groups ?? 1, { min: 1, integer: true });
  const [, height = 1, width = 1] = x;
  const [rows = 1, columns = 1] = filter;
  const found = windowsOf(
    name,
    [height, width],
    { window: [rows, columns], strides, padding, dilations, ceilMode: false },
    'filter',
  );
  const { before, after } = found;
  return {
    strides: found.strides,
    padding: [
      [before[0], after[0]],
      [before[1], after[1]],
    ],
    dilations: found.dilations,
    groups,
  };
}

const isPlain = ({ strides, padding, groups }: ConvGeometry): boolean =>
  strides.every((stride) => stride === 1) && padding.flat().every((zeros) => zeros === 0) && groups === 1;

/**
 * Convolution (cross-correlation, as everywhere in this field) of images with a filter.
 *
 * @param x [n, height, width, channels].
 * @param filter [kernel height, kernel width, channels / groups, filters].
 * @returns [n, output height, output width, filters].
 * @throws SaddlepointError `shape` where channels, groups or sizes do not fit.
 * @example convolve2d(images, filter, { padding: 'same', strides: 2 })
 */
export function convolve2d(x: TensorLike, filter: TensorLike, options: ConvOptions = {}): Tensor {
  const [images, kernel] = [float(x), float(filter)];
  const how = geometry('convolve2d', images.shape, kernel.shape, options);
  const [kh, kw, c, o] = kernel.shape;
  // A filter of one tap is a product of the pixels with a matrix.
  if (
    images.shape.length === 4 &&
    kernel.shape.length === 4 &&
    kh === 1 &&
    kw === 1 &&
    c === images.shape[3] &&
    isPlain(how)
  )
    return matmul(images, reshape(kernel, [c as number, o as number]));
  return convolve(images, kernel, how);
}

/**
 * Convolution along one axis.
 *
 * @param x [n, length, channels].
 * @param filter [kernel length, channels / groups, filters].
 * @param options as of `convolve2d`, with one number each; padding [before, after].
 * @returns [n, output length, filters].
 */
export function convolve1d(
  x: TensorLike,
  filter: TensorLike,
  options: {
    readonly strides?: number;
    readonly padding?: 'valid' | 'same' | number | readonly [number, number];
    readonly dilations?: number;
    readonly groups?: number;
  } = {},
): Tensor {
  const [series, kernel] = [float(x), float(filter)];
  if (series.shape.length !== 3 || kernel.shape.length !== 3) {
    const given = `${showShape(series.shape)} and ${showShape(kernel.shape)}`;
    throw new SaddlepointError(
      'shape',
      `convolve1d: expected [n, length, channels] and a filter of rank 3, got ${given}`,
    );
  }
  const { strides = 1, padding = 'valid', dilations = 1, groups = 1 } = options;
  const sides = typeof padding === 'number' ? ([padding, padding] as const) : padding;
  const [n, length, channels] = series.shape as [number, number, number];
  const y = convolve2d(reshape(series, [n, 1, length, channels]), reshape(kernel, [1, ...kernel.shape]), {
    strides: [1, strides],
    padding: typeof sides === 'string' ? sides : [[0, 0], sides],
    dilations: [1, dilations],
    groups,
  });
  return reshape(y, [n, y.shape[2] as number, y.shape[3] as number]);
}

/**
 * Convolution in which each channel has filters of its own.
 *
 * @param x [n, height, width, channels].
 * @param filter [kernel height, kernel width, channels, multiplier]; result channel c · multiplier + m belongs to channel c.
 * @returns [n, output height, output width, channels · multiplier].
 */
export function depthwiseConvolve2d(
  x: TensorLike,
  filter: TensorLike,
  options: Omit<ConvOptions, 'groups'> = {},
): Tensor {
  const kernel = float(filter);
  const [kh, kw, channels, multiplier] = kernel.shape as [number, number, number, number];
  if (kernel.shape.length !== 4)
    throw new SaddlepointError(
      'shape',
      `depthwiseConvolve2d: expected a filter of rank 4, got ${showShape(kernel.shape)}`,
    );
  return convolve2d(x, reshape(kernel, [kh, kw, 1, channels * multiplier]), { ...options, groups: channels });
}

export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding'> {
  /** How much is cut from the full result on every side; default 0. */
  readonly padding?: Exclude<Padding, string>;
  /** Rows and columns added behind, which strides leave undetermined; default 0. */
  readonly outputPadding?: number | readonly [number, number];
}

/**
 * The transpose of a convolution (what its gradient does to its input): upsamples by `strides`.
 *
 * @param x [n, height, width, channels].
 * @param filter [kernel height, kernel width, filters / groups, channels]: that of the convolution whose transpose it is.
 * @returns [n, (height − 1) · stride − padding before and after + dilation · (kernel − 1) + 1 + outputPadding, …, filters].
 * @example convolveTranspose2d(small, filter, { strides: 2, padding: 1, outputPadding: 1 })
 */
export function convolveTranspose2d(x: TensorLike, filter: TensorLike, options: ConvTransposeOptions = {}): Tensor {
  const { outputPadding = 0, ...rest } = options;
  const [images, kernel] = [float(x), float(filter)];
  if (images.shape.length !== 4 || kernel.shape.length !== 4) {
    const given = `${showShape(images.shape)} and ${showShape(kernel.shape)}`;
    throw new SaddlepointError('shape', `convolveTranspose2d: expected images and a filter of rank 4, got ${given}`);
  }
  const how = geometry('convolveTranspose2d', images.shape, kernel.shape, rest);
  const extra = typeof outputPadding === 'number' ? [outputPadding, outputPadding] : outputPadding;
  const sizes = ([0, 1] as const).map((axis) => {
    const added = checkNumber('convolveTranspose2d.outputPadding', extra[axis], {
      min: 0,
      max: Math.max(how.strides[axis], how.dilations[axis]) - 1,
      integer: true,
    });
    const [before, after] = how.padding[axis];
    const reach = how.dilations[axis] * ((kernel.shape[axis] as number) - 1) + 1;
    const size = ((images.shape[axis + 1] as number) - 1) * how.strides[axis] - before - after + reach + added;
    if (
      size < 1 ||
      convOutputSize(size, kernel.shape[axis] as number, how.strides[axis], how.padding[axis], how.dilations[axis]) < 1
    )
      throw new SaddlepointError(
        'shape',
        `convolveTranspose2d: padding ${before} and ${after} leave nothing of the result`,
      );
    return size;
  });
  return inputGradient(kernel, images, how, [0, ...sizes]);
}
