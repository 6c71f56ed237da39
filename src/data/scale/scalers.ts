/** @file Scalers of columns, each fitted on training rows: standardize, min–max, robust, max-abs. They give a `Scaling`. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import type { Scaling } from '../scaling.ts';
import { namedColumn } from '../table/column.ts';
import { type Moments, mergeMoments, momentsOf, noMoments, varianceOf } from './moments.ts';

/** Rows of numbers, row-major. */
export type Numbers = ArrayLike<number>;

export interface FitOptions {
  /** The training rows; default all. */
  readonly rows?: ArrayLike<number>;
  /** For notes and errors; default the column numbers. */
  readonly names?: readonly string[];
}

export interface FittedScaling {
  /** (x − shift) × scale, as `applyScaling`, `invertScaling` and the device take it. */
  readonly scaling: Scaling;
  /** Constant columns, which become 0, and what else was done, for people to read. */
  readonly notes: readonly string[];
}

/** A way to scale columns; plain data and pure functions. */
export interface Scaler {
  readonly kind: 'standardize' | 'minMax' | 'robust' | 'maxAbs';
  /**
   * @param columns numbers a row
   * @throws SaddlepointError `data`: no rows, NaN or infinities (row and column named), a count of numbers that does not fit
   */
  fit(data: Numbers, columns: number, options?: FitOptions): FittedScaling;
}

/** A scaler that sees its rows batch by batch; give each batch once. */
export interface StreamingScaler {
  readonly kind: 'standardize' | 'minMax' | 'maxAbs';
  /** How many rows it has seen. */
  readonly count: number;
  partialFit(data: Numbers, columns: number, options?: FitOptions): StreamingScaler;
  result(): FittedScaling;
}

/** A spread below this share of the largest value is rounding, not information: f32 has some 7 digits. */
const CONSTANT = 1e-7;

/** Finds the first number that is none: sums would spread it over the whole column. */
export function checkRows(data: Numbers, columns: number, { rows, names }: FitOptions): number {
  checkNumber('columns', columns, { min: 1, integer: true });
  if (data.length % columns !== 0) {
    throw new SaddlepointError('data', `scaler: ${data.length} numbers cannot be cut into rows of ${columns}`);
  }
  const count = rows?.length ?? data.length / columns;
  if (count === 0) throw new SaddlepointError('data', 'scaler: there are no training rows to fit it on');
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : (rows[i] as number);
    for (let j = 0; j < columns; j++) {
      const x = data[row * columns + j];
      if (Number.isFinite(x)) continue;
      const where = `row ${row} (counted from 0), ${namedColumn(names?.[j] ?? String(j))}`;
      throw new SaddlepointError(
        'data',
        `scaler: ${where} is ${x}, a finite number expected`,
        'drop the row or fill the gap first',
      );
    }
  }
  return count;
}

/** Shifts and spreads as a scaling; a spread that is rounding gives scale 0, so that the column is exactly 0. */
function scalingOf(
  shift: Float64Array,
  spread: Float64Array,
  sizes: Float64Array,
  names: readonly string[] | undefined,
): FittedScaling {
  const constant: string[] = [];
  const scale = Float32Array.from(spread, (width, j) => {
    const factor = Math.fround(1 / width);
    if (width > CONSTANT * (sizes[j] as number) && Number.isFinite(factor)) return factor;
    constant.push(namedColumn(names?.[j] ?? String(j)));
    return 0;
  });
  const notes = constant.map((column) => `${column} is constant over the training rows and is set to 0`);
  return { scaling: { kind: 'standardize', shift: Float32Array.from(shift, (x) => x + 0), scale }, notes };
}

const fromMoments = (moments: Moments, names: readonly string[] | undefined): FittedScaling =>
  scalingOf(moments.mean, varianceOf(moments).map(Math.sqrt), moments.mean.map(Math.abs), names);

/** Smallest and largest of each column. */
interface Extremes {
  readonly count: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function extremesOf(data: Numbers, columns: number, rows: ArrayLike<number> | undefined, before?: Extremes): Extremes {
  const low = before?.low.slice() ?? new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const high = before?.high.slice() ?? new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  const count = rows?.length ?? data.length / columns;
  for (let i = 0; i < count; i++) {
    const from = (rows === undefined ? i : (rows[i] as number)) * columns;
    for (let j = 0; j < columns; j++) {
      const x = data[from + j] as number;
      if (x < (low[j] as number)) low[j] = x;
      if (x > (high[j] as number)) high[j] = x;
    }
  }
  return { count: count + (before?.count ?? 0), low, high };
}

const sizesOf = ({ low, high }: Extremes): Float64Array =>
  low.map((x, j) => Math.max(Math.abs(x), Math.abs(high[j] as number)));

function fromExtremes(
  extremes: Extremes,
  [from, to]: readonly [number, number],
  names: readonly string[] | undefined,
): FittedScaling {
  const spread = extremes.low.map((x, j) => ((extremes.high[j] as number) - x) / (to - from));
  // The column's smallest value becomes `from`: (low − (low − from · spread)) / spread.
  const shift = extremes.low.map((x, j) => x - from * (spread[j] as number));
  return scalingOf(shift, spread, sizesOf(extremes), names);
}

const fromSizes = (extremes: Extremes, names: readonly string[] | undefined): FittedScaling => {
  const sizes = sizesOf(extremes);
  return scalingOf(new Float64Array(sizes.length), sizes, new Float64Array(sizes.length), names);
};

/** Mean 0 and population standard deviation 1. */
export function standardizeScaler(): Scaler {
  return {
    kind: 'standardize',
    fit(data, columns, options = {}) {
      checkRows(data, columns, options);
      return fromMoments(momentsOf(data, columns, options.rows), options.names);
    },
  };
}

export interface MinMaxOptions {
  /** Where the smallest and the largest value go; default [0, 1]. */
  readonly range?: readonly [low: number, high: number];
}

function rangeOf(options: MinMaxOptions): readonly [number, number] {
  checkKnownOptions('minMaxScaler', options, ['range']);
  const [low, high] = options.range ?? [0, 1];
  checkNumber('range[0]', low, {});
  checkNumber('range[1]', high, { min: low, openMin: true });
  return [low, high];
}

/** The smallest value of the training rows to 0, the largest to 1, or to the ends of `range`. */
export function minMaxScaler(options: MinMaxOptions = {}): Scaler {
  const range = rangeOf(options);
  return {
    kind: 'minMax',
    fit(data, columns, fitOptions = {}) {
      checkRows(data, columns, fitOptions);
      return fromExtremes(extremesOf(data, columns, fitOptions.rows), range, fitOptions.names);
    },
  };
}

/** The largest absolute value to 1; zeros stay zeros. */
export function maxAbsScaler(): Scaler {
  return {
    kind: 'maxAbs',
    fit(data, columns, options = {}) {
      checkRows(data, columns, options);
      return fromSizes(extremesOf(data, columns, options.rows), options.names);
    },
  };
}

/** Median 0 and interquartile range 1: a few wild values do not move it. */
export function robustScaler(): Scaler {
  return {
    kind: 'robust',
    fit(data, columns, options = {}) {
      const count = checkRows(data, columns, options);
      const [median, range, sizes] = [new Float64Array(columns), new Float64Array(columns), new Float64Array(columns)];
      const column = new Float64Array(count);
      for (let j = 0; j < columns; j++) {
        for (let i = 0; i < count; i++) column[i] = data[(options.rows?.[i] ?? i) * columns + j] as number;
        column.sort();
        median[j] = quantile(column, 0.5);
        range[j] = quantile(column, 0.75) - quantile(column, 0.25);
        sizes[j] = Math.abs(median[j] as number);
      }
      return scalingOf(median, range, sizes, options.names);
    },
  };
}

/** Of ascending values, with linear interpolation between the two nearest (Hyndman & Fan 1996, type 7). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  return below + (place % 1) * ((sorted[Math.ceil(place)] as number) - below);
}

/**
 * A scaler for data that come in batches: `scaler = scaler.partialFit(batch, columns)`. Median and quartiles need all rows at
 * once, so there is no robust one.
 *
 * @example
 * let scaler = streamingScaler('standardize');
 * for await (const batch of batches) scaler = scaler.partialFit(batch.data, batch.width);
 * const { scaling } = scaler.result();
 */
export function streamingScaler(kind: StreamingScaler['kind'], options: MinMaxOptions = {}): StreamingScaler {
  const range = rangeOf(options);
  if (kind === 'standardize') return standardizing(undefined, undefined);
  return bounding(kind, range, undefined, undefined);
}

const unseen = (): SaddlepointError =>
  new SaddlepointError('data', 'scaler: it has seen no rows', 'call partialFit first');

function standardizing(before: Moments | undefined, names: readonly string[] | undefined): StreamingScaler {
  return {
    kind: 'standardize',
    count: before?.count ?? 0,
    partialFit(data, columns, options = {}) {
      checkRows(data, columns, options);
      const moments = mergeMoments(before ?? noMoments(columns), momentsOf(data, columns, options.rows));
      return standardizing(moments, options.names ?? names);
    },
    result() {
      if (before === undefined) throw unseen();
      return fromMoments(before, names);
    },
  };
}

function bounding(
  kind: 'minMax' | 'maxAbs',
  range: readonly [number, number],
  before: Extremes | undefined,
  names: readonly string[] | undefined,
): StreamingScaler {
  return {
    kind,
    count: before?.count ?? 0,
    partialFit(data, columns, options = {}) {
      checkRows(data, columns, options);
      if (before !== undefined && before.low.length !== columns) {
        throw new SaddlepointError('data', `scaler: rows of ${columns} columns after rows of ${before.low.length}`);
      }
      return bounding(kind, range, extremesOf(data, columns, options.rows, before), options.names ?? names);
    },
    result() {
      if (before === undefined) throw unseen();
      return kind === 'minMax' ? fromExtremes(before, range, names) : fromSizes(before, names);
    },
  };
}
