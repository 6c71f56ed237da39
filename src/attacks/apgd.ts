/** @file Auto-PGD (Croce & Hein 2020, algorithm 1): PGD that halves its own step where the loss no longer rises. */
import { checkKnownOptions, checkName, checkNumber, checkSwitch, SaddlepointError } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, equal, greater, less, maximum, mul, stopGradient, sub, where } from '../ops/elementwise.ts';
import { scan } from '../ops/loops.ts';
import { type Attack, checkClip, checkEpsilon, makeAttack } from './attack.ts';
import { type Clip, legalRows } from './box.ts';
import { dlrLoss } from './class-losses.ts';
import { type Norm, randomInBall, steepest } from './norms.ts';
import { goal, labelsOf, type Problem, perRow, slope } from './problem.ts';

export interface ApgdOptions {
  /** The radius of the ball, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** Default 'linf'. */
  readonly norm?: Exclude<Norm, 'l1'>;
  /** Default 100. */
  readonly steps?: number;
  /** 'dlr' (of three classes and more, not targeted) finds what the saturated cross-entropy hides. Default 'crossEntropy'. */
  readonly loss?: 'crossEntropy' | 'dlr';
  /** Lowest and highest legal value; default [0, 1], false for none. */
  readonly clip?: Clip;
  /** Whether y is the class to be reached. Default false. */
  readonly targeted?: boolean;
}

/** α, ρ and the spans between checkpoints of the paper. */
const MOMENTUM = 0.75;
const SHARE = 0.75;
const FIRST = 0.22;
const SHRINK = 0.03;
const LEAST = 0.06;

interface Turns {
  /** What of the step is taken: 1 in the first, then α. */
  readonly momentum: Float32Array;
  /** 1 where the step size is decided upon. */
  readonly decides: Float32Array;
  /** Steps since the checkpoint before; elsewhere 0. */
  readonly span: Float32Array;
}

/** The steps that decide: w_j = ⌈p_j · steps⌉, p₁ = 0.22, p_{j+1} = p_j + max(p_j − p_{j−1} − 0.03, 0.06). */
function turnsOf(steps: number): Turns {
  const decides = new Float32Array(steps);
  const span = new Float32Array(steps);
  let [before, p, last] = [0, FIRST, 0];
  while (Math.ceil(p * steps) < steps) {
    const w = Math.ceil(p * steps);
    decides[w] = 1;
    span[w] = w - last;
    last = w;
    [before, p] = [p, p + Math.max(p - before - SHRINK, LEAST)];
  }
  return { momentum: Float32Array.from({ length: steps }, (_, k) => (k === 0 ? 1 : MOMENTUM)), decides, span };
}

/**
 * PGD without a step size to choose. It begins at 2 ε; where fewer than ¾ of the steps since the last checkpoint raised a row's
 * loss, or nothing came of them, the row's step is halved and it goes on from its best point. Begins at a random point.
 *
 * @throws SaddlepointError `option` for options out of range and 'dlr' with `targeted`.
 */
export function apgd(options: ApgdOptions): Attack {
  checkKnownOptions('apgd', options, ['epsilon', 'norm', 'steps', 'loss', 'clip', 'targeted']);
  const epsilon = checkEpsilon('apgd', options.epsilon);
  const norm = checkName('apgd.norm', options.norm ?? 'linf', ['linf', 'l2']);
  const steps = checkNumber('apgd.steps', options.steps ?? 100, { min: 2, max: 10_000, integer: true });
  const loss = checkName('apgd.loss', options.loss ?? 'crossEntropy', ['crossEntropy', 'dlr']);
  const clip = checkClip('apgd', options.clip);
  const targeted = checkSwitch('apgd.targeted', options.targeted ?? false);
  if (targeted && loss === 'dlr')
    throw new SaddlepointError('option', "apgd.loss: 'dlr' has no target", "take loss: 'crossEntropy' with targeted");
  return makeAttack({
    ...{ name: 'apgd', epsilon, steps, clip },
    options: { epsilon, norm, steps, loss, clip: clip && [...clip], targeted },
    at: (radius) => apgd({ ...options, epsilon: radius }),
    perturb(problem, scale = 1) {
      const labels = loss === 'dlr' ? labelsOf(problem, 'apgd') : undefined;
      const raised = labels ? (u: Tensor) => dlrLoss(problem.predict(u), labels) : goal(problem, targeted);
      return climb(problem, raised, { norm, epsilon: mul(epsilon, scale), steps, clip });
    },
  });
}

interface Settings {
  readonly norm: Norm;
  readonly epsilon: Tensor;
  readonly steps: number;
  readonly clip: Clip;
}

/** What a turn hands to the next: points [n, …], numbers a row [n]. */
interface Carry {
  readonly x: Tensor;
  readonly before: Tensor;
  readonly best: Tensor;
  readonly bestValue: Tensor;
  readonly value: Tensor;
  readonly size: Tensor;
  /** Steps since the checkpoint that raised the loss. */
  readonly rises: Tensor;
  readonly sizeThen: Tensor;
  readonly bestThen: Tensor;
}

function climb(problem: Problem, raised: (u: Tensor) => Tensor, settings: Settings): Tensor {
  const { norm, epsilon, steps, clip } = settings;
  const { x } = problem;
  const project = legalRows(x, norm, epsilon, clip);
  const start = stopGradient(problem.start ?? project(add(x, randomInBall(norm, x, epsilon, problem.random))));
  const first = stopGradient(raised(start));
  const none = mul(first, 0);
  const size = add(none, mul(epsilon, 2));
  const begin: Carry = {
    ...{ x: start, before: start, best: start, bestValue: first, value: first },
    ...{ size, rises: none, sizeThen: size, bestThen: first },
  };
  const { momentum, decides, span } = turnsOf(steps);
  const turn = (c: Carry, now: { momentum: Tensor; decides: Tensor; span: Tensor }): Carry => {
    const value = raised(c.x);
    const isBest = greater(value, c.bestValue);
    const best = where(perRow(isBest, x), c.x, c.best);
    const bestValue = maximum(value, c.bestValue);
    const rises = add(c.rises, greater(value, c.value));
    const hasStalled = maximum(
      less(rises, mul(now.span, SHARE)),
      mul(equal(c.size, c.sizeThen), equal(bestValue, c.bestThen)),
    );
    const halves = mul(hasStalled, now.decides);
    const halved = where(halves, mul(c.size, 0.5), c.size);
    const from = where(perRow(halves, x), best, c.x);
    const before = where(perRow(halves, x), best, c.before);
    const step = mul(steepest(norm, slope(raised, from), 0), perRow(halved, x));
    const plain = project(add(from, step));
    const moved = add(mul(sub(plain, from), now.momentum), mul(sub(from, before), sub(1, now.momentum)));
    return {
      ...{ x: project(add(from, moved)), before: from, best, bestValue, size: halved },
      value: where(halves, bestValue, value),
      rises: where(now.decides, none, rises),
      sizeThen: where(now.decides, halved, c.sizeThen),
      bestThen: where(now.decides, bestValue, c.bestThen),
    };
  };
  const sequences = { momentum: tensor(momentum), decides: tensor(decides), span: tensor(span) };
  const [last] = scan((c: Carry, now: typeof sequences) => [turn(c, now), undefined] as const, begin, sequences);
  const isBest = greater(raised(last.x), last.bestValue);
  return stopGradient(where(perRow(isBest, x), last.x, last.best));
}
