/** @file What a model is, as plain data and functions: what a run ends with and a file holds. */
import type { Session } from '../backends/backend.ts';
import type { HostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import type { Scaling } from '../data/scaling.ts';
import { BLOCKS, type ModelGroups, packGroup, unpackGroup } from '../engine/step.ts';
import { type Group, layoutGroup } from '../graph/program.ts';
import type { Layer, LeafKind } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { Metric } from '../nn/metrics.ts';

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
  /** Outputs of the last layer. */
  readonly units: number;
  readonly classes: readonly ClassName[] | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

/** The layout of the leaves that the optimizer changes, and of those that the layers do. */
export function groupsOf({ parameters }: Pick<ModelState, 'parameters'>): ModelGroups {
  const leaves = [...parameters].map(([path, { shape, kind }]) => ({ path, shape, kind }));
  const states = leaves.filter(({ kind }) => kind === 'state');
  return {
    parameters: layoutGroup(
      BLOCKS.parameters,
      leaves.filter(({ kind }) => kind === 'trainable'),
    ),
    state: states.length === 0 ? undefined : layoutGroup(BLOCKS.state, states),
  };
}

const groupsIn = ({ parameters, state }: ModelGroups): (readonly [LeafKind, Group])[] => [
  ['trainable', parameters],
  ...(state === undefined ? [] : [['state', state] as const]),
];

/** Gives a session a model's leaves. */
export function writeLeaves(session: Session, groups: ModelGroups, parameters: ReadonlyMap<string, Parameter>): void {
  const data = new Map([...parameters].map(([path, leaf]) => [path, leaf.data] as const));
  for (const [, group] of groupsIn(groups)) session.write(group.name, packGroup(group, data));
}

/** A copy of the blocks that hold the leaves, by the group's name. */
export function readBlocks(session: Session, groups: ModelGroups): Map<string, HostArray> {
  return new Map(groupsIn(groups).map(([, { name }]) => [name, session.read(name)] as const));
}

/** The leaves in such blocks, in the given order of paths. */
export function leavesIn(
  blocks: ReadonlyMap<string, HostArray>,
  groups: ModelGroups,
  order: Iterable<string>,
): Map<string, Parameter> {
  const found = new Map<string, Parameter>();
  for (const [kind, group] of groupsIn(groups))
    for (const [path, leaf] of unpackGroup(group, must(blocks.get(group.name), 'a block')))
      found.set(path, { ...leaf, kind });
  return new Map([...order].map((path) => [path, must(found.get(path), `leaf ${path}`)] as const));
}
