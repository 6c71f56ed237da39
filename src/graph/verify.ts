/** @file Checks that a graph is one: run after tracing and after every pass in tests and in development. */
import { unreachable } from '../core/errors.ts';
import { sameShape } from '../core/shape.ts';
import type { Graph, Value } from './node.ts';
import { printSpec } from './print.ts';

/**
 * Checks that values are defined before use and once, that outputs exist, and that every node's output types are what its
 * op's shape rule says.
 * @throws SaddlepointError `internal` that names the node.
 */
export function verify(graph: Graph): Graph {
  const defined = new Set<Value>();
  const define = (value: Value, where: string): void => {
    if (defined.has(value)) unreachable(`${where} defines a value twice`);
    defined.add(value);
  };
  for (const input of graph.inputs) {
    if (input.node !== undefined) unreachable('a graph input is the output of a node');
    define(input, 'graph inputs');
  }
  for (const [i, node] of graph.nodes.entries()) {
    const where = `node ${i} (${node.op.name})`;
    for (const input of node.inputs) if (!defined.has(input)) unreachable(`${where} uses a value before it is defined`);
    if (node.op.kind === 'loop') verify(node.attributes.body as Graph);
    const specs = node.op.infer(node.inputs, node.attributes);
    if (specs.length !== node.outputs.length)
      unreachable(`${where} has ${node.outputs.length} outputs, its op ${specs.length}`);
    for (const [j, output] of node.outputs.entries()) {
      const spec = specs[j] ?? unreachable(where);
      if (output.node !== node) unreachable(`output ${j} of ${where} belongs to another node`);
      if (spec.dtype !== output.dtype || !sameShape(spec.shape, output.shape)) {
        unreachable(`output ${j} of ${where} is ${printSpec(output)}, its shape rule says ${printSpec(spec)}`);
      }
      define(output, where);
    }
  }
  for (const output of graph.outputs) if (!defined.has(output)) unreachable('a graph output is not defined');
  return graph;
}
