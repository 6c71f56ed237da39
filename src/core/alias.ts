/**
 * @file Draws from a discrete distribution in constant time: the alias method (Walker 1977), its table built in linear time (Vose
 * 1991, "A linear algorithm for generating random numbers with a given distribution").
 */
import { SaddlepointError } from './errors.ts';

/** Column i is drawn with probability 1 / n; it then stands for i with probability `keep[i]`, else for `alias[i]`. */
export interface AliasTable {
  readonly keep: Float64Array;
  readonly alias: Int32Array;
}

/**
 * @param weights finite, ≥ 0, not all 0; their sum need not be 1
 * @throws SaddlepointError `data` for other weights, the first of them named
 * @example const table = aliasTable([3, 1]); // draws 0 three times as often as 1
 */
export function aliasTable(weights: ArrayLike<number>): AliasTable {
  const n = weights.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const weight = weights[i] as number;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new SaddlepointError('data', `aliasTable: weight ${i} is ${weight}, expected a finite number ≥ 0`);
    sum += weight;
  }
  if (!(sum > 0))
    throw new SaddlepointError('data', `aliasTable: the ${n} weights sum to ${sum}, expected more than 0`);
  const keep = Float64Array.from(weights, (weight) => (weight * n) / sum);
  const alias = Int32Array.from({ length: n }, (_, i) => i);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) ((keep[i] as number) < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() as number;
    const high = large[large.length - 1] as number;
    alias[low] = high;
    keep[high] = (keep[high] as number) - (1 - (keep[low] as number));
    if ((keep[high] as number) < 1) small.push(large.pop() as number);
  }
  // What is left would be 1 but for rounding.
  for (const i of [...small, ...large]) keep[i] = 1;
  return { keep, alias };
}

/**
 * One draw. A word decides both the column, by its high bits, and what the column stands for, by the rest: with n columns
 * probabilities are exact to n · 2⁻³².
 *
 * @param word uniform u32
 */
export function drawAlias({ keep, alias }: AliasTable, word: number): number {
  const place = (word >>> 0) * (keep.length / 2 ** 32);
  const column = Math.floor(place);
  return place - column < (keep[column] as number) ? column : (alias[column] as number);
}
