/** @file How ops that move elements, products, and loops become ONNX nodes. */
import type { DType } from '../../core/dtype.ts';
import type { Value } from '../../graph/node.ts';
import type { BatchMatmulAttributes } from '../../ops/batch-matmul.ts';
import type { LinearActivation } from '../../ops/matmul.ts';
import { ELEMENT } from '../schema.ts';
import { ELEMENT_OF } from '../tensors.ts';
import { axisIn, type Exporter, inputOf, outputOf, readyVersion } from './elementwise.ts';
import { CHANNELS_LAST, type Emitter } from './emitter.ts';
import { type Dim, type Dims, isStatic, NotSymbolic, type Progression } from './symbolic.ts';

const isIdentity = (order: readonly number[]): boolean => order.every((axis, i) => axis === i);

/** An alias in every version that is there. */
export const identity: Exporter = (of, out) => {
  const version = readyVersion(out, inputOf(of));
  out.set(outputOf(of), out.get(inputOf(of), version), version);
};

export const constant: Exporter = (of, out) => {
  const value = outputOf(of);
  const { data, dtype, block, step } = of.attributes as { data: Float32Array; dtype: DType } & Partial<Progression>;
  if (block === undefined) {
    out.know(value, { shape: value.shape, dtype, data });
    return;
  }
  const type = ELEMENT_OF[dtype];
  const first = out.constant(block, type, [1, block.length]);
  const batch = out.dim({ times: 1 });
  let all: string;
  if (step === 0) all = out.one('Expand', [first, out.one('Concat', [batch, out.constant([1])], { axis: 0 })]);
  else {
    const scalar = (number: number): string => out.constant([number], ELEMENT.int64, []);
    const rows = out.one('Range', [scalar(0), out.one('Squeeze', [batch, out.constant([0])]), scalar(1)]);
    const column = out.one('Unsqueeze', [out.one('Cast', [rows], { to: type }), out.constant([1])]);
    const starts = out.one('Mul', [column, out.constant([step as number], type, [])]);
    all = out.one('Add', [first, starts]);
  }
  out.set(value, out.reshape(all, out.dims(value)));
};

export const cast: Exporter = (of, out) => {
  const { dtype } = of.attributes as { dtype: DType };
  const x = inputOf(of);
  let name = out.get(x);
  if (dtype === 'u8') {
    const bound = (value: number): string => out.constant([value], ELEMENT_OF[x.dtype], []);
    name = out.one('Clip', [name, bound(0), bound(255)]);
  }
  out.set(outputOf(of), out.one('Cast', [name], { to: ELEMENT_OF[dtype] }));
};

export const reshape: Exporter = (of, out) => {
  const x = inputOf(of);
  // One pixel: its channels lie in the same order either way.
  const version = out.isFirst(x) && x.shape[1] === 1 && x.shape[2] === 1 ? 'first' : 'plain';
  out.set(outputOf(of), out.reshape(out.get(x, version), out.dims(outputOf(of))));
};

export const transpose: Exporter = (of, out) => {
  const { permutation } = of.attributes as { permutation: readonly number[] };
  const version = readyVersion(out, inputOf(of));
  const perm = version === 'first' ? permutation.map((axis) => CHANNELS_LAST[axis] as number) : permutation;
  const x = out.get(inputOf(of), version);
  out.set(outputOf(of), isIdentity(perm) ? x : out.one('Transpose', [x], { perm }));
};

export const broadcastTo: Exporter = (of, out) => {
  const own = out.dims(inputOf(of));
  const wanted = out.dims(outputOf(of));
  const shift = wanted.length - own.length;
  const same = (a: Dim | undefined, b: Dim): boolean =>
    isStatic(b) ? a === b : a !== undefined && !isStatic(a) && a.times === b.times;
  // A 1 keeps what x has.
  const shape = wanted.map((dim, axis) => (same(own[axis - shift], dim) ? 1 : dim));
  out.set(outputOf(of), out.one('Expand', [out.get(inputOf(of)), out.shape(shape)]));
};

function plus(a: Dim, b: Dim): Dim {
  if (isStatic(a) && isStatic(b)) return a + b;
  if (a === 0) return b;
  if (!isStatic(a) && !isStatic(b)) return { times: a.times + b.times };
  throw new NotSymbolic('a slice along the batch has an end that no multiple of the batch size gives');
}

export const slice: Exporter = (of, out) => {
  const { starts, sizes } = of.attributes as { starts: Dims; sizes: Dims };
  const axes = starts.map((_, axis) => axis);
  const ends = starts.map((start, axis) => plus(start, sizes[axis] as Dim));
  const inputs = [out.get(inputOf(of)), out.shape(starts), out.shape(ends), out.constant(axes)];
  out.set(outputOf(of), out.one('Slice', inputs));
};

export const pad: Exporter = (of, out) => {
  const { before, after, value = 0 } = of.attributes as { before: Dims; after: Dims; value?: number };
  const fill = out.constant([value], ELEMENT_OF[inputOf(of).dtype], []);
  out.set(outputOf(of), out.one('Pad', [out.get(inputOf(of)), out.shape([...before, ...after]), fill]));
};

export const concat: Exporter = (of, out) => {
  const version = of.node.inputs.every((input) => out.isFirst(input)) ? 'first' : 'plain';
  const names = of.node.inputs.map((input) => out.get(input, version));
  out.set(outputOf(of), out.one('Concat', names, { axis: axisIn(version, of.attributes.axis as number) }), version);
};

export const split: Exporter = (of, out) => {
  const { axis, sizes } = of.attributes as { axis: number; sizes: Dims };
  const version = readyVersion(out, inputOf(of));
  const inputs = [out.get(inputOf(of), version), out.shape(sizes)];
  out.node('Split', inputs, { axis: axisIn(version, axis) }, sizes.length).forEach((name, i) => {
    out.set(outputOf(of, i), name, version);
  });
};

export const ACTIVATION_NODES: Readonly<Record<LinearActivation, string | undefined>> = {
  none: undefined,
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
};

export const activated = (out: Emitter, name: string, activation: unknown): string => {
  const opType = ACTIVATION_NODES[(activation ?? 'none') as LinearActivation];
  return opType === undefined ? name : out.one(opType, [name]);
};

/** `matmul`, and `linear` with its bias and activation. */
export const gemm: Exporter = (of, out) => {
  const { transposeLhs, transposeRhs, activation } = of.attributes;
  const names = of.node.inputs.map((input) => out.get(input));
  const made = out.one('Gemm', names, { transA: Number(transposeLhs), transB: Number(transposeRhs) });
  out.set(outputOf(of), activated(out, made, activation));
};

export const batchMatmul: Exporter = (of, out) => {
  const { lhs, rhs, result } = of.attributes as unknown as BatchMatmulAttributes;
  const moved = (name: string, perm: readonly number[]): string =>
    isIdentity(perm) ? name : out.one('Transpose', [name], { perm });
  const factors = [moved(out.get(inputOf(of)), lhs), moved(out.get(inputOf(of, 1)), rhs)];
  out.set(outputOf(of), moved(out.one('MatMul', factors), result));
};

export const gather: Exporter = (of, out) => {
  out.set(outputOf(of), out.one('Gather', [out.get(inputOf(of)), out.get(inputOf(of, 1))], { axis: 0 }));
};

export const scatterAdd: Exporter = (of, out) => {
  const [index, updates] = of.node.inputs as [Value, Value];
  const zeros = out.one('Expand', [out.scalar(0), out.shape(out.dims(outputOf(of)))]);
  const places = out.reshape(out.one('Cast', [out.get(index)], { to: ELEMENT.int64 }), [...out.dims(index), 1]);
  out.set(outputOf(of), out.one('ScatterND', [zeros, places, out.get(updates)], { reduction: 'add' }));
};

export const oneHot: Exporter = (of, out) => {
  const index = out.one('Cast', [out.get(inputOf(of))], { to: ELEMENT.int64 });
  // The standard wants indices of rank 1 or more.
  const isScalar = inputOf(of).shape.length === 0;
  const listed = isScalar ? out.reshape(index, [1]) : index;
  const depth = out.constant([of.attributes.depth as number], ELEMENT.int64, []);
  const values = out.constant([0, 1], ELEMENT.float);
  const made = out.one('OneHot', [listed, depth, values], { axis: -1 });
  out.set(outputOf(of), isScalar ? out.reshape(made, out.dims(outputOf(of))) : made);
};

/** Output 0 counts along the row, output 1 along all elements. */
export const topK: Exporter = (of, out) => {
  const x = inputOf(of);
  const dims = out.dims(x);
  const columns = dims.at(-1) as number;
  const [, found] = out.node('TopK', [out.get(x), out.constant([of.attributes.k as number])], { axis: -1 }, 2);
  out.set(outputOf(of), out.one('Cast', [found as string], { to: ELEMENT.int32 }));
  if (!out.used.has(outputOf(of, 1))) return;
  const total = dims.reduce(
    (product: Dim, dim): Dim =>
      isStatic(product) && isStatic(dim)
        ? product * dim
        : { times: (isStatic(product) ? product : product.times) * (isStatic(dim) ? dim : dim.times) },
    1,
  );
  const scalar = (value: number): string => out.constant([value], ELEMENT.int64, []);
  const end = isStatic(total) ? scalar(total) : out.one('Squeeze', [out.dim(total), out.constant([0])]);
  const starts = out.reshape(out.one('Range', [scalar(0), end, scalar(columns)]), [...dims.slice(0, -1), 1]);
  out.set(outputOf(of, 1), out.one('Cast', [out.one('Add', [found as string, starts])], { to: ELEMENT.int32 }));
};

export const segment: Exporter = (of, out) => {
  const { offset, shape } = of.attributes as { offset: number; shape: readonly number[] };
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const inputs = [out.get(inputOf(of)), out.constant([offset]), out.constant([offset + size]), out.constant([0])];
  out.set(outputOf(of), out.reshape(out.one('Slice', inputs), shape));
};

export const pack: Exporter = (of, out) => {
  const { offsets, size } = of.attributes as { offsets: readonly number[]; size: number };
  const parts: string[] = [];
  let at = 0;
  const fill = (end: number): void => {
    if (end > at) parts.push(out.one('Expand', [out.scalar(0), out.constant([end - at])]));
    at = end;
  };
  of.node.inputs.forEach((input, i) => {
    fill(offsets[i] as number);
    parts.push(out.one('Reshape', [out.get(input), out.constant([-1])]));
    at += input.shape.reduce((product, dimension) => product * dimension, 1);
  });
  fill(size);
  out.set(outputOf(of), out.one('Concat', parts, { axis: 0 }));
};
