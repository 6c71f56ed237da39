/**
 * @file Gradient accumulation inside a step: the minibatch is taken in parts, one after the other. Kind: gradient. Goyal et al. 2017,
 * "Accurate, large minibatch SGD", section 3 (gradients of parts, added up, are that of the whole); the parts here are of one
 * device, as in Huang et al. 2019, "GPipe", section 2. Deviation: parts weigh by their rows' weights, so that the mean is over real rows.
 */
import { checkNumber, SaddlepointError } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, div, maximum, mul } from '../ops/elementwise.ts';
import { keysOf } from '../ops/keys.ts';
import { reshape, slice } from '../ops/movement.ts';
import { rowRange } from '../ops/row-range.ts';
import type { GradientTrick } from '../train/trick.ts';

/** Each part adds a copy of the step's instructions to its plan. */
const MOST_PARTS = 64;
/** Below the smallest weight that matters, as in a step without parts. */
const NO_WEIGHT = 1e-30;

/**
 * Takes each minibatch in parts of so many rows, one after the other in the memory of one, and steps by the mean of their
 * gradients: `batchSize: 1024, tricks: [microBatches(128)]` learns as a batch of 1,024 does, in the activations of 128. All else is
 * that of the large batch: steps, schedules, clipping, metrics, weights of rows, the smaller last batch. Equal but for rounding,
 * unless rows of a batch look at each other (batch normalization sees a part), and dropout draws other masks.
 *
 * `accumulate(count)` is its counterpart between steps: it costs no longer plan, but a smaller last batch weighs as a whole one.
 *
 * Stands first among the tricks that change the gradient if they keep numbers of their own (`svrg`). It refuses `mixup` and
 * `cutmix`, whose rows have partners in other parts.
 *
 * @param rows of a part: a whole number ≥ 1, without a default; at least 1/64 of a batch. As many as a batch has, or more, are none.
 * @throws SaddlepointError `option` for another number, and in `fit` for more than 64 parts.
 * @example await fit(model, data, { loss: crossEntropy(), batchSize: 1024, tricks: [microBatches(128)] })
 */
export function microBatches(rows: number): GradientTrick {
  checkNumber('microBatches', rows, { min: 1, integer: true });
  return {
    kind: 'gradient',
    name: 'microBatches',
    options: { rows },
    claims: ['parts of the minibatch'],
    wrap: (gradient, { rows: all, trained, key: own }) => {
      if (all <= rows) return gradient;
      const parts = Math.ceil(all / rows);
      if (parts > MOST_PARTS)
        throw new SaddlepointError(
          'option',
          `fit: tricks: microBatches(${rows}) cuts a batch of ${all} rows in ${parts} parts, ${MOST_PARTS} at most: each lengthens the plan`,
          `microBatches(${Math.ceil(all / MOST_PARTS)}) or more, or accumulate(…) between steps`,
        );
      return (point) => {
        let { leaves } = point;
        const keys = keysOf(point.key ?? own, parts);
        let [loss, weight] = [tensor(0), tensor(0)] as [Tensor, Tensor];
        const sums = new Map<string, Tensor>();
        for (let part = 0; part < parts; part++) {
          const from = part * rows;
          const count = Math.min(rows, all - from);
          const batch = Object.fromEntries(
            Object.entries(point.batch).map(([name, x]) => [name, rowRange(x, from, count)]),
          );
          const key = reshape(slice(keys, [part, 0], [1, 3]), [3]);
          const made = gradient({ ...point, leaves, batch, part, key });
          const counted = made.weight ?? tensor(count);
          loss = add(loss, mul(made.loss, counted));
          weight = add(weight, counted);
          for (const path of trained) {
            const scaled = mul(made.gradients.get(path) as Tensor, counted);
            const before = sums.get(path);
            sums.set(path, before === undefined ? scaled : add(before, scaled));
          }
          // Running statistics go on from part to part, as they would from step to step.
          if (point.updates) leaves = new Map([...leaves, ...point.updates]);
        }
        const whole = maximum(weight, NO_WEIGHT);
        const gradients = new Map([...sums].map(([path, sum]) => [path, div(sum, whole)] as const));
        return { loss: div(loss, whole), gradients, weight };
      };
    },
  };
}
