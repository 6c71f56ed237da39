/** @file Operators of ONNX that move elements, products, shapes, and loops. */
import { broadcastShapes, type Shape, sizeOf } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { concat, split } from '../../ops/concat.ts';
import { add, less, mul, where } from '../../ops/elementwise.ts';
import { gather, oneHot } from '../../ops/indexing.ts';
import { matmul } from '../../ops/matmul.ts';
import { broadcastTo, reshape, slice, transpose } from '../../ops/movement.ts';
import { pad } from '../../ops/pad.ts';
import { take } from '../../ops/take.ts';
import { Held } from './held.ts';
import { checkSize, type NodeView, type Operators } from './node.ts';

const integers = (values: readonly number[], shape: Shape = [values.length]): Held =>
  Held.of(tensor(Int32Array.from(values), shape), true);

/** The same elements under another shape, integers or not. */
const reshaped = (value: Held, shape: readonly number[]): Held =>
  Held.of(reshape(value.tensor, shape), value.isInteger);

function reshapeNode(node: NodeView): Held {
  const value = node.held(0);
  const own = value.shape;
  const keepsZero = node.number('allowzero', 0) === 1;
  const wanted = (node.listOr('shape', 1) ?? node.fail('has no shape')).map((dimension, i) =>
    dimension === 0 && !keepsZero ? (own[i] ?? 1) : dimension,
  );
  // A file that was made for one row says 1 where the batch stands.
  const isOneRow = !wanted.includes(-1) && wanted[0] === 1 && sizeOf(wanted) * (own[0] ?? 1) === sizeOf(own);
  return reshaped(value, isOneRow ? [own[0] as number, ...wanted.slice(1)] : wanted);
}

function squeeze(node: NodeView): Held {
  const { shape } = node.held(0);
  const given = node.listOr('axes', 1)?.map((axis) => node.axis(axis, shape.length));
  const dropped = given ?? shape.flatMap((dimension, axis) => (dimension === 1 ? [axis] : []));
  return reshaped(
    node.held(0),
    shape.filter((_, axis) => !dropped.includes(axis)),
  );
}

function unsqueeze(node: NodeView): Held {
  const { shape } = node.held(0);
  const given = node.listOr('axes', 1) ?? node.fail('has no axes');
  const rank = shape.length + given.length;
  const axes = given.map((axis) => node.axis(axis, rank));
  const rest = [...shape];
  return reshaped(
    node.held(0),
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() as number))),
  );
}

function sliceNode(node: NodeView): Held {
  const value = node.held(0);
  let x = value.tensor;
  const starts = node.listOr('starts', 1) ?? [];
  const ends = node.listOr('ends', 2) ?? [];
  const axes = node.listOr('axes', 3) ?? starts.map((_, i) => i);
  const steps = node.numbers(4) ?? starts.map(() => 1);
  axes.forEach((given, i) => {
    const axis = node.axis(given, x.shape.length);
    const size = x.shape[axis] as number;
    const step = steps[i] as number;
    const from = (place: number): number => (place < 0 ? place + size : place);
    if (step === 1) {
      const start = Math.min(Math.max(from(starts[i] as number), 0), size);
      const end = Math.min(Math.max(from(ends[i] as number), start), size);
      const begin = x.shape.map((_, j) => (j === axis ? start : 0));
      x = slice(
        x,
        begin,
        x.shape.map((dimension, j) => (j === axis ? end - start : dimension)),
      );
      return;
    }
    if (!Number.isInteger(step) || step === 0) node.fail(`has the step ${step}`);
    const first = Math.min(Math.max(from(starts[i] as number), step < 0 ? -1 : 0), step < 0 ? size - 1 : size);
    const end = Math.min(Math.max(from(ends[i] as number), -1), size);
    const count = Math.max(0, Math.ceil((end - first) / step));
    x = take(
      x,
      Array.from({ length: count }, (_, k) => first + k * step),
      axis,
    );
  });
  return Held.of(x, value.isInteger);
}

function gatherNode(node: NodeView): Held {
  const [value, index] = [node.held(0), node.held(1).tensor];
  const x = value.tensor;
  const axis = node.axis(node.number('axis', 0), x.shape.length);
  const size = x.shape[axis] as number;
  // Negative places count from the end.
  const wrapped =
    index.traced === undefined
      ? tensor(
          Int32Array.from(index.data, (place) => (place < 0 ? place + size : place)),
          index.shape,
        )
      : cast(where(less(index, 0), add(index, size), index), 'i32');
  const order = [axis, ...x.shape.keys()].filter((a, i) => i === 0 || a !== axis);
  const rank = wrapped.shape.length;
  const picked = gather(axis === 0 ? x : transpose(x, order), wrapped);
  if (axis === 0) return Held.of(picked, value.isInteger);
  // [...index, before axis, behind axis] → [before, ...index, behind]
  const places = Array.from({ length: rank }, (_, i) => i);
  const others = Array.from({ length: x.shape.length - 1 }, (_, i) => rank + i);
  return Held.of(transpose(picked, [...others.slice(0, axis), ...places, ...others.slice(axis)]), value.isInteger);
}

function splitNode(node: NodeView): Held[] {
  const value = node.held(0);
  const axis = node.axis(node.number('axis', 0), value.shape.length);
  const size = value.shape[axis] as number;
  const parts = node.json.outputs.length;
  const each = Math.ceil(size / parts);
  const sizes = node.listOr('split', 1) ?? Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  return split(value.tensor, sizes, axis).map((part) => Held.of(part, value.isInteger));
}

function padNode(node: NodeView): Tensor {
  const x = node.x();
  const pads = node.listOr('pads', 1) ?? node.fail('has no pads');
  const axes = node.numbers(3) ?? [...x.shape.keys()];
  const [before, after] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  axes.forEach((given, i) => {
    const axis = node.axis(given, x.shape.length);
    before[axis] = pads[i] as number;
    after[axis] = pads[i + axes.length] as number;
  });
  const mode = node.text('mode', 'constant') as 'constant' | 'edge' | 'reflect';
  const value = node.number('value', undefined) ?? node.numbers(2)?.[0] ?? 0;
  return pad(x, before, after, mode === 'constant' ? { mode, value } : { mode });
}

/** alpha · op(A) · op(B) + beta · C */
function gemm(node: NodeView): Tensor {
  const factor = (i: number, name: string): Tensor =>
    node.number(name, 0) === 1 ? transpose(node.x(i), [1, 0]) : node.x(i);
  const scaled = (x: Tensor, by: number): Tensor => (by === 1 ? x : mul(x, by));
  const product = scaled(matmul(factor(0, 'transA'), factor(1, 'transB')), node.number('alpha', 1));
  const bias = node.optional(2)?.tensor;
  return bias === undefined ? product : add(product, scaled(bias, node.number('beta', 1)));
}

/** As NumPy: vectors are rows on the left and columns on the right. */
function matmulNode(node: NodeView): Tensor {
  const [a, b] = [node.x(0), node.x(1)];
  const [left, right] = [a.shape.length, b.shape.length];
  const rows = left === 1 ? reshape(a, [1, a.shape[0] as number]) : a;
  const columns = right === 1 ? reshape(b, [b.shape[0] as number, 1]) : b;
  const y = matmul(rows, columns);
  const shape = [...y.shape];
  if (right === 1) shape.splice(-1, 1);
  if (left === 1) shape.splice(right === 1 ? -1 : -2, 1);
  return reshape(y, shape);
}

function expand(node: NodeView): Held {
  const value = node.held(0);
  const wanted = checkSize(node.numbers(1) ?? [], node.where);
  const shape = broadcastShapes(node.where, value.shape, wanted);
  return Held.of(broadcastTo(value.tensor, shape), value.isInteger);
}

function tile(node: NodeView): Held {
  const value = node.held(0);
  const repeats = node.numbers(1) ?? [];
  checkSize(
    value.shape.map((dimension, axis) => dimension * (repeats[axis] ?? 1)),
    node.where,
  );
  const y = repeats.reduce(
    (x, count, axis) => (count === 1 ? x : concat(new Array<Tensor>(count).fill(x), axis)),
    value.tensor,
  );
  return Held.of(y, value.isInteger);
}

function constantOfShape(node: NodeView): Held {
  const shape = checkSize(node.numbers(0) ?? [], node.where);
  const value = node.constant('value');
  const made = broadcastTo(tensor([value?.data[0] ?? 0]), shape.length === 0 ? [1] : shape);
  return Held.of(shape.length === 0 ? reshape(made, []) : made, value !== undefined && value.dtype !== 'f32');
}

function range(node: NodeView): Held {
  const [start, limit, step] = [0, 1, 2].map((i) => node.numbers(i)?.[0] ?? 0) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  checkSize([count], node.where);
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return node.held(0).isInteger ? integers(values) : Held.of(tensor(Float32Array.from(values)));
}

function shapeNode(node: NodeView): Held {
  const { shape } = node.held(0);
  const start = node.number('start', 0);
  return integers(shape.slice(start, node.number('end', shape.length)));
}

export const STRUCTURED: Operators = {
  Reshape: { run: reshapeNode, limits: 'to shapes that are constants or follow from shapes' },
  Flatten: {
    run(node) {
      const { shape } = node.held(0);
      const axis = node.number('axis', 1);
      const outer = sizeOf(shape.slice(0, axis < 0 ? axis + shape.length : axis));
      return reshaped(node.held(0), [outer, sizeOf(shape) / outer]);
    },
  },
  Squeeze: { run: squeeze },
  Unsqueeze: { run: unsqueeze },
  Transpose: {
    run: (node) => Held.of(transpose(node.x(), node.list('perm')), node.held(0).isInteger),
  },
  Concat: {
    run(node) {
      const values = Array.from({ length: node.count }, (_, i) => node.held(i));
      const axis = node.number('axis', 0);
      const first = (values[0] as Held).shape.length;
      if (first === 4 && values.every((value) => value.isImages))
        return Held.images(
          concat(
            values.map((value) => value.images),
            [0, 3, 1, 2][node.axis(axis, 4)] as number,
          ),
        );
      const isInteger = values.every((value) => value.isInteger);
      const tensors = values.map((value) => value.tensor);
      const isMixed = tensors.some((t) => t.dtype !== tensors[0]?.dtype);
      return Held.of(concat(isMixed ? tensors.map((t) => cast(t, 'f32')) : tensors, axis), isInteger);
    },
  },
  Split: { run: splitNode },
  Slice: { run: sliceNode, limits: 'constant places' },
  Gather: { run: gatherNode },
  Pad: {
    run: padNode,
    check: ({ attributes }) => (attributes.mode === 'wrap' ? "with mode 'wrap'" : undefined),
    limits: 'constant pads ≥ 0; not wrap',
  },
  Expand: { run: expand },
  Tile: { run: tile },
  Shape: { run: shapeNode },
  Size: { run: (node) => integers([sizeOf(node.held(0).shape)], []) },
  ConstantOfShape: { run: constantOfShape },
  Range: { run: range, limits: 'constant bounds' },
  OneHot: {
    run(node) {
      const depth = node.numbers(1)?.[0] ?? 0;
      checkSize([...node.held(0).shape, depth], node.where);
      const [off, on] = node.numbers(2) ?? [0, 1];
      const hot = oneHot(cast(node.x(), 'i32'), depth);
      return add(mul(hot, (on as number) - (off as number)), off as number);
    },
    check: ({ attributes }) => ((attributes.axis ?? -1) === -1 ? undefined : 'along another axis than the last'),
    limits: 'along the last axis',
  },
  Gemm: { run: gemm },
  MatMul: { run: matmulNode },
};
