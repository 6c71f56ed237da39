/** @file What products tell of a whole spectrum: its density and its trace. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { tridiagonalEigen } from '../../core/symmetric-eigen.ts';
import { type KrylovBasis, krylov } from './krylov.ts';
import { checkSeed } from './lanczos.ts';
import { dot, type LinearOperator, probe } from './operator.ts';

/** Up to this size a matrix is written down: 2,000 rows are 32 MB and some 20 seconds. */
export const DENSE_SIZE = 2000;

export interface DensityOptions {
  /** Random vectors to start from: a whole number ≥ 1, default 10. */
  readonly probes?: number;
  /** Products for each: a whole number ≥ 1, default 80. */
  readonly steps?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Points of the curve: a whole number ≥ 2, default 512. */
  readonly points?: number;
  /** Standard deviation of the blur, in units of the spectrum's width: > 0, default 0.005. */
  readonly blur?: number;
}

/** A share of the spectrum at a value. */
export interface SpectrumNode {
  readonly value: number;
  /** All of one estimate sum to 1. */
  readonly weight: number;
}

/** How the eigenvalues lie. */
export interface SpectrumDensity {
  /** The curve: density over values, which integrates to 1. */
  readonly values: Float64Array;
  readonly density: Float64Array;
  /** What is under the blur: nodes and weights of the Gauss quadratures. */
  readonly nodes: readonly SpectrumNode[];
  readonly top: number;
  readonly bottom: number;
}

/**
 * The density of an operator's eigenvalues by stochastic Lanczos quadrature: from each random vector a Gauss quadrature of the
 * spectrum, all averaged and blurred. Ends are sharp, the middle is coarse: eigenvalues in the bulk are not told apart.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see Ubaru, Chen & Saad 2017, algorithm 1; Ghorbani et al. 2019, section 2 (the Gaussian blur; signs ±1 here, normal there).
 * @example const { values, density } = await curvature.density(hessian, { probes: 10, steps: 80 });
 */
export async function density(operator: LinearOperator, options: DensityOptions = {}): Promise<SpectrumDensity> {
  checkKnownOptions('density', options, ['probes', 'steps', 'seed', 'points', 'blur']);
  const points = checkNumber('density: points', options.points ?? 512, { min: 2, integer: true });
  const blur = checkNumber('density: blur', options.blur ?? 0.005, { min: 0, openMin: true });
  const nodes = (await quadratures('density', operator, options)).flat();
  const weight = nodes.reduce((sum, node) => sum + node.weight, 0);
  const shares = nodes.map((node) => ({ value: node.value, weight: node.weight / weight }));
  const top = nodes.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const bottom = nodes.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const sigma = blur * (top - bottom || Math.abs(top) || 1);
  const from = bottom - 4 * sigma;
  const step = (top - bottom + 8 * sigma) / (points - 1);
  const values = Float64Array.from({ length: points }, (_, i) => from + i * step);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const curve = values.map((x) =>
    shares.reduce((sum, node) => sum + node.weight * height * Math.exp(-(((x - node.value) / sigma) ** 2) / 2), 0),
  );
  return { values, density: curve, nodes: shares, top, bottom };
}

/** For each probe, nodes and weights that sum to 1. */
async function quadratures(
  where: string,
  operator: LinearOperator,
  options: Pick<DensityOptions, 'probes' | 'steps' | 'seed'>,
): Promise<SpectrumNode[][]> {
  const probes = checkNumber(`${where}: probes`, options.probes ?? 10, { min: 1, integer: true });
  const steps = checkNumber(`${where}: steps`, options.steps ?? 80, { min: 1, integer: true });
  const seed = checkSeed(`${where}: seed`, options.seed);
  const found: SpectrumNode[][] = [];
  for (let n = 0; n < probes; n++) {
    found.push(quadratureOf(await krylov(operator, probe('signs', operator.size, seed, n), steps)));
  }
  return found;
}

/** The Gauss quadrature that a Krylov space is: nodes ascending, weights that sum to 1. */
export function quadratureOf({ diagonal, off }: Pick<KrylovBasis, 'diagonal' | 'off'>): SpectrumNode[] {
  const first = new Float64Array(diagonal.length);
  first[0] = 1;
  const { values, carried } = tridiagonalEigen(diagonal, off, first);
  return Array.from(values, (value, k) => ({ value, weight: (carried[k] as number) ** 2 }));
}

/** A mean over random vectors, and how sure it is. */
export interface Estimate {
  readonly value: number;
  /** The standard error of the mean over the probes. */
  readonly standardError: number;
}

/** The mean of samples with its standard error; infinite of one sample. */
export const estimate = (samples: readonly number[]): Estimate => {
  const n = samples.length;
  const value = samples.reduce((sum, x) => sum + x, 0) / n;
  const squares = samples.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.POSITIVE_INFINITY };
};

/**
 * The trace of an operator: the mean of ⟨z, A z⟩ over vectors z of random signs (Hutchinson 1990).
 *
 * @param options probes: a whole number ≥ 1, default 32; seed: default 0.
 * @throws SaddlepointError `option` for options out of range.
 */
export async function trace(
  operator: LinearOperator,
  options: { readonly probes?: number; readonly seed?: number } = {},
): Promise<Estimate> {
  checkKnownOptions('trace', options, ['probes', 'seed']);
  const probes = checkNumber('trace: probes', options.probes ?? 32, { min: 1, integer: true });
  const seed = checkSeed('trace: seed', options.seed);
  const samples: number[] = [];
  for (let n = 0; n < probes; n++) {
    const z = probe('signs', operator.size, seed, n);
    samples.push(dot(z, await operator.times(z.slice())));
  }
  return estimate(samples);
}
