/** @file Normalization of each row by itself: layer, root mean square, group and instance normalization. */
import { checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import * as ops from '../ops/normalize.ts';
import { ones, zeros } from './initializers.ts';
import { type Context, type Layer, layer, layerError } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface NormOptions extends NamedOption {
  /** Added to the variance under the root, ≥ 0; default 1e-5 (rmsNorm: 1e-6). */
  readonly epsilon?: number;
  /** Whether the result is multiplied with a learnt `gamma`; default true. */
  readonly scale?: boolean;
  /** Whether a learnt `beta` is added; default true. */
  readonly center?: boolean;
}

type Learnt = ops.NormalizeOptions;

function normLayer(
  type: string,
  options: NormOptions,
  json: object,
  rank: number,
  normalize: (x: Tensor, learnt: Learnt) => Tensor,
  flags: readonly string[] = ['scale', 'center'],
): Layer {
  checkOptions(type, options, ['epsilon'], flags);
  const { epsilon, scale = true, center = flags.includes('center') } = options;
  if (epsilon !== undefined) checkNumber(`${type}.epsilon`, epsilon, { min: 0 });
  return layer(
    type,
    optionsToJson({ ...options, ...json }),
    (x, context: Context) => {
      const features = x.shape.at(-1) as number;
      if (x.shape.length < rank) {
        const expected = rank === 2 ? '[n, …, features]' : '[n, …, channels] with an axis of places';
        throw layerError('shape', context, `${type}: expected ${expected}, got shape [${x.shape}]`);
      }
      const gamma = scale ? context.parameter('gamma', [features], ones()) : undefined;
      const beta = center ? context.parameter('beta', [features], zeros()) : undefined;
      return inLayer(context, () => normalize(x, { gamma, beta, epsilon }));
    },
    options.name,
  );
}

/**
 * γ · (x − mean) / √(variance + ε) + β with the statistics of the features of each place (Ba et al. 2016, eq. 4). Nothing differs
 * between training and prediction, and padded steps do not touch others.
 *
 * Input [n, …, features]; the output has the same shape. Parameters: `gamma` [features], first 1, `beta` [features], first 0.
 *
 * @throws SaddlepointError `option` for numbers out of range, `shape` for an input without a feature axis.
 * @example sequential([dense(64), layerNorm(), activation('gelu')])
 */
export const layerNorm = (options: NormOptions = {}): Layer =>
  normLayer('layerNorm', options, {}, 2, (x, learnt) => ops.layerNorm(x, learnt));

/**
 * γ · x / √(mean x² + ε): layer normalization without the mean (Zhang & Sennrich 2019, eq. 4). Input [n, …, features]; parameter:
 * `gamma` [features], first 1.
 *
 * @param options epsilon: default 1e-6; scale.
 * @example transformerBlock(4); sequential([rmsNorm(), dense(10)])
 */
export const rmsNorm = (options: Omit<NormOptions, 'center'> = {}): Layer =>
  normLayer('rmsNorm', options, {}, 2, (x, learnt) => ops.rmsNorm(x, learnt), ['scale']);

/**
 * The channels of each example in groups of neighbors, each group by its statistics over all places and its channels (Wu & He
 * 2018, eq. 7). Input [n, …, channels]; parameters `gamma` and `beta` [channels].
 *
 * @param groups divides the channels; default 32, as in the paper.
 * @throws SaddlepointError `shape` with the layer's path if the groups do not divide the channels.
 * @example sequential([conv2d(32, 3), groupNorm(8), activation('relu')])
 */
export function groupNorm(groups = 32, options: NormOptions = {}): Layer {
  checkNumber('groupNorm.groups', groups, { min: 1, integer: true });
  return normLayer('groupNorm', options, { groups }, 2, (x, learnt) => ops.groupNorm(x, groups, learnt));
}

/**
 * Each channel of each example by its own statistics over all places (Ulyanov et al. 2016). Input [n, …, channels] with at least
 * one axis of places; parameters `gamma` and `beta` [channels].
 *
 * @example sequential([conv2d(16, 3), instanceNorm(), activation('relu')])
 */
export const instanceNorm = (options: NormOptions = {}): Layer =>
  normLayer('instanceNorm', options, {}, 3, (x, learnt) => ops.instanceNorm(x, learnt));
