/**
 * @file Batches of rows of like length. Kind: sampler. Khomenko et al. 2016, "Accelerating recurrent neural network training using
 * sequence bucketing and multi-GPU data parallelization", section 3; deviation: plans have one length, so that batches of like
 * length change which rows stand together (the padded share within a batch), and not how long a step is.
 */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { Sampler } from '../train/trick.ts';

export interface BucketOptions {
  /** The length of each row of the data. */
  readonly lengths: ArrayLike<number>;
  /** Batches that are sorted together: a whole number ≥ 1, default 50; 1 changes nothing but the order of rows in a batch. */
  readonly batches?: number;
}

/**
 * Rows are shuffled; so many batches of them at a time are sorted by length and cut into batches, which come in random order.
 * Each row comes once an epoch.
 *
 * @throws SaddlepointError `option` for values out of range; `data`, when the run begins, for another number of rows, or with a
 *   schedule of batch sizes.
 * @example tricks: [bucketByLength({ lengths: texts.map(({ length }) => length) })]
 */
export function bucketByLength(options: BucketOptions): Sampler {
  checkKnownOptions('bucketByLength', options, ['lengths', 'batches']);
  const { lengths } = options;
  const batches = checkNumber('bucketByLength.batches', options.batches ?? 50, { min: 1, integer: true });
  const bad = Array.from(Object(lengths) as ArrayLike<number>).findIndex((length) => !(length >= 0));
  if (typeof lengths?.length !== 'number' || bad >= 0)
    throw new SaddlepointError(
      'option',
      `bucketByLength.lengths: expected a number ≥ 0 for each row, got ${bad >= 0 ? `${show(lengths[bad])} at row ${bad}` : show(lengths)}`,
    );
  return {
    kind: 'sampler',
    name: 'bucketByLength',
    options: { rows: lengths.length, batches },
    open({ rows, count, batchSize, isScheduled, seed }) {
      if (count < lengths.length || lengths.length <= Math.max(...rows))
        throw new SaddlepointError('data', `bucketByLength: ${lengths.length} lengths for ${count} rows`, 'one a row');
      if (isScheduled)
        throw new SaddlepointError('data', 'bucketByLength: needs batches of one size', 'give batchSize a number');
      const [ofRows, ofBatches] = [streamOf('tricks/bucketByLength'), streamOf('tricks/bucketByLength', 1)];
      const whole = Math.floor(rows.length / batchSize);
      return (epoch) => {
        const shuffled = randomPermutation(rows.length, seed, ofRows, epoch).map((at) => rows[at] as number);
        for (let at = 0; at < whole * batchSize; at += batches * batchSize)
          shuffled
            .subarray(at, Math.min(at + batches * batchSize, whole * batchSize))
            .sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
        const order = shuffled.slice();
        randomPermutation(whole, seed, ofBatches, epoch).forEach((from, to) => {
          order.set(shuffled.subarray(from * batchSize, (from + 1) * batchSize), to * batchSize);
        });
        return order;
      };
    },
  };
}
