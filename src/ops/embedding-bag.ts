/** @file Bags of table rows: what a set of words, tags or items is to a model. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { div, float, maximum, mul, notEqual, where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { reshape } from './movement.ts';
import { max, sum } from './reduce.ts';

export interface EmbeddingBagOptions {
  /** How the rows of a bag become one: 'mean' (default), 'sum', or the largest of each column, 'max'. */
  readonly mode?: 'mean' | 'sum' | 'max' | undefined;
  /** A factor for each row, of the index' shape: for 'sum' alone. Default: none. */
  readonly weights?: TensorLike | undefined;
  /** The index that fills up shorter bags: its rows do not count, and get no gradient. Default: all count. */
  readonly padding?: number | undefined;
}

const MODES = ['mean', 'sum', 'max'] as const;

/**
 * Rows of a table, a bag of them at a time (PyTorch's EmbeddingBag): with bag = the last axis of `index`,
 * 'sum': Σ weightᵢ · table[indexᵢ]; 'mean': the same over the number of rows that count; 'max': the largest of each column.
 * A bag of padding alone gives zeros. A row that is in a bag twice counts twice.
 *
 * @param table f32 [rows, width].
 * @param index whole numbers in 0 … rows − 1, [..., bag].
 * @param options mode, weights, padding.
 * @returns [..., width].
 * @throws SaddlepointError `shape` for a table that is no matrix, an index without a bag axis, or weights of another shape;
 *   `option` for weights with another mode than 'sum'; `data` for an index outside the table.
 * @example embeddingBag([[1, 2], [3, 4], [5, 6]], [[0, 2], [1, 1]], { mode: 'sum' }).toArray(); // [[6, 8], [6, 8]]
 */
export function embeddingBag(table: TensorLike, index: TensorLike, options: EmbeddingBagOptions = {}): Tensor {
  checkKnownOptions('embeddingBag', options, ['mode', 'weights', 'padding']);
  const { weights, padding } = options;
  const mode = checkName('embeddingBag.mode', options.mode ?? 'mean', MODES);
  const rows = float(table);
  const ids = isTensor(index) ? index : tensor(index);
  if (rows.shape.length !== 2 || ids.shape.length === 0) {
    const given = `${showShape(rows.shape)} and ${showShape(ids.shape)}`;
    throw new SaddlepointError(
      'shape',
      `embeddingBag: expected a table [rows, width] and an index [..., bag], got ${given}`,
    );
  }
  if (padding !== undefined)
    checkNumber('embeddingBag.padding', padding, { min: 0, max: (rows.shape[0] as number) - 1, integer: true });
  const factors = weights === undefined ? undefined : float(weights);
  if (factors !== undefined && mode !== 'sum')
    throw new SaddlepointError('option', `embeddingBag: weights are for mode 'sum', got mode '${mode}'`);
  if (factors !== undefined && !sameShape(factors.shape, ids.shape)) {
    const given = `${showShape(factors.shape)} for ${showShape(ids.shape)}`;
    throw new SaddlepointError('shape', `embeddingBag: expected weights of the index' shape, got ${given}`);
  }

  const each = (x: Tensor): Tensor => reshape(x, [...ids.shape, 1]);
  const counts = padding === undefined ? undefined : each(notEqual(ids, padding));
  const picked = gather(rows, ids);
  const kept = (x: Tensor, otherwise: number): Tensor => (counts === undefined ? x : where(counts, x, otherwise));
  if (mode === 'max') {
    const largest = max(kept(picked, Number.NEGATIVE_INFINITY), -2);
    return counts === undefined ? largest : where(max(counts, -2), largest, 0);
  }
  const total = sum(kept(factors === undefined ? picked : mul(picked, each(factors)), 0), -2);
  if (mode === 'sum') return total;
  return div(total, counts === undefined ? (ids.shape.at(-1) as number) : maximum(sum(counts, -2), 1));
}
