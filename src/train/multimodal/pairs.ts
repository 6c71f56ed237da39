/** @file Pairs as `fit` takes them, with a number for each different text, so that the same text twice is no negative. */
import { SaddlepointError } from '../../core/errors.ts';
import { type Source, toSource } from '../../data/source.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';

/** Pairs as `fit` takes them: inputs of both kinds by name, and an id for each pair. */
export interface PairData {
  readonly x: { readonly image: unknown; readonly text: Tensor };
  /** Which rows have the same text: i32 [n]. */
  readonly y: Int32Array;
}

/**
 * Data for a `dualEncoder`: rows of both sides, and as targets a number for each different text. Duplicates in a minibatch are then
 * no negatives of each other. Texts of whole numbers (ids of words) stay as they are; other values are taken as they come, too.
 *
 * @param given image: the rows of one side, as `fit` takes x; text: those of the other, as many, all of one length: arrays, or a
 *   tensor [n, …].
 * @throws SaddlepointError `data` where there are not as many rows of both.
 * @example const data = multimodal.pairs({ image: pictures, text: [[3, 7], [1, 7], [3, 7]] }); // data.y: [0, 1, 0]
 */
export function pairs({ image, text }: { readonly image: unknown; readonly text: unknown }): PairData {
  const words = toSource(text, { name: 'x.text' });
  const { rows } = toSource(image, { name: 'x.image', rows: ArrayBuffer.isView(image) ? words.rows : undefined });
  if (rows !== words.rows)
    throw new SaddlepointError(
      'data',
      `pairs: ${rows} rows of image and ${words.rows} of text`,
      'row i of one belongs to row i of the other',
    );
  return { x: { image, text: asTokens(words) }, y: numbersOf(words) };
}

/** Whole numbers as i32, which no scaling touches; all else as it is. */
function asTokens({ data, rows, rowShape }: Source): Tensor {
  const shape = [rows, ...(rowShape.length === 0 ? [1] : rowShape)];
  const isWhole = data.every((value) => Number.isInteger(value));
  return tensor(isWhole ? Int32Array.from(data) : data, shape);
}

function numbersOf({ data, rows }: Source): Int32Array {
  const width = data.length / rows;
  const seen = new Map<string, number>();
  return Int32Array.from({ length: rows }, (_, row) => {
    const key = data.subarray(row * width, (row + 1) * width).join(' ');
    const number = seen.get(key) ?? seen.size;
    seen.set(key, number);
    return number;
  });
}
