/** @file Sources: rows in memory in the type they are stored in. Whatever form data come in is checked and turned into one. */
import type { DType } from '../core/dtype.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import {
  cell,
  emptyError,
  isBytes,
  isTensorLike,
  isTypedArray,
  type Layout,
  layoutOf,
  refuseValue,
  type TensorLike,
  type Vector,
} from './nested.ts';

/** Rows in memory, in the type they are stored in: images as bytes stay bytes. */
export interface Source {
  /** How many rows: ≥ 1. */
  readonly rows: number;
  /** The shape of one row: [] for a number a row. */
  readonly rowShape: Shape;
  readonly dtype: DType;
  /** Row-major, `rows` × the size of `rowShape`. It may be the caller's own array. */
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** A name for each column where a row is a number or a vector (its number, if none was given); none for higher ranks. */
  readonly columns: readonly string[];
}

export interface SourceOptions {
  /** What errors call it. */
  readonly name: string;
  /** The count of rows that it must have, known from the labels. A flat typed array is cut into that many rows. */
  readonly rows?: number | undefined;
  readonly columns?: readonly string[] | undefined;
}

/**
 * Reads data as rows of numbers.
 *
 * - nested arrays of numbers or booleans, `[n]` to rank 5: f32, row shape [] for `[n]`
 * - an array of typed arrays, one a row: u8 if all are bytes, otherwise f32
 * - a flat typed array: row shape [length / rows], or [] if `rows` is not given. Bytes stay u8, a Float32Array is kept and
 *   not copied, other types become f32 (integers beyond ±2^24 are rounded to 24 bits)
 * - a host tensor `[n, …]`: its dtype is kept, i32 too (ids stay integers)
 *
 * @throws SaddlepointError `data`: ragged rows, holes, null, text, NaN or infinities (row and column named), no rows, a count
 * of rows other than `rows`.
 * @example toSource([[1, 2], [3, 4]], { name: 'x' }); // { rows: 2, rowShape: [2], dtype: 'f32', … }
 */
export function toSource(x: unknown, options: SourceOptions): Source {
  const { name } = options;
  if (isTypedArray(x)) return fromFlat(x, options);
  if (Array.isArray(x)) return fromNested(layoutOf(name, x), options);
  if (isTensorLike(x)) return fromTensor(x, options);
  throw new SaddlepointError(
    'data',
    `${name}: expected rows of numbers, got ${x === '' ? 'an empty string' : show(x)}`,
    'give nested arrays, a typed array, an array of typed arrays, or a tensor of shape [rows, …]',
  );
}

function fromFlat(x: ArrayBufferView & Vector, options: SourceOptions): Source {
  const { name, rows } = options;
  if (x.length === 0) throw emptyError(name);
  if (rows !== undefined && x.length % rows !== 0) {
    throw new SaddlepointError(
      'data',
      `${name}: ${x.length} values cannot be cut into ${rows} rows of equal length`,
      `${rows} is the count of labels; check that values and labels belong together`,
    );
  }
  const rowShape = rows === undefined ? [] : [x.length / rows];
  const columns = columnsOf(options, rowShape);
  return { rows: rows ?? x.length, rowShape, columns, ...convert(name, x, rowShape, columns) };
}

function fromNested(layout: Layout, options: SourceOptions): Source {
  const rowShape = layout.shape.slice(1);
  checkRows(options, layout.shape[0] as number);
  const columns = columnsOf(options, rowShape);
  return {
    rows: layout.shape[0] as number,
    rowShape,
    columns,
    ...flatten(options.name, layout, columns),
  };
}

function fromTensor(x: TensorLike, options: SourceOptions): Source {
  const { name } = options;
  const [rows, ...rowShape] = x.shape;
  const data = x.data;
  if (rows === undefined || !isTypedArray(data) || data.length !== sizeOf(x.shape)) {
    throw new SaddlepointError(
      'data',
      `${name}: expected a tensor of shape [rows, …], got ${x.dtype}${showShape(x.shape)}`,
      'the first axis counts the rows',
    );
  }
  if (data.length === 0) throw emptyError(name);
  checkRows(options, rows);
  const columns = columnsOf(options, rowShape);
  if (x.dtype === 'i32') {
    const ids = data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>);
    return { rows, rowShape, columns, dtype: 'i32', data: ids };
  }
  return { rows, rowShape, columns, ...convert(name, data, rowShape, columns) };
}

/** The error for two sources of one call whose rows do not pair. */
export function checkRows({ name, rows }: { name: string; rows?: number | undefined }, found: number): void {
  if (rows === undefined || rows === found) return;
  const other = name === 'y' ? 'x' : 'y';
  throw new SaddlepointError(
    'data',
    `${name} has ${found} rows, but ${other} has ${rows}`,
    'every row needs its label: both must have the same count of rows, in the same order',
  );
}

function columnsOf({ name, columns }: SourceOptions, rowShape: Shape): readonly string[] {
  const count = rowShape.length > 1 ? 0 : sizeOf(rowShape);
  if (columns === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (columns.length === count) return [...columns];
  throw new SaddlepointError(
    'data',
    rowShape.length > 1
      ? `${name}: columns have names only where a row is a vector; the rows have shape ${showShape(rowShape)}`
      : `${name}: ${columns.length} column names for ${count} columns`,
  );
}

type Stored = Pick<Source, 'dtype' | 'data'>;

/** A typed array in the type in which it is kept. */
function convert(name: string, x: ArrayBufferView & Vector, rowShape: Shape, columns: readonly string[]): Stored {
  if (x instanceof Uint8Array) return { dtype: 'u8', data: x };
  if (isBytes(x)) return { dtype: 'u8', data: new Uint8Array(x.buffer, x.byteOffset, x.length) };
  if (typeof x[0] === 'bigint') throw refuseValue(name, { shape: [x.length], vectors: [x] }, 0, columns);
  const data = x instanceof Float32Array ? x : Float32Array.from(x as ArrayLike<number>);
  const bad = firstNonFinite(data);
  if (bad >= 0) throw nonFiniteError(name, x[bad], cell(bad, rowShape, columns));
  return { dtype: 'f32', data };
}

/** The values of nested arrays in one array, row-major; its size is known beforehand, so nothing is pushed or spread. */
function flatten(name: string, layout: Layout, columns: readonly string[]): Stored {
  const { shape, vectors } = layout;
  const width = shape.at(-1) as number;
  const bytes = vectors.every(isBytes);
  const data = bytes ? new Uint8Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  let k = 0;
  for (const vector of vectors) {
    if (isTypedArray(vector)) {
      if (typeof vector[0] === 'bigint') throw refuseValue(name, layout, k, columns);
      data.set(vector as ArrayLike<number>, k);
      k += width;
      continue;
    }
    for (let j = 0; j < width; j++) {
      const value = vector[j];
      if (typeof value === 'number') data[k++] = value;
      else if (typeof value === 'boolean') data[k++] = value ? 1 : 0;
      else throw refuseValue(name, layout, k, columns);
    }
  }
  if (bytes) return { dtype: 'u8', data };
  const bad = firstNonFinite(data);
  if (bad < 0) return { dtype: 'f32', data };
  const original = vectors[Math.floor(bad / width)]?.[bad % width];
  throw nonFiniteError(name, original, cell(bad, shape.slice(1), columns));
}

/** The offset of the first NaN or infinity; −1 if there is none. */
function firstNonFinite(data: ArrayLike<number>): number {
  // x − x is 0 for every finite number and NaN otherwise, so one sum tells, without a branch an element.
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number;
    sum += x - x;
  }
  if (sum === 0) return -1;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

function nonFiniteError(name: string, value: unknown, where: string): SaddlepointError {
  if (Number.isFinite(value)) {
    return new SaddlepointError(
      'data',
      `${name}: ${where} is ${value}, too large for a 32-bit float`,
      'give the column in a larger unit: values must lie within ±3.4e38',
    );
  }
  return new SaddlepointError(
    'data',
    `${name}: ${where} is ${value}, a finite number expected`,
    "drop the row, or fill the gap with the column's mean, before training",
  );
}
