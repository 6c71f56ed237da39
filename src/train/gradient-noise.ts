/** @file How noisy the gradient of one row is, from gradients of batches of several sizes, or of parts of one sample. */
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { Control } from './callback.ts';

/** What gradients of random rows show. */
export interface GradientNoise {
  /** tr Σ: the variance of the gradient of one row, summed over the parameters. Unbiased. */
  readonly variance: number;
  /** ‖G‖²: of the gradient over all rows. Unbiased, so that it may come out below 0 where noise is all there is to see. */
  readonly squaredNorm: number;
  /** B_simple = tr Σ / ‖G‖²: rows at which noise and gradient are alike; infinite where ‖G‖² is not above 0. */
  readonly noiseScale: number;
}

const squared = (vector: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < vector.length; i++) total += (vector[i] as number) ** 2;
  return total;
};

export const noiseOf = (variance: number, squaredNorm: number): GradientNoise => ({
  variance,
  squaredNorm,
  noiseScale: squaredNorm > 0 ? Math.max(0, variance) / squaredNorm : Number.POSITIVE_INFINITY,
});

/**
 * From mean squared norms of gradients over `small` and over `big` rows, `small` < `big`.
 * @see McCandlish et al. 2018, appendix A.1.
 */
export const noiseOfTwo = (small: number, ofSmall: number, big: number, ofBig: number): GradientNoise =>
  noiseOf((ofSmall - ofBig) / (1 / small - 1 / big), (big * ofBig - small * ofSmall) / (big - small));

/** With the squared norm of the gradient over the whole sample. */
export type SampledNoise = GradientNoise & { readonly sampled: number };

/**
 * From the gradients of parts of `rows` rows each, two parts at least: the variance of a part's mean is 1 / rows of that of a row.
 */
export function noiseOfParts(gradients: readonly ArrayLike<number>[], rows: number): SampledNoise {
  const count = gradients.length;
  const mean = new Float64Array(gradients[0]?.length ?? 0);
  for (const gradient of gradients)
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (gradient[i] as number) / count;
  const sampled = squared(mean);
  const ofParts = gradients.reduce((sum, gradient) => sum + squared(gradient), 0) / count;
  return { ...noiseOfTwo(rows, ofParts, rows * count, sampled), sampled };
}

/** From the gradient over a sample, two rows at least, and the squared norms of its rows' own. */
export function noiseOfRows(gradient: ArrayLike<number>, squaredNorms: ArrayLike<number>): SampledNoise {
  const count = squaredNorms.length;
  const sampled = squared(gradient);
  const ofRows = Array.from(squaredNorms).reduce((sum, norm) => sum + norm, 0) / count;
  return { ...noiseOfTwo(1, ofRows, count, sampled), sampled };
}

/** The noise over some rows, each by itself. */
export async function noiseOver(control: Control, rows: Int32Array): Promise<SampledNoise> {
  const { gradient, squaredNorms } = await control.rowGradients(rows);
  return noiseOfRows(gradient, squaredNorms);
}

/** Training rows by chance, none twice: the same for the same draw. */
export function drawRows({ rows }: Pick<Control, 'rows'>, count: number, seed: number, draw: number): Int32Array {
  const order = randomPermutation(rows.length, seed, streamOf('gradientNoise'), draw);
  return order.subarray(0, count).map((at) => rows[at] as number);
}

/** ‖mean gradient‖² over rows. */
export const squaredNormOver = async (control: Control, rows: Int32Array): Promise<number> =>
  squared((await control.gradient(rows)).gradient);
