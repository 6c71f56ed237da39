/** @file What measures of quality take: rows of numbers as they come from predictions, data or tensors. */
import { SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { toSource } from '../data/source.ts';
import { isTensor } from '../graph/tensor.ts';

/** Rows: nested arrays, what `predict` gives for values, or a tensor [n, …]. */
export type Given = unknown;

/** Rows side by side. */
export interface Rows {
  readonly data: ArrayLike<number>;
  /** [n, numbers a row]. */
  readonly shape: readonly [number, number];
  /** The shape of one row, as it was given. */
  readonly rowShape: readonly number[];
}

/** @throws SaddlepointError `data` or `shape` for what are no rows of numbers. */
export function matrixOf(name: string, given: Given): Rows {
  if (isTensor(given)) {
    const [n, ...rowShape] = given.shape;
    if (n === undefined || n === 0)
      throw new SaddlepointError('shape', `${name}: expected rows [n, …], got shape [${given.shape}]`);
    return { data: given.data, shape: [n, sizeOf(rowShape)], rowShape };
  }
  if (!Array.isArray(given))
    throw new SaddlepointError(
      'data',
      `${name}: expected rows, got ${show(given)}`,
      'nested arrays, or tensor(x, [n, …])',
    );
  const { rows, rowShape, data } = toSource(given, { name });
  return { data, shape: [rows, sizeOf(rowShape)], rowShape };
}
