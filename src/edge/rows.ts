/** @file Rows as people post them, as the numbers of a block; what does not fit is named by row and place. */
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';

/** Numbers of whole rows. */
export interface Rows {
  readonly data: Float64Array;
  readonly rows: number;
  /** Whether it was one row, not a list of rows. */
  readonly single: boolean;
}

type List = ArrayLike<unknown>;
const isList = (value: unknown): value is List =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** How deep lists may nest: as deep as a row has axes, and the list of rows. */
const rankOf = (value: unknown, most: number): number =>
  isList(value) && most > 0 ? 1 + rankOf(value[0], most - 1) : 0;

/** A finite number as f32, or true and false as 1 and 0. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' && Number.isFinite(Math.fround(value)) ? value : undefined;
}

/**
 * Rows of a shape: nested lists, a flat list a row, or one typed array with all values.
 *
 * @param read what a value stands for; undefined: it is refused.
 * @throws SaddlepointError `data` that names the row and what stands there.
 */
export function readRows(
  name: string,
  given: unknown,
  shape: Shape,
  expected: string,
  read: (value: unknown) => number | undefined = numberOf,
): Rows {
  const width = sizeOf(shape);
  const refuse = (what: string, help?: string) => new SaddlepointError('data', `${name}: ${what}`, help);
  const list: List = isList(given) ? given : [given];
  const isFlat = ArrayBuffer.isView(given);
  const rank = isList(given) ? rankOf(given, shape.length + 1) : 0;
  // Numbers for rows of one number are rows, unless there is just one.
  const single = isFlat
    ? list.length === width
    : rank === 0 || (rank <= shape.length && !(width === 1 && list.length > 1));
  const rows = isFlat ? list.length / width : single ? 1 : list.length;
  if (list.length === 0) throw refuse('there are no rows');
  if (!Number.isInteger(rows)) throw refuse(`${list.length} values are no whole rows of shape ${showShape(shape)}`);
  const data = new Float64Array(rows * width);
  let at = 0;
  let end = 0;
  const take = (value: unknown, depth: number): void => {
    if (isList(value) && depth <= shape.length) {
      for (let i = 0; i < value.length; i++) take(value[i], depth + 1);
      return;
    }
    const row = `row ${Math.floor((at < end ? at : end - 1) / width)} (counted from 0)`;
    if (at === end) throw refuse(`${row} has more than ${width} values, shape ${showShape(shape)} expected`);
    const number = read(value);
    if (number === undefined)
      throw refuse(`${row} has ${isList(value) ? 'a list' : show(value).slice(0, 60)}, ${expected} expected`);
    data[at++] = number;
  };
  for (let row = 0; row < rows; row++) {
    end = at + width;
    const values = isFlat ? undefined : single ? list : list[row];
    if (values === undefined && !isFlat) throw refuse(`row ${row} (counted from 0) is missing`);
    if (isFlat) for (let i = row * width; i < end; i++) take(list[i], 0);
    else take(values, 0);
    if (at < end)
      throw refuse(
        `row ${row} (counted from 0) has ${at - end + width} values, ${width} expected: shape ${showShape(shape)}`,
      );
  }
  return { data, rows, single };
}
