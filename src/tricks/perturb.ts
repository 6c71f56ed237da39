/**
 * @file Perturbed gradient descent as a trick of kind 'transform': Jin et al. 2017 (arXiv 1703.00887), algorithm 1, around the run's
 * optimizer. Deviations: those of `perturbed`, which does the work; any optimizer in place of gradient descent.
 */
import { type PerturbedOptions, perturbed, perturbedOptions } from '../optim/perturbed.ts';
import type { TransformTrick } from '../train/trick.ts';

/**
 * Noise where the gradient is small, so that no saddle holds the run; see `perturbed`, which this puts around the optimizer.
 *
 * @param options radius: of the ball, in the units of the parameters, default 0.01 (0: nothing is done); threshold: of the gradient's
 *   norm, default 1e-3; every: steps between two perturbations at least, default 50; seed: default 0.
 * @throws SaddlepointError `option` for options out of range.
 * @example fit(model, data, { loss, optimizer: sgd({ learningRate: 0.1 }), tricks: [perturb({ threshold: 0.01 })] })
 */
export function perturb(options: PerturbedOptions = {}): TransformTrick {
  const settings = perturbedOptions('perturb', options);
  return {
    ...{ kind: 'transform', name: 'perturb', options: settings, isNeutral: settings.radius === 0 },
    wrap: (optimizer) => perturbed(optimizer, settings),
  };
}
