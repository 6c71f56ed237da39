/** @file Tensors side by side along an axis, and apart again: each is the gradient of the other. */
import { hostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { normalizeAxis, type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { broadcastTo } from './movement.ts';

const without = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis);
const along = (shape: Shape, axis: number, size: number): Shape => shape.map((d, i) => (i === axis ? size : d));

/** Copies the parts, each [outer, own, inner], into or out of the whole [outer, total, inner]. */
function copyParts(
  whole: { data: HostTensor['data']; shape: Shape },
  axis: number,
  parts: readonly { data: HostTensor['data']; shape: Shape }[],
  intoWhole: boolean,
): void {
  const inner = sizeOf(whole.shape.slice(axis + 1));
  const outer = sizeOf(whole.shape.slice(0, axis));
  const row = (whole.shape[axis] as number) * inner;
  let start = 0;
  for (const { data, shape } of parts) {
    const run = (shape[axis] as number) * inner;
    for (let i = 0; i < outer; i++) {
      const [at, own] = [i * row + start, i * run];
      if (intoWhole) whole.data.set(data.subarray(own, own + run), at);
      else data.set(whole.data.subarray(at, at + run), own);
    }
    start += run;
  }
}

export const concatOp: Op<{ axis: number }> & { name: 'concat' } = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [first] = inputs as [Spec];
    const rest = without(first.shape, axis);
    for (const { shape, dtype } of inputs) {
      if (dtype === first.dtype && shape.length === first.shape.length && sameShape(without(shape, axis), rest))
        continue;
      const given = inputs.map((input) => `${input.dtype}${showShape(input.shape)}`).join(', ');
      throw new SaddlepointError('shape', `concat: ${given} differ beside axis ${axis}`);
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    return [{ shape: along(first.shape, axis, total), dtype: first.dtype }];
  },
  evaluate(inputs, { axis }, outputs) {
    const { shape, dtype } = outputs[0] as Spec;
    const data = hostArray(dtype, sizeOf(shape));
    copyParts({ data, shape }, axis, inputs, true);
    return [data];
  },
  gradient({ inputs, cotangents, attributes: { axis } }) {
    const sizes = inputs.map(({ shape }) => shape[axis] as number);
    return apply(splitOp, [cotangents[0] as Tensor], { axis, sizes });
  },
};

export const splitOp: Op<{ axis: number; sizes: readonly number[] }> & { name: 'split' } = {
  name: 'split',
  infer([x], { axis, sizes }) {
    const { shape, dtype } = x as Spec;
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== shape[axis] || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
      const expected = `whole sizes ≥ 1 of axis ${axis} of ${showShape(shape)}`;
      throw new SaddlepointError('shape', `split: expected ${expected}, got ${showShape(sizes)}`);
    }
    return sizes.map((size) => ({ shape: along(shape, axis, size), dtype }));
  },
  evaluate([x], { axis }, outputs) {
    const parts = outputs.map(({ shape, dtype }) => ({ shape, data: hostArray(dtype, sizeOf(shape)) }));
    copyParts(x as HostTensor, axis, parts, false);
    return parts.map(({ data }) => data);
  },
  gradient({ outputs, cotangents, attributes: { axis } }) {
    const whole = outputs.map(({ shape }, i) => cotangents[i] ?? broadcastTo(tensor(0), shape));
    return [apply(concatOp, whole, { axis })[0]];
  },
};

const asTensor = (x: TensorLike): Tensor => (isTensor(x) ? x : tensor(x));

/**
 * Tensors of one type side by side along an axis.
 *
 * @param parts one or more, alike but along the axis.
 * @param axis default: the last.
 * @throws SaddlepointError `shape` if they differ in type, or in shape beside the axis.
 * @example concat([[[1], [2]], [[3], [4]]]).toArray(); // [[1, 3], [2, 4]]
 */
export function concat(parts: readonly TensorLike[], axis = -1): Tensor {
  const tensors = parts.map(asTensor);
  const [first] = tensors;
  if (first === undefined) throw new SaddlepointError('shape', 'concat: expected at least one tensor');
  const at = normalizeAxis('concat', axis, first.shape.length);
  return tensors.length === 1 ? first : (apply(concatOp, tensors, { axis: at })[0] as Tensor);
}

/**
 * The parts of a tensor along an axis.
 *
 * @param sizes how long each is, or how many equal parts there are.
 * @param axis default: the last.
 * @throws SaddlepointError `shape` if the sizes do not add up to the axis, or it has no such equal parts.
 * @example split([[1, 2, 3]], [1, 2]).map((part) => part.toArray()); // [[[1]], [[2, 3]]]
 */
export function split(x: TensorLike, sizes: number | readonly number[], axis = -1): Tensor[] {
  const t = asTensor(x);
  const at = normalizeAxis('split', axis, t.shape.length);
  const list = typeof sizes === 'number' ? new Array<number>(sizes).fill((t.shape[at] as number) / sizes) : sizes;
  return apply(splitOp, [t], { axis: at, sizes: list });
}
