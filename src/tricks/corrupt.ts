/**
 * @file Corruption of inputs whose targets stay clean: what makes an autoencoder a denoising one (Vincent, Larochelle, Bengio &
 * Manzagol 2008, section 3; 2010, section 4.2 for salt and pepper). Kind: augmentation. Deviation: noise may be held within a
 * range, as pictures are.
 */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, clip, greaterEqual, less, mul, where } from '../ops/elementwise.ts';
import { normalWithKey, uniformWithKey } from '../ops/random.ts';
import type { Augmentation, TrickContext } from '../train/trick.ts';

export interface CorruptOptions {
  /** Adds normal deviates of this standard deviation, in units of what the model takes: ≥ 0, default 0. 0.3 for pixels in [0, 1]. */
  readonly gaussian?: number;
  /** Sets each number to 0 with this probability: in [0, 1), default 0. 0.25 is the paper's. */
  readonly masking?: number;
  /** Sets each number to the lowest or the highest value of `range`, with this probability in all: in [0, 1), default 0. */
  readonly saltPepper?: number;
  /** [lowest, highest] of what is corrupted: numbers beyond are clipped. Default: no clipping, and [0, 1] for salt and pepper. */
  readonly range?: readonly [number, number];
}

/**
 * Corrupts what a model is trained on, anew in each step; targets, prediction and evaluation have the clean rows. In order: normal
 * noise, masking, salt and pepper, clipping. Numbers are those that the model takes: bytes have become 0 … 1, and where the run
 * standardizes, `{ standardize: false }` keeps the data's own.
 *
 * @param options at least one corruption for it to do anything.
 * @throws SaddlepointError `option` for values out of range.
 * @see Vincent et al. 2008, "Extracting and composing robust features with denoising autoencoders".
 * @example await fit(autoencoder([256]), { x: images, y: images }, { loss: binaryCrossEntropy(), standardize: false, tricks: [corrupt({ gaussian: 0.3, range: [0, 1] })] })
 */
export function corrupt(options: CorruptOptions): Augmentation {
  checkKnownOptions('corrupt', options, ['gaussian', 'masking', 'saltPepper', 'range']);
  const share = { min: 0, max: 1, openMax: true };
  const gaussian = checkNumber('corrupt.gaussian', options.gaussian ?? 0, { min: 0 });
  const masking = checkNumber('corrupt.masking', options.masking ?? 0, share);
  const saltPepper = checkNumber('corrupt.saltPepper', options.saltPepper ?? 0, share);
  const { range } = options;
  if (range !== undefined && !isRange(range))
    throw new SaddlepointError(
      'option',
      `corrupt.range: expected [lowest, highest], got ${show(range)}`,
      'two finite numbers, the lower one first: [0, 1]',
    );
  const [low, high] = range ?? [0, 1];
  const uniform = (x: Tensor, context: TrickContext): Tensor => {
    const { key, stream } = context.random();
    return uniformWithKey(key, x.shape, stream);
  };
  return {
    kind: 'augmentation',
    name: 'corrupt',
    options: { gaussian, masking, saltPepper, ...(range === undefined ? {} : { range: [...range] }) },
    isNeutral: gaussian === 0 && masking === 0 && saltPepper === 0,
    change(batch, context) {
      let { x } = batch;
      if (gaussian > 0) {
        const { key, stream } = context.random();
        x = add(x, mul(normalWithKey(key, x.shape, stream), gaussian));
      }
      if (masking > 0) x = where(less(uniform(x, context), masking), 0, x);
      if (saltPepper > 0) {
        const u = uniform(x, context);
        x = where(less(u, saltPepper / 2), low, where(greaterEqual(u, 1 - saltPepper / 2), high, x));
      }
      return { ...batch, x: range === undefined ? x : clip(x, low, high) };
    },
  };
}

const isRange = (range: unknown): range is readonly [number, number] =>
  Array.isArray(range) &&
  range.length === 2 &&
  range.every(Number.isFinite) &&
  (range[0] as number) < (range[1] as number);
