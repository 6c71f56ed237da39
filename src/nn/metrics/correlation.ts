/** @file Correlations of two lists of numbers. */
import { SaddlepointError } from '../../core/errors.ts';
import { ranksOf } from './ranking.ts';

/**
 * The linear correlation of two lists, in [−1, 1]; NaN where one is constant.
 *
 * @throws SaddlepointError `shape` for lists of different length.
 * @example pearson([1, 2, 3], [2, 4, 7]); // 0.993…
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new SaddlepointError('shape', `pearson: expected lists of one length, got ${a.length} and ${b.length}`);
  const centered = (list: ArrayLike<number>): number[] => {
    const mean = Array.from(list).reduce((sum, x) => sum + x, 0) / list.length;
    return Array.from(list, (x) => x - mean);
  };
  const [x, y] = [centered(a), centered(b)];
  const dot = (p: number[], q: number[]): number => p.reduce((sum, value, i) => sum + value * (q[i] as number), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/**
 * The correlation of ranks, equal values sharing the mean of theirs: 1 for any order that is kept, −1 for one reversed.
 *
 * @throws SaddlepointError `shape` for lists of different length.
 * @see Spearman 1904.
 */
export const spearman = (a: ArrayLike<number>, b: ArrayLike<number>): number => pearson(ranksOf(a), ranksOf(b));
