/**
 * @file Local rewrites that keep every bit: identities vanish, views of views become one, and broadcasts are left to the ops
 * that broadcast by themselves. Rules for transposes stand in transposes.ts, for max pooling in pools.ts.
 */
import { type Shape, sameShape, sizeOf } from '../core/shape.ts';
import type { Graph, Node } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { producer, rewrite } from './rewrite.ts';

/** What replaces a node, given its renewed inputs; undefined to keep it. */
export type Simplification = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** Simplifications by the name of the op. */
export type Rules = Readonly<Record<string, Simplification>>;

/** The input `i` of the node that made x, if that node is of the named op. */
export function through(x: Tensor | undefined, op: string, i = 0): Tensor | undefined {
  const made = producer(x);
  const value = made?.op.name === op ? made.inputs[i] : undefined;
  return value === undefined ? undefined : x?.traced?.trace.tensor(value);
}

function isConstant(x: Tensor | undefined, value: number): boolean {
  const made = producer(x);
  return (
    made?.op.name === 'constant' &&
    sizeOf(made.outputs[0]?.shape ?? []) === 1 &&
    (made.attributes.data as ArrayLike<number>)[0] === value
  );
}

/** x without a broadcast before it, where the other operands alone already give the output's shape. */
const unbroadcast: Simplification = (node, inputs) => {
  for (const [i, input] of inputs.entries()) {
    const source = through(input, 'broadcastTo');
    if (source === undefined) continue;
    const shapes = inputs.map((other, j) => (j === i ? source.shape : other.shape));
    const replaced = inputs.map((other, j) => (j === i ? source : other));
    if (shapes.some((shape) => sameShape(shape, node.outputs[0]?.shape ?? [])))
      return apply(node.op, replaced, node.attributes);
  }
  return undefined;
};

/** One number computed once and then repeated, where all operands are repeated numbers. */
const hoistBroadcast: Simplification = (node, inputs) => {
  const shape = node.outputs[0]?.shape ?? [];
  if (sizeOf(shape) === 1) return undefined;
  const scalars: Tensor[] = [];
  for (const input of inputs) {
    const scalar = sizeOf(input.shape) === 1 ? input : through(input, 'broadcastTo');
    if (scalar === undefined || sizeOf(scalar.shape) !== 1) return undefined;
    scalars.push(reshape(scalar, []));
  }
  return [broadcastTo(apply(node.op, scalars, node.attributes)[0] as Tensor, shape)];
};

const elementwise: Simplification = (node, inputs) => hoistBroadcast(node, inputs) ?? unbroadcast(node, inputs);

const RULES: Rules = {
  identity: (_, inputs) => inputs,
  broadcastTo(node, [x]) {
    const source = through(x, 'broadcastTo');
    return source === undefined ? undefined : [broadcastTo(source, (node.attributes as { shape: Shape }).shape)];
  },
  reshape(node, [x]) {
    const { shape } = node.attributes as { shape: Shape };
    const scalar = through(x, 'broadcastTo');
    if (scalar !== undefined && sizeOf(scalar.shape) === 1) return [broadcastTo(reshape(scalar, []), shape)];
    const source = through(x, 'reshape') ?? (x as Tensor);
    if (sameShape(source.shape, shape)) return [source];
    return source === x ? undefined : [reshape(source, shape)];
  },
  mul(node, inputs) {
    const [a, b] = inputs as [Tensor, Tensor];
    const shape = node.outputs[0]?.shape ?? [];
    if (isConstant(b, 1) && sameShape(a.shape, shape)) return [a];
    if (isConstant(a, 1) && sameShape(b.shape, shape)) return [b];
    return elementwise(node, inputs);
  },
  div: (node, inputs) =>
    isConstant(inputs[1], 1) && sameShape(inputs[0]?.shape ?? [], node.outputs[0]?.shape ?? [])
      ? [inputs[0] as Tensor]
      : elementwise(node, inputs),
  softmaxCrossEntropyGradient(node, [probabilities, labels, g]) {
    const scalar = through(g, 'broadcastTo');
    if (scalar === undefined || sizeOf(scalar.shape) !== 1) return undefined;
    return apply(node.op, [probabilities as Tensor, labels as Tensor, reshape(scalar, [])], node.attributes);
  },
};

/** @param more rules besides those that every program may need. */
export function simplify(graph: Graph, more: Rules = {}): Graph {
  return rewrite(graph, (node, inputs) => {
    const rule =
      more[node.op.name] ?? RULES[node.op.name] ?? (node.op.kind === 'elementwise' ? elementwise : undefined);
    return rule?.(node, inputs);
  });
}
