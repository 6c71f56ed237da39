/** @file A way out of a saddle: along the direction in which the function bends down most. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { checkSeed, lanczos } from './lanczos.ts';
import { dot, moved, type Objective } from './operator.ts';

export interface NegativeCurvatureOptions {
  /** Products for the direction: a whole number ≥ 1, default 40. */
  readonly steps?: number;
  /** What is tried first, in the units of the point: > 0, default 0.01. It doubles while the value falls. */
  readonly length?: number;
  /** Only below −tolerance · top the curvature counts as negative: ≥ 0, default 1e-6. */
  readonly tolerance?: number;
  /** Of the vector that Lanczos starts from; default 0. */
  readonly seed?: number;
}

/** A step along the bottom Ritz vector. */
export interface NegativeCurvatureStep {
  /** Where it leads: the point itself where nothing bends down, or no length lowers the value. */
  readonly point: Float64Array;
  readonly value: number;
  /** Of length 1, pointing downhill where there is a hill. */
  readonly direction: Float64Array;
  /** The smallest and largest Ritz value at the start. */
  readonly bottom: number;
  readonly top: number;
  /** How far it went; 0: it did not. */
  readonly length: number;
}

/** Doublings at most; from 0.01 to 10. */
const MOST_DOUBLINGS = 10;
const MOST_HALVINGS = 20;

/**
 * Leaves a saddle along the eigenvector of the smallest eigenvalue, by Lanczos: against the gradient if there is one, and as far
 * as the value falls with each doubling. Where the gradient is exactly 0, gradient descent would stay for ever.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see Dauphin et al. 2014, section 4; Curtis & Robinson 2019 for lengths by decrease.
 */
export async function negativeCurvatureStep(
  objective: Objective,
  point: Float64Array,
  options: NegativeCurvatureOptions = {},
): Promise<NegativeCurvatureStep> {
  checkKnownOptions('negativeCurvatureStep', options, ['steps', 'length', 'tolerance', 'seed']);
  const steps = checkNumber('negativeCurvatureStep: steps', options.steps ?? 40, { min: 1, integer: true });
  const first = checkNumber('negativeCurvatureStep: length', options.length ?? 0.01, { min: 0, openMin: true });
  const tolerance = checkNumber('negativeCurvatureStep: tolerance', options.tolerance ?? 1e-6, { min: 0 });
  const seed = checkSeed('negativeCurvatureStep: seed', options.seed);
  const ritz = await lanczos(objective.hessian(point), { steps, seed });
  const { value, gradient } = await objective.at(point);
  const found = ritz.ritzVector(0);
  const direction = dot(found, gradient) > 0 ? found.map((x) => -x) : found;
  const { top, bottom } = ritz;
  const stay = { point, value, direction, bottom, top, length: 0 };
  if (!(bottom < -tolerance * Math.max(Math.abs(top), Math.abs(bottom)))) return stay;
  const reach = async (length: number) => {
    const there = moved(point, direction, length);
    return { length, point: there, value: (await objective.at(there.slice())).value };
  };
  let best = await reach(first);
  for (let i = 0; i < MOST_HALVINGS && !(best.value < value); i++) best = await reach(best.length / 2);
  if (!(best.value < value)) return stay;
  for (let i = 0; i < MOST_DOUBLINGS; i++) {
    const next = await reach(2 * best.length);
    if (!(next.value < best.value)) break;
    best = next;
  }
  return { ...best, direction, bottom, top };
}
