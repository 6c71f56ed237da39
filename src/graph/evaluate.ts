/** @file Runs a graph on host tensors, node by node, in double precision: the meaning of a graph. */
import { must } from '../core/errors.ts';
import type { Graph, HostTensor, Node, Value } from './node.ts';
import { hostTensor, type Tensor } from './tensor.ts';

/** Computes the outputs of one node from host inputs; a composite goes through its decomposition. */
export function evaluateNode(node: Node, inputs: readonly Tensor[]): readonly HostTensor[] {
  const { op, attributes, outputs } = node;
  if (op.evaluate !== undefined) {
    const arrays = op.evaluate(inputs, attributes, outputs);
    return outputs.map(({ shape, dtype }, i) =>
      hostTensor({ shape, dtype }, must(arrays[i], `output ${i} of ${op.name}`)),
    );
  }
  return must(op.decompose, `a definition of ${op.name}`).call(op, inputs, attributes);
}

/**
 * Computes a graph's outputs.
 *
 * @param inputs one host tensor for each graph input.
 * @param observe called after each node with its outputs; what it throws ends the evaluation.
 * @param before called before each node.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: readonly HostTensor[],
  observe?: (node: Node, outputs: readonly HostTensor[]) => void,
  before?: (node: Node) => void,
): HostTensor[] {
  const known = new Map<Value, Tensor>();
  graph.inputs.forEach((value, i) => {
    const input = must(inputs[i], `input ${i}`);
    known.set(value, hostTensor({ shape: value.shape, dtype: value.dtype }, input.data));
  });
  const read = (value: Value): Tensor => must(known.get(value), 'an evaluated value');
  for (const node of graph.nodes) {
    before?.(node);
    const outputs = evaluateNode(node, node.inputs.map(read));
    node.outputs.forEach((value, i) => {
      known.set(value, must(outputs[i], `output ${i} of ${node.op.name}`) as Tensor);
    });
    observe?.(node, outputs);
  }
  return graph.outputs.map(read);
}
