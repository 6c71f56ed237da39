/** @file Cross-entropy of yes and no. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { abs, add, float, lessEqual, log, log1p, mul, neg, sub, where } from '../../ops/elementwise.ts';
import { broadcastTo } from '../../ops/movement.ts';
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
 *   positiveWeight: a factor of the term of yes, > 0, one number or one for each column; default 1. Above 1 it finds more of a
 *   rare yes, and is wrong more often.
 * @throws SaddlepointError `shape` where targets do not fit, `option` where the model ends with a sigmoid and logits are expected.
 */
export function binaryCrossEntropy(
  options: { readonly fromProbabilities?: boolean; readonly positiveWeight?: number | readonly number[] } = {},
): Loss {
  checkKnownOptions('binaryCrossEntropy', options, ['fromProbabilities', 'positiveWeight']);
  const fromProbabilities = options.fromProbabilities ?? false;
  const { positiveWeight } = options;
  for (const weight of positiveWeight === undefined ? [] : [positiveWeight].flat())
    checkNumber('binaryCrossEntropy.positiveWeight', weight, { min: 0, openMin: true });
  return {
    name: 'binaryCrossEntropy',
    target: 'binary',
    options: { fromProbabilities, ...(positiveWeight === undefined ? {} : { positiveWeight }) },
    threshold: fromProbabilities ? 0.5 : 0,
    call(prediction, target) {
      if (!fromProbabilities) requireLogits('binaryCrossEntropy', prediction, ['sigmoid', 'softmax']);
      const x = float(prediction);
      const t = likePrediction('binaryCrossEntropy', x, target);
      if (positiveWeight === undefined)
        return rowMeans(fromProbabilities ? ofProbabilities(x, t) : sigmoidCrossEntropy(x, t));
      const cost = fromProbabilities ? ofProbabilities : sigmoidCrossEntropy;
      // Both terms apart: t · cost of yes + (1 − t) · cost of no.
      const yes = mul(mul(t, cost(x, broadcastTo(tensor(1), x.shape))), columnWeights(x, positiveWeight));
      return rowMeans(add(yes, mul(sub(1, t), cost(x, broadcastTo(tensor(0), x.shape)))));
    },
  };
}

/** One factor, or one for each element of the last axis. */
function columnWeights(x: Tensor, weight: number | readonly number[]): Tensor {
  if (typeof weight === 'number') return tensor(weight);
  if (x.shape.length > 1 && weight.length === x.shape.at(-1)) return tensor([...weight]);
  throw new SaddlepointError(
    'shape',
    `binaryCrossEntropy.positiveWeight: expected a number, or one for each column of ${showShape(x.shape)}, got ${weight.length}`,
  );
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
