/**
 * @file Adaptive sharpness-aware minimization (Kwon, Kim, Park & Choi 2021, "ASAM", eq. 9 and algorithm 1, p = 2). Kind: gradient.
 * Deviation: T = |w| + η for every leaf, where the authors' code leaves η out for biases. Two gradients a step.
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { abs, add } from '../ops/elementwise.ts';
import { uphill } from '../train/displaced.ts';
import type { GradientTrick } from '../train/trick.ts';

export interface AsamOptions {
  /** Added to |w|, so that weights of 0 can move: ≥ 0, default 0.01. */
  readonly eta?: number;
}

/**
 * As `sam`, in a region whose extent is measured in each weight's own size: steps by the gradient at w + ρ T² g / ‖T g‖ with
 * T = |w| + η. Scaling the weights of one layer up and of the next down changes nothing.
 *
 * @param rho the radius ρ ≥ 0, beside the weights, default 0.5, the paper's for CIFAR-10; 0 is none.
 * @throws SaddlepointError `option` for values out of range.
 * @see Kwon et al. 2021, eq. 9.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [asam(0.5)] })
 */
export function asam(rho = 0.5, options: AsamOptions = {}): GradientTrick {
  checkNumber('asam.rho', rho, { min: 0 });
  checkKnownOptions('asam', options, ['eta']);
  const eta = checkNumber('asam.eta', options.eta ?? 0.01, { min: 0 });
  return {
    kind: 'gradient',
    gradientsPerStep: () => 2,
    name: 'asam',
    options: { rho, eta },
    isNeutral: rho === 0,
    claims: ['place of the gradient'],
    wrap: (gradient, context) => uphill(gradient, context, rho, (leaf) => add(abs(leaf), eta)),
  };
}
