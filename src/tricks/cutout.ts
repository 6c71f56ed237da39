/**
 * @file Cutout: a square of each image is blanked (DeVries & Taylor 2017, "Improved regularization of convolutional neural
 * networks with cutout", section 3). Kind: augmentation. No deviation: the center may lie anywhere, so that squares may be cut off.
 */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { add, floor, mul, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { uniformWithKey } from '../ops/random.ts';
import { asImages, checkImageShape, type ImageShapeOption, rectangle } from '../train/image-rows.ts';
import type { Augmentation } from '../train/trick.ts';

/**
 * Sets a square of each image to 0 while training, at a place of its own for each row. 0 is meant after scaling: of standardized
 * pixels it is their mean, as in the paper. (As a layer of the model: `augment({ cutout })`.)
 *
 * @param size the square's side in pixels, a whole number ≥ 0; 0 is none. The paper takes half of an image's side for CIFAR-10.
 * @param options shape: of the images, where rows are flat; default: the rows' own shape.
 * @throws SaddlepointError `option` for values out of range; `shape`, when the run begins, for rows that are no such images.
 * @see DeVries & Taylor 2017, section 3.
 * @example await fit(model, digits, { loss: crossEntropy(), tricks: [cutout(8, { shape: [28, 28] })] })
 */
export function cutout(size: number, options: ImageShapeOption = {}): Augmentation {
  checkNumber('cutout.size', size, { min: 0, integer: true });
  checkKnownOptions('cutout', options, ['shape']);
  const { shape } = options;
  checkImageShape('cutout.shape', shape);
  return {
    kind: 'augmentation',
    name: 'cutout',
    options: { size, ...(shape && { shape: [...shape] }) },
    isNeutral: size === 0,
    change(batch, { rows, random }) {
      const images = asImages('cutout', batch.x, shape);
      const [, height, width] = images.shape as [number, number, number, number];
      const range = (count: number) => {
        const { key, stream } = random();
        const center = floor(mul(uniformWithKey(key, [rows, 1, 1, 1], stream), count));
        const first = sub(center, Math.floor(size / 2));
        return [first, add(first, size)] as const;
      };
      const kept = sub(1, rectangle(height, width, range(height), range(width)));
      return { ...batch, x: reshape(mul(images, kept), batch.x.shape) };
    },
  };
}
