/**
 * @file Simplifications of transposes: two become one, and those before and behind a product become its attributes, so that
 * nothing moves. Loaded when a program has transposes.
 */
import { must } from '../core/errors.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { type BatchMatmulAttributes, reorderedProduct } from '../ops/batch-matmul.ts';
import type { MatmulAttributes } from '../ops/matmul.ts';
import { transpose } from '../ops/movement.ts';
import { countUses, producer } from './rewrite.ts';
import { type Rules, through } from './simplify.ts';

type Order = readonly number[];

const orderOf = (node: Node | undefined): Order =>
  (must(node, 'a transpose').attributes as { permutation: Order }).permutation;

/** Calls `f` with the order of each transpose before an input; an input is read without it where `f` says that it can be. */
function readThrough(inputs: readonly Tensor[], f: (order: Order, i: number) => boolean): Tensor[] {
  return inputs.map((input, i) => {
    const source = through(input, 'transpose');
    return source !== undefined && f(orderOf(producer(input)), i) ? source : input;
  });
}

const RULES: Rules = {
  matmul(node, inputs) {
    const flags = { ...(node.attributes as MatmulAttributes) };
    const read = readThrough(inputs, ([first], i) => {
      const flag = i === 0 ? 'transposeLhs' : 'transposeRhs';
      if (first === 1) flags[flag] = !flags[flag];
      return first === 1;
    });
    return read.every((input, i) => input === inputs[i]) ? undefined : apply(node.op, read, flags);
  },
  batchMatmul(node, inputs) {
    let attributes = node.attributes as BatchMatmulAttributes;
    const read = readThrough(inputs, (order, i) => {
      const found = reorderedProduct(attributes, i === 0 ? 'lhs' : 'rhs', order);
      attributes = found ?? attributes;
      return found !== undefined;
    });
    return attributes === node.attributes ? undefined : apply(node.op, read, attributes);
  },
};

/** The rules for a graph: a product takes over the transpose behind it only if nothing else reads the product. */
export function transposeRules(graph: Graph): Rules {
  const uses = countUses(graph);
  return {
    ...RULES,
    transpose(node, [x]) {
      const made = producer(x);
      const source = through(x, 'transpose');
      if (source !== undefined) {
        const inner = orderOf(made);
        const both = orderOf(node).map((axis) => inner[axis] as number);
        return [transpose(source, both)];
      }
      if (made?.op.name !== 'batchMatmul' || uses.get(node.inputs[0] as Value) !== 1) return undefined;
      const attributes = reorderedProduct(made.attributes as BatchMatmulAttributes, 'result', orderOf(node));
      const factors = made.inputs.map((factor) => x?.traced?.trace.tensor(factor) as Tensor);
      return attributes && apply(made.op, factors, attributes);
    },
  };
}
