/** @file Rounding to integers; no gradient (for one that passes straight through: add(x, stopGradient(sub(round(x), x)))). */
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { floor, neg } from './elementwise.ts';
import { unary, unaryOp } from './elementwise-record.ts';

export const roundOp = /* @__PURE__ */ unaryOp('round', roundHalfEven, () => undefined);

function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The nearest integer, halves to the even one, as IEEE 754, NumPy and PyTorch round; no gradient. */
export const round = (x: TensorLike): Tensor => unary(roundOp, x);
/** The smallest integer ≥ x; no gradient. */
export const ceil = (x: TensorLike): Tensor => neg(floor(neg(x)));
