/**
 * @file CutMix: a rectangle of each image comes from another image, and so does its part of the target (Yun et al. 2019, "CutMix:
 * regularization strategy to train strong classifiers with localizable features", eq. 1 and 2). Kind: augmentation. As in the
 * authors' code, one rectangle serves a whole minibatch. Deviation: partners are the rows moved on by a random number of places.
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { add, div, floor, maximum, minimum, mul, sqrt, sub } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { betaWithKey, partnersWithKey } from '../ops/mixing.ts';
import { broadcastTo, reshape, slice } from '../ops/movement.ts';
import { uniformWithKey } from '../ops/random.ts';
import { asImages, checkImageShape, type ImageShapeOption, rectangle } from '../train/image-rows.ts';
import type { Augmentation } from '../train/trick.ts';

/**
 * Pastes a rectangle of another image into each, at the same place for all of a minibatch. It covers the share 1 − λ of the
 * image, λ from Beta(α, α), and where the edge cuts it off, the target's weight is that of the pixels that were pasted.
 *
 * @param alpha ≥ 0, default 1, the paper's; 0 is none.
 * @param options shape: of the images, where rows are flat.
 * @throws SaddlepointError `option` for values out of range; `shape`, when the run begins, for rows that are no such images.
 * @see Yun et al. 2019, eq. 1 (mixing), eq. 2 (the rectangle).
 * @example await fit(model, digits, { loss: crossEntropy(), tricks: [cutmix(1, { shape: [28, 28] })] })
 */
export function cutmix(alpha = 1, options: ImageShapeOption = {}): Augmentation {
  checkNumber('cutmix.alpha', alpha, { min: 0 });
  checkKnownOptions('cutmix', options, ['shape']);
  const { shape } = options;
  checkImageShape('cutmix.shape', shape);
  return {
    kind: 'augmentation',
    meetingRows: 'mixes rows',
    name: 'cutmix',
    options: { alpha, ...(shape && { shape: [...shape] }) },
    isNeutral: alpha === 0,
    change(batch, { rows, random }) {
      const images = asImages('cutmix', batch.x, shape);
      const [, height, width] = images.shape as [number, number, number, number];
      const [draw, placing, pairing] = [random(), random(), random()];
      const places = uniformWithKey(placing.key, [2, 1, 1, 1], placing.stream);
      const lambda = betaWithKey(draw.key, [1, 1, 1, 1], draw.stream, alpha);
      const side = sqrt(sub(1, lambda));
      const range = (axis: 0 | 1, count: number) => {
        const center = floor(mul(slice(places, [axis, 0, 0, 0], [1, 1, 1, 1]), count));
        const half = floor(div(mul(side, count), 2));
        return [maximum(sub(center, half), 0), minimum(add(center, half), count)] as const;
      };
      const [down, across] = [range(0, height), range(1, width)];
      const inside = rectangle(height, width, down, across);
      const area = mul(sub(down[1], down[0]), sub(across[1], across[0]));
      const weight = broadcastTo(reshape(div(area, height * width), [1]), [rows]);
      const partner = partnersWithKey(pairing.key, rows, pairing.stream);
      const pasted = add(mul(images, sub(1, inside)), mul(gather(images, partner), inside));
      return { x: reshape(pasted, batch.x.shape), mixed: [...(batch.mixed ?? []), { partner, weight }] };
    },
  };
}
