/**
 * @file Attacks along the slope of the loss, in balls of three norms: FGSM (Goodfellow et al. 2015, §4), BIM (Kurakin et al.
 * 2016, §2.2), PGD (Madry et al. 2018, §2.1), MI-FGSM (Dong et al. 2018, algorithm 1). One loop serves them all.
 */
import { checkKnownOptions, checkName, checkNumber, checkSwitch } from '../core/errors.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { abs, add, div, less, maximum, mul, stopGradient, where } from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { sum } from '../ops/reduce.ts';
import { type Attack, checkClip, checkEpsilon, makeAttack } from './attack.ts';
import { type Clip, legalRows } from './box.ts';
import { flatRows, NORMS, type Norm, randomInBall, steepest } from './norms.ts';
import { goal, type Problem, perRow, score, slope } from './problem.ts';

export interface FgsmOptions {
  /** The radius of the ball, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** Default 'linf'. In 'l1' the single step goes to the one value of greatest slope. */
  readonly norm?: Norm;
  /** Lowest and highest legal value; default [0, 1], false for none. */
  readonly clip?: Clip;
  /** Whether y is the class to be reached, not the one to be left. Default false. */
  readonly targeted?: boolean;
}

export interface BimOptions extends FgsmOptions {
  /** Default 10. */
  readonly steps?: number;
  /** Length of a step, in the units of ε. */
  readonly stepSize?: number;
}

export interface PgdOptions extends BimOptions {
  /** Whether it begins at a random point of the ball. Default true. */
  readonly randomStart?: boolean;
  /** Attempts, each from a random start of its own; a row keeps the best. Default 1. */
  readonly restarts?: number;
}

export interface MifgsmOptions extends BimOptions {
  /** μ: how much of the last steps' direction is kept, ≥ 0. Default 1. */
  readonly decay?: number;
}

interface Settings {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
  readonly randomStart: boolean;
  readonly restarts: number;
  readonly clip: Clip;
  readonly targeted: boolean;
  /** Of the direction; undefined: without. */
  readonly decay?: number;
}

/** The share of the values that a step of an iterated attack in L1 changes. */
const SHARE = 0.05;

/** The fast gradient sign method: one step of length ε. Accuracy under it alone says little: see `pgd`. */
export function fgsm(options: FgsmOptions): Attack {
  checkKnownOptions('fgsm', options, ['epsilon', 'norm', 'clip', 'targeted']);
  return attackOf('fgsm', options, { steps: 1, stepsOfEpsilon: 1 });
}

/** The basic iterative method: small steps from the row itself. `stepSize` defaults to ε / steps. */
export function bim(options: BimOptions): Attack {
  checkKnownOptions('bim', options, ['epsilon', 'norm', 'clip', 'targeted', 'steps', 'stepSize']);
  return attackOf('bim', options, { steps: 10, stepsOfEpsilon: 1 });
}

/**
 * Projected gradient descent from a random point of the ball: the attack to judge a model by, and to train against.
 * `stepSize` defaults to 2.5 ε / steps (Madry et al. 2018, §5), so that the ball can be crossed.
 *
 * Deviation in 'l1', which the paper lacks: a step changes the 5 % of the values of greatest slope (Tramèr & Boneh 2019).
 * @example const rows = await attacks.pgd({ epsilon: 0.1, steps: 20 })(run, images, labels, { seed: 1 });
 */
export function pgd(options: PgdOptions): Attack {
  const known = ['epsilon', 'norm', 'clip', 'targeted', 'steps', 'stepSize', 'randomStart', 'restarts'];
  checkKnownOptions('pgd', options, known);
  return attackOf('pgd', options, { steps: 10, stepsOfEpsilon: 2.5, randomStart: true });
}

/**
 * BIM whose direction has momentum, for examples that fool other models too: g ← μ g + ∇ / ‖∇‖₁, x ← x + α sign g. `stepSize`
 * defaults to ε / steps. In 'l2' and 'l1' the step goes along the steepest direction of g (the paper has 'linf' and 'l2').
 */
export function mifgsm(options: MifgsmOptions): Attack {
  checkKnownOptions('mifgsm', options, ['epsilon', 'norm', 'clip', 'targeted', 'steps', 'stepSize', 'decay']);
  return attackOf('mifgsm', options, { steps: 10, stepsOfEpsilon: 1, decay: 1 });
}

interface Defaults {
  readonly steps: number;
  /** How many times ε all steps are together. */
  readonly stepsOfEpsilon: number;
  readonly randomStart?: boolean;
  readonly decay?: number;
}

function attackOf(name: string, given: PgdOptions & MifgsmOptions, defaults: Defaults): Attack {
  const epsilon = checkEpsilon(name, given.epsilon);
  const count = { min: 1, max: 10_000, integer: true };
  const steps = checkNumber(`${name}.steps`, given.steps ?? defaults.steps, count);
  const settings: Settings = {
    ...{ norm: checkName(`${name}.norm`, given.norm ?? 'linf', NORMS), epsilon, steps },
    stepSize: checkNumber(`${name}.stepSize`, given.stepSize ?? (defaults.stepsOfEpsilon * epsilon) / steps, {
      min: 0,
    }),
    randomStart: checkSwitch(`${name}.randomStart`, given.randomStart ?? defaults.randomStart ?? false),
    restarts: checkNumber(`${name}.restarts`, given.restarts ?? 1, { ...count, max: 100 }),
    clip: checkClip(name, given.clip),
    targeted: checkSwitch(`${name}.targeted`, given.targeted ?? false),
    ...(defaults.decay !== undefined && {
      decay: checkNumber(`${name}.decay`, given.decay ?? defaults.decay, { min: 0 }),
    }),
  };
  const { stepSize, clip } = settings;
  return makeAttack({
    ...{ name, epsilon, steps: steps * settings.restarts, clip },
    options: { ...settings, clip: clip && [...clip] },
    at: (radius) =>
      attackOf(
        name,
        {
          ...{ ...given, epsilon: radius },
          ...(given.stepSize !== undefined && epsilon > 0 && { stepSize: (stepSize * radius) / epsilon }),
        },
        defaults,
      ),
    perturb: (problem, scale = 1) => climbFromStarts(problem, settings, scale),
  });
}

function climbFromStarts(problem: Problem, settings: Settings, scale: TensorLike): Tensor {
  const { norm, targeted, restarts } = settings;
  const { x } = problem;
  const epsilon = mul(settings.epsilon, scale);
  const project = legalRows(x, norm, epsilon, settings.clip);
  const attempt = (): Tensor => {
    const start =
      problem.start ?? (settings.randomStart ? project(add(x, randomInBall(norm, x, epsilon, problem.random))) : x);
    return climb(problem, start, project, settings, scale);
  };
  let best = attempt();
  if (restarts === 1) return best;
  const scoreOf = score(problem, targeted);
  let reached = scoreOf(best);
  for (let i = 1; i < restarts; i++) {
    const other = attempt();
    const found = scoreOf(other);
    best = stopGradient(where(perRow(less(reached, found), x), other, best));
    reached = maximum(reached, found);
  }
  return best;
}

/** The steps, a loop of one body. What they find is data: no gradient goes back through them. */
function climb(
  problem: Problem,
  start: Tensor,
  project: (u: Tensor) => Tensor,
  { norm, stepSize, steps, targeted, decay }: Settings,
  scale: TensorLike,
): Tensor {
  const raised = goal(problem, targeted);
  const length = mul(stepSize, scale);
  const share = steps === 1 ? 0 : SHARE;
  const stepped = (u: Tensor, direction: Tensor): Tensor =>
    project(add(u, mul(steepest(norm, direction, share), length)));
  const from = stopGradient(start);
  if (decay === undefined) return stopGradient(repeat(steps, (u: Tensor) => stepped(u, slope(raised, u)), from));
  const [last] = repeat(
    steps,
    ([u, kept]: [Tensor, Tensor]): [Tensor, Tensor] => {
      const slopes = slope(raised, u);
      const size = perRow(maximum(sum(abs(flatRows(slopes)), 1), 1e-30), u);
      const direction = add(mul(kept, decay), div(slopes, size));
      return [stepped(u, direction), direction];
    },
    [from, mul(from, 0)] as [Tensor, Tensor],
  ) as [Tensor, Tensor];
  return stopGradient(last);
}
