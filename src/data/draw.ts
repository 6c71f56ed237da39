/** @file Row numbers by chance: uniform numbers and draws by weight, from seed, stream and epoch. */
import { SaddlepointError } from '../core/errors.ts';
import { randomPermutation, randomUniform } from '../core/philox.ts';

/** Places 0 … n − 1, each drawn with the same probability, and again and again. */
export function drawUniform(n: number, count: number, seed: number, stream: number, epoch: number): Int32Array {
  const numbers = new Float32Array(2 * count);
  randomUniform(numbers, seed, stream, epoch);
  // Two numbers of 24 bits, so that no place of many rows is out of reach.
  return Int32Array.from({ length: count }, (_, i) =>
    Math.min(n - 1, Math.floor(((numbers[2 * i] as number) + (numbers[2 * i + 1] as number) * 2 ** -24) * n)),
  );
}

/**
 * Places by weight: place i in about count · wᵢ / Σ w draws, as near to it as whole numbers allow (systematic draws), in
 * random order.
 *
 * @throws SaddlepointError `data` where all weights are 0.
 * @see Madow 1949, "On the theory of systematic sampling".
 */
export function drawByWeight(
  weights: ArrayLike<number>,
  count: number,
  { seed, stream, epoch }: { readonly seed: number; readonly stream: number; readonly epoch: number },
): Int32Array {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] as number;
  if (!(total > 0)) throw new SaddlepointError('data', 'weights: all rows that are trained on have the weight 0');
  const offset = new Float32Array(1);
  randomUniform(offset, seed, stream, epoch, 1);
  // Neighbors in the data are drawn apart or together by chance.
  const around = randomPermutation(weights.length, seed, stream, epoch);
  const drawn = new Int32Array(count);
  let [passed, at] = [0, 0];
  around.forEach((place) => {
    passed += (weights[place] as number) / total;
    while (at < count && at + (offset[0] as number) < passed * count) drawn[at++] = place;
  });
  // Rounding may leave the last one.
  while (at < count) drawn[at++] = around.findLast((place) => (weights[place] as number) > 0) ?? 0;
  return randomPermutation(count, seed, stream + 1, epoch).map((i) => drawn[i] as number);
}
