/**
 * @file How parameters start. An initializer is data (name and options) and a deterministic function of shape, seed and
 * stream: Philox deviates, f32 arithmetic and a square root, so the bits are the same everywhere.
 */
import { checkKnownOptions, checkName, checkNumber } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import * as philox from '../core/philox.ts';
import { type Shape, sizeOf } from '../core/shape.ts';

/** How a parameter begins: a name and options, by which files know it, and a function that draws values for a shape. */
export interface Initializer {
  readonly name: string;
  /** Plain JSON; with `name` all that `initializerFromJson` needs. */
  readonly options: JsonObject;
  /** The bound of a uniform, the standard deviation of a normal distribution, for a leaf of that shape; 0 for constants. */
  spread(shape: Shape): number;
  /** The first values of a leaf. */
  draw(shape: Shape, random: { readonly seed: number; readonly stream: number }): Float32Array;
}

/**
 * How many inputs feed one output of a leaf, and how many outputs one input feeds.
 *
 * @param shape [in, out] of a dense layer; [..., in, out] of a convolution, whose leading axes are taps and multiply both.
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) };
  const taps = sizeOf(shape.slice(0, -2));
  return { fanIn: taps * (shape.at(-2) as number), fanOut: taps * (shape.at(-1) as number) };
}

const MODES = ['fanIn', 'fanOut', 'average'] as const;
type Mode = (typeof MODES)[number];

/** A distribution of mean 0, by what its spread means: a page that never asks for normal deviates does not load them. */
interface Distribution {
  /** The square of the spread of a distribution of variance 1. */
  readonly factor: number;
  fill(out: Float32Array, spread: number, seed: number, stream: number): void;
}

const uniform: Distribution = {
  factor: 3,
  fill(out, spread, seed, stream) {
    philox.randomUniform(out, seed, stream);
    // 2u − 1 has 24 bits: exact in f32.
    for (let i = 0; i < out.length; i++) out[i] = (2 * (out[i] as number) - 1) * spread;
  },
};

const normal: Distribution = {
  factor: 1,
  fill(out, spread, seed, stream) {
    philox.randomNormal(out, seed, stream);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) * spread;
  },
};

/** A leaf's first values by a distribution. */
function drawn(distribution: Distribution, shape: Shape, spread: number, seed: number, stream: number): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  distribution.fill(out, Math.fround(spread), seed, stream);
  return out;
}

/** Normal deviates cut at two of their own deviations: those beyond are drawn again, at their place, until they are within. */
const truncated: Distribution = {
  // 1 / 0.87962566103423978²: the variance of standard normal deviates between −2 and 2.
  factor: 1.2924216342232246,
  fill(out, spread, seed, stream) {
    philox.randomNormal(out, seed, stream);
    const isBeyond = (value: number): boolean => Math.abs(value) > 2;
    for (let again = 1; out.some(isBeyond); again++) {
      const others = new Float32Array(out.length);
      philox.randomNormal(others, seed, stream, again);
      for (let i = 0; i < out.length; i++) if (isBeyond(out[i] as number)) out[i] = others[i] as number;
    }
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) * spread;
  },
};

const DISTRIBUTIONS = { uniform, normal, truncatedNormal: truncated } as const;
type DistributionName = keyof typeof DISTRIBUTIONS;

function scaled(name: string, options: JsonObject, scale: number, mode: Mode, distribution: Distribution): Initializer {
  const spread = (shape: Shape): number => {
    const { fanIn, fanOut } = fans(shape);
    const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
    return Math.sqrt((distribution.factor * scale) / fan);
  };
  return {
    name,
    options,
    spread,
    draw: (shape, { seed, stream }) => drawn(distribution, shape, spread(shape), seed, stream),
  };
}

/**
 * Values of variance scale / fan: uniform in ±√(3 · scale / fan), or normal with standard deviation √(scale / fan).
 *
 * @param options scale: > 0, default 1; mode: which fan, 'fanIn' (default), 'fanOut' or their 'average'; distribution:
 *   'uniform' (default), 'normal', or 'truncatedNormal': cut at two standard deviations, and widened to the same variance.
 */
export function varianceScaling(
  options: { scale?: number; mode?: Mode; distribution?: DistributionName } = {},
): Initializer {
  checkKnownOptions('varianceScaling', options, ['scale', 'mode', 'distribution']);
  const scale = checkNumber('varianceScaling.scale', options.scale ?? 1, { min: 0, openMin: true });
  const mode = checkName('varianceScaling.mode', options.mode ?? 'fanIn', MODES);
  const distribution = checkName('varianceScaling.distribution', options.distribution ?? 'uniform', [
    'uniform',
    'normal',
    'truncatedNormal',
  ] as const);
  return scaled('varianceScaling', { scale, mode, distribution }, scale, mode, DISTRIBUTIONS[distribution]);
}

/** Uniform in ±√(6 / (fanIn + fanOut)): keeps the variance of values and gradients (Glorot & Bengio 2010, eq. 16). */
export const glorotUniform = (): Initializer => scaled('glorotUniform', {}, 1, 'average', uniform);
/** Normal with standard deviation √(2 / (fanIn + fanOut)) (Glorot & Bengio 2010, eq. 12). */
export const glorotNormal = (): Initializer => scaled('glorotNormal', {}, 1, 'average', normal);
/** Uniform in ±√(6 / fanIn), for relu (He et al. 2015, eq. 10). */
export const heUniform = (): Initializer => scaled('heUniform', {}, 2, 'fanIn', uniform);
/** Normal with standard deviation √(2 / fanIn), for relu (He et al. 2015, eq. 10). */
export const heNormal = (): Initializer => scaled('heNormal', {}, 2, 'fanIn', normal);
/** Uniform in ±√(3 / fanIn), for selu and tanh (LeCun et al. 1998, section 4.6). */
export const lecunUniform = (): Initializer => scaled('lecunUniform', {}, 1, 'fanIn', uniform);
/** Normal with standard deviation √(1 / fanIn), for selu and tanh (LeCun et al. 1998, eq. 16). */
export const lecunNormal = (): Initializer => scaled('lecunNormal', {}, 1, 'fanIn', normal);

function spreadBy(name: string, options: JsonObject, spread: number, distribution: Distribution): Initializer {
  return {
    ...{ name, options, spread: () => spread },
    draw: (shape, { seed, stream }) => drawn(distribution, shape, spread, seed, stream),
  };
}

/** Uniform in ±bound, whatever the shape; > 0, default 0.05, as Keras has it for embeddings. */
export const randomUniform = (bound = 0.05): Initializer =>
  spreadBy('randomUniform', { bound: checkNumber('randomUniform', bound, { min: 0, openMin: true }) }, bound, uniform);
/** Normal with this standard deviation, whatever the shape; > 0, default 0.05. */
export const randomNormal = (deviation = 0.05): Initializer =>
  spreadBy(
    'randomNormal',
    { deviation: checkNumber('randomNormal', deviation, { min: 0, openMin: true }) },
    deviation,
    normal,
  );

/**
 * Normal deviates cut at two standard deviations, whatever the shape; > 0, default 0.05. `deviation` is that before cutting, as
 * PyTorch and Keras have it; after, it is 0.8796 of that. (`varianceScaling` widens.)
 */
export const truncatedNormal = (deviation = 0.05): Initializer =>
  spreadBy(
    'truncatedNormal',
    { deviation: checkNumber('truncatedNormal', deviation, { min: 0, openMin: true }) },
    deviation,
    truncated,
  );

function filled(name: string, options: JsonObject, value: number): Initializer {
  return { name, options, spread: () => 0, draw: (shape) => new Float32Array(sizeOf(shape)).fill(value) };
}

/** All 0. */
export const zeros = (): Initializer => filled('zeros', {}, 0);
/** All 1. */
export const ones = (): Initializer => filled('ones', {}, 1);
/** All the given finite value. */
export const constant = (value: number): Initializer =>
  filled('constant', { value: checkNumber('constant', value, {}) }, value);

/** The initializer as JSON: its name, or `{ name, options }` where it has options. */
export function initializerToJson({ name, options }: Initializer): Json {
  return Object.keys(options).length === 0 ? name : { name, options };
}
