/** @file Attention as functions of tensors: scaled dot products, several heads, sinusoidal positions. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { cosPi, powInteger, root } from '../core/math.ts';
import { showShape } from '../core/shape.ts';
import { type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { add, float, mul } from './elementwise.ts';
import { maskedSoftmaxOp } from './masked-softmax.ts';
import { linear, matmul } from './matmul.ts';
import { broadcastTo, reshape, transpose } from './movement.ts';

export interface AttentionOptions {
  /** Query i of t sees the first s − t + i + 1 of s keys alone: the last query sees all. Default false. */
  readonly causal?: boolean | undefined;
  /**
   * Not 0 where a key may be seen; broadcasts to [..., t, s]: [t, s], or [batch, 1, 1, s] for padded keys. A query that sees no
   * key gets zeros. Default: all are seen.
   */
  readonly mask?: TensorLike | undefined;
  /** What is added to the scaled products before the softmax, such as a position's bias; broadcasts to [..., t, s]. */
  readonly bias?: TensorLike | undefined;
  /** What the products are multiplied with, > 0; default 1 / √features. */
  readonly scale?: number | undefined;
}

/**
 * How much each query takes of each key's value: softmax(scale · q · kᵀ) over the keys that are seen.
 *
 * @param q [..., t, features].
 * @param k [..., s, features].
 * @returns [..., t, s]; rows have sum 1, or are zeros where no key is seen.
 */
export function attentionWeights(q: TensorLike, k: TensorLike, options: AttentionOptions = {}): Tensor {
  checkKnownOptions('attention', options, ['causal', 'mask', 'bias', 'scale']);
  const [queries, keys] = [float(q), float(k)];
  const features = queries.shape.at(-1);
  if (queries.shape.length < 2 || keys.shape.length < 2 || features !== keys.shape.at(-1)) {
    const given = `${showShape(queries.shape)} and ${showShape(keys.shape)}`;
    throw new SaddlepointError(
      'shape',
      `attention: expected q [..., t, features] and k [..., s, features], got ${given}`,
    );
  }
  const { causal = false, mask, bias, scale = 1 / Math.sqrt(features as number) } = options;
  checkNumber('attention.scale', scale, { min: 0, openMin: true });
  const last = keys.shape.length - 1;
  const order = keys.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
  const products = matmul(queries, transpose(keys, order));
  const scores = bias === undefined ? products : add(mul(products, scale), bias);
  const inputs = mask === undefined ? [scores] : [scores, wholeRows(float(mask), scores)];
  return apply(maskedSoftmaxOp, inputs, { causal, scale: bias === undefined ? scale : 1 })[0] as Tensor;
}

/** A mask whose rows have as many columns as the scores. */
function wholeRows(mask: Tensor, scores: Tensor): Tensor {
  const columns = scores.shape.at(-1) as number;
  return (mask.shape.at(-1) ?? 1) === 1 ? broadcastTo(mask, [...mask.shape.slice(0, -1), columns]) : mask;
}

/**
 * Scaled dot-product attention: softmax(q · kᵀ / √features) · v (Vaswani et al. 2017, eq. 1). Leading axes are a batch and
 * broadcast. Gradients flow to q, k, v and bias.
 *
 * @param q [..., t, features].
 * @param k [..., s, features].
 * @param v [..., s, values].
 * @param options causal, mask, bias, scale.
 * @returns [..., t, values]; zeros for a query that sees no key.
 * @throws SaddlepointError `shape` if they do not fit each other, `option` for a scale that is not > 0.
 * @example scaledDotProductAttention(q, k, v, { causal: true })
 */
export const scaledDotProductAttention = (
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options: AttentionOptions = {},
): Tensor => matmul(attentionWeights(q, k, options), v);

/** Of one linear map. */
export interface LinearParameters {
  /** [in, out] */
  readonly kernel: TensorLike;
  /** [out]; default: none. */
  readonly bias?: TensorLike | undefined;
}

/** The four maps of an attention of several heads. Heads are equal parts of the outputs of the first three. */
export interface AttentionParameters {
  /** [features, heads · d] */
  readonly query: LinearParameters;
  /** [memory features, heads · d] */
  readonly key: LinearParameters;
  /** [memory features, heads · e] */
  readonly value: LinearParameters;
  /** [heads · e, out] */
  readonly output: LinearParameters;
}

export interface MultiHeadOptions extends AttentionOptions {
  /** How many heads; divides what query and value give. */
  readonly heads: number;
  /** What keys and values are made of, [batch, s, memory features]; default: x. */
  readonly memory?: TensorLike | undefined;
}

/**
 * Attention of several heads (Vaswani et al. 2017, section 3.2.2): x as queries, x or `memory` as keys and values.
 *
 * @param x [batch, t, features].
 * @param parameters of query, key, value and output.
 * @param options heads; memory; causal, mask ([batch, 1, 1, s] or [t, s]), bias and scale as for one head.
 * @returns y [batch, t, out], and the weights [batch, heads, t, s], which cost nothing where nothing reads them.
 * @throws SaddlepointError `shape` if shapes do not fit, or the heads do not divide the features.
 * @example multiHeadAttention(x, { query, key, value, output }, { heads: 8, causal: true }).y
 */
export function multiHeadAttention(
  x: TensorLike,
  parameters: AttentionParameters,
  { heads, memory = x, ...options }: MultiHeadOptions,
): { y: Tensor; weights: Tensor } {
  checkNumber('multiHeadAttention.heads', heads, { min: 1, integer: true });
  const { query, key, value, output } = parameters;
  const [q, k, v] = [split(x, query, heads), split(memory, key, heads), split(memory, value, heads)];
  const weights = attentionWeights(q, k, options);
  // Stored as they are: the products read and write heads where they lie.
  const mixed = transpose(matmul(weights, v), [0, 2, 1, 3]);
  const [batch, tokens] = mixed.shape as [number, number];
  return { y: linear(reshape(mixed, [batch, tokens, -1]), output.kernel, output.bias), weights };
}

/** [batch, tokens, features] → [batch, heads, tokens, features of a head] */
function split(x: TensorLike, { kernel, bias }: LinearParameters, heads: number): Tensor {
  const mapped = linear(x, kernel, bias);
  const [batch, tokens, features] = mapped.shape as [number, number, number];
  if (mapped.shape.length !== 3 || features % heads !== 0) {
    throw new SaddlepointError(
      'shape',
      `multiHeadAttention: expected [batch, tokens, features] that ${heads} heads divide, got ${showShape(mapped.shape)}`,
    );
  }
  return transpose(reshape(mapped, [batch, tokens, heads, features / heads]), [0, 2, 1, 3]);
}

/**
 * Positions as sines and cosines of falling frequency, to be added to embeddings (Vaswani et al. 2017, section 3.5):
 * y[p, 2j] = sin(p / base^(2j / features)), y[p, 2j + 1] = cos of the same.
 *
 * @param length how many positions.
 * @param features even.
 * @param base default 10,000.
 * @returns [length, features], a constant, with equal bits on every engine.
 * @throws SaddlepointError `option` for sizes that are not whole, or an odd number of features.
 */
export function sinusoidalPositions(length: number, features: number, base = 10_000): Tensor {
  checkNumber('sinusoidalPositions.length', length, { min: 1, integer: true });
  checkNumber('sinusoidalPositions.features', features, { min: 2, integer: true });
  checkNumber('sinusoidalPositions.base', base, { min: 1 });
  if (features % 2 !== 0)
    throw new SaddlepointError('option', `sinusoidalPositions.features: expected an even number, got ${features}`);
  const ratio = root(1 / base, features / 2);
  const values = Float64Array.from({ length: length * features }, (_, at) => {
    const [position, column] = [Math.floor(at / features), at % features];
    const halfTurns = (position * powInteger(ratio, Math.floor(column / 2))) / Math.PI;
    return cosPi(column % 2 === 0 ? halfTurns - 0.5 : halfTurns);
  });
  return tensor(values, [length, features]);
}
