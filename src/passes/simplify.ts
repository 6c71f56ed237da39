/**
 * @file Local rewrites that keep every bit: identities vanish, views of views become one, products read what is transposed
 * where it lies, and broadcasts are left to the ops that broadcast by themselves.
 */
import { must } from '../core/errors.ts';
import { type Shape, sameShape, sizeOf } from '../core/shape.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { broadcastTo, reshape, transpose } from '../ops/movement.ts';
import { countUses, producer, rewrite } from './rewrite.ts';

type Simplification = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** The input `i` of the node that made x, if that node is of the named op. */
function through(x: Tensor | undefined, op: string, i = 0): Tensor | undefined {
  const made = producer(x);
  const value = made?.op.name === op ? made.inputs[i] : undefined;
  return value === undefined ? undefined : x?.traced?.trace.tensor(value);
}

const permutationOf = (node: Node): readonly number[] =>
  (node.attributes as { permutation: readonly number[] }).permutation;

/** An op that reads its inputs in the order that transposes before it would bring them into. */
const untranspose: Simplification = (node, inputs) => {
  let { attributes } = node;
  const read = inputs.map((input, i) => {
    const source = through(input, 'transpose');
    const found = source && node.op.reorder?.(attributes, i, permutationOf(must(producer(input), 'a transpose')));
    attributes = found ?? attributes;
    return found === undefined ? input : (source as Tensor);
  });
  return attributes === node.attributes ? undefined : apply(node.op, read, attributes);
};

/** A value that nothing else reads, in the order that the transpose behind it would bring it into. */
function transposed(x: Tensor, permutation: readonly number[]): Tensor[] | undefined {
  const made = producer(x);
  const attributes = made?.op.reorder?.(made.attributes, 'output', permutation);
  return (
    made &&
    attributes &&
    apply(
      made.op,
      made.inputs.map((input) => x.traced?.trace.tensor(input) as Tensor),
      attributes,
    )
  );
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

const RULES: Readonly<Record<string, Simplification>> = {
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
  transpose(node, [x]) {
    const source = through(x, 'transpose');
    if (source === undefined) return undefined;
    const inner = permutationOf(must(producer(x), 'a transpose'));
    return [
      transpose(
        source,
        permutationOf(node).map((axis) => inner[axis] as number),
      ),
    ];
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

export function simplify(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => {
    const rule = RULES[node.op.name] ?? (node.op.kind === 'elementwise' ? elementwise : undefined);
    const [value] = node.inputs;
    if (node.op.name === 'transpose' && uses.get(value as Value) === 1) {
      const found = transposed(inputs[0] as Tensor, permutationOf(node));
      if (found !== undefined) return found;
    }
    return rule?.(node, inputs) ?? (node.op.reorder && untranspose(node, inputs));
  });
}
