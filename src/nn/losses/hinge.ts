/** @file Margins: losses that are 0 once an answer is right by enough. */

import type { Tensor } from '../../graph/tensor.ts';
import { div, float, mul, relu, square, sub } from '../../ops/elementwise.ts';
import { oneHot } from '../../ops/indexing.ts';
import { reshape } from '../../ops/movement.ts';
import { sum } from '../../ops/reduce.ts';
import { classNumbers } from './class-targets.ts';
import { type Loss, likePrediction, rowMeans } from './loss.ts';

/** 1 − x · s with s = ±1 for targets 1 and 0. */
function missing(name: string, prediction: Tensor, target: Tensor): Tensor {
  const x = float(prediction);
  return sub(1, mul(x, sub(mul(likePrediction(name, x, target), 2), 1)));
}

/**
 * max(0, 1 − x · s), s = 1 for yes and −1 for no, the mean over each row's elements: as in support vector machines. Predictions
 * are scores, f32 [n, k] or [n]; targets 0 or 1 of the same shape. Its scores are no probabilities.
 *
 * @see Cortes & Vapnik 1995.
 */
export const hinge = (): Loss => ({
  ...{ name: 'hinge', target: 'binary', options: {} },
  call: (prediction, target) => rowMeans(float(relu(missing('hinge', prediction, target)))),
});

/** The square of `hinge`'s: smooth at the margin, harder on large errors. */
export const squaredHinge = (): Loss => ({
  ...{ name: 'squaredHinge', target: 'binary', options: {} },
  call: (prediction, target) => rowMeans(square(relu(missing('squaredHinge', prediction, target)))),
});

/**
 * Σ max(0, 1 − x[c] + x[j]) / classes over all classes j but the row's own, c. Predictions are scores f32 [n, classes], targets
 * class numbers, i32 or u8 [n] or [n, 1].
 *
 * @throws SaddlepointError `shape` for other targets.
 * @see Weston & Watkins 1999; PyTorch's MultiMarginLoss.
 */
export const multiClassHinge = (): Loss => ({
  ...{ name: 'multiClassHinge', target: 'class', options: {} },
  call(prediction, target) {
    const [n, classes] = prediction.shape as [number, number];
    const own = oneHot(classNumbers('multiClassHinge', prediction, target), classes);
    const score = reshape(sum(mul(prediction, own), 1), [n, 1]);
    const margins = mul(relu(sub(prediction, sub(score, 1))), sub(1, own));
    return div(sum(margins, 1), classes);
  },
});
