/** @file In which order rows come: by the seed. */
import { randomPermutation, streamOf } from '../core/philox.ts';

/**
 * The order of the training rows in one epoch: a permutation that depends on seed and epoch alone, so that a resumed run
 * goes on with the same one.
 *
 * @param epoch counted from 0
 */
export function shuffledRows(rows: Int32Array, seed: number, epoch: number): Int32Array {
  const order = randomPermutation(rows.length, seed, streamOf('shuffle'), epoch);
  return order.map((at) => rows[at] as number);
}
