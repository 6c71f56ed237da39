/** @file Ops that keep every value: conversion of the element type, and identity. */
import { type DType, type HostArray, hostArray } from '../core/dtype.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';

export const castOp: Op<{ dtype: DType }> & { name: 'cast' } = {
  name: 'cast',
  infer: ([x], { dtype }) => [{ shape: (x as Spec).shape, dtype }],
  evaluate([x], { dtype }) {
    const { data } = x as HostTensor;
    const result: HostArray = hostArray(dtype, data.length);
    for (let i = 0; i < data.length; i++) result[i] = convert(data[i] as number, dtype);
    return [result];
  },
  gradient: ({ inputs, cotangents }) => [(inputs[0] as Tensor).dtype === 'f32' ? cotangents[0] : undefined],
};

function convert(value: number, dtype: DType): number {
  if (dtype === 'f32') return value;
  if (Number.isNaN(value)) return 0;
  const [min, max] = dtype === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  return Math.min(Math.max(Math.trunc(value), min), max);
}

export const identityOp: Op<{ stopGradient: boolean }> & { name: 'identity' } = {
  name: 'identity',
  infer: ([x]) => [x as Spec],
  evaluate: ([x]) => [(x as HostTensor).data],
  gradient: ({ cotangents, attributes }) => [attributes.stopGradient ? undefined : cotangents[0]],
};

/** Converts the elements. To integers: truncated, held within the type's range, NaN becomes 0; then there is no gradient. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const t = isTensor(x) ? x : tensor(x);
  return t.dtype === dtype ? t : (apply(castOp, [t], { dtype })[0] as Tensor);
}

/** The same value as a node of its own, so that gradients can be taken with respect to it alone. */
export function identity(x: TensorLike, options: { stopGradient?: boolean } = {}): Tensor {
  return apply(identityOp, [x], { stopGradient: options.stopGradient ?? false })[0] as Tensor;
}
