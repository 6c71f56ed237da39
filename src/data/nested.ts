/**
 * @file Nested arrays of rows: finds their shape level by level, by counting, and names the first row that does not fit.
 * Knows nothing of what the values mean.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';

/** An array or a typed array. */
export type Vector = ArrayLike<unknown>;

/** The shape of nested arrays, and their innermost arrays in order: each holds `shape.at(-1)` values. */
export interface Layout {
  readonly shape: Shape;
  readonly vectors: readonly Vector[];
}

/** Rows of rank 4 (video, say) are the largest that any layer takes. */
const MAX_RANK = 5;

export function isTypedArray(value: unknown): value is ArrayBufferView & Vector {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

export function isBytes(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}

export function isVector(value: unknown): value is Vector {
  return Array.isArray(value) || isTypedArray(value);
}

/** A host tensor, known by its structure: a data floor never sees the class. */
export interface TensorLike {
  readonly shape: Shape;
  readonly dtype: string;
  readonly data: Vector;
}

export function isTensorLike(value: unknown): value is TensorLike {
  if (value === null || typeof value !== 'object') return false;
  const { shape, dtype } = value as Partial<TensorLike>;
  return Array.isArray(shape) && typeof dtype === 'string' && 'data' in value;
}

/** `[2][0]` for the element at an offset of a row-major shape. */
export function pathTo(offset: number, shape: Shape): string {
  let rest = offset;
  let path = '';
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    path = `[${rest % size}]${path}`;
    rest = Math.floor(rest / size);
  }
  return path;
}

/** A row, and the column or the position inside the row, for the value at an offset; rows are counted from 0. */
export function cell(offset: number, rowShape: Shape, columns: readonly string[]): string {
  const size = sizeOf(rowShape);
  const row = `row ${Math.floor(offset / size)} (counted from 0)`;
  const inside = offset % size;
  if (rowShape.length > 1) return `${row}, at ${pathTo(inside, rowShape)}`;
  const column = columnName(inside, columns);
  return rowShape.length === 0 && column === 'column 0' ? row : `${row}, ${column}`;
}

/** `column 3`, or `column 'age'` where columns have names. */
export function columnName(column: number, columns: readonly string[]): string {
  const name = columns[column] ?? String(column);
  return name === String(column) ? `column ${column}` : `column ${shortName(name)}`;
}

/** A name in quotes, cut to what fits in a message. */
export function shortName(name: string): string {
  return `'${name.length > 60 ? `${name.slice(0, 59)}…` : name}'`;
}

/** What stands at a place, in words. */
export function describe(vector: Vector, index: number): string {
  const value = vector[index];
  if (value === undefined) return index in vector ? 'undefined' : 'missing (a hole in the array)';
  if (typeof value === 'string') return `the string ${shortName(value)}`;
  if (typeof value === 'bigint') return `the bigint ${value}n`;
  return show(value);
}

/**
 * The shape of nested arrays. Where rows differ, the length that most of them have is the one expected, so that a short
 * first row is named and not all the others.
 *
 * Whether the innermost values are numbers is for the reader of them to check; it calls `refuseValue`.
 *
 * @throws SaddlepointError `data`: no rows, rows without values, ragged rows, more than 5 levels.
 */
export function layoutOf(name: string, x: readonly unknown[]): Layout {
  if (x.length === 0) throw emptyError(name);
  let vectors: readonly Vector[] = [x];
  const shape = [x.length];
  while (isVector(vectors[0]?.[0])) {
    if (shape.length === MAX_RANK) {
      throw new SaddlepointError(
        'data',
        `${name}: arrays nested deeper than ${MAX_RANK} levels cannot be read as rows`,
      );
    }
    const inner = descend(name, shape, vectors);
    const length = (inner[0] as Vector).length;
    if (length === 0)
      throw new SaddlepointError('data', `${name}: the rows have no values`, 'give at least one column');
    shape.push(length);
    vectors = inner;
  }
  return { shape, vectors };
}

export function emptyError(name: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `${name} is empty: it has no rows`,
    'check where the data come from (a filter, a file, a query)',
  );
}

/** The arrays one level down, in order, all of one length. */
function descend(name: string, shape: Shape, vectors: readonly Vector[]): Vector[] {
  const inner = new Array<unknown>(sizeOf(shape));
  const length = (vectors[0]?.[0] as Vector | undefined)?.length;
  let uniform = length !== undefined;
  let k = 0;
  for (const vector of vectors) {
    for (let j = 0; j < vector.length; j++) {
      const element = vector[j];
      if (!isVector(element) || element.length !== length) uniform = false;
      inner[k++] = element;
    }
  }
  if (uniform) return inner as Vector[];
  throw raggedError(name, shape, vectors, inner);
}

const count = (values: number): string => `${values} ${values === 1 ? 'value' : 'values'}`;

function raggedError(name: string, shape: Shape, vectors: readonly Vector[], inner: readonly unknown[]) {
  const tally = new Map<number, number>();
  for (const element of inner) if (isVector(element)) tally.set(element.length, (tally.get(element.length) ?? 0) + 1);
  const expected = [...tally].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
  const at = inner.findIndex((element) => !isVector(element) || element.length !== expected);
  const perRow = shape.slice(1);
  const part = perRow.length === 0 ? '' : `, at ${pathTo(at % sizeOf(perRow), perRow)},`;
  const where = `${name}: row ${Math.floor(at / sizeOf(perRow))} (counted from 0)${part}`;
  const wanted = inner[at];
  const width = shape.at(-1) as number;
  const found = isVector(wanted)
    ? `has ${count(wanted.length)}, ${expected} expected`
    : `is ${describe(vectors[Math.floor(at / width)] as Vector, at % width)}, an array of ${count(expected)} expected`;
  return new SaddlepointError(
    'data',
    `${where} ${found}`,
    'every row must have the same length; fill gaps or drop the row',
  );
}

/** The error for an innermost value that is no number. */
export function refuseValue(
  name: string,
  { shape, vectors }: Layout,
  offset: number,
  columns: readonly string[],
): SaddlepointError {
  const width = shape.at(-1) as number;
  const vector = vectors[Math.floor(offset / width)] as Vector;
  let nested = 0;
  for (let j = 0; j < vector.length; j++) if (isVector(vector[j])) nested++;
  // Rows among which a stray value came first: say what the rows should be, not what the stray value should be.
  if (nested * 2 > vector.length) {
    const inner = vectors.flatMap((v) => Array.from(v));
    return raggedError(name, shape, vectors, inner);
  }
  const value = vector[offset % width];
  const where = cell(offset, shape.slice(1), columns);
  if (typeof value === 'string') {
    return new SaddlepointError(
      'data',
      `${name}: ${where} is ${describe(vector, offset % width)}, a number expected`,
      'convert text to numbers first: Number(text) for digits, one column of 0 and 1 for each word',
    );
  }
  return new SaddlepointError(
    'data',
    `${name}: ${where} is ${describe(vector, offset % width)}, a number expected`,
    "drop the row, or fill the gap with the column's mean, before training",
  );
}
