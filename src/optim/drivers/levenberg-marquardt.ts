/** @file Levenberg–Marquardt: least squares with some dozens of parameters, by the Jacobian of the residuals. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { qr } from '../../core/linear-algebra.ts';

/** Residuals r and their Jacobian, row-major [residuals, parameters]. */
export interface Residuals {
  readonly residuals: ArrayLike<number>;
  jacobian(): Promise<ArrayLike<number>> | ArrayLike<number>;
}

export interface LevenbergMarquardtOptions {
  /** A whole number ≥ 1; default 100. */
  readonly maximumIterations?: number;
  /** Ends when no element of Jᵀr is larger: ≥ 0, default 1e-8. */
  readonly gradientTolerance?: number;
  /** The first μ, in units of the largest diagonal element of JᵀJ: > 0, default 1e-3. */
  readonly damping?: number;
  /** Ends after the iteration under way. */
  readonly signal?: AbortSignal;
}

/** Where `levenbergMarquardt` ended, and how. */
export interface LevenbergMarquardtResult {
  readonly point: Float64Array;
  /** ½ ‖r‖². */
  readonly value: number;
  readonly iterations: number;
  /** Of the residuals. */
  readonly evaluations: number;
  /** 'stalled': no damping lowers the value any more. */
  readonly ending: 'gradient' | 'iterations' | 'stalled' | 'aborted';
}

/** More of it would be solved by QR for minutes. */
const MOST_PARAMETERS = 500;

const half = (residuals: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < residuals.length; i++) total += (residuals[i] as number) ** 2 / 2;
  return total;
};

/**
 * Minimizes ½ ‖r(x)‖²: steps solve (JᵀJ + μ I) h = −Jᵀr, by the QR factors of J over √μ I; μ falls where the model of the step
 * was right, and grows where the step would raise the value. Each iteration needs the whole Jacobian: for very small nets.
 *
 * @param f residuals at a point, and how to get their Jacobian there.
 * @param start at most 500 numbers.
 * @throws SaddlepointError `option` for options out of range and too many parameters, `data` for residuals at the start that are
 *   not finite.
 * @see Marquardt 1963; Madsen, Nielsen & Tingleff 2004, "Methods for non-linear least squares problems", algorithm 3.16.
 * @example await levenbergMarquardt(([x]) => ({ residuals: [x * x - 2], jacobian: () => [2 * x] }), [1]); // 1.41421356…
 */
export async function levenbergMarquardt(
  f: (point: Float64Array) => Promise<Residuals> | Residuals,
  start: ArrayLike<number>,
  options: LevenbergMarquardtOptions = {},
): Promise<LevenbergMarquardtResult> {
  const where = 'levenbergMarquardt';
  checkKnownOptions(where, options, ['maximumIterations', 'gradientTolerance', 'damping', 'signal']);
  const most = checkNumber(`${where}.maximumIterations`, options.maximumIterations ?? 100, { min: 1, integer: true });
  const tolerance = checkNumber(`${where}.gradientTolerance`, options.gradientTolerance ?? 1e-8, { min: 0 });
  const tau = checkNumber(`${where}.damping`, options.damping ?? 1e-3, { min: 0, openMin: true });
  const n = start.length;
  if (n > MOST_PARAMETERS)
    throw new SaddlepointError('option', `${where}: ${n} parameters, ${MOST_PARAMETERS} at most`, "method: 'lbfgs'");
  let point = Float64Array.from(start);
  let now = await f(point);
  let value = half(now.residuals);
  if (!Number.isFinite(value))
    throw new SaddlepointError('data', `${where}: expected finite residuals at the start, got ½ ‖r‖² = ${value}`);
  let [iterations, evaluations, growth] = [0, 1, 2];
  let mu: number | undefined;
  const ended = (ending: LevenbergMarquardtResult['ending']): LevenbergMarquardtResult => ({
    ...{ point, value, iterations, evaluations, ending },
  });
  for (;;) {
    const jacobian = await now.jacobian();
    const m = now.residuals.length;
    const slope = new Float64Array(n);
    let largest = 0;
    for (let j = 0; j < n; j++) {
      let squares = 0;
      for (let i = 0; i < m; i++) {
        const element = jacobian[i * n + j] as number;
        slope[j] = (slope[j] as number) + element * (now.residuals[i] as number);
        squares += element ** 2;
      }
      largest = Math.max(largest, squares);
    }
    if (slope.every((g) => Math.abs(g) <= tolerance)) return ended('gradient');
    mu ??= tau * (largest || 1);
    for (;;) {
      if (options.signal?.aborted) return ended('aborted');
      if (iterations >= most) return ended('iterations');
      iterations++;
      const h = dampedStep(jacobian, slope, mu, m, n);
      const next = point.map((x, j) => x + (h[j] as number));
      const made = await f(next);
      evaluations++;
      const reached = half(made.residuals);
      // What the model of the step promised: ½ hᵀ(μ h − Jᵀr).
      const promised = h.reduce((sum, step, j) => sum + (step * ((mu as number) * step - (slope[j] as number))) / 2, 0);
      if (reached < value) {
        const gain = (value - reached) / promised;
        mu *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
        growth = 2;
        [point, now, value] = [next, made, reached];
        break;
      }
      mu *= growth;
      growth *= 2;
      if (!(mu < 1e150)) return ended('stalled');
    }
  }
}

/** (JᵀJ + μ I)⁻¹ (−g) by R of the QR factors of [J; √μ I]: RᵀR h = −g. */
function dampedStep(jacobian: ArrayLike<number>, slope: Float64Array, mu: number, m: number, n: number): Float64Array {
  const stacked = new Float64Array((m + n) * n);
  for (let i = 0; i < m * n; i++) stacked[i] = jacobian[i] as number;
  for (let j = 0; j < n; j++) stacked[(m + j) * n + j] = Math.sqrt(mu);
  const { r } = qr(stacked, m + n, n);
  const h = slope.map((g) => -g);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) h[j] = (h[j] as number) - (r[k * n + j] as number) * (h[k] as number);
    h[j] = (h[j] as number) / (r[j * n + j] as number);
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let k = j + 1; k < n; k++) h[j] = (h[j] as number) - (r[j * n + k] as number) * (h[k] as number);
    h[j] = (h[j] as number) / (r[j * n + j] as number);
  }
  return h;
}
