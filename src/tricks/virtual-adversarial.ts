/**
 * @file Virtual adversarial training: the answer shall not change in the direction in which it changes most. Kind: regularizer.
 *
 * Source: Miyato et al. 2018 (arXiv 1704.03976), eqs. 7–8 and algorithm 1: KL(p(x) ‖ p(x + r)), r of length ε along the dominant
 * direction, found by power iteration on the divergence's slope at ξ d. Deviation: ξ is 0.001 by default, not 10⁻⁶, whose
 * difference f32 cannot hold.
 */
import { checkEpsilon } from '../attacks/attack.ts';
import { divergences } from '../attacks/class-losses.ts';
import { steepest } from '../attacks/norms.ts';
import { slope } from '../attacks/problem.ts';
import { trainingProblem } from '../attacks/training.ts';
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, stopGradient } from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { normalWithKey } from '../ops/random.ts';
import { mean } from '../ops/reduce.ts';
import type { Regularizer } from '../train/trick.ts';

export interface VirtualAdversarialOptions {
  /** The length of the change in L2, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** The weight of the penalty, ≥ 0; default 1. */
  readonly alpha?: number;
  /** Power iterations; default 1. */
  readonly steps?: number;
  /** ξ: the length at which slopes are taken, > 0; default 0.001. */
  readonly probe?: number;
}

/**
 * Smooths the model's answers around all rows, with or without a label: it needs none. Semi-supervised: give rows without a label
 * the weight 0 and any class (`data.weights`); their loss then does not count, and this penalty does.
 *
 * @throws SaddlepointError `option` for options out of range. ε or α of 0 do nothing.
 * @example
 * await fit(model, { x, y, weights: known.map(Number) }, { loss: crossEntropy(), tricks: [virtualAdversarial({ epsilon: 2 })] });
 */
export function virtualAdversarial(options: VirtualAdversarialOptions): Regularizer {
  const name = 'virtualAdversarial';
  checkKnownOptions(name, options, ['epsilon', 'alpha', 'steps', 'probe']);
  const epsilon = checkEpsilon(name, options.epsilon);
  const alpha = checkNumber('virtualAdversarial.alpha', options.alpha ?? 1, { min: 0 });
  const steps = checkNumber('virtualAdversarial.steps', options.steps ?? 1, { min: 1, max: 100, integer: true });
  const probe = checkNumber('virtualAdversarial.probe', options.probe ?? 1e-3, { min: 0, openMin: true });
  return {
    meetingRows: 'takes a mean over the rows',
    ...{ kind: 'regularizer', name, options: { epsilon, alpha, steps, probe } },
    isNeutral: epsilon === 0 || alpha === 0,
    penalty(point, context) {
      const { problem, at } = trainingProblem(name, point, context);
      const { x, predict } = problem;
      const own = stopGradient(predict(x));
      const { key, stream } = context.random();
      const unit = (direction: Tensor): Tensor => steepest('l2', direction, 0);
      const turn = (direction: Tensor): Tensor =>
        unit(slope((v) => divergences(own, predict(v)), add(x, mul(direction, probe))));
      const direction = stopGradient(repeat(steps, turn, unit(normalWithKey(key, x.shape, stream))));
      const { updates, ...there } = at(add(x, mul(direction, epsilon)));
      const { updates: _, ...here } = point;
      const moved = context.predict(there);
      return mul(mean(divergences(stopGradient(context.predict(here)), moved)), alpha);
    },
  };
}
