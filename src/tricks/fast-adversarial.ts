/**
 * @file Fast adversarial training: one step from a random point, and a guard against what one step is blind to. Kind: gradient.
 *
 * Source: Wong et al. 2020 (arXiv 2001.03994), algorithm 3: δ uniform in the ball, one step of α = 1.25 ε, back into the ball. Their
 * cure for catastrophic overfitting is to stop when PGD accuracy on a batch collapses (`stopOnReading` does that); Li et al. 2020
 * (arXiv 2006.03089), §4, train on PGD for some batches when it does. Deviation: the guard trains an eighth of each minibatch, at
 * all times, on what several steps make of it, so that there is nothing to be blind to (docs/adr/024).
 */

import { checkClip, checkEpsilon } from '../attacks/attack.ts';
import { type Clip, legalRows } from '../attacks/box.ts';
import { randomInBall } from '../attacks/norms.ts';
import { labelsOf, type Problem, slope } from '../attacks/problem.ts';
import { checkRamp, rampScalars, rampShare, trainingProblem } from '../attacks/training.ts';
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { add, equal, float, mul, sign, stopGradient, sub } from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { slice } from '../ops/movement.ts';
import { argmax, mean } from '../ops/reduce.ts';
import { softmaxCrossEntropy } from '../ops/softmax.ts';
import type { GradientTrick, LossContext } from '../train/trick.ts';

export interface FastAdversarialOptions {
  /** The radius in L∞, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** α; default 1.25 ε. */
  readonly stepSize?: number;
  /** Lowest and highest legal value; default [0, 1], false for none. */
  readonly clip?: Clip;
  /** Epochs over which ε rises from 0; default 0. */
  readonly ramp?: number;
  /**
   * true (default): one row in eight is attacked in several steps, which keeps robustness from collapsing. 'watch': those rows are
   * looked at alone, for `stopOnReading`, as in the paper. false: neither. What is not false needs class numbers.
   */
  readonly guard?: boolean | 'watch';
}

/** One row of so many is attacked in several steps, four at least: half the work of a pass, and more of its time. */
const ONE_OF = 8;
const LEAST = 4;
const STEPS = 4;
/** What all those steps are together, in ε, as of `attacks.pgd`. */
const STEPS_OF_EPSILON = 2.5;
/** Of the running mean of the gap, some 30 steps. */
const KEPT = 0.97;

/**
 * Adversarial training at the price of some three ordinary steps. Unless the guard is off it shows `fastAdversarial.gap` as a reading: the
 * running difference of the accuracies under one step and under several, in [−1, 1]. It is 0.1 where the network is sound, up to
 * 0.35 while ε has just risen, and above 0.9 where it has overfitted to the one step.
 *
 * The model is attacked in mode 'predict', trained in mode 'train' on the adversarial rows alone.
 *
 * @throws SaddlepointError `option` for options out of range. ε of 0 does nothing.
 * @example
 * tricks: [fastAdversarial({ epsilon: 0.1, ramp: 3 })]
 */
export function fastAdversarial(options: FastAdversarialOptions): GradientTrick {
  const name = 'fastAdversarial';
  checkKnownOptions(name, options, ['epsilon', 'stepSize', 'clip', 'ramp', 'guard']);
  const epsilon = checkEpsilon(name, options.epsilon);
  const stepSize = checkNumber(`${name}.stepSize`, options.stepSize ?? 1.25 * epsilon, { min: 0 });
  const clip = checkClip(name, options.clip);
  const ramp = checkRamp(name, options.ramp);
  const { guard = true } = options;
  if (guard !== 'watch' && typeof guard !== 'boolean')
    throw new SaddlepointError('option', `${name}.guard: expected true, false or 'watch', got ${show(guard)}`);
  return {
    ...{ kind: 'gradient', name, options: { epsilon, stepSize, clip: clip && [...clip], ramp, guard } },
    isNeutral: epsilon === 0,
    claims: ['adversarial rows'],
    ...rampScalars(ramp),
    ...(guard !== false && { state: () => ({ gap: { shape: [], dtype: 'f32' as const } }) }),
    wrap: (gradient, context) => (point) => {
      const { problem, at } = trainingProblem(name, point, context);
      const share = rampShare(ramp, context);
      const radius = mul(epsilon, share);
      const project = legalRows(problem.x, 'linf', radius, clip);
      const start = project(add(problem.x, randomInBall('linf', problem.x, radius, problem.random)));
      const step = mul(stepSize, share);
      const moved = stopGradient(project(add(start, mul(sign(slope(problem.losses, start)), step))));
      return gradient(
        at(guard !== false ? guarded(problem, moved, { radius, clip, context, isTrained: guard === true }) : moved),
      );
    },
  };
}

interface Guarded {
  readonly radius: Tensor;
  readonly clip: Clip;
  readonly context: LossContext;
  /** Whether the rows of several steps are trained on. */
  readonly isTrained: boolean;
}

/** The rows after one step, the first of them after several; and how much more those do. */
function guarded(problem: Problem, moved: Tensor, { radius, clip, context, isTrained }: Guarded): Tensor {
  const labels = labelsOf(problem, 'fastAdversarial: guard');
  const [n = 1, ...row] = problem.x.shape;
  const count = Math.min(n, Math.max(LEAST, Math.ceil(n / ONE_OF)));
  const origin = row.map(() => 0);
  const some = (all: Tensor): Tensor => slice(all, [0, ...origin], [count, ...row]);
  const few = some(problem.x);
  const own = slice(labels, [0], [count]);
  const right = (u: Tensor): Tensor => mean(float(equal(argmax(problem.predict(u)), own)));
  const project = legalRows(few, 'linf', radius, clip);
  const losses = (u: Tensor): Tensor => softmaxCrossEntropy(problem.predict(u), own);
  const length = mul(radius, STEPS_OF_EPSILON / STEPS);
  const single = stopGradient(some(moved));
  const strong = stopGradient(
    repeat(STEPS, (u: Tensor) => project(add(u, mul(sign(slope(losses, u)), length))), single),
  );
  const gap = add(mul(context.read('gap'), KEPT), mul(sub(right(single), right(strong)), 1 - KEPT));
  context.write('gap', gap);
  context.reading('fastAdversarial.gap', gap);
  if (!isTrained) return moved;
  return count === n ? strong : concat([strong, slice(moved, [count, ...origin], [n - count, ...row])], 0);
}
