/**
 * @file Groups of elementwise ops on data that outgrow the caches: one node with the ops as its body, which the machine runs
 * block by block. What one op hands to the next is then never written to memory.
 */
import { must } from '../../core/errors.ts';
import { sameShape, sizeOf } from '../../core/shape.ts';
import { evaluateGraph } from '../../graph/evaluate.ts';
import type { Graph, Node, Op, Value } from '../../graph/node.ts';
import { Trace } from '../../graph/trace.ts';
import { mapBodies } from '../../passes/loops.ts';
import { countUses } from '../../passes/rewrite.ts';

/** More would crowd the first cache. */
const MAX_MEMBERS = 32;

export interface GroupAttributes {
  readonly [key: string]: unknown;
  readonly body: Graph;
}

export const elementwiseGroup: Op<GroupAttributes> = {
  name: 'elementwiseGroup',
  infer: (_, { body }) => body.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  evaluate: (inputs, { body }) => evaluateGraph(body, inputs).map(({ data }) => data),
};

const outputOf = (node: Node): Value => node.outputs[0] as Value;

/** Whether every operand is one number, or has an element for each of the output in the same order. */
function isFlat(node: Node): boolean {
  const { shape } = outputOf(node);
  return node.inputs.every((input) => sizeOf(input.shape) === 1 || sameShape(input.shape, shape));
}

/** A graph whose elementwise ops of at least so many elements stand in groups, those in the bodies of loops too. */
export function groupElementwise(graph: Graph, least: number): Graph {
  return regroup(
    mapBodies(graph, (body) => groupElementwise(body, least)),
    (node) => node.op.kind === 'elementwise' && sizeOf(outputOf(node).shape) >= least && isFlat(node),
  );
}

/**
 * Nodes in an order in which those that can form a group stand together: what does not depend on a group under way goes before
 * it. Each inner list of two or more is a group.
 */
function cluster(graph: Graph, canJoin: (node: Node) => boolean): Node[][] {
  const clusters: Node[][] = [];
  let members: Node[] = [];
  let dependent = new Set<Value>();
  const flush = (): void => {
    if (members.length > 0) clusters.push(members);
    members = [];
    dependent = new Set();
  };
  for (const node of graph.nodes) {
    const joins =
      canJoin(node) &&
      members.length < MAX_MEMBERS &&
      members.every((member) => sizeOf(outputOf(member).shape) === sizeOf(outputOf(node).shape)) &&
      // Another shape of the same elements comes through a reshape, which is no member.
      node.inputs.every((input) => !dependent.has(input) || members.includes(input.node as Node));
    if (joins) {
      members.push(node);
      dependent.add(outputOf(node));
    } else if (node.inputs.some((input) => dependent.has(input))) {
      flush();
      if (canJoin(node)) {
        members.push(node);
        dependent.add(outputOf(node));
      } else clusters.push([node]);
    } else if (canJoin(node)) {
      flush();
      members.push(node);
      dependent.add(outputOf(node));
    } else clusters.push([node]);
  }
  flush();
  return clusters;
}

function regroup(graph: Graph, canJoin: (node: Node) => boolean): Graph {
  const clusters = cluster(graph, canJoin);
  if (clusters.every(({ length }) => length < 2)) return graph;
  const trace = new Trace();
  const renewed = new Map<Value, Value>();
  const read = (value: Value): Value => must(renewed.get(value), 'a value before the group');
  const record = (made: readonly Value[], outputs: readonly Value[]): void =>
    outputs.forEach((output, i) => {
      renewed.set(output, made[i] as Value);
    });
  for (const input of graph.inputs) renewed.set(input, trace.value(trace.input(input)));
  const uses = countUses(graph);
  for (const nodes of clusters) {
    const [first] = nodes as [Node];
    trace.path = first.path;
    if (nodes.length < 2) {
      record(trace.add(first.op, first.inputs.map(read), first.attributes, first.outputs), first.outputs);
      continue;
    }
    const { body, inputs, outputs } = bodyOf(nodes, uses);
    // Attributes are erased here, as in every node.
    const op = elementwiseGroup as unknown as Op;
    record(trace.add(op, inputs.map(read), { body }, outputs), outputs);
  }
  return trace.finish(graph.outputs.map((output) => trace.tensor(read(output))));
}

/** The members as a graph of their own: its inputs are what comes from outside, its outputs what is used there. */
function bodyOf(
  nodes: readonly Node[],
  uses: ReadonlyMap<Value, number>,
): { body: Graph; inputs: Value[]; outputs: Value[] } {
  const trace = new Trace();
  const within = new Map<Value, Value>();
  const inputs: Value[] = [];
  const usedWithin = new Map<Value, number>();
  for (const node of nodes) {
    const values = node.inputs.map((input) => {
      usedWithin.set(input, (usedWithin.get(input) ?? 0) + 1);
      const held = within.get(input);
      if (held !== undefined) return held;
      const own = trace.value(trace.input(input));
      inputs.push(input);
      within.set(input, own);
      return own;
    });
    within.set(outputOf(node), trace.add(node.op, values, node.attributes, node.outputs)[0] as Value);
  }
  const outputs = nodes.map(outputOf).filter((value) => (uses.get(value) ?? 0) > (usedWithin.get(value) ?? 0));
  return {
    body: trace.finish(outputs.map((value) => trace.tensor(must(within.get(value), 'a member')))),
    inputs,
    outputs,
  };
}
