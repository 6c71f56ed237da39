/** @file Extreme eigenvalues of a symmetric operator from its products: Lanczos with full reorthogonalization, power iteration. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { tridiagonalEigen } from '../../core/symmetric-eigen.ts';
import { addScaled, dot, type LinearOperator, normOf, probe, unit } from './operator.ts';

/** Below this share of the largest element seen, what is left of a vector is rounding. */
const NOTHING = 1e-12;

/** T = Vᵀ A V of an orthonormal basis V that begins with a given vector. */
export interface KrylovBasis {
  /** Orthonormal vectors, at most as many as steps. */
  readonly basis: readonly Float64Array[];
  /** Of T. */
  readonly diagonal: Float64Array;
  /** Beside the diagonal of T: one fewer. */
  readonly off: Float64Array;
  /** The norm of what A · V has outside of V; 0 where V is closed under A. */
  readonly rest: number;
}

/**
 * A basis of v, A v, A² v, … and A in it. Each vector is made orthogonal to all before it twice over, so that no eigenvalue
 * appears more often than it is there.
 *
 * @param start not 0; need not be of length 1.
 * @param steps products, at most the operator's size; fewer where the space is closed before.
 * @see Golub & Van Loan, "Matrix computations", section 10.1 and 10.3.
 */
export async function krylov(operator: LinearOperator, start: ArrayLike<number>, steps: number): Promise<KrylovBasis> {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const off: number[] = [];
  let next = unit(start);
  let rest = 0;
  let largest = 0;
  for (let k = 0; k < Math.min(steps, operator.size); k++) {
    if (k > 0) off.push(rest);
    basis.push(next);
    const product = Float64Array.from(await operator.times(next.slice()));
    largest = Math.max(largest, normOf(product));
    if (!Number.isFinite(largest))
      throw new SaddlepointError('data', `lanczos: product ${k + 1} is not finite`, 'look at the loss at this point');
    diagonal.push(dot(product, next));
    for (let again = 0; again < 2; again++) for (const v of basis) addScaled(product, v, -dot(product, v));
    rest = normOf(product);
    if (rest <= NOTHING * largest) {
      rest = 0;
      break;
    }
    next = Float64Array.from(product, (x) => x / rest);
  }
  return { basis, diagonal: Float64Array.from(diagonal), off: Float64Array.from(off), rest };
}

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
