/**
 * @file L1 regularization, lasso (Tibshirani 1996, "Regression shrinkage and selection via the lasso", eq. 1, as a penalty). Kind:
 * regularizer. No deviation; by gradient steps weights come near 0 and cross it, they do not stay there exactly.
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { abs } from '../ops/elementwise.ts';
import type { Regularizer } from '../train/trick.ts';
import { type PenaltyOptions, weightPenalty } from '../train/weight-penalty.ts';

/**
 * Adds rate · Σ |w| to the loss, so rate · sign(w) to the gradient: small weights shrink as fast as large ones, and most end near
 * 0. Reported losses are without it.
 *
 * @param rate ≥ 0; 1e-5 … 1e-3 is usual; 0 is none.
 * @param options of: which leaves, default 'all'.
 * @throws SaddlepointError `option` for another rate.
 * @see Tibshirani 1996, eq. 1.
 * @example await fit(model, data, { loss: meanSquaredError(), tricks: [l1(1e-4, { of: 'matrices' })] })
 */
export function l1(rate: number, options: PenaltyOptions = {}): Regularizer {
  checkNumber('l1.rate', rate, { min: 0 });
  checkKnownOptions('l1', options, ['of']);
  return weightPenalty('l1', rate, options, rate, abs);
}
