/** @file What a model is, as plain data and functions: what a run ends with and a file holds. */
import type { Session } from '../backends/backend.ts';
import type { HostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import type { Scaling } from '../data/scaling.ts';
import { BLOCKS, listOf, type ModelGroups, unpackGroup } from '../engine/step.ts';
import { layoutGroup } from '../graph/program.ts';
import type { Layer, LeafKind } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { AnyMetric } from '../nn/metrics.ts';
import type { NamedParts } from './named.ts';
import type { Columns } from './records.ts';

/** One leaf of the parameters. */
export interface Parameter {
  /** Whether the optimizer changes it, or its layer (running statistics). */
  readonly kind: LeafKind;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Everything that makes a model, as plain data and functions; what a file holds. */
export interface ModelState {
  readonly layer: Layer;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The shape of one row. */
  readonly inputShape: Shape;
  readonly inputScaling: Scaling;
  readonly targetScaling: Scaling | undefined;
  /** The shape of the output for one row. */
  readonly outputShape: Shape;
  readonly classes: readonly ClassName[] | undefined;
  readonly loss: Loss;
  readonly metrics: readonly AnyMetric[];
  /** Of a model of several inputs or outputs. */
  readonly named?: NamedParts | undefined;
  /** Of a model that was trained on records. */
  readonly columns?: Columns | undefined;
  /** Of a model whose last layer has seen no targets: their scaling is fitted as a new model's is. */
  readonly hasNewHead?: boolean | undefined;
  /** Of a model that was read in spite of tensors that do not fit: which. */
  readonly notes?: readonly string[] | undefined;
}

/** How many values a target has: of classes one distribution a row or step, else as many as the output. */
export const unitsOf = ({ outputShape, loss }: Pick<ModelState, 'outputShape' | 'loss'>): number =>
  loss.target === 'class' ? (outputShape.at(-1) ?? 1) : sizeOf(outputShape);

/**
 * The layout of the leaves that the optimizer changes, whole or by rows, of those that the layers do, and of those that stay
 * as they are.
 */
export function groupsOf(
  { parameters }: Pick<ModelState, 'parameters'>,
  isFrozen: (path: string) => boolean = () => false,
): ModelGroups {
  const leaves = (wanted?: LeafKind) =>
    [...parameters].flatMap(([path, { shape, kind }]) =>
      isFrozen(path) === (wanted === undefined) && (wanted ?? kind) === kind ? [{ path, shape }] : [],
    );
  const states = leaves('state');
  const frozen = leaves();
  return {
    parameters: layoutGroup(BLOCKS.parameters, leaves('trainable')),
    rows: leaves('rows').map(({ path, shape }) => ({
      ...{ name: `rows ${path}`, size: sizeOf(shape) },
      segments: [{ path, shape, offset: 0 }],
    })),
    state: states.length === 0 ? undefined : layoutGroup(BLOCKS.state, states),
    frozen: frozen.length === 0 ? undefined : layoutGroup(BLOCKS.frozen, frozen),
  };
}

/** Gives a session a model's leaves. */
export function writeLeaves(session: Session, groups: ModelGroups, parameters: ReadonlyMap<string, Parameter>): void {
  for (const { name, segments } of listOf(groups))
    for (const { path, offset } of segments) session.write(name, parameters.get(path)?.data ?? [], offset);
}

/** A copy of the blocks that hold the leaves, by the group's name. */
export const readBlocks = (session: Session, groups: ModelGroups): Promise<Map<string, HostArray>> =>
  readAll(
    session,
    listOf(groups).map(({ name }) => name),
  );

/** A copy of blocks, by name. */
export async function readAll(session: Session, names: readonly string[]): Promise<Map<string, HostArray>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await session.read(name)] as const)));
}

/** The leaves in such blocks, in the order of the given ones and of their kinds. */
export function leavesIn(
  blocks: ReadonlyMap<string, HostArray>,
  groups: ModelGroups,
  like: ReadonlyMap<string, Parameter>,
): Map<string, Parameter> {
  const found = new Map(
    listOf(groups).flatMap((group) => [...unpackGroup(group, must(blocks.get(group.name), 'a block'))]),
  );
  return new Map(
    [...like].map(([path, { kind }]) => [path, { ...must(found.get(path), `leaf ${path}`), kind }] as const),
  );
}
