/** @file A Krylov space of a symmetric operator, which may grow: an orthonormal basis, and the operator as a tridiagonal matrix in it. */
import { SaddlepointError } from '../../core/errors.ts';
import { addScaled, dot, type LinearOperator, normOf, unit } from './operator.ts';

/** Below this share of the largest element seen, what is left of a vector is rounding. */
const NOTHING = 1e-12;
/** Smaller numbers have lost digits, being denormal or near to it: a vector divided by its length would not have length 1. */
const LEAST = 2 ** -970;

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
 * @see Golub & Van Loan, "Matrix computations", section 10.1 and 10.3.
 */
export class KrylovSpace {
  readonly #operator: LinearOperator;
  readonly #basis: Float64Array[] = [];
  readonly #diagonal: number[] = [];
  readonly #off: number[] = [];
  #next: Float64Array;
  #rest = 0;
  #largest = 0;
  #isClosed = false;

  /** @param start not 0; need not be of length 1. */
  constructor(operator: LinearOperator, start: ArrayLike<number>) {
    this.#operator = operator;
    this.#next = unit(start);
  }

  /** Products taken, which is how many vectors there are. */
  get steps(): number {
    return this.#basis.length;
  }

  /** Whether no product leads out of it: T then has eigenvalues of the operator alone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get form(): KrylovBasis {
    return {
      ...{ basis: this.#basis, diagonal: Float64Array.from(this.#diagonal), off: Float64Array.from(this.#off) },
      rest: this.#rest,
    };
  }

  /**
   * Takes products until there are so many vectors, as many as the operator has rows, or the space is closed.
   *
   * @throws SaddlepointError `data` for products that are not finite.
   */
  async grow(steps: number): Promise<void> {
    const { size } = this.#operator;
    while (!this.#isClosed && this.steps < steps) {
      if (this.steps > 0) this.#off.push(this.#rest);
      const next = this.#next;
      this.#basis.push(next);
      const product = Float64Array.from(await this.#operator.times(next.slice()));
      this.#largest = Math.max(this.#largest, normOf(product));
      if (!Number.isFinite(this.#largest))
        throw new SaddlepointError(
          'data',
          `lanczos: product ${this.steps} is not finite`,
          'look at the loss at this point',
        );
      this.#diagonal.push(dot(product, next));
      for (let again = 0; again < 2; again++) for (const v of this.#basis) addScaled(product, v, -dot(product, v));
      this.#rest = normOf(product);
      const isNothing = this.#rest <= Math.max(LEAST, NOTHING * this.#largest);
      if (isNothing) this.#rest = 0;
      this.#isClosed = isNothing || this.steps === size;
      if (!isNothing) this.#next = Float64Array.from(product, (x) => x / this.#rest);
    }
  }
}

/**
 * The Krylov space of an operator and a vector, of so many products at most.
 *
 * @param start not 0; need not be of length 1.
 * @param steps products, at most the operator's size; fewer where the space is closed before.
 */
export async function krylov(operator: LinearOperator, start: ArrayLike<number>, steps: number): Promise<KrylovBasis> {
  const space = new KrylovSpace(operator, start);
  await space.grow(steps);
  return space.form;
}
