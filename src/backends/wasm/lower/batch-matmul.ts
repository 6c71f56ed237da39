/** @file Lowering of products of many matrices: strides of what is stored become leading dimensions and steps. */
import type { Shape } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import { type BatchMatmulAttributes, batchMatmulShapes, byRows } from '../../../ops/batch-matmul.ts';
import { BatchMatmulField, Opcode } from '../../../plan/opcodes.ts';
import { matmulScratchBytes } from '../../../plan/sizes.ts';
import { input, type Lowering, output } from './context.ts';
import { collapse, lastTwo, offsetsOf, stepsOf } from './steps.ts';

function sizesOf({ inputs, attributes }: Node): { batch: Shape; m: number; n: number; k: number } {
  const { factors, ...orders } = byRows(attributes as BatchMatmulAttributes);
  const specs = factors.map((i) => inputs[i] as Value);
  const { batch, left, right } = batchMatmulShapes(specs, orders);
  return { batch, m: left.at(-2) as number, k: left.at(-1) as number, n: right.at(-1) as number };
}

export const batchMatmulScratch = (node: Node): number => matmulScratchBytes(sizesOf(node));

export const batchMatmul: Lowering = (node, context) => {
  const { lhs, rhs, result, factors } = byRows(node.attributes as BatchMatmulAttributes);
  const inputs = factors.map((i) => input(node, i));
  const { batch, m, n, k } = sizesOf(node);
  const rank = result.length;
  const stored = [output(node).shape, ...inputs.map(({ shape }) => shape)];
  const written = result.map((_, axis) => result.indexOf(axis));
  const steps = [written, lhs, rhs].map((order, i) => stepsOf(stored[i] as number[], order, rank));
  const axes = collapse(batch.map((count, axis) => ({ count, steps: steps.map((list) => list[axis] as number) })));
  // Two axes are the instruction's; more are rare, and become more instructions.
  const [outer, inner] = lastTwo(axes, 3);
  const [destination, left, right] = [output(node), ...inputs].map(context.address);
  const transposeLhs = lhs.at(-1) !== lhs.length - 1;
  const transposeRhs = rhs.at(-1) !== rhs.length - 1;
  const leading = (operand: number, transposed: boolean, columns: number): number =>
    Math.max(columns, (steps[operand] as number[])[transposed ? rank - 1 : rank - 2] as number);
  for (const [toDestination, toLhs, toRhs] of offsetsOf(axes.slice(0, -2), 3) as [number, number, number][]) {
    context.emit(Opcode.batchMatmul, BatchMatmulField.words, {
      [BatchMatmulField.destination]: (destination as number) + 4 * toDestination,
      [BatchMatmulField.lhs]: (left as number) + 4 * toLhs,
      [BatchMatmulField.rhs]: (right as number) + 4 * toRhs,
      [BatchMatmulField.m]: m,
      [BatchMatmulField.n]: n,
      [BatchMatmulField.k]: k,
      [BatchMatmulField.lda]: leading(1, transposeLhs, transposeLhs ? m : k),
      [BatchMatmulField.ldb]: leading(2, transposeRhs, transposeRhs ? k : n),
      [BatchMatmulField.ldc]: leading(0, false, n),
      [BatchMatmulField.transposeLhs]: Number(transposeLhs),
      [BatchMatmulField.transposeRhs]: Number(transposeRhs),
      [BatchMatmulField.scratch]: context.scratch(node),
      [BatchMatmulField.outer]: outer.count,
      [BatchMatmulField.inner]: inner.count,
      [BatchMatmulField.destinationOuter]: outer.steps[0] as number,
      [BatchMatmulField.destinationInner]: inner.steps[0] as number,
      [BatchMatmulField.lhsOuter]: outer.steps[1] as number,
      [BatchMatmulField.lhsInner]: inner.steps[1] as number,
      [BatchMatmulField.rhsOuter]: outer.steps[2] as number,
      [BatchMatmulField.rhsInner]: inner.steps[2] as number,
    });
  }
};
