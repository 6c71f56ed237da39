/** @file DiffAugment: a critic sees data and samples through the same changes, and the generator's gradient passes them. */
import { checkNumber } from '../core/errors.ts';
import { colorJitter } from '../nn/color-jitter.ts';
import type { Layer } from '../nn/layer.ts';
import { checkOptions, type NamedOption } from '../nn/options.ts';
import { type Sequential, sequential } from '../nn/sequential.ts';
import { augment } from '../tricks/augment.ts';

export interface DiffAugmentOptions extends NamedOption {
  /** Height and width of the pictures: a whole number ≥ 1; required. */
  readonly side: number;
  /** Moves by up to this share of the side: in [0, 1), default 1/8. */
  readonly translation?: number;
  /** A square of this share of the side is set to 0: in [0, 1), default 1/2. */
  readonly cutout?: number;
  /** Strength of changes in brightness, saturation and contrast: in [0, 1], default 1; leave it out (0) for digits. */
  readonly color?: number;
}

/**
 * What stands first in a critic that has few data: color, translation and cutout of all that it judges, made samples too, by other
 * draws for every picture and call. So the critic cannot know the data by heart, and the generator does not learn the changes, since
 * samples undergo them as well. Made of `colorJitter` and `augment`, so it is saved with the critic.
 *
 * @param options side, translation, cutout, color.
 * @throws SaddlepointError `option` for values out of range, and where all of them are 0.
 * @see Zhao, Liu, Lin, Zhu, Han: "Differentiable augmentation for data-efficient GAN training", NeurIPS 2020, section 3.
 * @example sequential([diffAugment({ side: 28, color: 0 }), criticBlock(16), criticBlock(32), flatten(), dense(1)])
 */
export function diffAugment(options: DiffAugmentOptions): Sequential {
  checkOptions('diffAugment', options, ['side', 'translation', 'cutout', 'color'], []);
  const side = checkNumber('diffAugment.side', options.side, { min: 1, integer: true });
  const share = { min: 0, max: 1, openMax: true };
  const shift = Math.round(side * checkNumber('diffAugment.translation', options.translation ?? 1 / 8, share));
  const cutout = Math.round(side * checkNumber('diffAugment.cutout', options.cutout ?? 1 / 2, share));
  const color = checkNumber('diffAugment.color', options.color ?? 1, { min: 0, max: 1 });
  const parts: Layer[] = color > 0 ? [colorJitter(color)] : [];
  // With nothing to do at all, `augment` says so.
  if (shift > 0 || cutout > 0 || color === 0) parts.push(augment({ shift, cutout }));
  return sequential(parts, options.name === undefined ? {} : { name: options.name });
}
