/**
 * @file Where values can live without being moved: views within their source, leaves within their packed block, new values
 * of blocks over the old. What follows from the graph alone, before any address is known.
 */
import { BYTES } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { sameShape, sizeOf } from '../../core/shape.ts';
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

/** Ops that are not elementwise, and still may write their first output over this input. */
export const TAKES_OVER: Readonly<Record<string, number>> = {
  softmaxCrossEntropyGradient: 0,
  standardize: 0,
  standardizeGradient: 2,
  maskedSoftmax: 0,
  softmaxGradient: 1,
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
      if (computed && !targets.has(value) && made.op.renews === undefined) {
        targets.set(value, {
          pack: node.outputs[0] as Value,
          offset: ((node.attributes.offsets as number[])[i] as number) * 4,
        });
      }
    });
  }
  return targets;
}

/** The value that a chain of views begins at. */
function rootOf(value: Value): Value {
  const view = value.node === undefined ? undefined : viewOf(value.node);
  return view === undefined ? value : rootOf(view.source);
}

/** The input whose place an elementwise op can take, if it is one of the given value's kind and no other reads its memory. */
function elementwisePair(made: Node, output: Value, isOld: (value: Value) => boolean): [number, number] | undefined {
  if (made.op.kind !== 'elementwise') return undefined;
  const index = made.inputs.findIndex(
    (input) => isOld(input) && input.dtype === 'f32' && sameShape(input.shape, output.shape),
  );
  const old = made.inputs[index];
  const isAlone = made.inputs.every((input) => input === old || rootOf(input) !== old);
  return index >= 0 && isAlone ? [0, index] : undefined;
}

/**
 * New values of blocks that are computed over the old, since nothing reads the old any more. What lasts from step to step is
 * renewed by an optimizer's update alone, behind all guards; the carries of a loop (`isLoop`) by any elementwise op.
 */
export function blockTargets(
  program: Program,
  places: ReadonlyMap<Value, Place>,
  lastOf: (value: Value) => number,
  isLoop: boolean,
): Map<Value, Place> {
  const { graph } = program;
  const targets = new Map<Value, Place>();
  // A loop may hold a guard.
  const lastGuard = graph.nodes.findLastIndex(({ op }) => op.name === 'guard' || op.kind === 'loop');
  graph.outputs.forEach((output, i) => {
    const binding = must(program.outputs[i], 'a binding');
    const made = output.node;
    if (binding.kind !== 'block' || made === undefined) return;
    const isOld = (value: Value): boolean => {
      const at = graph.inputs.indexOf(value);
      return at >= 0 && program.inputs[at]?.kind === 'block' && program.inputs[at]?.name === binding.name;
    };
    const pair =
      made.op.renews?.find(([index]) => made.outputs[index] === output) ??
      (isLoop ? elementwisePair(made, output, isOld) : undefined);
    const old = pair === undefined ? undefined : made.inputs[pair[1]];
    if (old === undefined) return;
    const at = graph.nodes.indexOf(made);
    if (isOld(old) && lastOf(old) === at && (isLoop || at > lastGuard))
      targets.set(output, must(places.get(old), 'a placed block'));
  });
  return targets;
}
