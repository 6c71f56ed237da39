/**
 * @file Losses of pairs and triples of vectors: what belongs together shall be near. Functions of tensors, one number a row,
 * for steps that make more than one prediction.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { sameShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { add, div, equal, float, mul, neg, relu, sqrt, square, sub, where } from '../../ops/elementwise.ts';
import { sum } from '../../ops/reduce.ts';

function checkRows(name: string, shape: 'vectors' | 'numbers', first: Tensor, ...others: readonly Tensor[]): void {
  const rank = shape === 'vectors' ? 2 : 1;
  if (first.shape.length === rank && others.every((other) => sameShape(other.shape, first.shape))) return;
  throw new SaddlepointError(
    'shape',
    `${name}: expected ${shape} of one shape ${rank === 2 ? '[n, k]' : '[n]'}, got ${[first, ...others].map((x) => showShape(x.shape)).join(', ')}`,
  );
}

const margined = (name: string, options: { readonly margin?: number }, margin: number): number => {
  checkKnownOptions(name, options, ['margin']);
  return checkNumber(`${name}.margin`, options.margin ?? margin, { min: 0 });
};

/** Shifted by 1e-6 as PyTorch does, so that the root has a gradient where both are equal. */
const distance = (u: Tensor, v: Tensor): Tensor => sqrt(sum(square(add(sub(u, v), 1e-6)), 1));

/**
 * max(0, margin + ‖anchor − positive‖ − ‖anchor − negative‖) for each row.
 *
 * @param anchor f32 [n, k].
 * @param positive f32 [n, k]: belongs to the anchor.
 * @param negative f32 [n, k]: does not.
 * @param options margin: ≥ 0, default 1.
 * @throws SaddlepointError `shape` where the three differ.
 * @see Schroff, Kalenichenko & Philbin 2015, "FaceNet", with distances in place of their squares (PyTorch).
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: { readonly margin?: number } = {},
): Tensor {
  const margin = margined('tripletMargin', options, 1);
  checkRows('tripletMargin', 'vectors', anchor, positive, negative);
  return relu(add(sub(distance(anchor, positive), distance(anchor, negative)), margin));
}

/**
 * 1 − cos(a, b) for rows whose target is 1, max(0, cos(a, b) − margin) for those whose target is −1.
 *
 * @param a f32 [n, k]; a vector of zeros has no direction, and gives NaN.
 * @param b f32 [n, k], likewise.
 * @param target 1 or −1, [n].
 * @param options margin: in [0, 1], default 0.
 * @throws SaddlepointError `shape` where they differ.
 * @see PyTorch's CosineEmbeddingLoss.
 */
export function cosineEmbedding(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: { readonly margin?: number } = {},
): Tensor {
  const margin = margined('cosineEmbedding', options, 0);
  checkRows('cosineEmbedding', 'vectors', a, b);
  const product = (u: Tensor, v: Tensor): Tensor => sum(mul(u, v), 1);
  const cosine = div(product(a, b), mul(sqrt(product(a, a)), sqrt(product(b, b))));
  checkRows('cosineEmbedding', 'numbers', cosine, target);
  return where(equal(float(target), 1), sub(1, cosine), relu(sub(cosine, margin)));
}

/**
 * max(0, margin − target · (a − b)) for each row: a shall be larger than b where the target is 1, smaller where it is −1.
 *
 * @param a scores f32 [n].
 * @param b scores f32 [n].
 * @param target 1 or −1, [n].
 * @param options margin: ≥ 0, default 0.
 * @throws SaddlepointError `shape` where they differ.
 * @see PyTorch's MarginRankingLoss.
 */
export function marginRanking(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: { readonly margin?: number } = {},
): Tensor {
  const margin = margined('marginRanking', options, 0);
  checkRows('marginRanking', 'numbers', a, b, target);
  return relu(add(mul(neg(float(target)), sub(a, b)), margin));
}
