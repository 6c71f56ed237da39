/**
 * @file Free adversarial training: one backward pass serves the weights and the perturbation. Kind: gradient.
 *
 * Source: Shafahi et al. 2019 (arXiv 1904.12843), algorithm 1: each minibatch is replayed m times; each pass updates the weights and
 * moves δ by ε · sign of the slope at the input, kept within ε; δ stays from minibatch to minibatch. Deviations: a step is a step of
 * `fit`, so of m minibatches that are drawn the first is replayed and the others are left out: the same number of epochs is the
 * same work as without the trick. The slope is of mode 'train', as the pass is shared. The last, smaller minibatch of an epoch is
 * taken as it is, once, with the δ of as many rows.
 */

import { checkClip, checkEpsilon } from '../attacks/attack.ts';
import { type Clip, legalRows } from '../attacks/box.ts';
import { unitsOf } from '../attacks/problem.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cast } from '../ops/cast.ts';
import { concat } from '../ops/concat.ts';
import { add, float, mul, sign, stopGradient, sub, where } from '../ops/elementwise.ts';
import { reshape, slice } from '../ops/movement.ts';
import type { GradientTrick } from '../train/trick.ts';

export interface FreeAdversarialOptions {
  /** The radius in L∞, ≥ 0, in the units of the data; of bytes in [0, 1]. */
  readonly epsilon: number;
  /** m: passes over each minibatch, default 4; 1 trains on each once. */
  readonly replays?: number;
  /** Length of a step of δ; default ε. */
  readonly stepSize?: number;
  /** Lowest and highest legal value; default [0, 1], false for none. */
  readonly clip?: Clip;
}

/**
 * Adversarial training at the price of ordinary training. Give it more epochs: it sees each row 1 / m as often.
 *
 * @throws SaddlepointError `option` for options out of range. ε of 0 does nothing.
 * @example tricks: [freeAdversarial({ epsilon: 0.1, replays: 4 })]
 */
export function freeAdversarial(options: FreeAdversarialOptions): GradientTrick {
  const name = 'freeAdversarial';
  checkKnownOptions(name, options, ['epsilon', 'replays', 'stepSize', 'clip']);
  const epsilon = checkEpsilon(name, options.epsilon);
  const replays = checkNumber('freeAdversarial.replays', options.replays ?? 4, { min: 1, max: 100, integer: true });
  const stepSize = checkNumber('freeAdversarial.stepSize', options.stepSize ?? epsilon, { min: 0 });
  const clip = checkClip(name, options.clip);
  return {
    ...{ kind: 'gradient', name, options: { epsilon, replays, stepSize, clip: clip && [...clip] } },
    isNeutral: epsilon === 0,
    claims: ['adversarial rows'],
    scalarCount: 1,
    scalars: (step) => [Number(step % replays === 0)],
    state: ({ batchSize, inputShape, targetShape }) => ({
      change: { shape: [batchSize, ...inputShape], dtype: 'f32' },
      x: { shape: [batchSize, ...inputShape], dtype: 'f32' },
      y: { shape: [batchSize, ...targetShape], dtype: 'f32' },
    }),
    wrap: (gradient, context) => (point) => {
      if ('weights' in point.batch)
        throw new SaddlepointError('option', `${name}: rows with weights cannot be replayed`, 'take fastAdversarial');
      const { toModel, toData } = unitsOf(context.inputScaling);
      const given = point.batch as { readonly x: Tensor; readonly y: Tensor };
      const kept = context.read('change');
      const [n, all] = [given.x.shape[0] as number, kept.shape[0] as number];
      const isNew = reshape(context.scalars, []);
      const x = n === all ? where(isNew, given.x, context.read('x')) : given.x;
      const targets = n === all ? where(isNew, float(given.y), context.read('y')) : float(given.y);
      const y = given.y.dtype === 'f32' ? targets : cast(targets, given.y.dtype);
      if (n === all) {
        context.write('x', x);
        context.write('y', targets);
      }
      const own = toData(x);
      const project = legalRows(own, 'linf', epsilon, clip);
      const part =
        n === all
          ? kept
          : slice(
              kept,
              kept.shape.map(() => 0),
              [n, ...kept.shape.slice(1)],
            );
      const moved = stopGradient(project(add(own, part)));
      const batch = { ...point.batch, x: toModel(moved), y };
      const there = { ...point, batch };
      const { updates, ...second } = there;
      const [slopes] = context.gradients(context.loss(second), [batch.x]);
      const next = sub(project(add(moved, mul(sign(slopes as Tensor), stepSize))), own);
      const rest =
        n === all ? [] : [slice(kept, [n, ...kept.shape.slice(1).map(() => 0)], [all - n, ...kept.shape.slice(1)])];
      context.write('change', stopGradient(rest.length === 0 ? next : concat([next, ...rest], 0)));
      return gradient(there);
    },
  };
}
