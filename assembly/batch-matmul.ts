/**
 * @file Many products of one shape: the loop over the operands' places, around the product of matmul.ts.
 */
import { BatchMatmulField } from '../src/plan/opcodes';
import { multiply } from './matmul';
import { operand, word } from './simd';

/** The place of product [i, j]. */
// @ts-ignore: decorator
@inline function placeOf(p: usize, first: usize, i: i32, j: i32, outer: i32, inner: i32): usize {
  return first + (<usize>(i * word(p, outer) + j * word(p, inner)) << 2);
}

export function batchMatmul(p: usize, base: usize): void {
  const c = operand(p, BatchMatmulField.destination, base);
  const a = operand(p, BatchMatmulField.lhs, base), b = operand(p, BatchMatmulField.rhs, base);
  const inner = word(p, BatchMatmulField.inner), count = word(p, BatchMatmulField.outer) * inner;
  for (let item = 0; item < count; item++) {
    const i = item / inner, j = item - i * inner;
    multiply(
      p, base,
      placeOf(p, c, i, j, BatchMatmulField.destinationOuter, BatchMatmulField.destinationInner),
      placeOf(p, a, i, j, BatchMatmulField.lhsOuter, BatchMatmulField.lhsInner),
      placeOf(p, b, i, j, BatchMatmulField.rhsOuter, BatchMatmulField.rhsInner),
      0,
    );
  }
}
