/** @file The largest elements of each row. */
import { checkNumber } from '../core/errors.ts';
import { normalizeAxis, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { float } from './elementwise.ts';
import { gather } from './indexing.ts';
import { reshape } from './movement.ts';

/** Descending, NaN before all numbers, the lower index first on ties. */
function order(row: Float64Array | ArrayLike<number>): number[] {
  const compare = (i: number, j: number): number => {
    const [x, y] = [row[i] as number, row[j] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x)) || i - j;
    return x === y ? i - j : x > y ? -1 : 1;
  };
  return Array.from(row, (_, i) => i).sort(compare);
}

/** Gives places alone: the values are gathered from there, whose gradient is a scatter. */
export const topKOp: Op<{ k: number }> & { name: 'topK' } = {
  name: 'topK',
  infer([x], { k }) {
    const shape = [...(x as Spec).shape.slice(0, -1), k];
    return [
      { shape, dtype: 'i32' },
      { shape, dtype: 'i32' },
    ];
  },
  evaluate([x], { k }) {
    const { data, shape } = x as HostTensor;
    const columns = shape[shape.length - 1] as number;
    const rows = data.length / columns;
    const best = Array.from({ length: rows }, (_, row) =>
      order(data.subarray(row * columns, (row + 1) * columns)).slice(0, k),
    );
    return [
      Int32Array.from(best.flat()),
      Int32Array.from(best.flatMap((indices, row) => indices.map((index) => row * columns + index))),
    ];
  },
  gradient: () => [undefined],
};

/**
 * The k largest elements along the last axis, in descending order, and where they stand. Of equals the first comes first; NaN
 * counts as larger than all numbers. Gradients go to the elements that were chosen. Meant for small k: the time grows with
 * k where the rows ascend.
 *
 * @param x […, n].
 * @param k 1 … n.
 * @returns values f32 […, k], and indices i32 […, k] in 0 … n − 1.
 * @throws SaddlepointError `option` for another k.
 * @example topK([3, 1, 2], 2).values.toArray(); // [3, 2]
 */
export function topK(x: TensorLike, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const t = float(x);
  const last = normalizeAxis('topK', -1, t.shape.length);
  checkNumber('topK.k', k, { min: 1, max: t.shape[last] as number, integer: true });
  const [indices, places] = apply(topKOp, [t], { k }) as [Tensor, Tensor];
  return { values: gather(reshape(t, [sizeOf(t.shape)]), places), indices };
}
