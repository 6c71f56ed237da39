/** @file What attacks on classes raise in place of the cross-entropy: margins of logits, which do not saturate. */
import { SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, exp, mul, neg, sub } from '../ops/elementwise.ts';
import { oneHot } from '../ops/indexing.ts';
import { reshape, slice } from '../ops/movement.ts';
import { max, sum } from '../ops/reduce.ts';
import { logSoftmax } from '../ops/softmax.ts';
import { topK } from '../ops/top-k.ts';

/** Above any logit. */
const BEYOND = 1e9;

/** The logit of each row's label, and the largest of the others, [n] each. */
export function ownAndOther(logits: Tensor, labels: Tensor): { own: Tensor; other: Tensor } {
  const chosen = oneHot(labels, logits.shape[1] as number);
  return { own: sum(mul(logits, chosen), 1), other: max(sub(logits, mul(chosen, BEYOND)), 1) };
}

/**
 * The difference of logits ratio −(z_y − max of the others) / (z₁ − z₃), z_k the k-th largest (Croce & Hein 2020, eq. 6): above
 * 0 where a row is misclassified, and the same if all logits are shifted or scaled.
 *
 * @param logits [n, classes], three classes at least. @param labels i32 [n]. @returns [n].
 */
export function dlrLoss(logits: Tensor, labels: Tensor): Tensor {
  const [n, classes] = logits.shape as [number, number];
  if (!(classes >= 3))
    throw new SaddlepointError(
      'shape',
      `dlrLoss: ${classes} classes; three are needed at least`,
      "take loss: 'crossEntropy'",
    );
  const { own, other } = ownAndOther(logits, labels);
  const { values } = topK(logits, 3);
  const rank = (k: number): Tensor => reshape(slice(values, [0, k], [n, 1]), [n]);
  return neg(div(sub(own, other), add(sub(rank(0), rank(2)), 1e-12)));
}

/** KL(softmax p ‖ softmax q) of logits [n, classes] for each row, [n]. */
export function divergences(p: Tensor, q: Tensor): Tensor {
  const log = logSoftmax(p);
  return sum(mul(exp(log), sub(log, logSoftmax(q))), 1);
}
