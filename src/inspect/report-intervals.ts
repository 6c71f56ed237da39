/** @file How sure a number over few rows is: Wilson's interval for shares, the bootstrap for all else. */
import { hostErfinv } from '../core/erf.ts';
import { philoxBlock, streamOf } from '../core/philox.ts';

/** A number over rows, and the range that it could as well have come from. */
export interface Measured {
  readonly value: number;
  /** The confidence interval; `level` of such intervals hold the true value. */
  readonly interval: readonly [low: number, high: number];
  /** Of the interval, such as 0.95. */
  readonly level: number;
  readonly method: 'Wilson' | 'bootstrap';
}

/**
 * The share of hits among rows, with Wilson's score interval, which also holds for few rows and for shares near 0 and 1.
 *
 * @param hits a whole number in 0 … rows
 * @param level in (0, 1), such as 0.95
 * @see Wilson 1927, "Probable inference, the law of succession, and statistical inference"; Brown, Cai and DasGupta 2001.
 */
export function wilson(hits: number, rows: number, level: number): Measured {
  const z = Math.SQRT2 * hostErfinv(level);
  const share = hits / rows;
  const weight = 1 + (z * z) / rows;
  const center = (share + (z * z) / (2 * rows)) / weight;
  const half = (z / weight) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  // At the ends the limits are exactly 0 and 1; rounding must not lose that.
  const low = hits === 0 ? 0 : center - half;
  const high = hits === rows ? 1 : center + half;
  return { value: share, interval: [low, high], level, method: 'Wilson' };
}

export interface BootstrapOptions {
  /** Fixes the draws. */
  readonly seed: number;
  /** In (0, 1). */
  readonly level: number;
  /** How many samples of the rows are drawn. */
  readonly resamples: number;
}

/** Numbers drawn for all resamples together: above it fewer resamples are made, but never less than 200. */
const DRAWS = 4e6;

/**
 * A number made of means over rows, with the percentile interval of the bootstrap: rows are drawn anew, with replacement, and
 * the number is made of each such sample.
 *
 * @param columns values by row, each as long as there are rows
 * @param finish from the means of the columns to the number
 * @see Efron and Tibshirani 1993, "An introduction to the bootstrap", ch. 13.
 */
export function bootstrap(
  columns: readonly Float64Array[],
  finish: (means: readonly number[]) => number,
  { seed, level, resamples }: BootstrapOptions,
): Measured {
  const rows = (columns[0] as Float64Array).length;
  const count = Math.max(200, Math.min(resamples, Math.floor(DRAWS / rows)));
  const stream = streamOf('bootstrap');
  const words = new Int32Array(4);
  const found = new Float64Array(count);
  for (let sample = 0; sample < count; sample++) {
    const sums = columns.map(() => 0);
    for (let i = 0; i < rows; i++) {
      if (i % 4 === 0) philoxBlock(seed, stream, i / 4, sample, 0, words);
      const row = Math.floor((((words[i % 4] as number) >>> 0) / 2 ** 32) * rows);
      for (let j = 0; j < columns.length; j++)
        sums[j] = (sums[j] as number) + ((columns[j] as Float64Array)[row] as number);
    }
    found[sample] = finish(sums.map((sum) => sum / rows));
  }
  found.sort();
  const quantile = (p: number): number =>
    found[Math.min(count - 1, Math.max(0, Math.round(p * (count - 1))))] as number;
  const tail = (1 - level) / 2;
  return {
    value: finish(columns.map((column) => column.reduce((sum, value) => sum + value, 0) / rows)),
    interval: [quantile(tail), quantile(1 - tail)],
    level,
    method: 'bootstrap',
  };
}
