/** @file How long a step may be beside the weights that it changes: what LARS and LAMB have in common. */
import type { Tensor } from '../graph/tensor.ts';
import { div, equal, mul, where } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { l2Norm } from '../ops/reduce.ts';

/** The L2 norm of a leaf, of shape []. */
export const leafNorm = (leaf: Tensor): Tensor => l2Norm(reshape(leaf, [leaf.shape.reduce((a, b) => a * b, 1)]));

/**
 * numerator / denominator; 1 where either is 0, so that leaves that begin at 0 can move, and a leaf without a gradient gets no
 * 0 / 0.
 */
export function ratioOrOne(numerator: Tensor, denominator: Tensor): Tensor {
  const undefinedRatio = equal(mul(numerator, denominator), 0);
  return where(undefinedRatio, 1, div(numerator, where(undefinedRatio, 1, denominator)));
}
