/** @file What every optimizer's step is behind its loss: gradient, guard, update. */
import { vjp } from '../autodiff/grad.ts';
import type { Group, ProgramBuilder, Segment } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { Trace } from '../graph/trace.ts';
import { add } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { broadcastTo } from '../ops/movement.ts';
import { l2Norm } from '../ops/reduce.ts';
import type { RowUpdate, RowUpdateInput } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';

/** What an optimizer is to a step: see `Transform` of optim/, which fits. */
export interface StepTransform {
  readonly name: string;
  readonly slots: readonly string[];
  readonly scalarCount: number;
  update(input: {
    readonly gradient: Tensor;
    readonly parameters: Tensor;
    readonly slots: Readonly<Record<string, Tensor>>;
    readonly scalars: Tensor;
    readonly gradientNorm: Tensor | undefined;
    readonly segments: readonly Segment[];
  }): { readonly update: Tensor; readonly slots: Readonly<Record<string, Tensor>> };
  updateRows?(input: RowUpdateInput): RowUpdate;
  evaluationParameters?(input: {
    readonly parameters: Tensor;
    readonly slots: Readonly<Record<string, Tensor>>;
    readonly segments: readonly Segment[];
  }): Tensor;
}

/** A flat block and its leaves by path. */
export interface OpenGroup {
  readonly group: Group;
  readonly block: Tensor;
  readonly leaves: ReadonlyMap<string, Tensor>;
}

export function openGroup(block: Tensor, group: Group): OpenGroup {
  const leaves = new Map(
    group.segments.map(({ path, offset, shape }) => [path, segment(block, offset, shape)] as const),
  );
  return { group, block, leaves };
}

/** A block with these leaves, in the order of the group's segments. */
export const packLeaves = (leaves: readonly Tensor[], { segments, size }: Group): Tensor =>
  pack(
    leaves,
    segments.map(({ offset }) => offset),
    size,
  );

/** The states' block with what the layers made of it. */
export const renewStates = ({ group, leaves }: OpenGroup, updates: ReadonlyMap<string, Tensor>): Tensor =>
  packLeaves(
    [...leaves].map(([path, state]) => updates.get(path) ?? state),
    group,
  );

/**
 * The parameters and slots after one step that lowers the loss, by its gradient or the one given for each leaf. If loss or gradient is not finite the step stops here, with
 * nothing committed.
 */
export function renew(
  trace: Trace,
  loss: Tensor,
  { group, block, leaves }: OpenGroup,
  optimizer: {
    readonly transform: StepTransform;
    readonly slots: Readonly<Record<string, Tensor>>;
    readonly scalars: Tensor;
  },
  given?: readonly (Tensor | undefined)[],
): { parameters: Tensor; slots: Readonly<Record<string, Tensor>>; gradientNorm: Tensor } {
  const { transform, slots, scalars } = optimizer;
  const order = [...leaves.values()];
  const gradients = given ?? vjp(trace, [loss], [tensor(1)], order);
  const raw = packLeaves(
    order.map((leaf, i) => gradients[i] ?? broadcastTo(tensor(0), leaf.shape)),
    group,
  );
  const gradientNorm = l2Norm(raw);
  const gradient = guard(raw, [loss, gradientNorm]);
  const made = transform.update({
    ...{ gradient, parameters: block, slots, scalars, gradientNorm },
    segments: group.segments,
  });
  return { parameters: add(block, made.update), slots: made.slots, gradientNorm };
}

/** What makes the step of a model with row tables: the groups of the tables, and all its leaves. See rows.ts. */
export type Renewal = (
  groups: readonly Group[],
  builder: ProgramBuilder,
  leaves: ReadonlyMap<string, Tensor>,
) => typeof renew;
