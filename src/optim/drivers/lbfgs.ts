/** @file L-BFGS: a host loop over a function's value and gradient, for small problems and whole batches. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { dot } from './operator.ts';
import { type LinePoint, strongWolfe } from './strong-wolfe.ts';

/** A point's value and gradient. */
export interface ValueAndGradient {
  readonly value: number;
  /** As long as the point. */
  readonly gradient: ArrayLike<number>;
}

export interface LbfgsOptions {
  /** How many pairs of steps and changes of the gradient are kept: a whole number ≥ 1, default 10. */
  readonly memory?: number;
  /** A whole number ≥ 1; default 200. */
  readonly maximumIterations?: number;
  /** Of the function, line searches included: a whole number ≥ 1, default 10 times the iterations. */
  readonly maximumEvaluations?: number;
  /** Ends when no element of the gradient is larger: ≥ 0, default 1e-6. */
  readonly gradientTolerance?: number;
  /** Ends when an iteration lowers the value by less than this share of it: ≥ 0, default 1e-12; in f32 nothing below 1e-7 shows. */
  readonly valueTolerance?: number;
  /** c₁ of the strong Wolfe conditions, in (0, ½); default 1e-4. */
  readonly decrease?: number;
  /** c₂, in (decrease, 1); default 0.9. */
  readonly curvature?: number;
  /** Ends after the evaluation under way. */
  readonly signal?: AbortSignal;
  /** Called after each iteration, from 1, and awaited; the point is not to be changed. */
  readonly onIteration?: (progress: {
    readonly iteration: number;
    readonly value: number;
    readonly point: Float64Array;
  }) => unknown;
}

/** Why it ended: both tolerances are success; 'lineSearch': no step along the direction lowers the value (rounding, mostly). */
export type LbfgsEnding = 'gradient' | 'value' | 'iterations' | 'evaluations' | 'lineSearch' | 'aborted';

/** Where `lbfgs` ended, and why. */
export interface LbfgsResult {
  /** The lowest point found. */
  readonly point: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly iterations: number;
  readonly evaluations: number;
  readonly ending: LbfgsEnding;
}

interface Place extends LinePoint {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
}

/** s, y and ρ = 1 / sᵀy. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}
const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - (b[i] as number));

/**
 * Minimizes a smooth function from its values and gradients, with the last pairs of steps and changes in place of a Hessian,
 * and steps that satisfy the strong Wolfe conditions.
 *
 * The function must not be noisy: give it all rows at once, no dropout. Vectors are doubles on the host; what f computes in
 * f32 limits how far it gets.
 *
 * @param f value and gradient at a point, at once or as a promise; the point is f's to keep.
 * @param start of any length ≥ 1.
 * @throws SaddlepointError `option` for options out of range, `data` if the value at the start is not finite or the gradient
 *   has another length.
 * @see Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5 (and 3.5, 3.6); Liu & Nocedal 1989.
 * @example const { point } = await lbfgs((x) => ({ value: (x[0] - 3) ** 2, gradient: [2 * (x[0] - 3)] }), [0]); // [3]
 */
export async function lbfgs(
  f: (point: Float64Array) => ValueAndGradient | Promise<ValueAndGradient>,
  start: ArrayLike<number>,
  options: LbfgsOptions = {},
): Promise<LbfgsResult> {
  const settings = checked(options);
  const { signal } = options;
  let evaluations = 0;
  let iterations = 0;
  const evaluate = async (
    point: Float64Array,
  ): Promise<{ point: Float64Array; value: number; gradient: Float64Array }> => {
    evaluations++;
    const { value, gradient } = await f(Float64Array.from(point));
    if (gradient.length !== point.length) {
      throw new SaddlepointError(
        'data',
        `lbfgs: the gradient has ${gradient.length} elements, the point ${point.length}`,
      );
    }
    return { point, value, gradient: Float64Array.from(gradient) };
  };
  let now = await evaluate(Float64Array.from(start));
  if (!Number.isFinite(now.value) || !now.gradient.every(Number.isFinite)) {
    throw new SaddlepointError(
      'data',
      `lbfgs: expected a finite value and gradient at the start, got ${now.value}`,
      'start where the function is defined',
    );
  }
  const pairs: Pair[] = [];
  const ended = (ending: LbfgsEnding): LbfgsResult => {
    const { point, value, gradient } = now;
    return { point, value, gradient, iterations, evaluations, ending };
  };
  for (;;) {
    if (now.gradient.every((g) => Math.abs(g) <= settings.gradientTolerance)) return ended('gradient');
    if (signal?.aborted) return ended('aborted');
    if (iterations >= settings.maximumIterations) return ended('iterations');
    if (evaluations >= settings.maximumEvaluations) return ended('evaluations');
    let direction = descent(now.gradient, pairs);
    let slope = dot(direction, now.gradient);
    if (!(slope < 0)) {
      // Rounding has spoilt the pairs: begin again with steepest descent.
      pairs.length = 0;
      direction = now.gradient.map((g) => -g);
      slope = dot(direction, now.gradient);
    }
    const length = Math.sqrt(dot(direction, direction));
    // Without pairs the direction has no scale: a step of length 1 at most.
    const first = pairs.length === 0 ? Math.min(1, 1 / length) : 1;
    const along = direction;
    const from = now;
    const found: Place | undefined = await strongWolfe(
      async (step) => {
        const made = await evaluate(from.point.map((x, i) => x + step * (along[i] as number)));
        return { ...made, step, slope: dot(along, made.gradient) };
      },
      { step: 0, value: now.value, slope },
      first,
      { ...settings, evaluations: Math.min(25, settings.maximumEvaluations - evaluations) },
    );
    if (found === undefined) {
      if (signal?.aborted) return ended('aborted');
      if (pairs.length === 0) return ended(evaluations >= settings.maximumEvaluations ? 'evaluations' : 'lineSearch');
      pairs.length = 0;
      continue;
    }
    const s = difference(found.point, now.point);
    const y = difference(found.gradient, now.gradient);
    const curvature = dot(s, y);
    // A pair without positive curvature would make the inverse Hessian indefinite.
    if (curvature > 1e-10 * Math.sqrt(dot(s, s) * dot(y, y))) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > settings.memory) pairs.shift();
    const fallen = now.value - found.value;
    now = { point: found.point, value: found.value, gradient: found.gradient };
    iterations++;
    await options.onIteration?.({ iteration: iterations, value: now.value, point: now.point });
    if (fallen <= settings.valueTolerance * Math.abs(now.value)) return ended('value');
  }
}

/** −H · gradient by the two-loop recursion (algorithm 7.4), H₀ = sᵀy / yᵀy of the last pair. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = Float64Array.from(gradient);
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i] as Pair;
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    for (let k = 0; k < q.length; k++) q[k] = (q[k] as number) - alpha * (y[k] as number);
  }
  const last = pairs.at(-1);
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y));
  for (let k = 0; k < q.length; k++) q[k] = (q[k] as number) * scale;
  pairs.forEach(({ s, y, rho }, i) => {
    const beta = rho * dot(y, q);
    for (let k = 0; k < q.length; k++) q[k] = (q[k] as number) + ((alphas[i] as number) - beta) * (s[k] as number);
  });
  return q.map((x) => -x);
}

function checked(options: LbfgsOptions) {
  const known = ['memory', 'maximumIterations', 'maximumEvaluations', 'gradientTolerance', 'valueTolerance'];
  checkKnownOptions('lbfgs', options, [...known, 'decrease', 'curvature', 'signal', 'onIteration']);
  const count = { min: 1, integer: true };
  const maximumIterations = checkNumber('lbfgs.maximumIterations', options.maximumIterations ?? 200, count);
  const decrease = checkNumber('lbfgs.decrease', options.decrease ?? 1e-4, {
    ...{ min: 0, max: 0.5, openMin: true, openMax: true },
  });
  return {
    memory: checkNumber('lbfgs.memory', options.memory ?? 10, count),
    maximumIterations,
    maximumEvaluations: checkNumber(
      'lbfgs.maximumEvaluations',
      options.maximumEvaluations ?? 10 * maximumIterations,
      count,
    ),
    gradientTolerance: checkNumber('lbfgs.gradientTolerance', options.gradientTolerance ?? 1e-6, { min: 0 }),
    valueTolerance: checkNumber('lbfgs.valueTolerance', options.valueTolerance ?? 1e-12, { min: 0 }),
    decrease,
    curvature: checkNumber('lbfgs.curvature', options.curvature ?? 0.9, {
      ...{ min: decrease, max: 1, openMin: true, openMax: true },
    }),
  };
}
