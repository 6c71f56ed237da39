/** @file What most optimizers do with flat blocks: scalars of the step, decaying means, and one leaf after the other. */
import { sizeOf } from '../core/shape.ts';
import type { Segment } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, square } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { FIRST_MOMENT_FLOOR, flush, SECOND_MOMENT_FLOOR } from '../ops/update.ts';
import type { UpdateInput } from './transform.ts';

/** The i-th scalar of the step, of shape []. */
export const scalarAt = (scalars: Tensor, i: number): Tensor => segment(scalars, i, []);

/** decay · mean + (1 − decay) · gradient; subnormal results are set to 0, since they make a step several times slower. */
export const firstMomentOf = (mean: Tensor, gradient: Tensor, decay: number): Tensor =>
  flush(add(mul(mean, decay), mul(gradient, 1 - decay)), FIRST_MOMENT_FLOOR);

/** The same of gradient². */
export const secondMomentOf = (mean: Tensor, gradient: Tensor, decay: number): Tensor =>
  flush(add(mul(mean, decay), mul(square(gradient), 1 - decay)), SECOND_MOMENT_FLOOR);

/** Momentum that sums: decay · velocity + gradient, flushed likewise. */
export const velocityOf = (velocity: Tensor, gradient: Tensor, decay: number): Tensor =>
  flush(add(mul(velocity, decay), gradient), FIRST_MOMENT_FLOOR);

/** The leaves of a block; one vector if nothing is known of them. */
export const leavesIn = ({ gradient, segments }: Pick<UpdateInput, 'gradient' | 'segments'>): readonly Segment[] =>
  segments ?? [{ path: '', shape: gradient.shape, offset: 0 }];

/**
 * For optimizers that look at whole leaves: f gets the same leaf of each block, in its shape, and returns one tensor for each
 * result, as large as the leaf or smaller; each result comes back as a block with 0 between what f gave.
 */
export function byLeaf<In extends string, Out extends string>(
  leaves: readonly Segment[],
  blocks: Readonly<Record<In, Tensor>>,
  f: (leaf: Readonly<Record<In, Tensor>>, where: Segment) => Readonly<Record<Out, Tensor>>,
): Record<Out, Tensor> {
  const [first] = Object.values<Tensor>(blocks) as [Tensor];
  const size = first.shape[0] as number;
  const results = leaves.map((where) => {
    const parts = Object.entries<Tensor>(blocks).map(([name, block]) => [
      name,
      segment(block, where.offset, where.shape),
    ]);
    return f(Object.fromEntries(parts) as Record<In, Tensor>, where);
  });
  const offsets = leaves.map(({ offset }) => offset);
  const names = Object.keys(results[0] ?? {}) as Out[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      pack(
        results.map((result) => result[name]),
        offsets,
        size,
      ),
    ]),
  ) as Record<Out, Tensor>;
}

/** How many elements a leaf has. */
export const sizeOfLeaf = ({ shape }: Segment): number => sizeOf(shape);

/**
 * What a recurrence has come to before step 0, 1, …: a pure function of the step, which goes on from the last one asked for,
 * so that asking in order costs one turn each.
 */
export function recurrence<S>(start: S, next: (state: S, step: number) => S): (step: number) => S {
  let at = 0;
  let state = start;
  return (step) => {
    if (step < at) [at, state] = [0, start];
    for (; at < step; at++) state = next(state, at);
    return state;
  };
}
