/** @file Replaces composites by their decompositions, except those that the backend runs whole. */
import type { Graph } from '../graph/node.ts';
import { type FusedOps, rewrite } from './rewrite.ts';

export function decompose(graph: Graph, fused: FusedOps): Graph {
  let current = graph;
  // Decompositions may contain composites; the nesting is finite, since they get simpler.
  while (current.nodes.some(({ op }) => op.decompose !== undefined && !fused.has(op.name))) {
    current = rewrite(current, ({ op, attributes }, inputs) =>
      fused.has(op.name) ? undefined : op.decompose?.(inputs, attributes),
    );
  }
  return current;
}
