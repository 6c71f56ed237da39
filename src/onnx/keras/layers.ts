/** @file Every layer of Keras that can be read: ours with the same options, and which of its weights is which of our leaves. */
import { type ActivationName, activation, activations } from '../../nn/activations.ts';
import { batchNorm } from '../../nn/batch-norm.ts';
import { bidirectional } from '../../nn/combined.ts';
import { conv1d, conv2d } from '../../nn/conv.ts';
import { depthwiseConv2d, separableConv2d } from '../../nn/conv-depthwise.ts';
import { conv2dTranspose } from '../../nn/conv-transpose.ts';
import { dense } from '../../nn/dense.ts';
import { dropout } from '../../nn/dropout.ts';
import { embedding } from '../../nn/embedding.ts';
import { flatten } from '../../nn/flatten.ts';
import type { Layer } from '../../nn/layer.ts';
import { layerNorm } from '../../nn/layer-norm.ts';
import { mergeAdd, mergeAverage, mergeConcat, mergeMaximum, mergeMultiply } from '../../nn/merge.ts';
import { gaussianDropout, gaussianNoise, spatialDropout } from '../../nn/noise.ts';
import { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from '../../nn/pool.ts';
import { averagePool1d, globalAveragePool1d, globalMaxPool1d, maxPool1d } from '../../nn/pool-1d.ts';
import { gru, lstm, type RecurrentLayer, simpleRnn } from '../../nn/recurrent.ts';
import { reshapeTo, upsampling2d } from '../../nn/shape-layers.ts';
import type { Pair } from '../../ops/window.ts';
import type { KerasConfig } from './config.ts';

/** Why a layer cannot be read. */
export class Unsupported extends Error {}

/** Our leaves in the order of Keras's weights; how the weight's own name ends, where it is another. */
export type Leaves = readonly (readonly [leaf: string, variable: string])[];

export interface Reading {
  readonly layer: Layer<never, unknown>;
  readonly leaves: Leaves;
}

/** What the readers take, of the types that Keras writes; our layers check the values, since a file may hold anything. */
interface Config extends KerasConfig {
  readonly units: number;
  readonly filters: number;
  readonly kernel_size: Pair;
  readonly strides: Pair;
  readonly padding: 'same' | 'valid';
  readonly pool_size: Pair;
  readonly size: Pair;
  readonly depth_multiplier?: number;
  readonly target_shape: readonly number[];
  readonly rate: number;
  readonly stddev: number;
  readonly input_dim: number;
  readonly output_dim: number;
  readonly interpolation?: 'nearest' | 'bilinear';
  readonly axis?: number;
  readonly epsilon?: number;
  readonly momentum?: number;
  readonly groups?: number;
  readonly scale?: boolean;
  readonly center?: boolean;
  readonly use_bias?: boolean;
  readonly return_sequences?: boolean;
  readonly go_backwards?: boolean;
  readonly reset_after?: boolean;
}
type Reader = (config: Config, named: { readonly name: string }) => Reading;

/** Options that must be what ours do, with what Keras has by default. */
function require(config: KerasConfig, wanted: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(wanted)) {
    const given = config[key] ?? value;
    if (JSON.stringify(given) !== JSON.stringify(value))
      throw new Unsupported(`${key} ${JSON.stringify(given)}, only ${JSON.stringify(value)}`);
  }
}

const ACTIVATIONS: Readonly<Record<string, ActivationName>> = { swish: 'silu', log_softmax: 'logSoftmax' };
/** Names that mean other functions here, or in one of the versions of Keras. */
const AMBIGUOUS = ['hardSigmoid', 'leakyRelu', 'celu'];

function activationOf(given: unknown): ActivationName | undefined {
  if (given === undefined || given === null || given === 'linear') return undefined;
  const name = typeof given === 'string' ? (ACTIVATIONS[given] ?? given) : '';
  if (Object.hasOwn(activations, name) && !AMBIGUOUS.includes(name)) return name as ActivationName;
  throw new Unsupported(`activation ${JSON.stringify(given)}`);
}

const activated = (config: Config) => {
  const name = activationOf(config.activation);
  return name === undefined ? {} : { activation: name };
};
const withBias = (leaves: Leaves, { use_bias: bias = true }: Config): Leaves =>
  bias ? [...leaves, ['bias', 'bias']] : leaves;
const as = (layer: unknown, leaves: Leaves = []): Reading => ({ layer: layer as Layer<never, unknown>, leaves });
const none =
  (make: (config: Config, named: { readonly name: string }) => unknown): Reader =>
  (config, named) =>
    as(make(config, named));

const kernel = ['kernel', 'kernel'] as const;
const depthwiseKernel = ['kernel', 'depthwise_kernel'] as const;

const convolution =
  (make: (config: Config, options: object) => unknown, leaves: Leaves): Reader =>
  (config, named) => {
    require(config, { data_format: 'channels_last' });
    const { strides, padding, dilation_rate: dilations, groups = 1, use_bias: bias } = config;
    if (padding !== 'same' && padding !== 'valid') throw new Unsupported(`padding ${JSON.stringify(padding)}`);
    const options = { strides, padding, bias: bias ?? true, ...activated(config), ...named };
    const more = { ...(groups === 1 ? {} : { groups }), ...(isOne(dilations) ? {} : { dilations }) };
    return as(make(config, { ...options, ...more }), withBias(leaves, config));
  };
const isOne = (value: unknown): boolean => [value ?? 1].flat().every((size) => size === 1);
/** Keras gives sizes of one axis as lists of one. */
const single = <T>(value: T): T => (Array.isArray(value) && value.length === 1 ? value[0] : value);
const one = (options: object): object =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [key, single(value)]));

const pool =
  (make: (size: never, options: object) => unknown): Reader =>
  (config, named) => {
    require(config, { data_format: 'channels_last' });
    const { pool_size: size, strides, padding } = config;
    return as(make(single(size) as never, one({ strides: strides ?? size, padding, ...named })));
  };
const globalPool = (make: (named: { readonly name: string }) => unknown): Reader =>
  none((config, named) => {
    require(config, { data_format: 'channels_last', keepdims: false });
    return make(named);
  });

const recurrent =
  (
    make: (units: number, options: object) => RecurrentLayer,
    own: (config: Config) => { readonly options?: object; readonly recurrentBias?: boolean },
  ): Reader =>
  (config, named) => {
    require(config, { return_state: false, stateful: false });
    const { units, return_sequences: returnSequences = false, go_backwards: reverse = false } = config;
    if (reverse && returnSequences)
      throw new Unsupported('go_backwards with return_sequences, whose steps stand reversed');
    const { options, recurrentBias } = own(config);
    const bias = config.use_bias ?? true;
    const layer = make(units, { returnSequences, reverse, bias, ...options, ...named });
    const leaves: Leaves = [kernel, ['recurrentKernel', 'recurrent_kernel']];
    const biases: Leaves = recurrentBias ? [['bias+recurrentBias', 'bias']] : [['bias', 'bias']];
    return as(layer, bias ? [...leaves, ...biases] : leaves);
  };

export const KERAS_LAYERS: Readonly<Record<string, Reader>> = {
  Dense: (config, named) =>
    as(
      dense(config.units, { bias: config.use_bias ?? true, ...activated(config), ...named }),
      withBias([kernel], config),
    ),
  Conv1D: convolution(
    ({ filters, kernel_size: size }, options) => conv1d(filters, single<number | Pair>(size) as number, one(options)),
    [kernel],
  ),
  Conv2D: convolution(({ filters, kernel_size: size }, options) => conv2d(filters, size, options), [kernel]),
  Conv2DTranspose: convolution(
    (config, options) => {
      require(config, { output_padding: null });
      return conv2dTranspose(config.filters, config.kernel_size, options);
    },
    [kernel],
  ),
  DepthwiseConv2D: convolution(
    ({ kernel_size: size, depth_multiplier: multiplier = 1 }, options) =>
      depthwiseConv2d(size, { ...options, multiplier }),
    [depthwiseKernel],
  ),
  SeparableConv2D: convolution(
    ({ filters, kernel_size: size, depth_multiplier: multiplier = 1 }, options) =>
      separableConv2d(filters, size, { ...options, multiplier }),
    [depthwiseKernel, ['pointwiseKernel', 'pointwise_kernel']],
  ),
  MaxPooling1D: pool(maxPool1d),
  AveragePooling1D: pool(averagePool1d),
  MaxPooling2D: pool(maxPool2d),
  AveragePooling2D: pool(averagePool2d),
  GlobalAveragePooling1D: globalPool(globalAveragePool1d),
  GlobalMaxPooling1D: globalPool(globalMaxPool1d),
  GlobalAveragePooling2D: globalPool(globalAveragePool2d),
  GlobalMaxPooling2D: globalPool(globalMaxPool2d),
  Flatten: none((_, named) => flatten(named)),
  Reshape: none(({ target_shape: shape }, named) => reshapeTo(shape, named)),
  Dropout: none(({ rate }, named) => dropout(rate, named)),
  SpatialDropout1D: none(({ rate }, named) => spatialDropout(rate, named)),
  SpatialDropout2D: none(({ rate }, named) => spatialDropout(rate, named)),
  GaussianDropout: none(({ rate }, named) => gaussianDropout(rate, named)),
  GaussianNoise: none(({ stddev }, named) => gaussianNoise(stddev, named)),
  Activation: none((config, named) => {
    const name = activationOf(config.activation);
    if (name === undefined) throw new Unsupported('activation "linear" alone');
    return activation(name, named);
  }),
  ReLU: none((config, named) => {
    require(config, { negative_slope: 0, threshold: 0 });
    const { max_value: most } = config as KerasConfig;
    if ((most ?? 6) !== 6) throw new Unsupported(`max_value ${String(most)}, only 6 or none`);
    return activation(most === 6 ? 'relu6' : 'relu', named);
  }),
  Softmax: none((config, named) => {
    require(config, { axis: -1 });
    return activation('softmax', named);
  }),
  BatchNormalization: (config, named) => {
    require(config, { center: true, scale: true });
    const { epsilon = 1e-3, momentum: keep = 0.99 } = config;
    return as(batchNorm({ epsilon, keep, ...named }), [
      ['gamma', 'gamma'],
      ['beta', 'beta'],
      ['mean', 'moving_mean'],
      ['variance', 'moving_variance'],
    ]);
  },
  LayerNormalization: (config, named) => {
    const { epsilon = 1e-3, scale = true, center = true } = config;
    const leaves: Leaves = [
      ...(scale ? [['gamma', 'gamma'] as const] : []),
      ...(center ? [['beta', 'beta'] as const] : []),
    ];
    return as(layerNorm({ epsilon, scale, center, ...named }), leaves);
  },
  Embedding: ({ input_dim: size, output_dim: width, mask_zero: masks }, named) =>
    as(embedding(size, width, { ...(masks ? { maskId: 0 } : {}), ...named }), [['table', 'embeddings']]),
  SimpleRNN: recurrent(simpleRnn, (config) => {
    if (config.activation !== 'relu') require(config, { activation: 'tanh' });
    return { options: { activation: config.activation ?? 'tanh' } };
  }),
  LSTM: recurrent(lstm, (config) => {
    require(config, { activation: 'tanh', recurrent_activation: 'sigmoid' });
    return {};
  }),
  GRU: recurrent(gru, (config) => {
    require(config, { activation: 'tanh', recurrent_activation: 'sigmoid' });
    const resetAfter = config.reset_after ?? false;
    return { options: { resetAfter }, recurrentBias: true };
  }),
  Bidirectional(config, named) {
    require(config, { merge_mode: 'concat' });
    const { class_name: className, config: inner } = config.layer as { class_name: string; config: Config };
    const read = ['SimpleRNN', 'LSTM', 'GRU'].includes(className) ? KERAS_LAYERS[className] : undefined;
    if (read === undefined) throw new Unsupported(`the layer ${className} in it`);
    const { layer, leaves } = read(inner, { name: 'forward' });
    const both = ['forward', 'backward'].flatMap((side) =>
      leaves.map(([leaf, variable]) => [leaf.replace(/\w+/g, `${side}/$&`), `${side}_*/${variable}`] as const),
    );
    return as(bidirectional(layer as unknown as RecurrentLayer, named), both);
  },
  UpSampling2D: none((config, named) => {
    require(config, { data_format: 'channels_last' });
    const { size, interpolation: method = 'nearest' } = config;
    return upsampling2d(size, { method, ...named });
  }),
  Add: none((_, named) => mergeAdd(named)),
  Multiply: none((_, named) => mergeMultiply(named)),
  Average: none((_, named) => mergeAverage(named)),
  Maximum: none((_, named) => mergeMaximum(named)),
  Concatenate: none(({ axis = -1 }, named) => mergeConcat({ axis, ...named })),
};
