/** @file How far predicted distributions are from given ones. */
import type { Tensor } from '../../graph/tensor.ts';
import { equal, log, mul, sub, where } from '../../ops/elementwise.ts';
import { sum } from '../../ops/reduce.ts';
import { logSoftmax } from '../../ops/softmax.ts';
import { type Loss, likePrediction, requireLogits } from './loss.ts';

/** t log t, 0 at 0. */
const negativeEntropy = (t: Tensor): Tensor => mul(t, log(where(equal(t, 0), 1, t)));

/**
 * Σ t(log t − log softmax(prediction)) for each row: cross-entropy less the target's own entropy, so that 0 is a perfect
 * prediction; the gradient is that of `crossEntropy`. Predictions are logits and targets distributions, both f32 [n, classes].
 *
 * @throws SaddlepointError `shape` where targets do not fit, `option` where the model ends with a softmax.
 * @see Kullback & Leibler 1951; Hinton, Vinyals & Dean 2015 (distillation).
 */
export const klDivergence = (): Loss => ({
  ...{ name: 'klDivergence', target: 'class', options: {} },
  call(prediction, target) {
    requireLogits('klDivergence', prediction, ['softmax', 'sigmoid']);
    const t = likePrediction('klDivergence', prediction, target);
    return sum(sub(negativeEntropy(t), mul(t, logSoftmax(prediction))), 1);
  },
});
