/**
 * @file Sharpness-aware minimization (Foret, Kleiner, Mobahi & Neyshabur 2021, "Sharpness-aware minimization for efficiently
 * improving generalization", eq. 2 with p = 2, and algorithm 1). Kind: gradient. No deviation: the second-order term that the
 * paper drops is dropped. Each step takes two gradients, so about twice the time.
 */
import { checkNumber } from '../core/errors.ts';
import { uphill } from '../train/displaced.ts';
import type { GradientTrick } from '../train/trick.ts';

/**
 * Steps by the gradient at w + ρ g / ‖g‖ in place of the one at w: toward weights around which the loss is low too. The loss that is
 * reported is the one at w; running statistics are of the pass at w.
 *
 * @param rho the radius ρ ≥ 0 in units of the weights, default 0.05, the paper's; 0 is none.
 * @throws SaddlepointError `option` for another value.
 * @see Foret et al. 2021, eq. 2.
 * @example await fit(model, data, { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), tricks: [sam(0.05)] })
 */
export function sam(rho = 0.05): GradientTrick {
  checkNumber('sam.rho', rho, { min: 0 });
  return {
    kind: 'gradient',
    gradientsPerStep: () => 2,
    name: 'sam',
    options: { rho },
    isNeutral: rho === 0,
    claims: ['place of the gradient'],
    wrap: (gradient, context) => uphill(gradient, context, rho),
  };
}
