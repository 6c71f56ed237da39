/** @file Cross-entropy of yes and no, from logits: one op, so that its gradient is a subtraction. */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { abs, add, exp, float, log1p, maximum, mul, neg, sigmoid, sub } from './elementwise.ts';

export const sigmoidCrossEntropyOp: Op<Record<string, never>> & { name: 'sigmoidCrossEntropy' } = {
  name: 'sigmoidCrossEntropy',
  infer(inputs) {
    const [x, t] = inputs as [Spec, Spec];
    if (x.dtype === 'f32' && t.dtype === 'f32' && sameShape(x.shape, t.shape)) return [x];
    const given = inputs.map(printSpec).join(' and ');
    throw new SaddlepointError('shape', `sigmoidCrossEntropy: expected logits and targets of one shape, got ${given}`);
  },
  // max(x, 0) − x · t before the logarithm: for a large x of target 1 it is exactly 0, and the small logarithm is kept whole.
  decompose([x, t]) {
    const [logits, targets] = [x as Tensor, t as Tensor];
    return [add(sub(maximum(logits, 0), mul(logits, targets)), log1p(exp(neg(abs(logits)))))];
  },
  gradient({ inputs, cotangents, needs }) {
    const [x, t] = inputs as [Tensor, Tensor];
    const [g] = cotangents as [Tensor];
    return [mul(g, sub(sigmoid(x), t)), needs[1] ? mul(g, neg(x)) : undefined];
  },
};

/**
 * −(t log p + (1 − t) log(1 − p)) with p = sigmoid(x), elementwise, exact for logits of any size; its gradient is p − t.
 *
 * @param x logits, f32 of any shape.
 * @param t targets of the same shape: 0, 1 or between.
 * @throws SaddlepointError `shape` where the shapes differ.
 * @example sigmoidCrossEntropy([0], [1]).item(); // 0.693…
 */
export const sigmoidCrossEntropy = (x: TensorLike, t: TensorLike): Tensor =>
  apply(sigmoidCrossEntropyOp, [float(x), float(t)], {})[0] as Tensor;
