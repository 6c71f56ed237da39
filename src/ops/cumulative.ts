/** @file Running sums along an axis; one in the other direction is the gradient. */
import { SaddlepointError } from '../core/errors.ts';
import { normalizeAxis, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { float } from './elementwise.ts';

export interface CumulativeAttributes {
  readonly [key: string]: unknown;
  /** Counted from the front. */
  readonly axis: number;
  readonly reverse: boolean;
}

export const cumulativeSumOp: Op<CumulativeAttributes> & { name: 'cumulativeSum' } = {
  name: 'cumulativeSum',
  infer([x]) {
    const { dtype, shape } = x as Spec;
    if (dtype !== 'f32')
      throw new SaddlepointError('dtype', `cumulativeSum: expected f32, got ${dtype}${showShape(shape)}`);
    return [x as Spec];
  },
  evaluate([x], { axis, reverse }) {
    const { data, shape } = x as HostTensor;
    const inner = sizeOf(shape.slice(axis + 1));
    const k = shape[axis] as number;
    const result = Float64Array.from(data);
    const step = reverse ? -inner : inner;
    for (let line = 0; line < data.length / k; line++) {
      const first = Math.floor(line / inner) * k * inner + (line % inner);
      let at = reverse ? first + (k - 1) * inner : first;
      for (let i = 1; i < k; i++, at += step)
        result[at + step] = (result[at] as number) + (result[at + step] as number);
    }
    return [result];
  },
  gradient: ({ cotangents, attributes: { axis, reverse } }) =>
    apply(cumulativeSumOp, [cotangents[0] as Tensor], { axis, reverse: !reverse }),
};

/**
 * The running sum along an axis: element i is the sum of the elements 0 … i. The device sums in double precision.
 *
 * @param axis default −1, the last.
 * @param options reverse: sums from the end, elements i … last; default false.
 * @example cumulativeSum([1, 2, 3]).toArray(); // [1, 3, 6]
 */
export function cumulativeSum(x: TensorLike, axis = -1, options: { readonly reverse?: boolean } = {}): Tensor {
  const t = float(x);
  const at = normalizeAxis('cumulativeSum', axis, t.shape.length);
  return apply(cumulativeSumOp, [t], { axis: at, reverse: options.reverse ?? false })[0] as Tensor;
}
