/**
 * @file Gradient noise that fades (Neelakantan et al. 2015, "Adding gradient noise improves learning for very deep networks", eq. 1).
 * Kind: gradient. No deviation: σ² = η / (1 + t)^γ.
 */
import { checkKnownOptions, checkNumber, must } from '../core/errors.ts';
import { add, mul } from '../ops/elementwise.ts';
import { segment } from '../ops/group.ts';
import { normalWithKey } from '../ops/random.ts';
import type { GradientTrick } from '../train/trick.ts';

export interface GradientNoiseOptions {
  /** How fast the variance fades: γ ≥ 0, default 0.55, the paper's. */
  readonly gamma?: number;
}

/**
 * Adds normal deviates of variance η / (1 + t)^γ to every number of the gradient at step t = 0, 1, …
 *
 * @param eta η ≥ 0, default 0.01 (the paper chooses among 0.01, 0.3 and 1); 0 is none.
 * @throws SaddlepointError `option` for values out of range.
 * @see Neelakantan et al. 2015, eq. 1.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [gradientNoise(0.01)] })
 */
export function gradientNoise(eta = 0.01, options: GradientNoiseOptions = {}): GradientTrick {
  checkNumber('gradientNoise.eta', eta, { min: 0 });
  checkKnownOptions('gradientNoise', options, ['gamma']);
  const gamma = checkNumber('gradientNoise.gamma', options.gamma ?? 0.55, { min: 0 });
  return {
    kind: 'gradient',
    name: 'gradientNoise',
    options: { eta, gamma },
    isNeutral: eta === 0,
    scalarCount: 1,
    scalars: (step) => [Math.sqrt(eta / (1 + step) ** gamma)],
    wrap: (gradient, context) => (at) => {
      const { loss, gradients } = gradient(at);
      const deviation = segment(context.scalars, 0, []);
      const noisy = context.trained.map((path) => {
        const own = must(gradients.get(path), `gradient ${path}`);
        const { key, stream } = context.random();
        return [path, add(own, mul(normalWithKey(key, own.shape, stream), deviation))] as const;
      });
      return { loss, gradients: new Map(noisy) };
    },
  };
}
