/** @file Balls of three norms: the steepest step, the nearest point inside, a random point, each for all rows at once. */
import { sizeOf } from '../core/shape.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import {
  abs,
  add,
  div,
  exp,
  greater,
  greaterEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sign,
  sqrt,
  square,
  sub,
  where,
} from '../ops/elementwise.ts';
import { repeat } from '../ops/loops.ts';
import { reshape, slice } from '../ops/movement.ts';
import { normalWithKey, uniformWithKey } from '../ops/random.ts';
import { max, sum } from '../ops/reduce.ts';
import { topK } from '../ops/top-k.ts';
import type { Problem } from './problem.ts';

export const NORMS = ['linf', 'l2', 'l1'] as const;
/** The size of a perturbation: the largest change of a value, the Euclidean length of a row's, the sum of a row's. */
export type Norm = (typeof NORMS)[number];

/** Below any length that matters. */
const TINY = 1e-12;
/** Halvings of an interval: as many as f32 has digits, and some. */
const HALVINGS = 30;

/** Rows as [n, numbers]. */
export function flatRows(x: Tensor): Tensor {
  const [n = 1, ...rest] = x.shape;
  return reshape(x, [n, sizeOf(rest)]);
}

/** The Euclidean length of each row, [n, 1]. */
export const lengths = (flat: Tensor): Tensor => sqrt(sum(square(flat), 1, { keepDims: true }));

/**
 * The step of length 1 along which a linear loss rises most: the sign of the slope (L∞), its direction (L2), the coordinates of
 * greatest slope alone (L1).
 *
 * @param share of the coordinates that a step in L1 changes, at least one: more than one makes the steps of an iterated attack
 *   useful (Tramèr & Boneh 2019, SLIDE).
 */
export function steepest(norm: Norm, slopes: Tensor, share: number): Tensor {
  if (norm === 'linf') return sign(slopes);
  const flat = flatRows(slopes);
  if (norm === 'l2') return reshape(div(flat, add(lengths(flat), TINY)), slopes.shape);
  const [n, width] = flat.shape as [number, number];
  const k = Math.max(1, Math.ceil(share * width));
  const heights = abs(flat);
  const least = slice(topK(heights, k).values, [0, k - 1], [n, 1]);
  const chosen = mul(sign(flat), greaterEqual(heights, maximum(least, TINY)));
  return reshape(div(chosen, maximum(sum(abs(chosen), 1, { keepDims: true }), 1)), slopes.shape);
}

/** The nearest point of the ball of radius ε. */
export function projectToBall(norm: Norm, change: Tensor, epsilon: TensorLike): Tensor {
  if (norm === 'linf') return minimum(maximum(change, neg(epsilon)), epsilon);
  const flat = flatRows(change);
  if (norm === 'l2') return reshape(mul(flat, minimum(div(epsilon, maximum(lengths(flat), TINY)), 1)), change.shape);
  return reshape(projectToL1(flat, epsilon), change.shape);
}

/** Soft thresholding (Duchi et al. 2008), the threshold by bisection: no sorting. */
function projectToL1(flat: Tensor, epsilon: TensorLike): Tensor {
  const heights = abs(flat);
  const within = (threshold: Tensor): Tensor => sum(relu(sub(heights, threshold)), 1, { keepDims: true });
  const top = max(heights, 1, { keepDims: true });
  const [, high] = repeat(
    HALVINGS,
    ([low, high]: [Tensor, Tensor]): [Tensor, Tensor] => {
      const middle = mul(add(low, high), 0.5);
      const isTooLong = greater(within(middle), epsilon);
      return [where(isTooLong, middle, low), where(isTooLong, high, middle)];
    },
    [mul(top, 0), top] as [Tensor, Tensor],
  ) as [Tensor, Tensor];
  const isLong = greater(sum(heights, 1, { keepDims: true }), epsilon);
  return where(isLong, mul(sign(flat), relu(sub(heights, high))), flat);
}

/** A change that is uniformly distributed in the ball of radius ε. */
export function randomInBall(norm: Norm, like: Tensor, epsilon: TensorLike, random: Problem['random']): Tensor {
  const { key, stream } = random();
  if (norm === 'linf') return mul(sub(mul(uniformWithKey(key, like.shape, stream), 2), 1), epsilon);
  const [n = 1, ...rest] = like.shape;
  const width = sizeOf(rest);
  const positive = (shape: readonly number[]): Tensor => {
    const { key, stream } = random();
    return maximum(uniformWithKey(key, shape, stream), 2 ** -25);
  };
  const normals = flatRows(normalWithKey(key, like.shape, stream));
  if (norm === 'l2') {
    const radius = exp(mul(log(positive([n, 1])), 1 / width));
    return reshape(mul(div(normals, add(lengths(normals), TINY)), mul(radius, epsilon)), like.shape);
  }
  // Exponential deviates over their sum and one more are uniform in the simplex.
  const sides = neg(log(positive([n, width])));
  const all = add(sum(sides, 1, { keepDims: true }), neg(log(positive([n, 1]))));
  return reshape(mul(mul(sign(normals), div(sides, all)), epsilon), like.shape);
}
