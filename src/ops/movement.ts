/** @file Ops that move elements and change none: reshape, transpose, broadcastTo, slice, pad. */
import { type HostArray, hostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import {
  broadcastShapes,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  stridesOf,
} from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';

const asTensor = (x: TensorLike): Tensor => (isTensor(x) ? x : tensor(x));

/** Copies a box: element i of each axis from `source` + Σ i·sourceStrides to `target` + Σ i·targetStrides. */
function copyBox(
  box: Shape,
  from: { data: HostArray; offset: number; strides: readonly number[] },
  to: { data: HostArray; offset: number; strides: readonly number[] },
  axis = 0,
): void {
  if (axis === box.length) {
    to.data[to.offset] = from.data[from.offset] as number;
    return;
  }
  for (let i = 0; i < (box[axis] as number); i++) {
    copyBox(
      box,
      { ...from, offset: from.offset + i * (from.strides[axis] as number) },
      { ...to, offset: to.offset + i * (to.strides[axis] as number) },
      axis + 1,
    );
  }
}

export const reshapeOp: Op<{ shape: Shape }> & { name: 'reshape' } = {
  name: 'reshape',
  infer([x], { shape }) {
    const spec = x as Spec;
    checkShape('reshape', shape);
    if (sizeOf(shape) !== sizeOf(spec.shape)) {
      throw new SaddlepointError(
        'shape',
        `reshape: ${showShape(spec.shape)} has ${sizeOf(spec.shape)} elements, ${showShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return [{ shape, dtype: spec.dtype }];
  },
  evaluate: ([x]) => [(x as HostTensor).data],
  gradient: ({ inputs, cotangents }) => [reshape(cotangents[0] as Tensor, (inputs[0] as Tensor).shape)],
};

/** The same elements, in row-major order, under another shape; one dimension may be −1 and is inferred. */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x);
  const known = shape.reduce((product, dimension) => (dimension === -1 ? product : product * dimension), 1);
  const whole = shape.map((dimension) => (dimension === -1 ? sizeOf(t.shape) / known : dimension));
  return sameShape(whole, t.shape) ? t : (apply(reshapeOp, [t], { shape: whole })[0] as Tensor);
}

export const transposeOp: Op<{ permutation: readonly number[] }> & { name: 'transpose' } = {
  name: 'transpose',
  infer([x], { permutation }) {
    const { shape, dtype } = x as Spec;
    if (permutation.length !== shape.length) {
      throw new SaddlepointError(
        'shape',
        `transpose: permutation ${showShape(permutation)} for shape ${showShape(shape)} of rank ${shape.length}`,
      );
    }
    normalizeAxes('transpose', permutation, shape.length);
    return [{ shape: permutation.map((axis) => shape[axis] as number), dtype }];
  },
  evaluate([x], { permutation }, outputs) {
    const { data, shape, dtype } = x as HostTensor;
    const box = (outputs[0] as Spec).shape;
    const strides = stridesOf(shape);
    const result = hostArray(dtype, data.length);
    const moved = permutation.map((axis) => strides[axis] as number);
    copyBox(box, { data, offset: 0, strides: moved }, { data: result, offset: 0, strides: stridesOf(box) });
    return [result];
  },
  gradient({ cotangents, attributes: { permutation } }) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(cotangents[0] as Tensor, inverse)];
  },
};

/** Axes in another order: axis i of the result is axis `permutation[i]` of x. Default: reversed. */
export function transpose(x: TensorLike, permutation?: readonly number[]): Tensor {
  const t = asTensor(x);
  const rank = t.shape.length;
  const axes =
    permutation?.map((axis) => normalizeAxis('transpose', axis, rank)) ?? t.shape.map((_, axis) => rank - 1 - axis);
  return axes.every((axis, i) => axis === i) && axes.length === rank
    ? t
    : (apply(transposeOp, [t], { permutation: axes })[0] as Tensor);
}

export const broadcastToOp: Op<{ shape: Shape }> & { name: 'broadcastTo' } = {
  name: 'broadcastTo',
  infer([x], { shape }) {
    const spec = x as Spec;
    checkShape('broadcastTo', shape);
    if (!sameShape(broadcastShapes('broadcastTo', spec.shape, shape), shape)) {
      throw new SaddlepointError('shape', `broadcastTo: ${showShape(spec.shape)} is larger than ${showShape(shape)}`);
    }
    return [{ shape, dtype: spec.dtype }];
  },
  evaluate([x], { shape }) {
    const { data, dtype, shape: own } = x as HostTensor;
    const result = hostArray(dtype, sizeOf(shape));
    const shift = shape.length - own.length;
    const strides = stridesOf(own);
    const repeated = shape.map((_, axis) =>
      axis < shift || own[axis - shift] === 1 ? 0 : (strides[axis - shift] as number),
    );
    copyBox(shape, { data, offset: 0, strides: repeated }, { data: result, offset: 0, strides: stridesOf(shape) });
    return [result];
  },
  gradient: ({ cotangents }) => [cotangents[0]],
};

/** x repeated along axes of size 1, and along new leading axes, up to the shape. */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x);
  return sameShape(t.shape, shape) ? t : (apply(broadcastToOp, [t], { shape })[0] as Tensor);
}

export const sliceOp: Op<{ starts: readonly number[]; sizes: readonly number[] }> & { name: 'slice' } = {
  name: 'slice',
  infer([x], { starts, sizes }) {
    const { shape, dtype } = x as Spec;
    checkShape('slice', sizes);
    const inside = shape.every(
      (dimension, axis) =>
        Number.isInteger(starts[axis]) &&
        (starts[axis] as number) >= 0 &&
        (starts[axis] as number) + (sizes[axis] as number) <= dimension,
    );
    if (starts.length !== shape.length || sizes.length !== shape.length || !inside) {
      throw new SaddlepointError(
        'shape',
        `slice: starts ${showShape(starts)} with sizes ${showShape(sizes)} do not lie within ${showShape(shape)}`,
      );
    }
    return [{ shape: sizes, dtype }];
  },
  evaluate([x], { starts, sizes }) {
    const { data, shape, dtype } = x as HostTensor;
    const strides = stridesOf(shape);
    const offset = starts.reduce((total, start, axis) => total + start * (strides[axis] as number), 0);
    const result = hostArray(dtype, sizeOf(sizes));
    copyBox(sizes, { data, offset, strides }, { data: result, offset: 0, strides: stridesOf(sizes) });
    return [result];
  },
  gradient({ inputs, cotangents, attributes: { starts, sizes } }) {
    const { shape } = inputs[0] as Tensor;
    const after = shape.map((dimension, axis) => dimension - (starts[axis] as number) - (sizes[axis] as number));
    return [pad(cotangents[0] as Tensor, starts, after)];
  },
};

/** The box of the given sizes that begins at `starts`; both have one number an axis. */
export const slice = (x: TensorLike, starts: readonly number[], sizes: readonly number[]): Tensor =>
  apply(sliceOp, [x], { starts, sizes })[0] as Tensor;

export interface PadAttributes {
  readonly [key: string]: unknown;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What is put around; default 0. Of the type of x. */
  readonly value?: number;
}

export const padOp: Op<PadAttributes> & { name: 'pad' } = {
  name: 'pad',
  infer([x], { before, after }) {
    const { shape, dtype } = x as Spec;
    const legal = [...before, ...after].every((count) => Number.isInteger(count) && count >= 0);
    if (before.length !== shape.length || after.length !== shape.length || !legal) {
      throw new SaddlepointError(
        'shape',
        `pad: before ${showShape(before)} and after ${showShape(after)} do not fit ${showShape(shape)}`,
      );
    }
    return [
      { shape: shape.map((dimension, axis) => dimension + (before[axis] as number) + (after[axis] as number)), dtype },
    ];
  },
  evaluate([x], { before, value = 0 }, outputs) {
    const { data, shape, dtype } = x as HostTensor;
    const padded = (outputs[0] as Spec).shape;
    const strides = stridesOf(padded);
    const offset = before.reduce((total, count, axis) => total + count * (strides[axis] as number), 0);
    const result = hostArray(dtype, sizeOf(padded)).fill(value);
    copyBox(shape, { data, offset: 0, strides: stridesOf(shape) }, { data: result, offset, strides });
    return [result];
  },
  gradient: ({ inputs, cotangents, attributes: { before } }) => [
    slice(cotangents[0] as Tensor, before, (inputs[0] as Tensor).shape),
  ],
};

/** `value` around x: `before` and `after` count how often, one number an axis. */
export const pad = (x: TensorLike, before: readonly number[], after: readonly number[], value = 0): Tensor =>
  apply(padOp, [x], value === 0 ? { before, after } : { before, after, value })[0] as Tensor;
