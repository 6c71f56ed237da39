/** @file Cross-entropy of yes and no. */
import { checkKnownOptions } from '../../core/errors.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { abs, add, float, lessEqual, log, log1p, mul, neg, sub, where } from '../../ops/elementwise.ts';
import { sigmoidCrossEntropy } from '../../ops/sigmoid-cross-entropy.ts';
import { type Loss, likePrediction, requireLogits, rowMeans } from './loss.ts';

/**
 * −(t log p + (1 − t) log(1 − p)), the mean over each row's elements, with p = sigmoid(prediction).
 *
 * Predictions are logits (no sigmoid in the last layer), f32 [n, k] or [n]; targets are 0, 1 or between, of the same shape
 * ([n] and [n, 1] stand for each other), of any type. Computed as max(x, 0) − x · t + log(1 + e^−|x|): exact for logits of any
 * size, with the gradient sigmoid(x) − t.
 *
 * @param options fromProbabilities: predictions are probabilities p instead; default false. A logarithm is then held at −100
 *   (as PyTorch does), so that p = 0 for label 1 costs 100 and has gradient 0; beyond [0, 1] the loss is NaN and the run stops.
 * @throws SaddlepointError `shape` where targets do not fit, `option` where the model ends with a sigmoid and logits are expected.
 */
export function binaryCrossEntropy(options: { readonly fromProbabilities?: boolean } = {}): Loss {
  checkKnownOptions('binaryCrossEntropy', options, ['fromProbabilities']);
  const fromProbabilities = options.fromProbabilities ?? false;
  return {
    name: 'binaryCrossEntropy',
    target: 'binary',
    options: { fromProbabilities },
    threshold: fromProbabilities ? 0.5 : 0,
    call(prediction, target) {
      if (!fromProbabilities) requireLogits('binaryCrossEntropy', prediction, ['sigmoid', 'softmax']);
      const x = float(prediction);
      const t = likePrediction('binaryCrossEntropy', x, target);
      return rowMeans(fromProbabilities ? ofProbabilities(x, t) : sigmoidCrossEntropy(x, t));
    },
  };
}

/** e⁻¹⁰⁰: what is closer to 0 than this has a logarithm below −100. */
const SMALLEST = 3.8e-44;

function ofProbabilities(p: Tensor, t: Tensor): Tensor {
  const heldLog = (q: Tensor, logOf: Tensor, logarithm: (q: Tensor) => Tensor, harmless: number): Tensor => {
    const tiny = lessEqual(abs(q), SMALLEST);
    return where(tiny, -100, logarithm(where(tiny, harmless, logOf)));
  };
  const yes = heldLog(p, p, log, 1);
  const no = heldLog(sub(1, p), neg(p), log1p, 0);
  return neg(add(mul(t, yes), mul(sub(1, t), no)));
}
