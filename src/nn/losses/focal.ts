/** @file Focal losses: cross-entropy that counts what is easy for less. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import { add, expm1, float, mul, neg, pow, sigmoid, sub } from '../../ops/elementwise.ts';
import { sigmoidCrossEntropy } from '../../ops/sigmoid-cross-entropy.ts';
import { softmaxCrossEntropy } from '../../ops/softmax.ts';
import { classNumbers } from './class-targets.ts';
import { type Loss, likePrediction, requireLogits, rowMeans } from './loss.ts';

export interface BinaryFocalOptions {
  /** How much less what is easy counts: ≥ 0, default 2; 0 is weighted cross-entropy. */
  readonly gamma?: number;
  /** What yes counts; no counts 1 − alpha. In (0, 1), default 0.25. */
  readonly alpha?: number;
}

/**
 * −αₜ(1 − pₜ)^γ log pₜ, the mean over each row's elements; pₜ is the probability of the right answer, αₜ is alpha for yes and
 * 1 − alpha for no. Predictions are logits f32 [n, k] or [n], targets 0 or 1 of the same shape.
 *
 * @throws SaddlepointError `option` for options out of range, or a model that ends with a sigmoid; `shape` for other targets.
 * @see Lin et al. 2017, "Focal loss for dense object detection", eq. 5 (the mean over all elements, not over the yeses).
 */
export function binaryFocal(options: BinaryFocalOptions = {}): Loss {
  checkKnownOptions('binaryFocal', options, ['gamma', 'alpha']);
  const gamma = checkNumber('binaryFocal.gamma', options.gamma ?? 2, { min: 0 });
  const alpha = checkNumber('binaryFocal.alpha', options.alpha ?? 0.25, {
    min: 0,
    max: 1,
    openMin: true,
    openMax: true,
  });
  return {
    ...{ name: 'binaryFocal', target: 'binary', options: { gamma, alpha } },
    call(prediction, target) {
      requireLogits('binaryFocal', prediction, ['sigmoid', 'softmax']);
      const x = float(prediction);
      const t = likePrediction('binaryFocal', x, target);
      const no = sub(1, t);
      const missed = add(mul(t, sigmoid(neg(x))), mul(no, sigmoid(x)));
      const weight = add(mul(t, alpha), mul(no, 1 - alpha));
      return rowMeans(mul(mul(weight, pow(missed, gamma)), sigmoidCrossEntropy(x, t)));
    },
  };
}

/**
 * −(1 − p)^γ log p for each row, with p the probability of its class by softmax. Predictions are logits f32 [n, classes],
 * targets class numbers, i32 or u8 [n] or [n, 1].
 *
 * @param options gamma: ≥ 0, default 2; 0 is cross-entropy.
 * @throws SaddlepointError `option` for a gamma out of range, or a model that ends with a softmax; `shape` for other targets.
 * @see Lin et al. 2017, "Focal loss for dense object detection", eq. 4, with softmax.
 */
export function focal(options: { readonly gamma?: number } = {}): Loss {
  checkKnownOptions('focal', options, ['gamma']);
  const gamma = checkNumber('focal.gamma', options.gamma ?? 2, { min: 0 });
  return {
    ...{ name: 'focal', target: 'class', options: { gamma } },
    call(prediction, target) {
      requireLogits('focal', prediction, ['softmax', 'sigmoid']);
      const cost = softmaxCrossEntropy(prediction, classNumbers('focal', prediction, target));
      // 1 − p = −(e^−cost − 1), exact where p is near 1.
      return mul(pow(neg(expm1(neg(cost))), gamma), cost);
    },
  };
}
