/**
 * @file Label smoothing: targets that are not quite sure (Szegedy et al. 2016, "Rethinking the inception architecture", section 7).
 * Kind: loss. No deviation. It is the option of `crossEntropy`, as a value that can be switched: validation reports the run's
 * own loss.
 */
import { checkNumber, SaddlepointError } from '../core/errors.ts';
import { crossEntropy } from '../nn/losses/cross-entropy.ts';
import type { LossTrick } from '../train/trick.ts';

/**
 * Trains with the target (1 − s) · y + s / classes in place of y, so that logits need not grow without end.
 *
 * @param share s in [0, 1), default 0.1, the paper's; 0 is none.
 * @throws SaddlepointError `option` for another value, and, when the run begins, for a loss that is not `crossEntropy()` or smooths
 *   already.
 * @see Szegedy et al. 2016, section 7.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [labelSmoothing(0.1)] })
 */
export function labelSmoothing(share = 0.1): LossTrick {
  checkNumber('labelSmoothing.share', share, { min: 0, max: 1, openMax: true });
  return {
    kind: 'loss',
    name: 'labelSmoothing',
    options: { share },
    isNeutral: share === 0,
    claims: ['target distribution'],
    wrap(loss) {
      if (loss.name !== 'crossEntropy')
        throw new SaddlepointError(
          'option',
          `labelSmoothing: expected the loss crossEntropy(), got ${loss.name}`,
          'leave it out, or train with crossEntropy()',
        );
      if (loss.options.labelSmoothing !== 0)
        throw new SaddlepointError(
          'option',
          `labelSmoothing: the loss smooths already, by ${String(loss.options.labelSmoothing)}`,
          'say it in one place',
        );
      return crossEntropy({ labelSmoothing: share });
    },
  };
}
