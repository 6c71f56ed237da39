/**
 * @file Fast adversarial training: one step from a random point, and a guard against what one step is blind to. Kind: gradient.
 *
 * Source: Wong et al. 2020 (arXiv 2001.03994), algorithm 3: δ uniform in the ball, one step of α = 1.25 ε, back into the ball. Their
 * cure for catastrophic overfitting is to stop when PGD accuracy on a batch collapses. Deviation: the guard looks in every step at
 * a few rows of the minibatch, and on a collapse makes the steps shorter (a network that overfits has learnt the corners that one
 * step of one length reaches, and meets others then), which `callbacks` can see as a reading and end the run by.
 */

import { checkClip, checkEpsilon } from '../attacks/attack.ts';
import { type Clip, legalRows } from '../attacks/box.ts';
import { randomInBall } from '../attacks/norms.ts';
import { labelsOf, type Problem, slope } from '../attacks/problem.ts';
import { checkRamp, rampScalars, rampShare, trainingProblem } from '../attacks/training.ts';
import { checkKnownOptions, checkNumber, checkSwitch } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  add,
  clip as clipped,
  equal,
  float,
  greater,
  mul,
  sign,
  stopGradient,
  sub,
  where,
} from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { reshape, slice } from '../ops/movement.ts';
import { uniformWithKey } from '../ops/random.ts';
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
  /** Whether steps become shorter when robustness collapses. Default true; needs class numbers. */
  readonly guard?: boolean;
}

/** One row of so many is looked at by PGD, four at least: an eighth of the work of a step. */
const ONE_OF = 16;
const LEAST = 4;
const STEPS = 4;
/** Of the running mean of the gap, some 30 steps. */
const KEPT = 0.97;
/** A gap between the accuracies of one step and of several that tells overfitting: sound networks have 0.01 to 0.03. */
const COLLAPSE = 0.2;
/** What a step's length is multiplied by in each step of a collapse, and otherwise; and the shortest, as a share of α. */
const SHRINK = 0.98;
const GROW = 1.002;
const SHORTEST = 0.1;

/**
 * Adversarial training at the price of about two ordinary steps. Shows `fastAdversarial.gap`, the running difference of accuracies
 * under one step and under PGD on a few rows, and `fastAdversarial.step`, the share of α that steps have, as readings.
 *
 * The model is attacked in mode 'predict', trained in mode 'train' on the adversarial rows alone.
 *
 * @throws SaddlepointError `option` for options out of range. ε of 0 does nothing.
 * @example tricks: [fastAdversarial({ epsilon: 0.1, ramp: 3 })]
 */
export function fastAdversarial(options: FastAdversarialOptions): GradientTrick {
  const name = 'fastAdversarial';
  checkKnownOptions(name, options, ['epsilon', 'stepSize', 'clip', 'ramp', 'guard']);
  const epsilon = checkEpsilon(name, options.epsilon);
  const stepSize = checkNumber(`${name}.stepSize`, options.stepSize ?? 1.25 * epsilon, { min: 0 });
  const clip = checkClip(name, options.clip);
  const ramp = checkRamp(name, options.ramp);
  const guard = checkSwitch(`${name}.guard`, options.guard ?? true);
  return {
    ...{ kind: 'gradient', name, options: { epsilon, stepSize, clip: clip && [...clip], ramp, guard } },
    isNeutral: epsilon === 0,
    claims: ['adversarial rows'],
    ...rampScalars(ramp),
    // Zeros at the start: what is kept is how much shorter a step is, not how long.
    ...(guard && {
      state: () => ({ gap: { shape: [], dtype: 'f32' as const }, cut: { shape: [], dtype: 'f32' as const } }),
    }),
    wrap: (gradient, context) => (point) => {
      const { problem, at } = trainingProblem(name, point, context);
      const share = rampShare(ramp, context);
      const radius = mul(epsilon, share);
      const project = legalRows(problem.x, 'linf', radius, clip);
      const start = project(add(problem.x, randomInBall('linf', problem.x, radius, problem.random)));
      const steps = guard ? sub(1, context.read('cut')) : 1;
      // A shortened step has a random length, so that there is no one length to learn.
      const { key, stream } = context.random();
      const rows = problem.x.shape[0] as number;
      const each = reshape(uniformWithKey(key, [rows], stream), [rows, ...problem.x.shape.slice(1).map(() => 1)]);
      const length = guard ? where(greater(context.read('cut'), 0), mul(steps, each), steps) : steps;
      const step = mul(mul(stepSize, share), length);
      const moved = stopGradient(project(add(start, mul(sign(slope(problem.losses, start)), step))));
      if (guard) watch(problem, moved, { radius, clip, context });
      return gradient(at(moved));
    },
  };
}

interface Watched {
  readonly radius: Tensor;
  readonly clip: Clip;
  readonly context: LossContext;
}

/** Compares one step with several on the first rows, and decides on the next step's length. */
function watch(problem: Problem, moved: Tensor, { radius, clip, context }: Watched): void {
  const labels = labelsOf(problem, 'fastAdversarial: guard');
  const [n = 1] = problem.x.shape;
  const count = Math.min(n, Math.max(LEAST, Math.ceil(n / ONE_OF)));
  const some = (all: Tensor): Tensor =>
    slice(
      all,
      all.shape.map(() => 0),
      [count, ...all.shape.slice(1)],
    );
  const few = some(problem.x);
  const own = slice(labels, [0], [count]);
  const right = (u: Tensor): Tensor => mean(float(equal(argmax(problem.predict(u)), own)));
  const project = legalRows(few, 'linf', radius, clip);
  const losses = (u: Tensor): Tensor => softmaxCrossEntropy(problem.predict(u), own);
  const length = mul(radius, 2.5 / STEPS);
  const strong = stopGradient(
    repeat(STEPS, (u: Tensor) => project(add(u, mul(sign(slope(losses, u)), length))), stopGradient(some(moved))),
  );
  const gap = sub(right(some(moved)), right(strong));
  const mixed = add(mul(context.read('gap'), KEPT), mul(gap, 1 - KEPT));
  const before = sub(1, context.read('cut'));
  const after = clipped(mul(before, where(greater(mixed, COLLAPSE), SHRINK, GROW)), SHORTEST, 1);
  context.write('gap', mixed);
  context.write('cut', sub(1, after));
  context.reading('fastAdversarial.gap', mixed);
  context.reading('fastAdversarial.step', after);
}
