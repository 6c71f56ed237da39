/**
 * @file Products of many matrices at once, whose batch axes broadcast. One record covers every order in which the axes may be
 * stored, so that heads of attention, [batch, tokens, heads, features], are multiplied where they lie.
 */
import { SaddlepointError } from '../core/errors.ts';
import { broadcastShapes, type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { hostTensor, type Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { forEachBroadcast } from './elementwise-record.ts';
import { transpose } from './movement.ts';

/**
 * The orders in which axes are stored, as permutations in the sense of `transpose`: the product is taken of
 * transpose(inputs[0], lhs) [..., m, k] and transpose(inputs[1], rhs) [..., k, n], and the output is its
 * transpose(…, result). The last stored axis of each is one of its two matrix axes.
 */
export interface BatchMatmulAttributes {
  readonly [key: string]: unknown;
  readonly lhs: readonly number[];
  readonly rhs: readonly number[];
  readonly result: readonly number[];
}

type Order = readonly number[];

const inOrder = (rank: number): Order => Array.from({ length: rank }, (_, i) => i);
const swapped = (order: Order): Order => [...order.slice(0, -2), order.at(-1) as number, order.at(-2) as number];
const inverse = (order: Order): Order => order.map((_, axis) => order.indexOf(axis));
/** The order for a tensor that has more axes before those that the order is about. */
const widened = (order: Order, rank: number): Order => [
  ...inOrder(rank - order.length),
  ...order.map((axis) => axis + rank - order.length),
];
/** transpose(transpose(x, first), then) in one. */
const following = (first: Order, then: Order): Order => then.map((axis) => first[axis] as number);

const isReadable = (order: Order): boolean => order.indexOf(order.length - 1) >= order.length - 2;
const isWritable = (order: Order): boolean => (order.at(-1) as number) >= order.length - 2;

const reordered = (shape: Shape, order: Order): Shape => order.map((axis) => shape[axis] as number);

/** The shapes of both factors and of their product as they are multiplied: batch axes, then m and k, k and n, m and n. */
export function batchMatmulShapes(inputs: readonly Spec[], { lhs, rhs }: BatchMatmulAttributes) {
  const [a, b] = inputs as [Spec, Spec];
  const left = reordered(a.shape, lhs);
  const right = reordered(b.shape, rhs);
  const batch = broadcastShapes('matmul', left.slice(0, -2), right.slice(0, -2));
  return { left, right, batch, product: [...batch, left.at(-2) as number, right.at(-1) as number] };
}

export const batchMatmulOp: Op<BatchMatmulAttributes> & { name: 'batchMatmul' } = {
  name: 'batchMatmul',
  infer(inputs, attributes) {
    const [a, b] = inputs as [Spec, Spec];
    const given = `${showShape(a.shape)} × ${showShape(b.shape)}`;
    if (a.dtype !== 'f32' || b.dtype !== 'f32')
      throw new SaddlepointError('dtype', `matmul: expected f32, got ${a.dtype} and ${b.dtype}`);
    const { left, right, product } = batchMatmulShapes(inputs, attributes);
    if (left.at(-1) !== right.at(-2)) {
      const axes = `lhs.shape[${a.shape.length - 1}] = rhs.shape[${b.shape.length - 2}]`;
      throw new SaddlepointError('shape', `matmul: expected ${axes}, got ${given}`);
    }
    const { lhs, rhs, result } = attributes;
    if (!isReadable(lhs) || !isReadable(rhs) || !isWritable(result))
      throw new SaddlepointError(
        'internal',
        `batchMatmul: ${given} cannot be read in order ${lhs} × ${rhs} → ${result}`,
      );
    return [{ shape: reordered(product, result), dtype: 'f32' }];
  },
  evaluate(inputs, attributes) {
    const [a, b] = inputs as [Tensor & HostTensor, Tensor & HostTensor];
    const left = transpose(a, attributes.lhs).data;
    const right = transpose(b, attributes.rhs).data;
    const shapes = batchMatmulShapes(inputs, attributes);
    const [m, k] = shapes.left.slice(-2) as [number, number];
    const n = shapes.right.at(-1) as number;
    const result = new Float64Array(sizeOf(shapes.product));
    const factors = [shapes.left.slice(0, -2), shapes.right.slice(0, -2)];
    forEachBroadcast(shapes.batch, factors, (item, [li, ri]) => {
      for (let i = 0; i < m; i++) {
        for (let p = 0; p < k; p++) {
          const x = left[((li as number) * m + i) * k + p] as number;
          const row = ((ri as number) * k + p) * n;
          const to = (item * m + i) * n;
          for (let j = 0; j < n; j++) result[to + j] = (result[to + j] as number) + x * (right[row + j] as number);
        }
      }
    });
    return [transpose(hostTensor({ shape: shapes.product, dtype: 'f32' }, result), attributes.result).data];
  },
  gradient({ inputs, cotangents, attributes: { lhs, rhs, result }, needs }) {
    const [a, b] = inputs as [Tensor, Tensor];
    const g = cotangents[0] as Tensor;
    const rank = g.shape.length;
    // Contractions all the way, as for two matrices; what was broadcast comes out whole, and the sweep sums it.
    const outer = inverse(result);
    const da = (): Tensor => product(g, b, { lhs: outer, rhs: swapped(rhs), result: widened(inverse(lhs), rank) });
    const db = (): Tensor => product(a, g, { lhs: swapped(lhs), rhs: outer, result: widened(inverse(rhs), rank) });
    return [needs[0] ? da() : undefined, needs[1] ? db() : undefined];
  },
};

/** The attributes of the product without a transpose before a factor or behind the result; undefined if there are none. */
export function reorderedProduct(
  attributes: BatchMatmulAttributes,
  operand: 'lhs' | 'rhs' | 'result',
  permutation: Order,
): BatchMatmulAttributes | undefined {
  const own = attributes[operand];
  const order = operand === 'result' ? following(own, permutation) : following(permutation, own);
  const isLegal = operand === 'result' ? isWritable(order) : isReadable(order);
  return isLegal ? { ...attributes, [operand]: order } : undefined;
}

const product = (a: Tensor, b: Tensor, attributes: BatchMatmulAttributes): Tensor =>
  apply(batchMatmulOp, [a, b], attributes)[0] as Tensor;

/**
 * The same product with the factors transposed and exchanged where that makes rows of the output rows of the product:
 * (A · B)ᵀ = Bᵀ · Aᵀ. `factors` says which input is the first factor, and which the second.
 */
export function byRows({
  lhs,
  rhs,
  result,
}: BatchMatmulAttributes): BatchMatmulAttributes & { factors: [0 | 1, 0 | 1] } {
  if (result.at(-1) === result.length - 1) return { lhs, rhs, result, factors: [0, 1] };
  const exchanged = following(swapped(inOrder(result.length)), result);
  return { lhs: swapped(rhs), rhs: swapped(lhs), result: exchanged, factors: [1, 0] };
}

/** a [..., m, k] times b [..., k, n], both of rank 2 or more; their leading axes broadcast. */
export function batchMatmul(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [a.shape.length, b.shape.length];
  return product(a, b, { lhs: inOrder(left), rhs: inOrder(right), result: inOrder(Math.max(left, right)) });
}
