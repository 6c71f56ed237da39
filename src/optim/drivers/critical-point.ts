/** @file Finds points where the gradient vanishes, whatever they are: minima, saddles, maxima. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { type TridiagonalForm, tridiagonalForm } from '../../core/symmetric-eigen.ts';
import { krylov } from './krylov.ts';
import { addScaled, dot, type LinearOperator, matrixOf, moved, normOf, type Objective } from './operator.ts';
import { DENSE_SIZE } from './spectrum.ts';

export interface CriticalPointOptions {
  /** Ends when the norm of the gradient is below: > 0, default 1e-6. */
  readonly tolerance?: number;
  /** A whole number ≥ 1; default 100. */
  readonly maximumIterations?: number;
  /** What is added to H²: > 0, default 1e-3 times the gradient's norm at the start. */
  readonly damping?: number;
  /** Up to this size the Hessian is written down, beyond it acts in a Krylov space: a whole number ≥ 0, default 2,000. */
  readonly denseSize?: number;
  /** Products a step beyond that size: a whole number ≥ 1, default 80. */
  readonly krylov?: number;
}

/** Where the search ended. */
export interface CriticalPoint {
  readonly point: Float64Array;
  readonly value: number;
  readonly gradientNorm: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/** Steps that are taken with one Hessian at most, as long as each halves the gradient. */
const MOST_STEPS_A_HESSIAN = 4;
const MOST_TRIES = 12;

/**
 * Minimizes ‖g‖² / 2 by damped Newton steps −(H² + damping)⁻¹ H g (Gauss–Newton on the gradient, with the damping of Levenberg and
 * Marquardt): it goes to the nearest critical point, of any index. A Hessian serves for several steps while they go well.
 *
 * It may end where H g = 0 but g is not: `converged` is false then.
 *
 * @throws SaddlepointError `option` for options out of range, `data` for a start whose gradient is not finite.
 * @see Dauphin et al. 2014, appendix; Nocedal & Wright 2006, section 10.3.
 */
export async function findCriticalPoint(
  objective: Objective,
  start: ArrayLike<number>,
  options: CriticalPointOptions = {},
): Promise<CriticalPoint> {
  const where = 'findCriticalPoint';
  checkKnownOptions(where, options, ['tolerance', 'maximumIterations', 'damping', 'denseSize', 'krylov']);
  const tolerance = checkNumber(`${where}: tolerance`, options.tolerance ?? 1e-6, { min: 0, openMin: true });
  const most = checkNumber(`${where}: maximumIterations`, options.maximumIterations ?? 100, { min: 1, integer: true });
  const denseSize = checkNumber(`${where}: denseSize`, options.denseSize ?? DENSE_SIZE, { min: 0, integer: true });
  const products = checkNumber(`${where}: krylov`, options.krylov ?? 80, { min: 1, integer: true });
  let point: Float64Array = Float64Array.from(start);
  let { value, gradient } = await objective.at(point.slice());
  let norm = normOf(gradient);
  if (!Number.isFinite(norm))
    throw new SaddlepointError('data', `${where}: the gradient at the start has the norm ${norm}`);
  let damping = checkNumber(`${where}: damping`, options.damping ?? Math.max(1e-12, 1e-3 * norm), {
    ...{ min: 0, openMin: true },
  });
  let iterations = 0;
  while (norm > tolerance && iterations < most) {
    const hessian = objective.hessian(point);
    const form = await tridiagonalOf(hessian, gradient, denseSize, products);
    let moves = 0;
    for (let tries = 0; tries < MOST_TRIES && moves < MOST_STEPS_A_HESSIAN && iterations < most; tries++) {
      const next = moved(point, newtonStep(form, gradient, damping));
      const there = await objective.at(next.slice());
      const length = normOf(there.gradient);
      if (!(length < norm)) {
        // An old Hessian is the likelier reason.
        if (moves > 0) break;
        damping *= 10;
        continue;
      }
      const goesWell = length < norm / 2;
      [point, value, gradient, norm] = [next, there.value, there.gradient, length];
      damping = Math.max(1e-14, damping / (goesWell ? 10 : 2));
      moves++;
      iterations++;
      if (norm <= tolerance || !goesWell) break;
    }
    if (moves === 0) break;
  }
  return { point, value, gradientNorm: norm, converged: norm <= tolerance, iterations };
}

/** H as a tridiagonal T in some orthonormal basis. */
type Tridiagonal = Pick<TridiagonalForm, 'diagonal' | 'off' | 'into' | 'back'>;

async function tridiagonalOf(
  hessian: LinearOperator,
  gradient: ArrayLike<number>,
  denseSize: number,
  products: number,
): Promise<Tridiagonal> {
  const { size } = hessian;
  if (size <= denseSize) return tridiagonalForm(await matrixOf(hessian), size);
  const { basis, diagonal, off } = await krylov(hessian, gradient, products);
  return {
    ...{ diagonal, off },
    into: (v) => Float64Array.from(basis, (b) => dot(b, v)),
    back(v) {
      const result = new Float64Array(size);
      basis.forEach((b, i) => {
        addScaled(result, b, v[i] as number);
      });
      return result;
    },
  };
}

/** −(H² + damping)⁻¹ H g: T² + damping has five diagonals, and is factored as L D Lᵀ. */
function newtonStep({ diagonal, off, into, back }: Tridiagonal, gradient: ArrayLike<number>, damping: number) {
  const n = diagonal.length;
  const d = (i: number): number => diagonal[i] as number;
  const e = (i: number): number => (i < 0 || i >= n - 1 ? 0 : (off[i] as number));
  const g = into(gradient);
  const x = new Float64Array(n);
  const [pivots, near, far] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const at = (list: Float64Array, i: number): number => (i < 0 ? 0 : (list[i] as number));
  for (let i = 0; i < n; i++) {
    // near[i] and far[i]: elements (i + 1, i) and (i + 2, i) of L.
    const crossed = at(far, i - 2) ** 2 * at(pivots, i - 2) + at(near, i - 1) ** 2 * at(pivots, i - 1);
    const pivot = d(i) ** 2 + e(i - 1) ** 2 + e(i) ** 2 + damping - crossed;
    pivots[i] = Math.max(pivot, damping * 1e-3);
    const below = e(i) * (d(i) + (i + 1 < n ? d(i + 1) : 0));
    near[i] = (below - at(far, i - 1) * at(pivots, i - 1) * at(near, i - 1)) / (pivots[i] as number);
    far[i] = (e(i) * e(i + 1)) / (pivots[i] as number);
    const right = -(d(i) * at(g, i) + e(i - 1) * at(g, i - 1) + (i + 1 < n ? e(i) * at(g, i + 1) : 0));
    x[i] = right - at(near, i - 1) * at(x, i - 1) - at(far, i - 2) * at(x, i - 2);
  }
  for (let i = n - 1; i >= 0; i--) {
    const later = (i + 1 < n ? at(near, i) * at(x, i + 1) : 0) + (i + 2 < n ? at(far, i) * at(x, i + 2) : 0);
    x[i] = (x[i] as number) / (pivots[i] as number) - later;
  }
  return back(x);
}
