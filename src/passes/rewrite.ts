/** @file The one way in which passes change a graph: node by node into a fresh trace, in order. */
import { must } from '../core/errors.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Trace } from '../graph/trace.ts';

/** Which composites a backend runs whole. */
export type FusedOps = Pick<ReadonlySet<string>, 'has'>;

/** What replaces a node: its new outputs (recorded with any ops), or undefined to keep the node as it is. */
export type Rule = (node: Node, inputs: readonly Tensor[], trace: Trace) => readonly (Tensor | undefined)[] | undefined;

/**
 * A graph in which every node that the rule answers for is replaced. An output that the rule leaves undefined must be unused.
 * The inputs keep their order, and their types.
 */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const trace = new Trace();
  const renewed = new Map<Value, Tensor>();
  for (const input of graph.inputs) renewed.set(input, trace.input(input));
  const read = (value: Value): Tensor => must(renewed.get(value), 'a rewritten value');
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(read);
    const outputs = trace.within(node.path, () => rule(node, inputs, trace) ?? copy(trace, node, inputs));
    node.outputs.forEach((output, i) => {
      const replacement = outputs[i];
      if (replacement !== undefined) renewed.set(output, replacement);
    });
  }
  return trace.finish(graph.outputs.map(read));
}

/** The node in another trace, on other inputs. */
export function copy(trace: Trace, node: Node, inputs: readonly Tensor[]): Tensor[] {
  const values = inputs.map((input) => trace.value(input));
  return trace.add(node.op, values, node.attributes, node.outputs).map((value) => trace.tensor(value));
}

/** How often each value is used, graph outputs included. */
export function countUses(graph: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value): void => {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  for (const node of graph.nodes) node.inputs.forEach(use);
  graph.outputs.forEach(use);
  return uses;
}

/** The node that made a traced tensor, and which of its outputs the tensor is. */
export function producer(x: Tensor | undefined): Node | undefined {
  return x?.traced?.value.node;
}
