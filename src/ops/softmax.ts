/** @file Softmax, its logarithm, and softmax cross-entropy: composites with gradients of their own. */
import { SaddlepointError } from '../core/errors.ts';
import { normalizeAxes, normalizeAxis, type Shape, sameShape, showShape } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { abs, add, equal, exp, float, less, log, mul, neg, stopGradient, sub, where } from './elementwise.ts';
import { oneHot } from './indexing.ts';
import { reshape, transpose } from './movement.ts';
import { max, sum } from './reduce.ts';

const LAST = { keepDims: true } as const;

function sameFloat(name: string): (inputs: readonly Spec[]) => Spec[] {
  return ([x]) => {
    const { shape, dtype } = x as Spec;
    if (dtype !== 'f32' || shape.length === 0)
      throw new SaddlepointError('shape', `${name}: expected f32 of rank ≥ 1, got ${dtype}${showShape(shape)}`);
    return [x as Spec];
  };
}

export const softmaxOp: Op<Record<string, never>> & { name: 'softmax' } = {
  name: 'softmax',
  infer: sameFloat('softmax'),
  decompose: ([x]) => [exp(logSoftmax(x as Tensor))],
  gradient: ({ outputs, cotangents }) => [throughSoftmax(outputs[0] as Tensor, cotangents[0] as Tensor)],
};

/** The gradient through y = softmax(x): y · (g − Σ g·y). */
function throughSoftmax(y: Tensor, g: Tensor): Tensor {
  return mul(y, sub(g, sum(mul(g, y), -1, LAST)));
}

export const logSoftmaxOp: Op<Record<string, never>> & { name: 'logSoftmax' } = {
  name: 'logSoftmax',
  infer: sameFloat('logSoftmax'),
  decompose([x]) {
    const shifted = sub(x as Tensor, stopGradient(max(x as Tensor, -1, LAST)));
    return [sub(shifted, log(sum(exp(shifted), -1, LAST)))];
  },
  gradient({ inputs, cotangents }) {
    const g = cotangents[0] as Tensor;
    return [sub(g, mul(softmax(inputs[0] as Tensor), sum(g, -1, LAST)))];
  },
};

/** Applies a function of the last axis along any axis. */
function alongAxis(name: string, x: TensorLike, axis: number, f: (x: Tensor) => Tensor): Tensor {
  const t = float(x);
  const rank = t.shape.length;
  const at = normalizeAxis(name, axis, rank);
  if (at === rank - 1) return f(t);
  const swap = t.shape.map((_, i) => (i === at ? rank - 1 : i === rank - 1 ? at : i));
  return transpose(f(transpose(t, swap)), swap);
}

/** eˣ / Σeˣ along an axis (default: the last); the largest element is subtracted first, so no size overflows. */
export const softmax = (x: TensorLike, axis = -1): Tensor =>
  alongAxis('softmax', x, axis, (t) => apply(softmaxOp, [t], {})[0] as Tensor);

/** log softmax along an axis (default: the last), exact where softmax itself would round to 0. */
export const logSoftmax = (x: TensorLike, axis = -1): Tensor =>
  alongAxis('logSoftmax', x, axis, (t) => apply(logSoftmaxOp, [t], {})[0] as Tensor);

/**
 * log Σeˣ over axes (default: all), without overflow; −∞ where all elements are, with gradient 0 there.
 *
 * @example logSumExp([1000, 1000]).item(); // 1000.693…
 */
export function logSumExp(
  x: TensorLike,
  axes?: number | readonly number[],
  options: { keepDims?: boolean } = {},
): Tensor {
  const t = float(x);
  const largest = stopGradient(max(t, axes, LAST));
  // What is subtracted must be finite.
  const isNothing = equal(largest, Number.NEGATIVE_INFINITY);
  const shift = where(less(abs(largest), Number.POSITIVE_INFINITY), largest, 0);
  const total = where(isNothing, 1, sum(exp(sub(t, shift)), axes, LAST));
  const result = where(isNothing, largest, add(log(total), shift));
  if (options.keepDims) return result;
  const reduced = normalizeAxes('logSumExp', axes, t.shape.length);
  return reshape(
    result,
    t.shape.filter((_, axis) => !reduced.includes(axis)),
  );
}

function checkLabels(name: string, logits: Shape, labels: Spec): void {
  if (logits.length === 2 && labels.dtype === 'i32' && labels.shape.length === 1 && labels.shape[0] === logits[0])
    return;
  const hint =
    labels.shape.length === 2 && labels.shape[1] === logits[1]
      ? 'these look like one-hot rows: use argmax(labels), or the crossEntropy loss'
      : undefined;
  throw new SaddlepointError(
    'shape',
    `${name}: expected logits [n, classes] and i32 class numbers [n], got ${showShape(logits)} and ${labels.dtype}${showShape(labels.shape)}`,
    hint,
  );
}

export const softmaxCrossEntropyOp: Op<Record<string, never>> & { name: 'softmaxCrossEntropy' } = {
  name: 'softmaxCrossEntropy',
  infer(inputs) {
    const [logits, labels] = inputs as [Spec, Spec];
    checkLabels('softmaxCrossEntropy', logits.shape, labels);
    return [{ shape: labels.shape, dtype: 'f32' }, logits];
  },
  decompose([logits, labels]) {
    const logProbabilities = logSoftmax(logits as Tensor);
    // Chosen, not multiplied: a class that is ruled out has logarithm −∞, and 0 · −∞ is NaN.
    const isLabel = oneHot(labels as Tensor, (logits as Tensor).shape[1] as number);
    const picked = where(isLabel, logProbabilities, 0);
    return [neg(sum(picked, -1)), softmax(logits as Tensor)];
  },
  gradient({ inputs, outputs, cotangents }) {
    const labels = inputs[1] as Tensor;
    const probabilities = outputs[1] as Tensor;
    const [gLoss, gProbabilities] = cotangents;
    const parts = [
      gLoss === undefined ? undefined : softmaxCrossEntropyGradient(probabilities, labels, gLoss),
      gProbabilities === undefined ? undefined : throughSoftmax(probabilities, gProbabilities),
    ].filter((part) => part !== undefined);
    return [parts.length === 2 ? add(parts[0] as Tensor, parts[1] as Tensor) : parts[0], undefined];
  },
};

/**
 * Softmax cross-entropy of each row against its class: losses [n] = −log softmax(logits)[label].
 *
 * @param logits [n, classes].
 * @param labels i32 [n], in 0 … classes − 1.
 * @example mean(softmaxCrossEntropy(logits, labels))
 */
export const softmaxCrossEntropy = (logits: TensorLike, labels: TensorLike): Tensor =>
  apply(softmaxCrossEntropyOp, [float(logits), labels], {})[0] as Tensor;

export const softmaxCrossEntropyGradientOp: Op<Record<string, never>> & { name: 'softmaxCrossEntropyGradient' } = {
  name: 'softmaxCrossEntropyGradient',
  infer(inputs) {
    const [probabilities, labels, g] = inputs as [Spec, Spec, Spec];
    checkLabels('softmaxCrossEntropyGradient', probabilities.shape, labels);
    if (g.shape.length > 0 && !sameShape(g.shape, labels.shape)) {
      const expected = `[] or ${showShape(labels.shape)}`;
      throw new SaddlepointError(
        'shape',
        `softmaxCrossEntropyGradient: expected g ${expected}, got ${showShape(g.shape)}`,
      );
    }
    return [probabilities];
  },
  decompose(inputs) {
    const [probabilities, labels, g] = inputs as [Tensor, Tensor, Tensor];
    return [mul(difference(probabilities, labels), column(g))];
  },
  gradient({ inputs, cotangents }) {
    const [probabilities, labels, g] = inputs as [Tensor, Tensor, Tensor];
    const h = cotangents[0] as Tensor;
    const dg = sum(mul(h, difference(probabilities, labels)), -1);
    return [mul(h, column(g)), undefined, g.shape.length === 0 ? sum(dg) : dg];
  },
};

const column = (g: Tensor): Tensor => (g.shape.length === 0 ? g : reshape(g, [g.shape[0] as number, 1]));
const difference = (probabilities: Tensor, labels: Tensor): Tensor =>
  sub(probabilities, oneHot(labels, probabilities.shape[1] as number));

/** (probabilities − onehot(labels)) · g, with g [n] or a scalar. */
export const softmaxCrossEntropyGradient = (probabilities: Tensor, labels: Tensor, g: Tensor): Tensor =>
  apply(softmaxCrossEntropyGradientOp, [probabilities, labels, g], {})[0] as Tensor;
