/** @file Nonlinear conjugate gradients: a host loop over a function's value and gradient that keeps one direction alone. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import type { LbfgsOptions, LbfgsResult, ValueAndGradient } from './lbfgs.ts';
import { dot } from './operator.ts';
import { type LinePoint, strongWolfe } from './strong-wolfe.ts';

/** As for `lbfgs`, whose defaults they have. */
export type ConjugateGradientsOptions = Pick<
  LbfgsOptions,
  'maximumIterations' | 'maximumEvaluations' | 'gradientTolerance' | 'signal' | 'onIteration'
>;

interface Place extends LinePoint {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
}

/**
 * Minimizes a smooth function by conjugate directions, d ← −g + β d with β = max(0, gᵀ(g − g₀) / g₀ᵀg₀) (Polak–Ribière+), and
 * steps that satisfy the strong Wolfe conditions (c₁ 1e-4, c₂ 0.1). It keeps three vectors, where `lbfgs` keeps twenty, and
 * mostly needs more evaluations.
 *
 * @param f value and gradient at a point; not noisy. @param start of any length ≥ 1.
 * @throws SaddlepointError `option` for options out of range, `data` if the value at the start is not finite.
 * @see Nocedal & Wright 2006, "Numerical optimization", section 5.2, eq. 5.44 and 5.45.
 * @example const { point } = await conjugateGradients((x) => ({ value: (x[0] - 3) ** 2, gradient: [2 * (x[0] - 3)] }), [0]);
 */
export async function conjugateGradients(
  f: (point: Float64Array) => ValueAndGradient | Promise<ValueAndGradient>,
  start: ArrayLike<number>,
  options: ConjugateGradientsOptions = {},
): Promise<LbfgsResult> {
  const where = 'conjugateGradients';
  checkKnownOptions(where, options, [
    ...['maximumIterations', 'maximumEvaluations', 'gradientTolerance', 'signal', 'onIteration'],
  ]);
  const count = { min: 1, integer: true };
  const most = checkNumber(`${where}.maximumIterations`, options.maximumIterations ?? 200, count);
  const budget = checkNumber(`${where}.maximumEvaluations`, options.maximumEvaluations ?? 10 * most, count);
  const tolerance = checkNumber(`${where}.gradientTolerance`, options.gradientTolerance ?? 1e-6, { min: 0 });
  let evaluations = 0;
  let iterations = 0;
  const evaluate = async (
    point: Float64Array,
  ): Promise<{ point: Float64Array; value: number; gradient: Float64Array }> => {
    evaluations++;
    const { value, gradient } = await f(Float64Array.from(point));
    return { point, value, gradient: Float64Array.from(gradient) };
  };
  let now = await evaluate(Float64Array.from(start));
  if (!Number.isFinite(now.value) || !now.gradient.every(Number.isFinite))
    throw new SaddlepointError('data', `${where}: expected a finite value and gradient at the start, got ${now.value}`);
  let direction: Float64Array = now.gradient.map((g) => -g);
  let isSteepest = true;
  let length = Math.min(1, 1 / Math.sqrt(dot(now.gradient, now.gradient)));
  const ended = (ending: LbfgsResult['ending']): LbfgsResult => ({ ...now, iterations, evaluations, ending });
  for (;;) {
    if (now.gradient.every((g) => Math.abs(g) <= tolerance)) return ended('gradient');
    if (options.signal?.aborted) return ended('aborted');
    if (iterations >= most) return ended('iterations');
    if (evaluations >= budget) return ended('evaluations');
    const slope = dot(direction, now.gradient);
    const [from, along] = [now, direction];
    const found: Place | undefined = await strongWolfe(
      async (step) => {
        const made = await evaluate(from.point.map((x, i) => x + step * (along[i] as number)));
        return { ...made, step, slope: dot(along, made.gradient) };
      },
      { step: 0, value: now.value, slope },
      length,
      { decrease: 1e-4, curvature: 0.1, evaluations: Math.min(25, budget - evaluations) },
    );
    if (found === undefined) {
      if (isSteepest) return ended(evaluations >= budget ? 'evaluations' : 'lineSearch');
      direction = now.gradient.map((g) => -g);
      isSteepest = true;
      continue;
    }
    const change = found.gradient.map((g, i) => g - (now.gradient[i] as number));
    const beta = Math.max(0, dot(found.gradient, change) / dot(now.gradient, now.gradient));
    direction = found.gradient.map((g, i) => beta * (direction[i] as number) - g);
    isSteepest = beta === 0;
    const next = dot(direction, found.gradient);
    if (!(next < 0)) {
      direction = found.gradient.map((g) => -g);
      isSteepest = true;
    }
    // As much as the last step promised (Nocedal & Wright, eq. 3.60).
    length = Math.min(10 * found.step, (found.step * slope) / Math.min(next, -Number.MIN_VALUE));
    now = { point: found.point, value: found.value, gradient: found.gradient };
    iterations++;
    await options.onIteration?.({ iteration: iterations, value: now.value, point: now.point });
  }
}
