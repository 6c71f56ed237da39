/** @file Transposed convolution: a layer that makes images larger. */
import { checkName, checkNumber } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import { type ConvTransposeOptions, convolveTranspose2d } from '../ops/convolutions.ts';
import { add } from '../ops/elementwise.ts';
import { type Padding, type Pair, pairOf } from '../ops/window.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { glorotUniform, type Initializer, zeros } from './initializers.ts';
import { type Context, type Layer, layer, layerError } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface Conv2dTransposeOptions extends NamedOption {
  /** How much larger the result is; default 1. */
  readonly strides?: number | Pair;
  /**
   * What is cut from the full result: 'valid' (default), nothing; 'same', as much as gives size · stride; a number on all sides;
   * or [[top, bottom], [left, right]].
   */
  readonly padding?: Padding;
  /** Rows and columns added behind, which strides leave undetermined; default 0, and what 'same' needs. */
  readonly outputPadding?: number | Pair;
  /** Distance of the kernel's taps; default 1. */
  readonly dilations?: number | Pair;
  /** What is applied to the result; default: nothing. */
  readonly activation?: ActivationName;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /**
   * Default `glorotUniform()`. Fans are counted as PyTorch and Keras do, in the direction of the convolution that is transposed: fanIn
   * is height · width · filters, fanOut height · width · channels, whatever the strides. An output is fed by height · width ·
   * channels / strides² numbers: what keeps the variance of relu is `varianceScaling({ scale: 2 * strides ** 2, mode: 'fanOut' })`.
   */
  readonly kernelInitializer?: Initializer;
  /** Default `zeros()`. */
  readonly biasInitializer?: Initializer;
}

const LEGAL = [
  'strides',
  'padding',
  'outputPadding',
  'dilations',
  'activation',
  'kernelInitializer',
  'biasInitializer',
];

/** Padding by name as numbers: 'same' cuts the odd cell behind, as the convolution that it transposes adds it there. */
function numbersOf(size: Pair, options: Conv2dTransposeOptions): Omit<ConvTransposeOptions, 'groups'> {
  const strides = pairOf('conv2dTranspose.strides', options.strides ?? 1, 1);
  const dilations = pairOf('conv2dTranspose.dilations', options.dilations ?? 1, 1);
  const { padding = 'valid', outputPadding } = options;
  const outer = { strides, dilations };
  if (typeof padding !== 'string') return { ...outer, padding, outputPadding: outputPadding ?? 0 };
  checkName('conv2dTranspose.padding', padding, ['valid', 'same']);
  const surplus = ([0, 1] as const).map((axis) => dilations[axis] * (size[axis] - 1) + 1 - strides[axis]);
  const [vertical, horizontal] = surplus.map((cells) => Math.max(cells, 0)) as [number, number];
  const half = (cells: number): Pair => [Math.floor(cells / 2), Math.ceil(cells / 2)];
  const missing = surplus.map((cells) => Math.max(-cells, 0)) as [number, number];
  return padding === 'same'
    ? { ...outer, padding: [half(vertical), half(horizontal)], outputPadding: outputPadding ?? missing }
    : { ...outer, padding: 0, outputPadding: outputPadding ?? 0 };
}

/** The channels of images [n, height, width, channels]. */
export function requireImages(type: string, shape: Shape, context: Context): number {
  const channels = shape[3];
  if (shape.length === 4 && channels !== undefined) return channels;
  const message = `${type}: expected [n, height, width, channels], got ${showShape(shape)}`;
  throw layerError('shape', context, message, 'gray images have one channel: reshape them to [height, width, 1]');
}

/**
 * Transposed convolution, y = activation(xᵀ∗ kernel + bias): what the gradient of a convolution does to its input. It makes images
 * larger by `strides`; a kernel size that the stride divides avoids a checkerboard pattern.
 *
 * Input [n, height, width, channels] gives [n, output height, output width, filters], with 'same' size · stride, with 'valid'
 * (size − 1) · stride + dilation · (kernel − 1) + 1. Parameters: `kernel` [kernel height, kernel width, filters, channels], `bias`
 * [filters].
 *
 * @param filters channels of the output, 1 or more.
 * @param kernelSize a number, or [height, width].
 * @throws SaddlepointError `shape` with the layer's path for inputs of another rank, and padding that leaves nothing.
 * @example conv2dTranspose(8, 4, { strides: 2, padding: 'same', activation: 'relu' })
 */
export function conv2dTranspose(
  filters: number,
  kernelSize: number | Pair,
  options: Conv2dTransposeOptions = {},
): Layer {
  checkOptions('conv2dTranspose', options, LEGAL, ['bias']);
  checkNumber('conv2dTranspose.filters', filters, { min: 1, integer: true });
  const size = pairOf('conv2dTranspose.kernelSize', kernelSize, 1);
  const { activation, bias = true, kernelInitializer = glorotUniform(), biasInitializer = zeros() } = options;
  const how = numbersOf(size, options);
  const activate = activation === undefined ? undefined : activationNamed('conv2dTranspose.activation', activation);
  return layer(
    'conv2dTranspose',
    optionsToJson({ ...options, filters, kernelSize: size }),
    (x, context) => {
      const channels = requireImages('conv2dTranspose', x.shape, context);
      const kernel = context.parameter('kernel', [...size, filters, channels], kernelInitializer);
      const y = inLayer(context, () => convolveTranspose2d(x, kernel, how));
      const sum = bias ? add(y, context.parameter('bias', [filters], biasInitializer)) : y;
      return activate === undefined ? sum : activate(sum);
    },
    options.name,
  );
}
