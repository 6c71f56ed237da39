/** @file Constant folding: small results of constants alone are computed while compiling, in double precision. */
import { must } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { evaluateNode } from '../graph/evaluate.ts';
import type { Graph, HostTensor, Node, Value } from '../graph/node.ts';
import { hostTensor, type Tensor } from '../graph/tensor.ts';
import { constant } from '../graph/trace.ts';
import { rewrite } from './rewrite.ts';

/** Larger results would trade time for memory and file size. */
const MAX_FOLDED = 1024;

export function fold(graph: Graph): Graph {
  const known = new Map<Value, HostTensor>();
  const inputs = new Set(graph.inputs);
  for (const node of graph.nodes) {
    // Loops are left to the machine: computing them here in double precision could take long.
    if (node.op.kind === 'loop') continue;
    if (!node.inputs.every((input) => known.has(input) && !inputs.has(input))) continue;
    if (node.outputs.some((output) => sizeOf(output.shape) > MAX_FOLDED)) continue;
    const outputs = evaluateNode(
      node,
      node.inputs.map((input) => must(known.get(input), 'a constant') as Tensor),
    );
    node.outputs.forEach((output, i) => {
      known.set(output, must(outputs[i], 'a folded output'));
    });
  }
  const isFolded = ({ op, outputs }: Node): boolean => op !== constant && outputs.every((output) => known.has(output));
  if (!graph.nodes.some(isFolded)) return graph;
  return rewrite(graph, (node) =>
    isFolded(node)
      ? node.outputs.map((output) =>
          hostTensor({ shape: output.shape, dtype: output.dtype }, must(known.get(output), 'a constant').data),
        )
      : undefined,
  );
}
