/** @file Loops: passes run on their bodies too, and what nobody reads of their results is not computed. */
import { must } from '../core/errors.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import type { ScanAttributes } from '../ops/scan.ts';
import { countUses, rewrite } from './rewrite.ts';

export interface LoopPasses {
  readonly mapBodies: typeof mapBodies;
  readonly pruneLoops: typeof pruneLoops;
}

const attributesOf = (node: Node): ScanAttributes => node.attributes as ScanAttributes;

/** Every loop with its body replaced by `f(body)`. */
export function mapBodies(graph: Graph, f: (body: Graph) => Graph): Graph {
  if (!graph.nodes.some(({ op }) => op.kind === 'loop')) return graph;
  return rewrite(graph, (node, inputs) =>
    node.op.kind === 'loop'
      ? apply(node.op, inputs, { ...node.attributes, body: f(attributesOf(node).body) })
      : undefined,
  );
}

/** Drops results of loops that nothing reads, then sequences and constants that their bodies no longer read. */
export function pruneLoops(graph: Graph, dce: (body: Graph) => Graph): Graph {
  if (!graph.nodes.some(({ op }) => op.kind === 'loop')) return graph;
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => (node.op.kind === 'loop' ? prune(node, inputs, uses, dce) : undefined));
}

function prune(
  node: Node,
  inputs: readonly Tensor[],
  uses: ReadonlyMap<Value, number>,
  dce: (body: Graph) => Graph,
): (Tensor | undefined)[] {
  const { body, carries, sequences, ...rest } = attributesOf(node);
  const kept = node.outputs.map((output, i) => i < carries || uses.has(output));
  const lean = dce({ ...body, outputs: body.outputs.filter((_, i) => kept[i]) });
  const read = countUses(lean);
  const taken = lean.inputs.map((input, i) => i < carries || read.has(input));
  const pruned = apply(
    node.op,
    inputs.filter((_, i) => taken[i]),
    {
      ...rest,
      carries,
      body: { ...lean, inputs: lean.inputs.filter((_, i) => taken[i]) },
      sequences: taken.slice(carries, carries + sequences).filter(Boolean).length,
    },
  );
  let next = 0;
  return kept.map((isKept) => (isKept ? must(pruned[next++], 'a result of the loop') : undefined));
}

export const loopPasses: LoopPasses = { mapBodies, pruneLoops };
