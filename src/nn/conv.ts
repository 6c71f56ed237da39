/** @file Convolution layers of images and of series. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { showShape } from '../core/shape.ts';
import { convolve1d, convolve2d } from '../ops/convolutions.ts';
import { add } from '../ops/elementwise.ts';
import { type Padding, type Pair, pairOf } from '../ops/window.ts';
import { type ActivationName, activationNamed } from './activations.ts';
import { glorotUniform, type Initializer, initializerToJson, zeros } from './initializers.ts';
import { type Context, type Layer, layer, layerError, maskOf } from './layer.ts';
import { countedSteps } from './masks.ts';
import { inLayer } from './options.ts';

interface CommonOptions {
  /** Channels are cut into so many groups that do not meet; default 1. */
  readonly groups?: number;
  /** What is applied to the result; default: nothing. */
  readonly activation?: ActivationName;
  /** Whether a bias is added; default true. */
  readonly bias?: boolean;
  /** Default `glorotUniform()`; fans count the taps: fan in = kernel height · width · channels / groups. */
  readonly kernelInitializer?: Initializer;
  /** Default `zeros()`. */
  readonly biasInitializer?: Initializer;
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

export interface Conv2dOptions extends CommonOptions {
  /** Steps of the kernel; default 1. */
  readonly strides?: number | Pair;
  /** 'valid' (default): none; 'same': as many zeros as give ⌈size / stride⌉; a number, or [[top, bottom], [left, right]]. */
  readonly padding?: Padding;
  /** Distance of the kernel's taps; default 1. */
  readonly dilations?: number | Pair;
}

/** As for `conv2d`, with one number where that takes a pair. */
export interface Conv1dOptions extends CommonOptions {
  readonly strides?: number;
  /** 'valid' (default), 'same', a number, or [before, after]. */
  readonly padding?: 'valid' | 'same' | number | readonly [number, number];
  readonly dilations?: number;
}

const OPTIONS = [
  'strides',
  'padding',
  'dilations',
  'groups',
  'activation',
  'bias',
  'kernelInitializer',
  'biasInitializer',
  'name',
];

/** What the two have in common: options checked, JSON, parameters, bias and activation. */
function convLayer<O extends Conv1dOptions | Conv2dOptions>(
  type: 'conv1d' | 'conv2d',
  filters: number,
  kernelSize: readonly number[],
  options: O,
  convolve: (
    x: Parameters<Layer['call']>[0],
    kernel: typeof x,
    options: Omit<O, keyof CommonOptions> & { groups: number },
  ) => typeof x,
): Layer {
  checkKnownOptions(type, options, OPTIONS);
  checkNumber(`${type}.filters`, filters, { min: 1, integer: true });
  const {
    activation,
    bias = true,
    kernelInitializer = glorotUniform(),
    biasInitializer = zeros(),
    groups = 1,
  } = options;
  const { name, ...given } = options;
  const { strides, padding, dilations } = given;
  checkNumber(`${type}.groups`, groups, { min: 1, integer: true });
  if (filters % groups !== 0)
    throw new SaddlepointError('option', `${type}.groups: ${groups} groups do not divide ${filters} filters`);
  const activate = activation === undefined ? undefined : activationNamed(`${type}.activation`, activation);
  if (typeof bias !== 'boolean')
    throw new SaddlepointError('option', `${type}.bias: expected true or false, got ${show(bias)}`);
  const json: Record<string, Json> = { filters, kernelSize: [...kernelSize] };
  for (const [key, value] of Object.entries({ strides, padding, dilations, groups: options.groups, activation }))
    if (value !== undefined) json[key] = value as Json;
  if (!bias) json.bias = false;
  if (options.kernelInitializer !== undefined) json.kernelInitializer = initializerToJson(kernelInitializer);
  if (options.biasInitializer !== undefined) json.biasInitializer = initializerToJson(biasInitializer);
  const how = Object.fromEntries(
    Object.entries({ strides, padding, dilations }).filter(([, value]) => value !== undefined),
  ) as Omit<O, keyof CommonOptions>;
  return layer(
    type,
    json,
    (x, context) => {
      const channels = channelsOf(type, x.shape, kernelSize.length, groups, context);
      const kernel = context.parameter('kernel', [...kernelSize, channels / groups, filters], kernelInitializer);
      // Padded steps of a series are as the zeros around it.
      const counted = kernelSize.length === 1 ? countedSteps(x, maskOf(x)) : x;
      const y = inLayer(context, () => convolve(counted, kernel, { ...how, groups }));
      const sum = bias ? add(y, context.parameter('bias', [filters], biasInitializer)) : y;
      return activate === undefined ? sum : activate(sum);
    },
    name,
  );
}

function channelsOf(type: string, shape: readonly number[], axes: number, groups: number, context: Context): number {
  const channels = shape[axes + 1];
  if (shape.length !== axes + 2 || channels === undefined) {
    const expected = axes === 2 ? '[n, height, width, channels]' : '[n, length, channels]';
    const help =
      axes === 2
        ? 'gray images have one channel: reshape them to [height, width, 1]'
        : 'one number a step is one channel';
    throw layerError('shape', context, `${type}: expected ${expected}, got ${showShape(shape)}`, help);
  }
  if (channels % groups !== 0)
    throw layerError('shape', context, `${type}.groups: ${groups} groups do not divide ${channels} channels`);
  return channels;
}

/**
 * Convolution of images: y = activation(x ∗ kernel + bias).
 *
 * Input [n, height, width, channels] gives [n, output height, output width, filters]. Parameters: `kernel` [kernel height,
 * kernel width, channels / groups, filters], `bias` [filters].
 *
 * @param filters channels of the output, 1 or more.
 * @param kernelSize a number, or [height, width].
 * @throws SaddlepointError `shape` with the layer's path for inputs of another rank, and kernels larger than the padded input.
 * @example sequential([conv2d(16, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)])
 */
export function conv2d(filters: number, kernelSize: number | Pair, options: Conv2dOptions = {}): Layer {
  return convLayer('conv2d', filters, pairOf('conv2d.kernelSize', kernelSize, 1), options, convolve2d);
}

/**
 * Convolution of series: input [n, length, channels] gives [n, output length, filters]. Parameters: `kernel` [kernel size,
 * channels / groups, filters], `bias` [filters].
 *
 * @param kernelSize a whole number, 1 or more.
 * @example sequential([conv1d(32, 5, { padding: 'same', activation: 'relu' }), flatten(), dense(1)])
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1dOptions = {}): Layer {
  checkNumber('conv1d.kernelSize', kernelSize, { min: 1, integer: true });
  return convLayer('conv1d', filters, [kernelSize], options, convolve1d);
}
