/** @file Labels of sequences: one for each step of a row, in the forms that rows of labels come in. */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import { isTensorLike, isTypedArray, isVector } from './nested.ts';

/**
 * The labels of all rows, one after the other: from `[n][steps]`, from one-hot or probability rows `[n][steps][units]`, a flat
 * typed array or a tensor.
 *
 * @param outputShape of the model for one row: […steps, units].
 * @throws SaddlepointError `data` for rows of another length, with the row; `shape` for one label a row.
 */
export function flatLabels(y: unknown, rows: number, outputShape: Shape): unknown {
  const steps = sizeOf(outputShape.slice(0, -1));
  if (isTensorLike(y)) return flatLabels(y.data, rows, outputShape);
  if (!isVector(y) || (isTypedArray(y) && y.length !== rows)) return y;
  if (y.length === rows && steps !== 1 && !isVector(y[0]))
    throw new SaddlepointError(
      'shape',
      `fit: the model's output has shape ${showShape([1, ...outputShape])}, expected [rows, units] for one label a row`,
      'put flatten() before the last dense layer; or give a label for each step of each row',
    );
  return Array.from(y).flatMap((row, i) => {
    if (isVector(row) && row.length === steps) return Array.from(row);
    throw new SaddlepointError(
      'data',
      `y: row ${i} (counted from 0) has ${isVector(row) ? row.length : 'no'} labels, ${steps} expected`,
      'the model answers for each step: give a label for each, also for padded ones',
    );
  });
}
