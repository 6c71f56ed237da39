/**
 * @file Mixup: rows and their targets are mixed in pairs (Zhang, Cissé, Dauphin & Lopez-Paz 2018, "mixup: beyond empirical risk
 * minimization", eq. 2). Kind: augmentation. As in the authors' code, one λ serves a whole minibatch. Deviations: partners are the
 * rows moved on by a random number of places, not a free permutation, so that no row is its own partner; the loss is
 * (1 − λ) · loss(own) + λ · loss(partner) for any loss, where the paper mixes one-hot labels (the same for cross-entropy).
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { betaWithKey, partnersWithKey } from '../ops/mixing.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import type { Augmentation } from '../train/trick.ts';

export interface MixupOptions {
  /** True: each row has a λ of its own; false (default, as the authors' code): one λ for the minibatch. */
  readonly perRow?: boolean;
}

/** Rows x [n, …] with `weight` [n] of their partners' and the rest of their own. */
export function mixRows(x: Tensor, partner: Tensor, weight: Tensor): Tensor {
  const share = reshape(weight, [weight.shape[0] as number, ...x.shape.slice(1).map(() => 1)]);
  return add(mul(x, sub(1, share)), mul(gather(x, partner), share));
}

/**
 * Trains on mixtures of two rows in place of rows: x = λ xᵢ + (1 − λ) xⱼ, with the loss λ · loss(yᵢ) + (1 − λ) · loss(yⱼ), λ drawn from
 * Beta(α, α). It makes a model more even between the classes and less sure of itself; small networks that hardly overfit gain
 * little. The reported training loss is that of the mixtures; validation is untouched.
 *
 * @param alpha ≥ 0, default 0.2 (the paper's for ImageNet: 0.1 … 0.4); 0 is none. With 1, λ is uniform.
 * @throws SaddlepointError `option` for another α.
 * @see Zhang et al. 2018, eq. 2.
 * @example await fit(model, data, { loss: crossEntropy(), tricks: [mixup(0.2)] })
 */
export function mixup(alpha = 0.2, options: MixupOptions = {}): Augmentation {
  checkNumber('mixup.alpha', alpha, { min: 0 });
  checkKnownOptions('mixup', options, ['perRow']);
  const { perRow = false } = options;
  return {
    kind: 'augmentation',
    meetingRows: 'mixes rows',
    name: 'mixup',
    options: { alpha, perRow },
    isNeutral: alpha === 0,
    change(batch, { rows, random }) {
      const draw = random();
      const share = betaWithKey(draw.key, [perRow ? rows : 1], draw.stream, alpha);
      const weight = broadcastTo(share, [rows]);
      const pairing = random();
      const partner = partnersWithKey(pairing.key, rows, pairing.stream);
      return { x: mixRows(batch.x, partner, weight), mixed: [...(batch.mixed ?? []), { partner, weight }] };
    },
  };
}
