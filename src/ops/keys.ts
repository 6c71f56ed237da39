/** @file Keys of random numbers made of a key: one for each turn of a loop, or each part of a whole. */
import { checkNumber } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { cast } from './cast.ts';
import { concat } from './concat.ts';
import { mul } from './elementwise.ts';
import { gather } from './indexing.ts';
import { reshape, slice } from './movement.ts';
import { uniformWithKey } from './random.ts';

/** Of a deviate, which is a multiple of its reciprocal. */
const WORDS = 2 ** 24;
const STREAM = streamOf('keys');

/**
 * Keys that draw other numbers than the given one, and each other: for the turns of a `scan` or `repeat`, or for parts of a
 * minibatch. Keys can be made of such keys again, to any depth. Equal keys give equal keys, bit for bit, on every device.
 *
 * Two of its three numbers, 48 bits, are drawn by the given key, so that two keys of a run are equal with a probability of their
 * number squared over 2⁴⁹; counting in the third, as one would by hand, gives equal keys as soon as loops are nested.
 *
 * @param key i32 [3], such as a layer's `context.random().key`.
 * @param count how many: a whole number ≥ 1.
 * @returns i32 [count, 3]: as a sequence of `scan` it gives each turn its own.
 * @throws SaddlepointError `option` for another count.
 * @see Claessen & Pałka 2013, "Splittable pseudorandom number generators using cryptographic hashing".
 * @example
 * const { key, stream } = context.random();
 * const [sum] = scan((x, own) => [add(x, normalWithKey(own, x.shape, stream)), undefined], x, keysOf(key, 10));
 */
export function keysOf(key: Tensor, count: number): Tensor {
  checkNumber('keysOf.count', count, { min: 1, integer: true });
  const drawn = cast(mul(uniformWithKey(key, [count, 2], STREAM), WORDS), 'i32');
  // Picked, not broadcast: what the host can do with a few numbers, where keys are to stay on a GPU's host.
  const seeds = gather(reshape(slice(key, [0], [1]), [1, 1]), tensor(new Int32Array(count)));
  return concat([seeds, drawn], 1);
}
