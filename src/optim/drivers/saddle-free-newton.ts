/** @file Saddle-free Newton: Newton's method with |H| in place of H, which is driven away from saddles where Newton goes to them. */
import { checkKnownOptions, checkNumber, checkSwitch, SaddlepointError } from '../../core/errors.ts';
import { denseEigen } from '../../core/symmetric-eigen.ts';
import { krylov } from './krylov.ts';
import { checkSeed, ritzOf } from './lanczos.ts';
import type { ValueAndGradient } from './lbfgs.ts';
import { negativeCurvatureStep } from './negative-curvature.ts';
import { addScaled, dot, matrixOf, moved, normOf, type Objective } from './operator.ts';
import { DENSE_SIZE } from './spectrum.ts';

export interface SaddleFreeNewtonOptions {
  /** Products a step above `exactBelow` parameters: a whole number ≥ 1, default 20. */
  readonly krylov?: number;
  /** Below so many parameters the Hessian is written down and |H| is exact: a whole number ≥ 0, default 2,000. */
  readonly exactBelow?: number;
  /** What is added to |H|: > 0, default 1e-2; where a run starts, if it is adaptive. */
  readonly damping?: number;
  /**
   * Steps that do not lower the value are taken back, with four times the damping; after others it is halved. Default true;
   * false is the paper's step, as it is.
   */
  readonly adaptive?: boolean;
  /** A whole number ≥ 1; default 100. */
  readonly maximumIterations?: number;
  /** Ends, if nothing bends down there, when the norm of the gradient is not larger: ≥ 0, default 1e-6. */
  readonly gradientTolerance?: number;
  /** Curvature above −this is not a way down: ≥ 0, default 1e-5. */
  readonly curvatureTolerance?: number;
  /** Of Lanczos' vectors, where the gradient is 0; default 0. */
  readonly seed?: number;
  /** Ends after the step under way. */
  readonly signal?: AbortSignal;
  /** Called after each step, from 1, and awaited; the point is not to be changed. */
  readonly onIteration?: (progress: SaddleFreeProgress) => unknown;
}

/** What a step came to. */
export interface SaddleFreeProgress {
  readonly iteration: number;
  readonly value: number;
  readonly gradientNorm: number;
  readonly point: Float64Array;
  /** Smallest curvature that was seen in the step before it. */
  readonly bottom: number;
  readonly damping: number;
  /** Whether it was the step along the bottom Ritz vector. */
  readonly escaped: boolean;
}

/** 'minimum': small gradient, nothing bends down; 'damping': no step lowers the value (rounding, mostly). */
export type SaddleFreeEnding = 'minimum' | 'iterations' | 'damping' | 'aborted';

/** Where `saddleFreeNewton` ended. */
export interface SaddleFreeResult {
  readonly point: Float64Array;
  readonly value: number;
  readonly gradientNorm: number;
  readonly iterations: number;
  /** Of the value and gradient. */
  readonly evaluations: number;
  readonly ending: SaddleFreeEnding;
}

const NAMES = [
  ...(['krylov', 'exactBelow', 'damping', 'adaptive', 'maximumIterations', 'gradientTolerance'] as const),
  ...(['curvatureTolerance', 'seed', 'signal', 'onIteration'] as const),
];
/** Beyond this no step is left. */
const MOST_DAMPING = 1e12;
const LEAST_DAMPING = 1e-12;

/** −(|H| + damping)⁻¹ g, for any damping, from one look at H. */
interface Directions {
  readonly bottom: number;
  at(damping: number): Float64Array;
}

/**
 * Minimizes a smooth function with its Hessian's products: x ← x − (|H| + damping)⁻¹ g, where |H| has the eigenvectors of H and the
 * absolute values of its eigenvalues. Around a saddle it makes for the directions that bend down as fast as for those that bend
 * up.
 *
 * Below `exactBelow` parameters H is exact; above, it is that of the Krylov space of the gradient, in which the gradient lies
 * whole. Where the gradient is at most `gradientTolerance` it takes a step along the bottom Ritz vector
 * (the paper has none: on the saddle itself it would stay), or ends.
 *
 * @param start of the objective's size.
 * @throws SaddlepointError `option` for options out of range, `data` if the value at the start is not finite.
 * @see Dauphin et al. 2014 (arXiv 1406.2572), algorithm 1. Deviations: the damping is adapted by decrease (`adaptive`), where the
 *   paper tries powers of ten; the bottom Ritz step.
 * @example
 * // f = x² − y² + y⁴, from the saddle itself: it goes to y = ±√½.
 * const objective = { size: 2,
 *   at: ([x, y]) => ({ value: x * x - y * y + y ** 4, gradient: [2 * x, -2 * y + 4 * y ** 3] }),
 *   hessian: ([, y]) => ({ size: 2, times: ([a, b]) => [2 * a, (-2 + 12 * y * y) * b] }) };
 * (await saddleFreeNewton(objective, [0, 0])).value; // −0.25
 */
export async function saddleFreeNewton(
  objective: Objective,
  start: ArrayLike<number>,
  options: SaddleFreeNewtonOptions = {},
): Promise<SaddleFreeResult> {
  const settings = checked(options);
  let damping = settings.damping;
  let point: Float64Array = Float64Array.from(start);
  let here = await objective.at(point.slice());
  let evaluations = 1;
  let norm = normOf(here.gradient);
  if (!Number.isFinite(here.value) || !Number.isFinite(norm))
    throw new SaddlepointError('data', `saddleFreeNewton: value ${here.value}, gradient norm ${norm} at the start`);
  const result = (iterations: number, ending: SaddleFreeEnding): SaddleFreeResult => ({
    ...{ point, value: here.value, gradientNorm: norm, iterations, evaluations, ending },
  });
  for (let iteration = 1; iteration <= settings.maximumIterations; iteration++) {
    if (options.signal?.aborted) return result(iteration - 1, 'aborted');
    let bottom: number;
    const escapes = norm <= settings.gradientTolerance;
    if (escapes) {
      const left = await negativeCurvatureStep(objective, point, { seed: settings.seed });
      bottom = left.bottom;
      if (left.length === 0 || bottom > -settings.curvatureTolerance) return result(iteration - 1, 'minimum');
      point = left.point;
      here = await objective.at(point.slice());
      evaluations++;
    } else {
      const directions = await directionsAt(objective, point, here, settings);
      bottom = directions.bottom;
      for (;;) {
        const next = moved(point, directions.at(damping));
        const there = await objective.at(next.slice());
        evaluations++;
        const falls = there.value <= here.value && Number.isFinite(normOf(there.gradient));
        if (!settings.adaptive || falls) {
          [point, here] = [next, there];
          if (settings.adaptive) damping = Math.max(LEAST_DAMPING, damping / 2);
          break;
        }
        damping *= 4;
        if (damping > MOST_DAMPING) return result(iteration - 1, 'damping');
      }
    }
    norm = normOf(here.gradient);
    await options.onIteration?.({
      ...{ iteration, value: here.value, gradientNorm: norm, point, bottom, damping, escaped: escapes },
    });
  }
  return result(settings.maximumIterations, 'iterations');
}

function checked(options: SaddleFreeNewtonOptions) {
  const where = 'saddleFreeNewton';
  checkKnownOptions(where, options, NAMES);
  const whole = (name: string, value: number, min: number): number =>
    checkNumber(`${where}: ${name}`, value, { min, integer: true });
  return {
    krylov: whole('krylov', options.krylov ?? 20, 1),
    exactBelow: whole('exactBelow', options.exactBelow ?? DENSE_SIZE, 0),
    maximumIterations: whole('maximumIterations', options.maximumIterations ?? 100, 1),
    damping: checkNumber(`${where}: damping`, options.damping ?? 1e-2, { min: 0, openMin: true }),
    adaptive: checkSwitch(`${where}: adaptive`, options.adaptive ?? true),
    gradientTolerance: checkNumber(`${where}: gradientTolerance`, options.gradientTolerance ?? 1e-6, { min: 0 }),
    curvatureTolerance: checkNumber(`${where}: curvatureTolerance`, options.curvatureTolerance ?? 1e-5, { min: 0 }),
    seed: checkSeed(`${where}: seed`, options.seed),
  };
}

async function directionsAt(
  objective: Objective,
  point: Float64Array,
  { gradient }: ValueAndGradient,
  settings: { readonly exactBelow: number; readonly krylov: number },
): Promise<Directions> {
  const hessian = objective.hessian(point);
  const { size } = hessian;
  let values: Float64Array;
  let vectorOf: (k: number) => Float64Array;
  if (size < settings.exactBelow) {
    const { values: all, vectors } = denseEigen(await matrixOf(hessian), size);
    values = all;
    vectorOf = (k) => vectors.subarray(k * size, (k + 1) * size);
  } else {
    const ritz = ritzOf(await krylov(hessian, gradient, settings.krylov));
    values = ritz.values;
    const vectors = Array.from(values, (_, k) => ritz.ritzVector(k));
    vectorOf = (k) => vectors[k] as Float64Array;
  }
  const along = Array.from(values, (_, k) => dot(vectorOf(k), gradient));
  return {
    bottom: values[0] as number,
    at(damping) {
      const direction = new Float64Array(size);
      values.forEach((value, k) => {
        addScaled(direction, vectorOf(k), -(along[k] as number) / (Math.abs(value) + damping));
      });
      return direction;
    },
  };
}
