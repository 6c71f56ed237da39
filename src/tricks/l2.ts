/**
 * @file L2 regularization, ridge (Hoerl & Kennard 1970; Krogh & Hertz 1992, "A simple weight decay can improve generalization",
 * eq. 2). Kind: regularizer. No deviation.
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { square } from '../ops/elementwise.ts';
import type { Regularizer } from '../train/trick.ts';
import { type PenaltyOptions, weightPenalty } from '../train/weight-penalty.ts';

/**
 * Adds rate / 2 · Σ w² to the loss, so rate · w to the gradient: what other libraries call the optimizer's `weightDecay` (coupled:
 * Adam divides it by the gradient's size; `adamw` does not). Reported losses are without it.
 *
 * @param rate ≥ 0; 1e-4 … 1e-3 is usual; 0 is none.
 * @param options of: which leaves, default 'all'.
 * @throws SaddlepointError `option` for another rate.
 * @see Krogh & Hertz 1992, eq. 2.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [l2(5e-4, { of: 'matrices' })] })
 */
export function l2(rate: number, options: PenaltyOptions = {}): Regularizer {
  checkNumber('l2.rate', rate, { min: 0 });
  checkKnownOptions('l2', options, ['of']);
  return weightPenalty('l2', rate, options, rate / 2, square);
}
