/**
 * @file Softmax of attention scores, with scale, mask and causality in one composite: what is ruled out has weight 0, and a row
 * in which all is ruled out has only zeros, where softmax would divide 0 by 0.
 */
import { SaddlepointError } from '../core/errors.ts';
import { broadcastShapes, type Shape, sameShape, showShape } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { div, equal, exp, mul, notEqual, stopGradient, sub, where } from './elementwise.ts';
import { max, sum } from './reduce.ts';

export interface MaskedSoftmaxAttributes {
  readonly [key: string]: unknown;
  /** What scores are multiplied with, > 0. */
  readonly scale: number;
  /** Whether query i of t sees the first s − t + i + 1 of s keys alone: the last sees all. */
  readonly causal: boolean;
}

const KEEP = { keepDims: true } as const;

/** 1 where query i may see key j, [t, s]. */
export function causalMask(queries: number, keys: number): Tensor {
  const isSeen = (_: unknown, at: number): number => Number((at % keys) - Math.floor(at / keys) <= keys - queries);
  return tensor(Float32Array.from({ length: queries * keys }, isSeen), [queries, keys]);
}

function checkScores(name: string, { shape, dtype }: Spec): void {
  if (dtype === 'f32' && shape.length >= 2) return;
  throw new SaddlepointError(
    'shape',
    `${name}: expected scores f32 [..., queries, keys], got ${dtype}${showShape(shape)}`,
  );
}

/** Inputs: scores [..., t, s], and perhaps a mask that broadcasts to them, with s columns: not 0 where a key may be seen. */
export const maskedSoftmaxOp: Op<MaskedSoftmaxAttributes> & { name: 'maskedSoftmax' } = {
  name: 'maskedSoftmax',
  infer(inputs) {
    const [scores, mask] = inputs as [Spec, Spec | undefined];
    checkScores('maskedSoftmax', scores);
    if (mask !== undefined && !fits(mask, scores.shape))
      throw new SaddlepointError(
        'shape',
        `attention: the mask ${mask.dtype}${showShape(mask.shape)} does not broadcast to the scores ${showShape(scores.shape)}`,
        'masks are [queries, keys], or [batch, 1, 1, keys] for padded keys; not 0 where a key may be seen',
      );
    return [scores];
  },
  decompose([scores, mask], { scale, causal }) {
    const x = scores as Tensor;
    const [queries, keys] = x.shape.slice(-2) as [number, number];
    const causality = causal ? causalMask(queries, keys) : undefined;
    const given = mask === undefined ? undefined : notEqual(mask, 0);
    const visible = given === undefined ? causality : causality === undefined ? given : mul(given, causality);
    const seen = visible === undefined ? x : where(visible, x, Number.NEGATIVE_INFINITY);
    const largest = stopGradient(max(seen, -1, KEEP));
    const isDead = equal(largest, Number.NEGATIVE_INFINITY);
    const e = exp(mul(sub(seen, where(isDead, 0, largest)), scale));
    return [div(e, where(isDead, 1, sum(e, -1, KEEP)))];
  },
  gradient: ({ outputs, cotangents, attributes }) => [
    apply(softmaxGradientOp, [outputs[0] as Tensor, cotangents[0] as Tensor], attributes)[0],
    undefined,
  ],
};

function fits({ shape, dtype }: Spec, scores: Shape): boolean {
  return (
    dtype === 'f32' &&
    shape.length <= scores.length &&
    shape.at(-1) === scores.at(-1) &&
    sameShape(broadcastShapes('attention', shape, scores), scores)
  );
}

/** The gradient through y = softmax(scale · x): scale · y · (g − Σ g·y). Causal rows are 0 where y is by its attributes. */
export const softmaxGradientOp: Op<MaskedSoftmaxAttributes> & { name: 'softmaxGradient' } = {
  name: 'softmaxGradient',
  infer(inputs) {
    const [y, g] = inputs as [Spec, Spec];
    checkScores('softmaxGradient', y);
    if (!sameShape(y.shape, g.shape))
      throw new SaddlepointError('shape', `softmaxGradient: ${showShape(y.shape)} and ${showShape(g.shape)} differ`);
    return [y];
  },
  decompose([weights, cotangent], { scale, causal }) {
    const [y, g] = [weights as Tensor, cotangent as Tensor];
    const [queries, keys] = y.shape.slice(-2) as [number, number];
    const seen = causal ? mul(y, causalMask(queries, keys)) : y;
    return [mul(mul(seen, sub(g, sum(mul(g, seen), -1, KEEP))), scale)];
  },
};
