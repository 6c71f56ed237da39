/**
 * @file Products with rows of a table, without the rows being copied first: what embeddings are trained by. One family: dots,
 * sums and the scatter of outer products are each other's gradients.
 */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { batchMatmul } from './batch-matmul.ts';
import { float, mul } from './elementwise.ts';
import { gather, indices, scatterAdd } from './indexing.ts';
import { reshape } from './movement.ts';

type None = Record<string, never>;

/** n, k and d of a table [rows, d], an index [n, k], and weights [n, k] or vectors [n, d]. */
function check(
  name: string,
  table: Spec | undefined,
  index: Spec,
  { weights, vectors }: { weights?: Spec; vectors?: Spec },
): [n: number, k: number, d: number] {
  const [n, k] = index.shape as [number, number];
  const d = (table ?? vectors)?.shape[1] as number;
  const legal =
    index.dtype === 'i32' &&
    index.shape.length === 2 &&
    [table, weights, vectors].every((spec) => spec === undefined || spec.dtype === 'f32') &&
    (table === undefined || table.shape.length === 2) &&
    (weights === undefined || sameShape(weights.shape, [n, k])) &&
    (vectors === undefined || sameShape(vectors.shape, [n, d]));
  if (legal) return [n, k, d];
  const shown = Object.entries({ table, index, weights, vectors })
    .flatMap(([what, spec]) => (spec === undefined ? [] : `${what} ${spec.dtype}${showShape(spec.shape)}`))
    .join(', ');
  const expected = [
    table && 'table [rows, d]',
    'index i32 [n, k]',
    weights && 'weights [n, k]',
    vectors && 'vectors [n, d]',
  ];
  throw new SaddlepointError('shape', `${name}: expected ${expected.filter(Boolean).join(', ')}, got ${shown}`);
}

export const gatherDotOp: Op<None> & { name: 'gatherDot' } = {
  name: 'gatherDot',
  infer(inputs) {
    const [table, index, vectors] = inputs as [Spec, Spec, Spec];
    const [n, k] = check('gatherDot', table, index, { vectors });
    return [{ shape: [n, k], dtype: 'f32' }];
  },
  decompose(inputs) {
    const [table, index, vectors] = inputs as [Tensor, Tensor, Tensor];
    const [n, d] = vectors.shape as [number, number];
    return [reshape(batchMatmul(gather(table, index), reshape(vectors, [n, d, 1])), index.shape)];
  },
  gradient({ inputs, cotangents, needs }) {
    const [table, index, vectors] = inputs as [Tensor, Tensor, Tensor];
    const [g] = cotangents as [Tensor];
    return [
      needs[0] ? scatterAddOuter(index, g, vectors, table.shape[0] as number) : undefined,
      undefined,
      needs[2] ? gatherSum(table, index, g) : undefined,
    ];
  },
};

/**
 * Dots of rows of a table with vectors: element [i, j] is table[index[i, j]] · vectors[i]. So are logits of a few of many
 * classes computed, as in negative sampling.
 *
 * @param table f32 [rows, d].
 * @param index [n, k] whole numbers in 0 … rows − 1.
 * @param vectors f32 [n, d].
 * @returns f32 [n, k].
 * @throws SaddlepointError `shape` where they do not fit; `data` for an index outside.
 * @see Mikolov et al. 2013, "Distributed Representations of Words and Phrases", eq. 4.
 * @example gatherDot([[1, 2], [3, 4]], [[1, 0]], [[10, 1]]).toArray(); // [[34, 12]]
 */
export function gatherDot(table: TensorLike, index: TensorLike, vectors: TensorLike): Tensor {
  const t = float(table);
  return apply(gatherDotOp, [t, indices('gatherDot', index, t.shape[0] ?? 1), float(vectors)], {})[0] as Tensor;
}

export const gatherSumOp: Op<None> & { name: 'gatherSum' } = {
  name: 'gatherSum',
  infer(inputs) {
    const [table, index, weights] = inputs as [Spec, Spec, Spec];
    const [n, , d] = check('gatherSum', table, index, { weights });
    return [{ shape: [n, d], dtype: 'f32' }];
  },
  decompose(inputs) {
    const [table, index, weights] = inputs as [Tensor, Tensor, Tensor];
    const [n, k] = index.shape as [number, number];
    const sums = batchMatmul(reshape(weights, [n, 1, k]), gather(table, index));
    return [reshape(sums, [n, table.shape[1] as number])];
  },
  gradient({ inputs, cotangents, needs }) {
    const [table, index, weights] = inputs as [Tensor, Tensor, Tensor];
    const [g] = cotangents as [Tensor];
    return [
      needs[0] ? scatterAddOuter(index, weights, g, table.shape[0] as number) : undefined,
      undefined,
      needs[2] ? gatherDot(table, index, g) : undefined,
    ];
  },
};

/**
 * Weighted sums of rows of a table (an "embedding bag"): row i is Σ over j of weights[i, j] · table[index[i, j]].
 *
 * @param table f32 [rows, d].
 * @param index [n, k] whole numbers in 0 … rows − 1.
 * @param weights f32 [n, k]; 0 leaves a row out.
 * @returns f32 [n, d].
 * @throws SaddlepointError `shape` where they do not fit; `data` for an index outside.
 * @example gatherSum([[1, 2], [3, 4]], [[1, 0]], [[0.5, 0.5]]).toArray(); // [[2, 3]]
 */
export function gatherSum(table: TensorLike, index: TensorLike, weights: TensorLike): Tensor {
  const t = float(table);
  return apply(gatherSumOp, [t, indices('gatherSum', index, t.shape[0] ?? 1), float(weights)], {})[0] as Tensor;
}

export const scatterAddOuterOp: Op<{ rows: number }> & { name: 'scatterAddOuter' } = {
  name: 'scatterAddOuter',
  infer(inputs, { rows }) {
    const [index, weights, vectors] = inputs as [Spec, Spec, Spec];
    const [, , d] = check('scatterAddOuter', undefined, index, { weights, vectors });
    return [{ shape: [rows, d], dtype: 'f32' }];
  },
  decompose(inputs, { rows }) {
    const [index, weights, vectors] = inputs as [Tensor, Tensor, Tensor];
    const [n, k] = index.shape as [number, number];
    const products = mul(reshape(weights, [n, k, 1]), reshape(vectors, [n, 1, vectors.shape[1] as number]));
    return [scatterAdd(index, products, rows)];
  },
};

/** A table [rows, d] of zeros to whose rows `index[i, j]` weights[i, j] · vectors[i] is added; duplicates are summed. */
export const scatterAddOuter = (index: Tensor, weights: Tensor, vectors: Tensor, rows: number): Tensor =>
  apply(scatterAddOuterOp, [index, weights, vectors], { rows })[0] as Tensor;
