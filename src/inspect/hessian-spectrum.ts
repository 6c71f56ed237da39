/** @file `hessianSpectrum`: how the eigenvalues of a run's Hessian lie, and what they say of its learning rate. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Layer } from '../nn/layer.ts';
import { lanczos } from '../optim/drivers/lanczos.ts';
import { type DensityOptions, density, type SpectrumDensity } from '../optim/drivers/spectrum.ts';
import { type LossSurfaceOptions, lossSurface } from '../train/loss-surface.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';

export interface HessianSpectrumOptions extends LossSurfaceOptions, DensityOptions {
  /** Of random vectors, and of a layer's first parameters; default 0. */
  readonly seed?: number;
  /** What the run's last steps were taken with: > 0. With it the sharpness is set against the edge of stability. */
  readonly learningRate?: number;
}

export interface SharpnessOptions extends LossSurfaceOptions {
  /** Of gradient descent: > 0. */
  readonly learningRate: number;
  /** Products of Lanczos: a whole number ≥ 1, default 40. */
  readonly steps?: number;
}

/** How sharp the loss is where a model stands, beside what gradient descent can bear. */
export interface Sharpness {
  /** The Hessian's largest eigenvalue, by Lanczos: a bound from below, off by `bound` at most from an eigenvalue. */
  readonly top: number;
  readonly bound: number;
  /** top × learning rate. Above 2 gradient descent on the loss' quadratic moves away from the minimum along the top direction. */
  readonly product: number;
  /** 'stable': below 1.8; 'edge': within a tenth of 2, where full-batch gradient descent settles by itself; 'unstable': above 2.2. */
  readonly regime: 'stable' | 'edge' | 'unstable';
}

/** A tenth of 2 either way. */
const EDGE = 0.2;

const regimeOf = (product: number): Sharpness['regime'] =>
  product < 2 - EDGE ? 'stable' : product <= 2 + EDGE ? 'edge' : 'unstable';

/** How the eigenvalues of a Hessian lie; `pointsFigure` of saddlepoint/plot draws the curve, `toString` sums it up. */
export class HessianSpectrum implements SpectrumDensity {
  readonly values: Float64Array;
  readonly density: Float64Array;
  readonly nodes: SpectrumDensity['nodes'];
  readonly top: number;
  readonly bottom: number;
  /** Parameters: how many eigenvalues there are. */
  readonly size: number;
  /** The share of the quadrature's weight below −1e-5: `curvature.index` says how sure. */
  readonly negative: number;
  readonly learningRate: number | undefined;

  /** @internal Use `hessianSpectrum`. */
  constructor(
    { values, density, nodes, top, bottom }: SpectrumDensity,
    size: number,
    learningRate: number | undefined,
  ) {
    this.values = values;
    this.density = density;
    this.nodes = nodes;
    this.top = top;
    this.bottom = bottom;
    this.size = size;
    this.negative = nodes.reduce((sum, { value, weight }) => sum + (value < -1e-5 ? weight : 0), 0);
    this.learningRate = learningRate;
  }

  /** top × learning rate; undefined without a learning rate. */
  get product(): number | undefined {
    return this.learningRate === undefined ? undefined : this.top * this.learningRate;
  }

  /** Some lines: both ends, the share that is negative, and the sharpness beside 2. */
  toString(): string {
    const { top, bottom, size, negative, product } = this;
    const lines = [
      `spectrum of a Hessian of ${size.toLocaleString('en-US')} parameters`,
      `  from ${bottom.toPrecision(3)} to ${top.toPrecision(3)}, some ${(100 * negative).toFixed(0)} % negative`,
    ];
    if (product !== undefined)
      lines.push(`  top × learning rate ${product.toPrecision(3)} (2: edge of stability): ${regimeOf(product)}`);
    return lines.join('\n');
  }

  /** All numbers but the nodes; what is undefined is null. */
  toJSON(): { readonly [key: string]: Json } {
    const { top, bottom, size, negative, learningRate = null, product = null } = this;
    const { values, density } = this;
    return {
      top,
      bottom,
      size,
      negative,
      learningRate,
      product,
      values: Array.from(values),
      density: Array.from(density),
    };
  }
}

const SURFACE = ['loss', 'seed', 'standardize', 'device'] as const;

const some = <T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]]))) as Pick<T, K>;

/**
 * The density of the eigenvalues of the Hessian of a run's loss over rows, by stochastic Lanczos quadrature: the bulk around 0, the
 * few large ones, and those below 0. Of the mean loss in predict mode.
 *
 * @param model a run, or a layer, whose parameters are drawn by `seed`.
 * @param data rows and targets, as for `fit`: some hundred, since all go through the model for each of probes × steps products.
 * @param options probes (default 10) and steps (default 80) of the quadrature, points and blur of the curve: as of
 *   `curvature.density`. Probes × steps × some four passes is what it costs, steps × parameters doubles what it keeps.
 * @throws SaddlepointError `option` for options out of range; what `lossSurface` throws.
 * @see Ghorbani et al. 2019 (arXiv 1901.10159), section 2; Ubaru et al. 2017. Edge of stability: Cohen et al. 2021 (2103.00065).
 * @example console.log(String(await hessianSpectrum(run, { x, y }, { learningRate: 0.1 })));
 */
export async function hessianSpectrum(
  model: Layer | TrainedModel,
  data: Data,
  options: HessianSpectrumOptions = {},
): Promise<HessianSpectrum> {
  const quadrature = ['probes', 'steps', 'points', 'blur', 'seed'] as const;
  checkKnownOptions('hessianSpectrum', options, [...SURFACE, ...quadrature, 'learningRate']);
  const { learningRate } = options;
  if (learningRate !== undefined) checkNumber('hessianSpectrum: learningRate', learningRate, { min: 0, openMin: true });
  const surface = await lossSurface(model, data, some(options, SURFACE));
  const found = await density(surface.hessian(surface.start), some(options, quadrature));
  return new HessianSpectrum(found, surface.size, learningRate);
}

/**
 * The sharpness of the loss where a model stands: the Hessian's largest eigenvalue, times the learning rate. Full-batch gradient
 * descent sharpens until the product is about 2 and stays there, its loss rising and falling; momentum β bears 2 · (1 + β).
 *
 * @throws SaddlepointError `option` for options out of range; what `lossSurface` throws.
 * @see Cohen et al. 2021 (arXiv 2103.00065), sections 2 and 3.
 * @example (await sharpness(run, { x, y }, { learningRate: 0.05 })).product; // 1.97
 */
export async function sharpness(
  model: Layer | TrainedModel,
  data: Data,
  options: SharpnessOptions,
): Promise<Sharpness> {
  checkKnownOptions('sharpness', options, [...SURFACE, 'learningRate', 'steps']);
  const learningRate = checkNumber('sharpness: learningRate', options?.learningRate, { min: 0, openMin: true });
  const steps = checkNumber('sharpness: steps', options.steps ?? 40, { min: 1, integer: true });
  const surface = await lossSurface(model, data, some(options, SURFACE));
  const { top, bounds } = await lanczos(surface.hessian(surface.start), { steps, ...some(options, ['seed']) });
  const product = top * learningRate;
  return { top, bound: bounds.at(-1) as number, product, regime: regimeOf(product) };
}
