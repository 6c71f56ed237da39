/** @file Newton's method with a cubic bound: the reference for leaving saddles with a guarantee, for small problems. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { denseEigen } from '../../core/symmetric-eigen.ts';
import { addScaled, dot, matrixOf, moved, normOf, type Objective } from './operator.ts';

export interface CubicNewtonOptions {
  /** What the change of the Hessian is bounded by at first: > 0, default 1. It is adapted. */
  readonly bound?: number;
  /** A whole number ≥ 1; default 100. */
  readonly maximumIterations?: number;
  /** Ends when the gradient's norm is at most this, and no eigenvalue below −√this: > 0, default 1e-6. */
  readonly tolerance?: number;
}

/** Where `cubicNewton` ended. */
export interface CubicNewtonResult {
  readonly point: Float64Array;
  readonly value: number;
  readonly gradientNorm: number;
  /** The smallest eigenvalue there. */
  readonly bottom: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * x ← x + argmin gᵀs + sᵀHs / 2 + M ‖s‖³ / 6: each step minimizes a model that bounds the function, if M bounds the change of H,
 * so it lowers the value and leaves every strict saddle, also from the saddle itself. M doubles where the model was too bold, and
 * halves where it was not. The Hessian is written down: for up to some hundreds of parameters.
 *
 * @throws SaddlepointError `option` for options out of range, `data` for a start that is not finite.
 * @see Nesterov & Polyak 2006, "Cubic regularization of Newton method and its global performance", section 5 for the step; the
 *   rule for M after Cartis, Gould & Toint 2011.
 */
export async function cubicNewton(
  objective: Objective,
  start: ArrayLike<number>,
  options: CubicNewtonOptions = {},
): Promise<CubicNewtonResult> {
  checkKnownOptions('cubicNewton', options, ['bound', 'maximumIterations', 'tolerance']);
  let bound = checkNumber('cubicNewton: bound', options.bound ?? 1, { min: 0, openMin: true });
  const tolerance = checkNumber('cubicNewton: tolerance', options.tolerance ?? 1e-6, { min: 0, openMin: true });
  const most = checkNumber('cubicNewton: maximumIterations', options.maximumIterations ?? 100, {
    ...{ min: 1, integer: true },
  });
  let point: Float64Array = Float64Array.from(start);
  let here = await objective.at(point.slice());
  if (!Number.isFinite(here.value))
    throw new SaddlepointError('data', `cubicNewton: the value at the start is ${here.value}`);
  for (let iteration = 0; ; iteration++) {
    const { values, vectors } = denseEigen(await matrixOf(objective.hessian(point)), objective.size);
    const bottom = values[0] as number;
    const gradientNorm = normOf(here.gradient);
    const converged = gradientNorm <= tolerance && bottom >= -Math.sqrt(tolerance);
    if (converged || iteration === most)
      return { point, value: here.value, gradientNorm, bottom, iterations: iteration, converged };
    for (;;) {
      const { step, promised } = cubicStep(values, vectors, here.gradient, bound);
      const next = moved(point, step);
      const there = await objective.at(next.slice());
      const kept = (here.value - there.value) / promised;
      if (kept > 0.1) {
        [point, here] = [next, there];
        if (kept > 0.9) bound = Math.max(1e-12, bound / 2);
        break;
      }
      bound *= 2;
      if (bound > 1e15)
        return { point, value: here.value, gradientNorm, bottom, iterations: iteration, converged: false };
    }
  }
}

/** The minimizer of the cubic model in the eigenbasis, and by how much it lowers the model. */
function cubicStep(
  values: Float64Array,
  vectors: Float64Array,
  gradient: ArrayLike<number>,
  bound: number,
): { step: Float64Array; promised: number } {
  const n = values.length;
  const along = Float64Array.from(values, (_, k) => dot(vectors.subarray(k * n, (k + 1) * n), gradient));
  const lengthAt = (shift: number): number =>
    normOf(along.map((a, k) => (a === 0 ? 0 : a / ((values[k] as number) + shift))));
  // The step has the length r where (H + M r / 2) s = −g, and H + M r / 2 bends up: ‖s(shift)‖ = 2 shift / M.
  const least = Math.max(0, -(values[0] as number));
  let [low, high] = [least, least + Math.max(1e-12, Math.sqrt((bound * normOf(gradient)) / 2) + least)];
  while (lengthAt(high) > (2 * high) / bound) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (lengthAt(middle) > (2 * middle) / bound) low = middle;
    else high = middle;
  }
  const coefficients = along.map((a, k) => (a === 0 ? 0 : -a / ((values[k] as number) + high)));
  // The hard case: the gradient has nothing along the bottom, and what is left of the length goes there.
  const missing = ((2 * high) / bound) ** 2 - normOf(coefficients) ** 2;
  if (least > 0 && high - least <= 1e-9 * least && missing > 0)
    coefficients[0] = (coefficients[0] as number) + Math.sqrt(missing);
  const step = new Float64Array(n);
  let model = 0;
  coefficients.forEach((c, k) => {
    addScaled(step, vectors.subarray(k * n, (k + 1) * n), c);
    model += (along[k] as number) * c + ((values[k] as number) * c * c) / 2;
  });
  return { step, promised: -(model + (bound * normOf(step) ** 3) / 6) };
}
