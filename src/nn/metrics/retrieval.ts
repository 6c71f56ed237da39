/** @file How well queries find what belongs to them. */
import { checkNumber, SaddlepointError } from '../../core/errors.ts';
import type { Matrix } from './quality.ts';

/**
 * The rank of each query's own match: 1 + how many others score higher. Row i's match is column i.
 *
 * @param scores [n, n]: of query i (row) for candidate j (column).
 * @param by 'row' (default): each row seeks its column; 'column': the other way.
 * @throws SaddlepointError `shape` for a matrix that is not square.
 */
export function ranks({ data, shape }: Matrix, by: 'row' | 'column' = 'row'): number[] {
  const [n, columns] = shape as [number, number];
  if (shape.length !== 2 || n !== columns)
    throw new SaddlepointError('shape', `ranks: expected scores [n, n], got [${shape}]`);
  const at = (query: number, candidate: number): number =>
    data[by === 'row' ? query * n + candidate : candidate * n + query] as number;
  return Array.from({ length: n }, (_, query) => {
    let rank = 1;
    for (let other = 0; other < n; other++) if (at(query, other) > at(query, query)) rank++;
    return rank;
  });
}

/** The share of queries whose match is among the first k. @param k a whole number ≥ 1. */
export function recallAt(k: number, found: readonly number[]): number {
  checkNumber('recallAt', k, { min: 1, integer: true });
  return found.filter((rank) => rank <= k).length / found.length;
}

/** The median of ranks; of an even number of queries, the mean of the two in the middle. */
export function medianRank(found: readonly number[]): number {
  const sorted = [...found].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The mean of 1 / rank. */
export const meanReciprocalRank = (found: readonly number[]): number =>
  found.reduce((sum, rank) => sum + 1 / rank, 0) / found.length;
