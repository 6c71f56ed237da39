/** @file Reductions over axes: sum, mean, max, min, prod; argmax; the norm of all elements. */
import { SaddlepointError } from '../core/errors.ts';
import { normalizeAxes, normalizeAxis, type Shape, showShape, sizeOf, stridesOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { div, equal, float, mul, where } from './elementwise.ts';
import { reshape } from './movement.ts';

export interface ReduceAttributes {
  readonly [key: string]: unknown;
  /** Ascending, counted from the front; kept as dimensions of 1. */
  readonly axes: readonly number[];
}

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
}

type ReduceGradient = (x: Tensor, y: Tensor, g: Tensor, count: number) => Tensor;

function reduceOp<N extends string>(
  name: N,
  start: number,
  combine: (a: number, b: number) => number,
  finish: (a: number, count: number) => number,
  gradient: ReduceGradient,
): Op<ReduceAttributes> & { name: N } {
  return {
    name,
    kind: 'reduction',
    infer([x], { axes }) {
      const spec = x as Spec;
      if (spec.dtype !== 'f32')
        throw new SaddlepointError('dtype', `${name}: expected f32, got ${spec.dtype}${showShape(spec.shape)}`);
      return [{ shape: keptShape(spec.shape, axes), dtype: 'f32' }];
    },
    evaluate([x], { axes }, outputs) {
      const { shape, data } = x as HostTensor;
      const kept = (outputs[0] as Spec).shape;
      const result = new Float64Array(sizeOf(kept)).fill(start);
      const strides = stridesOf(shape);
      const keptStrides = stridesOf(kept);
      for (let i = 0; i < data.length; i++) {
        let target = 0;
        for (let axis = 0; axis < shape.length; axis++) {
          if (!axes.includes(axis))
            target +=
              (Math.floor(i / (strides[axis] as number)) % (shape[axis] as number)) * (keptStrides[axis] as number);
        }
        result[target] = combine(result[target] as number, data[i] as number);
      }
      const count = data.length / result.length;
      return [result.map((value) => finish(value, count))];
    },
    gradient({ inputs, outputs, cotangents }) {
      const x = inputs[0] as Tensor;
      return [
        gradient(
          x,
          outputs[0] as Tensor,
          cotangents[0] as Tensor,
          sizeOf(x.shape) / sizeOf((outputs[0] as Tensor).shape),
        ),
      ];
    },
  };
}

const unchanged = (value: number): number => value;

/** Elements equal to the extreme share the gradient evenly, as their one-sided limits suggest. */
const extremeGradient: ReduceGradient = (x, y, g) => {
  const hit = equal(x, y);
  const axes = x.shape.flatMap((dimension, axis) => (dimension !== y.shape[axis] ? [axis] : []));
  return mul(hit, div(g, sum(hit, axes, { keepDims: true })));
};

export const sumOp = /* @__PURE__ */ reduceOp(
  'sum',
  0,
  (a, b) => a + b,
  unchanged,
  (_x, _y, g) => g,
);
export const meanOp = /* @__PURE__ */ reduceOp(
  'mean',
  0,
  (a, b) => a + b,
  (total, count) => total / count,
  (_x, _y, g, count) => div(g, count),
);
export const maxOp = /* @__PURE__ */ reduceOp('max', Number.NEGATIVE_INFINITY, Math.max, unchanged, extremeGradient);
export const minOp = /* @__PURE__ */ reduceOp('min', Number.POSITIVE_INFINITY, Math.min, unchanged, extremeGradient);
export const prodOp = /* @__PURE__ */ reduceOp(
  'prod',
  1,
  (a, b) => a * b,
  unchanged,
  (x, y, g) => div(mul(g, y), x),
);

export interface ReduceOptions {
  /** Keep the reduced axes as dimensions of 1; default false. */
  readonly keepDims?: boolean;
}
type Axes = number | readonly number[];

function reduce(op: Op<ReduceAttributes>, input: TensorLike, axes: Axes | undefined, options: ReduceOptions): Tensor {
  const x = float(input);
  const normalized = normalizeAxes(op.name, axes, x.shape.length);
  const kept = normalized.length === 0 ? x : (apply(op, [x], { axes: normalized })[0] as Tensor);
  return options.keepDims
    ? kept
    : reshape(
        kept,
        x.shape.filter((_, axis) => !normalized.includes(axis)),
      );
}

/** The sum over axes (default: all). */
export const sum = (x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(sumOp, x, axes, options);
/** The mean over axes (default: all). */
export const mean = (x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  reduce(meanOp, x, axes, options);
/** The largest element over axes (default: all); NaN if any is NaN. */
export const max = (x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(maxOp, x, axes, options);
/** The smallest element over axes (default: all); NaN if any is NaN. */
export const min = (x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor => reduce(minOp, x, axes, options);
/** The product over axes (default: all). Its gradient divides by the elements: NaN where one is 0. */
export const prod = (x: TensorLike, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  reduce(prodOp, x, axes, options);

/** Undoes broadcasting: sums the axes along which `shape` was repeated. */
export function reduceTo(x: Tensor, shape: Shape): Tensor {
  const shift = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dimension, axis) =>
    axis < shift || (shape[axis - shift] === 1 && dimension !== 1) ? [axis] : [],
  );
  return reshape(axes.length === 0 ? x : sum(x, axes, { keepDims: true }), shape);
}

export const l2NormOp: Op<Record<string, never>> & { name: 'l2Norm' } = {
  name: 'l2Norm',
  infer: () => [{ shape: [], dtype: 'f32' }],
  evaluate([x]) {
    let largest = 0;
    const { data } = x as HostTensor;
    for (const value of data) largest = Math.max(largest, Math.abs(value));
    if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return [Float64Array.of(largest)];
    let total = 0;
    for (const value of data) total += (value / largest) ** 2;
    return [Float64Array.of(largest * Math.sqrt(total))];
  },
  gradient({ inputs, outputs, cotangents }) {
    const y = outputs[0] as Tensor;
    const isZero = equal(y, 0);
    return [mul(inputs[0] as Tensor, where(isZero, 0, div(cotangents[0] as Tensor, where(isZero, 1, y))))];
  },
};

/** √Σx² over all elements, without overflow on the way; gradient x / norm, 0 at 0. */
export const l2Norm = (x: TensorLike): Tensor => apply(l2NormOp, [float(x)], {})[0] as Tensor;

export const argmaxOp: Op<Record<string, never>> & { name: 'argmax' } = {
  name: 'argmax',
  infer: ([x]) => [{ shape: (x as Spec).shape.slice(0, -1), dtype: 'i32' }],
  evaluate([x], _, outputs) {
    const { data, shape } = x as HostTensor;
    const columns = shape[shape.length - 1] as number;
    return [
      Int32Array.from({ length: sizeOf((outputs[0] as Spec).shape) }, (_row, row) => {
        let best = 0;
        for (let j = 1; j < columns; j++) {
          const held = data[row * columns + best] as number;
          const next = data[row * columns + j] as number;
          if (next > held || (Number.isNaN(next) && !Number.isNaN(held))) best = j;
        }
        return best;
      }),
    ];
  },
  gradient: () => [undefined],
};

/** The index (i32) of the largest element along the last axis: the first on ties, the first NaN if there is one. No gradient. */
export function argmax(x: TensorLike): Tensor {
  const t = float(x);
  normalizeAxis('argmax', -1, t.shape.length);
  return apply(argmaxOp, [t], {})[0] as Tensor;
}
