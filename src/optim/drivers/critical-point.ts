/** @file Finds points where the gradient vanishes, whatever they are: minima, saddles, maxima. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { denseEigen } from '../../core/symmetric-eigen.ts';
import { krylov, ritzOf } from './lanczos.ts';
import { addScaled, dot, matrixOf, moved, normOf, type Objective } from './operator.ts';
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
    const basis = await eigenBasis(hessian, gradient, denseSize, products);
    let moves = 0;
    for (let tries = 0; tries < MOST_TRIES && moves < MOST_STEPS_A_HESSIAN && iterations < most; tries++) {
      const next = moved(point, newtonStep(basis, gradient, damping));
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

interface EigenBasis {
  readonly values: Float64Array;
  vector(k: number): Float64Array;
}

async function eigenBasis(
  hessian: ReturnType<Objective['hessian']>,
  gradient: ArrayLike<number>,
  denseSize: number,
  products: number,
): Promise<EigenBasis> {
  const { size } = hessian;
  if (size <= denseSize) {
    const { values, vectors } = denseEigen(await matrixOf(hessian), size);
    return { values, vector: (k) => vectors.subarray(k * size, (k + 1) * size) };
  }
  const ritz = ritzOf(await krylov(hessian, gradient, products));
  const vectors = Array.from(ritz.values, (_, k) => ritz.ritzVector(k));
  return { values: ritz.values, vector: (k) => vectors[k] as Float64Array };
}

function newtonStep({ values, vector }: EigenBasis, gradient: ArrayLike<number>, damping: number): Float64Array {
  const step = new Float64Array(gradient.length);
  values.forEach((value, k) => {
    const v = vector(k);
    addScaled(step, v, (-value * dot(v, gradient)) / (value * value + damping));
  });
  return step;
}
