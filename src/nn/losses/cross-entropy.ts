/** @file Cross-entropy of classes. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { sameShape, showShape } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { add, mul, neg } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/movement.ts';
import { mean, sum } from '../../ops/reduce.ts';
import { logSoftmax, softmaxCrossEntropy } from '../../ops/softmax.ts';
import { type Loss, requireLogits } from './loss.ts';

/**
 * −Σ target · log softmax(prediction) for each row, of logits (no softmax in the last layer), by log-sum-exp.
 *
 * Predictions are f32 [n, classes], classes ≥ 2. Targets are class numbers, i32 or u8 [n] or [n, 1], or a distribution a row
 * (one-hot or soft), f32 [n, classes].
 *
 * @param options labelSmoothing: in [0, 1), default 0; the target becomes (1 − s) · target + s / classes (Szegedy et al.
 *   2016, section 7).
 * @throws SaddlepointError `shape` where targets fit neither form, `option` where the model ends with a softmax.
 */
export function crossEntropy(options: { readonly labelSmoothing?: number } = {}): Loss {
  checkKnownOptions('crossEntropy', options, ['labelSmoothing']);
  const labelSmoothing = checkNumber('crossEntropy.labelSmoothing', options.labelSmoothing ?? 0, {
    min: 0,
    max: 1,
    openMax: true,
  });
  return {
    name: 'crossEntropy',
    target: 'class',
    options: { labelSmoothing },
    call(prediction, target) {
      requireLogits('crossEntropy', prediction, ['softmax', 'sigmoid']);
      checkClasses(prediction, target);
      const plain =
        target.dtype === 'f32'
          ? neg(sum(mul(target, logSoftmax(prediction)), 1))
          : softmaxCrossEntropy(prediction, classNumbers(target));
      if (labelSmoothing === 0) return plain;
      const even = neg(mean(logSoftmax(prediction), 1));
      return add(mul(plain, 1 - labelSmoothing), mul(even, labelSmoothing));
    },
  };
}

const classNumbers = (target: Tensor): Tensor => reshape(cast(target, 'i32'), [target.shape[0] as number]);

/** Refuses what fits neither form, with the likely mistake. */
function checkClasses(prediction: Tensor, target: Tensor): void {
  const given = `crossEntropy: expected predictions [n, classes] and class numbers [n] or distributions [n, classes], got ${showShape(prediction.shape)} and ${printSpec(target)}`;
  const fail = (help: string): SaddlepointError => new SaddlepointError('shape', given, help);
  const [n, classes] = prediction.shape as [number, number];
  const perRow = target.shape.length === 1 ? 1 : target.shape[1];
  if (prediction.shape.length > 2)
    throw fail('the model has more than one output axis: put flatten() before its last dense layer');
  if (prediction.shape.length < 2 || classes === 1) {
    throw fail(
      'these labels look like class numbers, but the last layer has 1 unit: for k classes end with dense(k); for two classes dense(1) goes with binaryCrossEntropy()',
    );
  }
  if (target.shape[0] !== n)
    throw fail(`there are ${n} predictions and ${target.shape[0] ?? 'no'} targets: one is needed for each`);
  if (target.dtype === 'f32') {
    if (sameShape(prediction.shape, target.shape)) return;
    if (perRow === 1)
      throw fail(
        "these look like class numbers in floating point: convert them with cast(target, 'i32'), or give them as Int32Array",
      );
    throw fail(
      `the targets have ${perRow} columns, but the last layer has ${classes} units: end with dense(${perRow})`,
    );
  }
  if (target.shape.length > 2 || perRow !== 1) {
    throw fail(
      perRow === classes
        ? "these look like one-hot rows of integers: convert them with cast(target, 'f32')"
        : 'class numbers are one whole number a row',
    );
  }
}
