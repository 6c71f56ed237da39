/**
 * @file TRADES: the loss of the rows, and how much a small change of them changes the answer. Kind: regularizer.
 *
 * Source: Zhang et al. 2019 (arXiv 1901.08573), eq. 5 and algorithm 1: β · KL(p(x) ‖ p(x_adv)), x_adv by steps that raise the same
 * divergence from x + 0.001 · N(0, 1). The gradient flows through both terms of the divergence, as in the authors' code.
 * Deviations: KL is the mean over rows; ε may rise over the first epochs.
 */

import { checkClip, checkEpsilon } from '../attacks/attack.ts';
import { type Clip, legalRows } from '../attacks/box.ts';
import { divergences } from '../attacks/class-losses.ts';
import { slope } from '../attacks/problem.ts';
import { checkRamp, rampScalars, rampShare, trainingProblem } from '../attacks/training.ts';
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, sign, stopGradient } from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { normalWithKey } from '../ops/random.ts';
import { mean } from '../ops/reduce.ts';
import type { Regularizer } from '../train/trick.ts';

export interface TradesOptions {
  /** The radius in L∞, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** The weight of robustness, ≥ 0; default 6. */
  readonly beta?: number;
  /** Of the inner attack; default 10. */
  readonly steps?: number;
  /** Length of a step; default 2.5 ε / steps. */
  readonly stepSize?: number;
  /** Lowest and highest legal value; default [0, 1], false for none. */
  readonly clip?: Clip;
  /** Epochs over which ε rises from 0; default 0. */
  readonly ramp?: number;
}

/** The deviation of the start. */
const START = 1e-3;

/**
 * Trades accuracy for robustness by one number, of models that end with the logits of classes.
 *
 * The inner attack sees the model in mode 'predict', both terms are of mode 'train'; running statistics are those of the rows
 * themselves. The reported loss is without the penalty.
 *
 * @throws SaddlepointError `option` for options out of range. β or ε of 0 do nothing.
 * @example tricks: [trades({ epsilon: 0.1, beta: 6, steps: 5 })]
 */
export function trades(options: TradesOptions): Regularizer {
  const name = 'trades';
  checkKnownOptions(name, options, ['epsilon', 'beta', 'steps', 'stepSize', 'clip', 'ramp']);
  const epsilon = checkEpsilon(name, options.epsilon);
  const beta = checkNumber('trades.beta', options.beta ?? 6, { min: 0 });
  const steps = checkNumber('trades.steps', options.steps ?? 10, { min: 1, max: 1000, integer: true });
  const stepSize = checkNumber('trades.stepSize', options.stepSize ?? (2.5 * epsilon) / steps, { min: 0 });
  const clip = checkClip(name, options.clip);
  const ramp = checkRamp(name, options.ramp);
  return {
    meetingRows: 'takes a mean over the rows',
    ...{ kind: 'regularizer', name },
    options: { epsilon, beta, steps, stepSize, clip: clip && [...clip], ramp },
    isNeutral: beta === 0 || epsilon === 0,
    ...rampScalars(ramp),
    penalty(point, context) {
      const { problem, at } = trainingProblem(name, point, context);
      const { x, predict } = problem;
      const share = rampShare(ramp, context);
      const project = legalRows(x, 'linf', mul(epsilon, share), clip);
      const { key, stream } = context.random();
      const own = stopGradient(predict(x));
      const start = project(add(x, mul(normalWithKey(key, x.shape, stream), START)));
      const length = mul(stepSize, share);
      const turn = (u: Tensor): Tensor =>
        project(add(u, mul(sign(slope((v) => divergences(own, predict(v)), u)), length)));
      const moved = stopGradient(repeat(steps, turn, stopGradient(start)));
      const { updates, ...there } = at(moved);
      const { updates: _, ...here } = point;
      return mul(mean(divergences(context.predict(here), context.predict(there))), beta);
    },
  };
}
