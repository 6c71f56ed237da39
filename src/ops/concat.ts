/** @file Tensors joined along an axis. */

import { hostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { normalizeAxis, showShape, sizeOf } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { slice } from './movement.ts';

export const concatOp: Op<{ axis: number }> & { name: 'concat' } = {
  name: 'concat',
  infer(inputs, { axis }) {
    const { shape, dtype } = inputs[0] as Spec;
    for (const other of inputs) {
      const fits =
        other.shape.length === shape.length && other.shape.every((size, i) => i === axis || size === shape[i]);
      if (!fits || other.dtype !== dtype) {
        const given = `${dtype}${showShape(shape)} and ${other.dtype}${showShape(other.shape)}`;
        throw new SaddlepointError(
          fits ? 'dtype' : 'shape',
          `concat: expected one type, and shapes that differ at axis ${axis} alone, got ${given}`,
        );
      }
    }
    const total = inputs.reduce((sum, other) => sum + (other.shape[axis] as number), 0);
    return [{ shape: shape.map((size, i) => (i === axis ? total : size)), dtype }];
  },
  evaluate(inputs, { axis }, outputs) {
    const { shape, dtype } = outputs[0] as Spec;
    const result = hostArray(dtype, sizeOf(shape));
    const row = sizeOf(shape.slice(axis));
    let offset = 0;
    for (const { data, shape: own } of inputs) {
      const width = sizeOf(own.slice(axis));
      for (let i = 0; i * width < data.length; i++)
        result.set(data.subarray(i * width, (i + 1) * width), i * row + offset);
      offset += width;
    }
    return [result];
  },
  gradient({ inputs, cotangents, attributes: { axis }, needs }) {
    let offset = 0;
    return inputs.map(({ shape }, i) => {
      const starts = shape.map((_, at) => (at === axis ? offset : 0));
      offset += shape[axis] as number;
      return needs[i] ? slice(cotangents[0] as Tensor, starts, shape) : undefined;
    });
  },
};

/**
 * Tensors one behind the other along an axis.
 *
 * @param tensors one or more of one type, whose shapes differ along that axis alone.
 * @param axis default 0, the first.
 * @throws SaddlepointError `shape` or `dtype` if they do not fit, `option` if there are none.
 * @example concat([[[1, 2]], [[3, 4]]]).toArray(); // [[1, 2], [3, 4]]
 */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  if (tensors.length === 0) throw new SaddlepointError('option', 'concat: expected at least one tensor, got none');
  const inputs = tensors.map((x) => (isTensor(x) ? x : tensor(x)));
  const at = normalizeAxis('concat', axis, (inputs[0] as Tensor).shape.length);
  return apply(concatOp, inputs, { axis: at })[0] as Tensor;
}
