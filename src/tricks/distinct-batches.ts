/**
 * @file Batches without duplicates: no two rows of a batch share a key, such as the same caption of several images, which a
 * contrastive loss would take for a wrong pair. Kind: sampler. The need: Faghri et al. 2018, "VSE++", section 3; deviation: theirs
 * leaves it to chance, here rows are put off to a later batch.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { Sampler } from '../train/trick.ts';

/**
 * Shuffles rows so that no batch has two of one key; each row comes once an epoch. A row whose key is in the batch already waits
 * for the next batch; at the end of an epoch, where rows of one key may be all that is left, the last batches may have some.
 *
 * @param keys what rows of a batch must not share, for each row of the data: strings or numbers; there is no default.
 * @throws SaddlepointError `option` for what are no keys; `data`, when the run begins, for another number of rows, for a key that
 *   has more rows than there are batches, or with a schedule of batch sizes.
 * @example tricks: [distinctBatches(pairs.map(({ word }) => word))]
 */
export function distinctBatches(keys: ArrayLike<string | number>): Sampler {
  if (typeof keys?.length !== 'number' || typeof keys === 'string')
    throw new SaddlepointError('option', `distinctBatches: expected a key for each row, got ${show(keys)}`);
  return {
    kind: 'sampler',
    name: 'distinctBatches',
    options: { rows: keys.length },
    open({ rows, count, batchSize, isScheduled, seed }) {
      if (count < keys.length || keys.length <= Math.max(...rows))
        throw new SaddlepointError('data', `distinctBatches: ${keys.length} keys for ${count} rows`, 'one a row');
      if (isScheduled)
        throw new SaddlepointError('data', 'distinctBatches: needs batches of one size', 'give batchSize a number');
      const batches = Math.ceil(rows.length / batchSize);
      const counts = new Map<string | number, number>();
      for (const row of rows) counts.set(keys[row] as string, (counts.get(keys[row] as string) ?? 0) + 1);
      const [key, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
      if (most > batches)
        throw new SaddlepointError(
          'data',
          `distinctBatches: ${most} rows have the key ${show(key)}, but an epoch has ${batches} batches`,
          'take smaller batches, or fewer rows of the key',
        );
      const stream = streamOf('tricks/distinctBatches');
      return (epoch) => {
        const waiting = Array.from(randomPermutation(rows.length, seed, stream, epoch), (at) => rows[at] as number);
        return Int32Array.from(dealt(waiting, keys, batchSize));
      };
    },
  };
}

/** Rows in the order given, those whose key the batch has already put off to a later one. */
function dealt(waiting: readonly number[], keys: ArrayLike<string | number>, batchSize: number): number[] {
  const order: number[] = [];
  let late: number[] = [];
  let next = 0;
  while (order.length < waiting.length) {
    const taken = new Set<string | number>();
    const still: number[] = [];
    let left = Math.min(batchSize, waiting.length - order.length);
    const deal = (row: number): void => {
      const key = keys[row] as string;
      if (left === 0 || taken.has(key)) {
        still.push(row);
        return;
      }
      taken.add(key);
      order.push(row);
      left--;
    };
    late.forEach(deal);
    while (left > 0 && next < waiting.length) deal(waiting[next++] as number);
    // Nothing else is left: the batch is filled with what there is.
    while (left > 0) {
      order.push(still.shift() as number);
      left--;
    }
    late = still;
  }
  return order;
}
