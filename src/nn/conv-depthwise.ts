/** @file Convolution layers in which channels do not meet, or meet at single pixels only. */
import { checkNumber } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { depthwiseConvolve2d } from '../ops/convolutions.ts';
import { add } from '../ops/elementwise.ts';
import { linear } from '../ops/matmul.ts';
import { type Padding, type Pair, pairOf } from '../ops/window.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { requireImages } from './conv-transpose.ts';
import { glorotUniform, type Initializer, zeros } from './initializers.ts';
import { type Layer, layer } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface DepthwiseConv2dOptions extends NamedOption {
  /** Filters of each channel; default 1. */
  readonly multiplier?: number;
  /** Steps of the kernel; default 1. */
  readonly strides?: number | Pair;
  /** 'valid' (default), 'same', a number, or [[top, bottom], [left, right]]. */
  readonly padding?: Padding;
  /** Distance of the kernel's taps; default 1. */
  readonly dilations?: number | Pair;
  /** What is applied to the result; default: nothing. */
  readonly activation?: ActivationName;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /** Of the kernel that goes over each channel, whose fanIn is its height · width; default `glorotUniform()`. */
  readonly kernelInitializer?: Initializer;
  /** Default `zeros()`. */
  readonly biasInitializer?: Initializer;
}

export interface SeparableConv2dOptions extends DepthwiseConv2dOptions {
  /** Of the kernel that mixes the channels; default `glorotUniform()`. */
  readonly pointwiseInitializer?: Initializer;
}

const LEGAL = ['multiplier', 'strides', 'padding', 'dilations', 'activation', 'kernelInitializer', 'biasInitializer'];

const windowOf = ({ strides = 1, padding = 'valid', dilations = 1 }: DepthwiseConv2dOptions) => ({
  ...{ strides, padding, dilations },
});

/**
 * An initializer for kernels [height, width, channels, multiplier], of which an output sees one channel alone: fans are those of
 * [height, width, 1, channels · multiplier], fanIn height · width and fanOut that times all filters, as PyTorch counts them
 * where groups are channels. (Keras multiplies fanIn by the channels, which never meet: He's start is then too small.)
 */
const ofDepthwise = (initializer: Initializer): Initializer => {
  const filtersOf = ([height, width, channels, multiplier]: Shape): Shape =>
    [height, width, 1, (channels as number) * (multiplier as number)] as Shape;
  return {
    ...initializer,
    spread: (shape) => initializer.spread(filtersOf(shape)),
    draw: (shape, random) => initializer.draw(filtersOf(shape), random),
  };
};

function check(type: string, options: DepthwiseConv2dOptions, more: readonly string[]): number {
  checkOptions(type, options, [...LEGAL, ...more], ['bias']);
  return checkNumber(`${type}.multiplier`, options.multiplier ?? 1, { min: 1, integer: true });
}

/**
 * Convolution in which each channel has filters of its own: result channel c · multiplier + m belongs to channel c.
 *
 * Input [n, height, width, channels] gives [n, output height, output width, channels · multiplier]. Parameters: `kernel` [kernel
 * height, kernel width, channels, multiplier], `bias` [channels · multiplier].
 *
 * @param kernelSize a number, or [height, width].
 * @throws SaddlepointError `shape` with the layer's path for inputs of another rank, and kernels larger than the padded input.
 * @example depthwiseConv2d(3, { padding: 'same', bias: false })
 */
export function depthwiseConv2d(kernelSize: number | Pair, options: DepthwiseConv2dOptions = {}): Layer {
  const multiplier = check('depthwiseConv2d', options, []);
  const size = pairOf('depthwiseConv2d.kernelSize', kernelSize, 1);
  const { activation, bias = true, kernelInitializer = glorotUniform(), biasInitializer = zeros() } = options;
  const activate = activation === undefined ? undefined : activationNamed('depthwiseConv2d.activation', activation);
  return layer(
    'depthwiseConv2d',
    optionsToJson({ ...options, kernelSize: size }),
    (x, context) => {
      const channels = requireImages('depthwiseConv2d', x.shape, context);
      const kernel = context.parameter('kernel', [...size, channels, multiplier], ofDepthwise(kernelInitializer));
      const y = inLayer(context, () => depthwiseConvolve2d(x, kernel, windowOf(options)));
      const sum = bias ? add(y, context.parameter('bias', [channels * multiplier], biasInitializer)) : y;
      return activate === undefined ? sum : activate(sum);
    },
    options.name,
  );
}

/**
 * A depthwise convolution, and then a product that mixes the channels of each pixel (Chollet 2017): y = activation((x ∗ kernel) ·
 * pointwiseKernel + bias). Far fewer products than `conv2d` of the same size.
 *
 * Input [n, height, width, channels] gives [n, output height, output width, filters]. Parameters: `kernel` [kernel height, kernel
 * width, channels, multiplier], `pointwiseKernel` [channels · multiplier, filters], `bias` [filters].
 *
 * @param filters channels of the output, 1 or more.
 * @param kernelSize a number, or [height, width].
 * @throws SaddlepointError as `depthwiseConv2d`.
 * @example separableConv2d(32, 3, { activation: 'relu' })
 */
export function separableConv2d(
  filters: number,
  kernelSize: number | Pair,
  options: SeparableConv2dOptions = {},
): Layer {
  const multiplier = check('separableConv2d', options, ['pointwiseInitializer']);
  checkNumber('separableConv2d.filters', filters, { min: 1, integer: true });
  const size = pairOf('separableConv2d.kernelSize', kernelSize, 1);
  const { activation, bias = true, kernelInitializer = glorotUniform(), biasInitializer = zeros() } = options;
  const pointwiseInitializer = options.pointwiseInitializer ?? glorotUniform();
  const activate = activation === undefined ? undefined : activationNamed('separableConv2d.activation', activation);
  return layer(
    'separableConv2d',
    optionsToJson({ ...options, filters, kernelSize: size }),
    (x, context) => {
      const channels = requireImages('separableConv2d', x.shape, context);
      const kernel = context.parameter('kernel', [...size, channels, multiplier], ofDepthwise(kernelInitializer));
      const pointwise = context.parameter('pointwiseKernel', [channels * multiplier, filters], pointwiseInitializer);
      const y = inLayer(context, () => depthwiseConvolve2d(x, kernel, windowOf(options)));
      const sum = linear(y, pointwise, bias ? context.parameter('bias', [filters], biasInitializer) : undefined);
      return activate === undefined ? sum : activate(sum);
    },
    options.name,
  );
}
