/** @file Dead code elimination: drops nodes on which no graph output depends. Inputs stay, used or not. */
import type { Graph, Node } from '../graph/node.ts';
import type { LoopPasses } from './loops.ts';

/** @param loops what drops dead results of loops; without it they stay. */
export function dce(graph: Graph, loops?: LoopPasses): Graph {
  const live = new Set(graph.outputs);
  const kept = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => live.has(output))) continue;
    kept.add(node);
    for (const input of node.inputs) live.add(input);
  }
  const pruned = { ...graph, nodes: graph.nodes.filter((node) => kept.has(node)) };
  return loops?.pruneLoops(pruned, (body) => dce(body, loops)) ?? pruned;
}
