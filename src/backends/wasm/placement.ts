/**
 * @file Where values can live without being moved: views within their source, leaves within their packed block, new values
 * of blocks over the old. What follows from the graph alone, before any address is known.
 */
import { BYTES } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, Node, Spec, Value } from '../../graph/node.ts';
import type { Program } from '../../graph/program.ts';

/** A range of memory: a session's block, a plan's constant, or a part of the arena from node `first` to node `last`. */
export interface Storage {
  readonly kind: 'block' | 'constant' | 'arena';
  readonly name: string;
  readonly bytes: number;
  first: number;
  last: number;
  /** Bytes from the start of the arena, or the address, once known. */
  address: number;
}

export interface Place {
  readonly storage: Storage;
  /** In bytes. */
  readonly offset: number;
}

/** A table of a program: one row a step. */
export interface Table {
  readonly spec: Spec;
  readonly address: number;
  readonly stride: number;
}

export function bytesOf(spec: Spec): number {
  return sizeOf(spec.shape) * BYTES[spec.dtype];
}

/** The input that output 0 is a view of, with the offset in bytes; undefined for nodes that compute. */
export function viewOf(node: Node): { source: Value; offset: number } | undefined {
  const source = node.inputs[0] as Value;
  switch (node.op.name) {
    case 'reshape':
    case 'identity':
    case 'guard':
      return { source, offset: 0 };
    case 'cast':
      return source.dtype === node.outputs[0]?.dtype ? { source, offset: 0 } : undefined;
    case 'segment':
      return { source, offset: (node.attributes.offset as number) * 4 };
    default:
      return undefined;
  }
}

/** For ops that update in place: which output takes over which input. */
const IN_PLACE: Readonly<Record<string, readonly (readonly [output: number, input: number])[]>> = {
  adamStep: [
    [0, 0],
    [1, 2],
    [2, 3],
  ],
  sgdStep: [
    [0, 0],
    [1, 2],
  ],
};

/** What follows all nodes: storing results. Outputs are read then. */
export const endOf = (graph: Graph): number => graph.nodes.length;

/** The last node that reads each value, through views as well. */
export function lastReads(graph: Graph): Map<Value, number> {
  const last = new Map<Value, number>();
  const read = (value: Value, at: number): void => {
    last.set(value, Math.max(last.get(value) ?? -1, at));
  };
  for (const output of graph.outputs) read(output, endOf(graph));
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const node = graph.nodes[at] as Node;
    const view = viewOf(node);
    for (const input of node.inputs) read(input, at);
    if (view !== undefined) read(view.source, last.get(node.outputs[0] as Value) ?? at);
  }
  return last;
}

export type Target = Place | { readonly pack: Value; readonly offset: number };

/** Values that are computed straight into a packed block: those that one pack alone takes, through full views. */
export function packTargets(graph: Graph): Map<Value, Target> {
  const targets = new Map<Value, Target>();
  const inputs = new Set(graph.inputs);
  for (const node of graph.nodes) {
    if (node.op.name !== 'pack') continue;
    node.inputs.forEach((leaf, i) => {
      let value = leaf;
      while (
        value.node !== undefined &&
        viewOf(value.node)?.offset === 0 &&
        bytesOf(viewOf(value.node)?.source as Value) === bytesOf(leaf)
      ) {
        value = viewOf(value.node)?.source as Value;
      }
      const made = value.node;
      const computed =
        made !== undefined &&
        !inputs.has(value) &&
        viewOf(made) === undefined &&
        made.op.name !== 'constant' &&
        made.op.name !== 'pack';
      if (computed && !targets.has(value) && IN_PLACE[made.op.name] === undefined) {
        targets.set(value, {
          pack: node.outputs[0] as Value,
          offset: ((node.attributes.offsets as number[])[i] as number) * 4,
        });
      }
    });
  }
  return targets;
}

/** New values of blocks that are computed over the old, since nothing reads the old any more. */
export function blockTargets(
  program: Program,
  places: ReadonlyMap<Value, Place>,
  lastOf: (value: Value) => number,
): Map<Value, Place> {
  const { graph } = program;
  const targets = new Map<Value, Place>();
  graph.outputs.forEach((output, i) => {
    const binding = must(program.outputs[i], 'a binding');
    const made = output.node;
    if (binding.kind !== 'block' || made === undefined) return;
    const pair = IN_PLACE[made.op.name]?.find(([index]) => made.outputs[index] === output);
    const old = pair === undefined ? undefined : made.inputs[pair[1]];
    const index = old === undefined ? -1 : graph.inputs.indexOf(old);
    if (old === undefined || index < 0) return;
    const bound = program.inputs[index];
    const isSameBlock = bound?.kind === 'block' && bound.name === binding.name;
    if (isSameBlock && lastOf(old) === graph.nodes.indexOf(made))
      targets.set(output, must(places.get(old), 'a placed block'));
  });
  return targets;
}
