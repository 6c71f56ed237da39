/** @file Gradient accumulation: several small batches for one step. */
import { checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, where } from '../ops/elementwise.ts';
import { scalarAt } from './blocks.ts';
import { type EvaluationInput, scalarsOf, slot, type Transform } from './transform.ts';

/**
 * Adds up gradients, and lets the inner transform step once for every `count` of them, with their mean: `count` batches of n
 * rows are one step of a batch of count · n, but for rounding. In between nothing changes. The inner transform sees whole
 * batches alone: its schedules, bias corrections and clipping count and see those.
 *
 * All batches weigh the same, so the last, smaller one of an epoch weighs more for a row; choose a batch size that divides the
 * rows where that matters. What is left over at the end of an epoch goes into the first step of the next.
 *
 * @param count how many batches make a step: a whole number ≥ 1.
 * @param inner what steps.
 * @throws SaddlepointError `option` for another count.
 * @example accumulate(8, chain(clipByGlobalNorm(1), adam()))
 */
export function accumulate(count: number, inner: Transform): Transform {
  checkNumber('accumulate', count, { min: 1, integer: true });
  const innerSlots = (input: Pick<EvaluationInput, 'slots'>): Record<string, Tensor> =>
    Object.fromEntries(inner.slots.map((name) => [name, slot(input, 'accumulate', `inner.${name}`)]));
  return {
    name: 'accumulate',
    options: { count, inner: { name: inner.name, options: inner.options } },
    slots: [...inner.slots.map((name) => `inner.${name}`), 'sum'],
    // Whether the inner transform steps.
    scalarCount: inner.scalarCount + 1,
    learningRate: inner.learningRate && ((step) => inner.learningRate?.(Math.floor(step / count)) ?? 0),
    scalars: (step, scale) => [...inner.scalars(Math.floor(step / count), scale), Number((step + 1) % count === 0)],
    update(input) {
      const sum = add(slot(input, 'accumulate', 'sum'), input.gradient);
      const old = innerSlots(input);
      const made = inner.update({
        ...input,
        gradient: mul(sum, 1 / count),
        slots: old,
        scalars: scalarsOf(input.scalars, 0, inner.scalarCount),
        gradientNorm: undefined,
      });
      const steps = scalarAt(input.scalars, inner.scalarCount);
      const slots: Record<string, Tensor> = { sum: where(steps, 0, sum) };
      for (const name of inner.slots)
        slots[`inner.${name}`] = where(steps, made.slots[name] as Tensor, old[name] as Tensor);
      return { update: where(steps, made.update, 0), slots };
    },
    ...(inner.evaluationParameters === undefined
      ? {}
      : {
          evaluationParameters: (input: EvaluationInput) =>
            inner.evaluationParameters?.({ ...input, slots: innerSlots(input) }) as Tensor,
        }),
  };
}
