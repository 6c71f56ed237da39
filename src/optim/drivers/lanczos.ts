/** @file Extreme eigenvalues of a symmetric operator from its products: Lanczos with full reorthogonalization, power iteration. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { tridiagonalEigen } from '../../core/symmetric-eigen.ts';
import { type KrylovBasis, krylov } from './krylov.ts';
import { addScaled, dot, type LinearOperator, normOf, probe, unit } from './operator.ts';

export interface LanczosOptions {
  /** Products: a whole number ≥ 1, default 80; never more than the operator's size. */
  readonly steps?: number;
  /** Of the vector it starts from; default 0. */
  readonly seed?: number;
}

/** What Lanczos knows of a spectrum: its ends, soon and well. */
export interface Lanczos {
  /** Ritz values, ascending: the first and last ones are eigenvalues when their bounds are small. */
  readonly values: Float64Array;
  /** How far each is from an eigenvalue at most (Golub & Van Loan, theorem 10.1.2). */
  readonly bounds: Float64Array;
  readonly top: number;
  readonly bottom: number;
  /** Products that were taken. */
  readonly steps: number;
  /** The unit vector of values[k]; an eigenvector, where bounds[k] is small beside the gaps. */
  ritzVector(k: number): Float64Array;
}

/**
 * The largest and smallest eigenvalues of a symmetric operator, such as a Hessian, from some dozens of products. A basis vector
 * a step is kept: steps · size doubles.
 *
 * @throws SaddlepointError `option` for options out of range, `data` for products that are not finite.
 * @see Lanczos 1950; Golub & Van Loan, sections 10.1 and 10.3.
 * @example const { top, bottom } = await curvature.lanczos(await curvature.hessianOf(run, data), { steps: 40 });
 */
export async function lanczos(operator: LinearOperator, options: LanczosOptions = {}): Promise<Lanczos> {
  checkKnownOptions('lanczos', options, ['steps', 'seed']);
  const steps = checkNumber('lanczos: steps', options.steps ?? 80, { min: 1, integer: true });
  const seed = checkSeed('lanczos: seed', options.seed);
  return ritzOf(await krylov(operator, probe('normal', operator.size, seed, 0), steps));
}

/** The Ritz values of a basis. */
export function ritzOf({ basis, diagonal, off, rest }: KrylovBasis): Lanczos {
  const k = basis.length;
  const identity = new Float64Array(k * k);
  for (let i = 0; i < k; i++) identity[i * (k + 1)] = 1;
  const { values, carried } = tridiagonalEigen(diagonal, off, identity);
  return {
    values,
    bounds: Float64Array.from({ length: k }, (_, i) => Math.abs(rest * (carried[i * k + k - 1] as number))),
    top: values[k - 1] as number,
    bottom: values[0] as number,
    steps: k,
    ritzVector(which) {
      checkNumber('lanczos: ritzVector', which, { min: 0, max: k - 1, integer: true });
      const vector = new Float64Array((basis[0] as Float64Array).length);
      basis.forEach((v, j) => {
        addScaled(vector, v, carried[which * k + j] as number);
      });
      return vector;
    },
  };
}

export interface PowerIterationOptions {
  /** Products at most: a whole number ≥ 1, default 200. */
  readonly steps?: number;
  /** Ends when the residual ‖A v − λ v‖ is at most this share of |λ|: > 0, default 1e-4. */
  readonly tolerance?: number;
  /** Of the vector it starts from; default 0. */
  readonly seed?: number;
}

/** The eigenvalue of the largest absolute value, as far as it was found. */
export interface PowerIteration {
  readonly value: number;
  /** Of length 1. */
  readonly vector: Float64Array;
  readonly steps: number;
  readonly converged: boolean;
}

/**
 * The eigenvalue of largest absolute value by repeated products (Golub & Van Loan, section 7.3.1), with Rayleigh quotients. It
 * keeps two vectors only; `lanczos` finds both ends in fewer products.
 *
 * @throws SaddlepointError `option` for options out of range.
 */
export async function powerIteration(
  operator: LinearOperator,
  options: PowerIterationOptions = {},
): Promise<PowerIteration> {
  checkKnownOptions('powerIteration', options, ['steps', 'tolerance', 'seed']);
  const steps = checkNumber('powerIteration: steps', options.steps ?? 200, { min: 1, integer: true });
  const tolerance = checkNumber('powerIteration: tolerance', options.tolerance ?? 1e-4, { min: 0, openMin: true });
  let vector = unit(probe('normal', operator.size, checkSeed('powerIteration: seed', options.seed), 0));
  let value = 0;
  for (let step = 1; step <= steps; step++) {
    const product = Float64Array.from(await operator.times(vector.slice()));
    value = dot(vector, product);
    const residual = Float64Array.from(product);
    addScaled(residual, vector, -value);
    if (normOf(residual) <= tolerance * Math.abs(value)) return { value, vector, steps: step, converged: true };
    if (normOf(product) === 0) return { value: 0, vector, steps: step, converged: true };
    vector = unit(product);
  }
  return { value, vector, steps, converged: false };
}

/** A seed: a whole number in 0 … 2^32 − 1, default 0. */
export const checkSeed = (where: string, given: unknown): number =>
  checkNumber(where, given ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true });
