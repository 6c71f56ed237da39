/** @file Where adversarial rows may lie: within ε of their rows, and within the range of the data. */
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { add, maximum, minimum, sub } from '../ops/elementwise.ts';
import { type Norm, projectToBall } from './norms.ts';

/** Lowest and highest legal value of the data; false: any. */
export type Clip = readonly [number, number] | false;

/**
 * The projection of rows u to those that are legal. A row that begins outside the range is not moved further out.
 * In L2 and L1 the ball comes first: the range then moves a value towards its row, never out of the ball.
 */
export function legalRows(x: Tensor, norm: Norm, epsilon: TensorLike, clip: Clip): (u: Tensor) => Tensor {
  const inRange = rangeOf(x, clip);
  if (norm !== 'linf') return (u) => inRange(add(x, projectToBall(norm, sub(u, x), epsilon)));
  const low = inRange(sub(x, epsilon));
  const high = inRange(add(x, epsilon));
  return (u) => minimum(maximum(u, low), high);
}

/** The projection to the range of the data. */
export function rangeOf(x: Tensor, clip: Clip): (u: Tensor) => Tensor {
  if (clip === false) return (u) => u;
  const low = minimum(x, clip[0]);
  const high = maximum(x, clip[1]);
  return (u) => minimum(maximum(u, low), high);
}
