/** @file Running mean and variance of columns: exact merging of parts, in double precision. */
import { SaddlepointError } from '../../core/errors.ts';

/** Count, mean and sum of squared deviations of some rows, by column. */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

export function noMoments(columns: number): Moments {
  return { count: 0, mean: new Float64Array(columns), squares: new Float64Array(columns) };
}

/**
 * Moments of a block of rows by the corrected two-pass algorithm (Chan, Golub & LeVeque 1983): differences to the mean, never
 * differences of squares, which cancel.
 *
 * @param data row-major
 * @param rows which rows; all if left out
 */
export function momentsOf(data: ArrayLike<number>, columns: number, rows?: ArrayLike<number>): Moments {
  const count = rows?.length ?? data.length / columns;
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const rest = new Float64Array(columns);
  if (count === 0) return { count, mean, squares };
  const at = (i: number): number => (rows === undefined ? i : (rows[i] as number)) * columns;
  // By differences to the first row: a sum of large numbers would lose digits.
  const first = at(0);
  for (let i = 0; i < count; i++) {
    const from = at(i);
    for (let j = 0; j < columns; j++) mean[j]! += (data[from + j] as number) - (data[first + j] as number);
  }
  for (let j = 0; j < columns; j++) mean[j] = (data[first + j] as number) + (mean[j] as number) / count;
  for (let i = 0; i < count; i++) {
    const from = at(i);
    for (let j = 0; j < columns; j++) {
      const difference = (data[from + j] as number) - (mean[j] as number);
      squares[j]! += difference * difference;
      rest[j]! += difference;
    }
  }
  for (let j = 0; j < columns; j++) squares[j] = Math.max(0, (squares[j] as number) - (rest[j] as number) ** 2 / count);
  return { count, mean, squares };
}

/** The moments of two parts together (Chan, Golub & LeVeque 1979): the order of merging changes rounding only. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.mean.length !== b.mean.length) {
    throw new SaddlepointError('data', `moments of ${a.mean.length} and of ${b.mean.length} columns cannot be merged`);
  }
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const mean = a.mean.map((x, j) => x + (((b.mean[j] as number) - x) * b.count) / count);
  const squares = a.squares.map((x, j) => {
    const difference = (b.mean[j] as number) - (a.mean[j] as number);
    return x + (b.squares[j] as number) + (difference * difference * a.count * b.count) / count;
  });
  return { count, mean, squares };
}

/** Population variance (divided by n), as standardizing uses it. */
export function varianceOf({ count, squares }: Moments): Float64Array {
  return squares.map((sum) => sum / Math.max(1, count));
}
