/**
 * @file Gradient accumulation around the run's optimizer: several small batches for one step; `optim/accumulate.ts` does it. Kind:
 * transform. Goyal et al. 2017, section 3 (gradients of workers are added up; here those of one after the other). Deviations: a
 * smaller last batch weighs as much as a whole one, and batch normalization sees each small batch by itself.
 */
import { accumulate as around } from '../optim/accumulate.ts';
import { sgd } from '../optim/sgd.ts';
import type { Transform } from '../optim/transform.ts';
import type { TransformTrick } from '../train/trick.ts';

/**
 * Lets the optimizer step once for every `count` minibatches, with the mean of their gradients.
 *
 * As a trick, `accumulate(4)`, it is put around the run's optimizer; as a transform, `accumulate(4, adam())`, around the one given. What
 * stands before it in `tricks` steps with the optimizer, so an average of weights counts whole steps: tricks: [ema(0.99), accumulate(4)].
 *
 * All batches weigh the same, so the last, smaller one of an epoch weighs more for a row; choose a batch size that divides the
 * rows where that matters. What is left over at the end of an epoch goes into the first step of the next.
 *
 * @param count how many batches make a step: a whole number ≥ 1, without a default; 1 is none.
 * @throws SaddlepointError `option` for another count.
 * @example await fit(model, data, { loss: crossEntropy(), batchSize: 32, tricks: [accumulate(8)] })
 */
export function accumulate(count: number): TransformTrick;
export function accumulate(count: number, inner: Transform): Transform;
export function accumulate(count: number, inner?: Transform): TransformTrick | Transform {
  // Checked at once, not when the run begins.
  const made = around(count, inner ?? sgd());
  if (inner !== undefined) return made;
  return {
    kind: 'transform',
    name: 'accumulate',
    options: { count },
    isNeutral: count === 1,
    wrap: (optimizer) => around(count, optimizer),
  };
}
