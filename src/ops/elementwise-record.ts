/** @file What all records of elementwise ops are made of: one or two inputs, NumPy broadcasting. Arithmetic is f32; integers widen to f32. */
import { SaddlepointError } from '../core/errors.ts';
import { broadcastShapes, type Shape, showShape, sizeOf, stridesOf } from '../core/shape.ts';
import type { Attributes, GradientContext, HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { cast } from './cast.ts';

export type NoAttributes = Record<string, never>;
export const NONE: NoAttributes = {};

/** The input as f32: integers and bytes are converted, which is exact below 2^24. */
export function float(x: TensorLike): Tensor {
  const t = isTensor(x) ? x : tensor(x);
  return t.dtype === 'f32' ? t : cast(t, 'f32');
}

export function first(outputs: readonly Tensor[]): Tensor {
  return outputs[0] as Tensor;
}

/** For each element of `shape`, calls `f` with the offsets of the operands, broadcast to it, in row-major order. */
export function forEachBroadcast(
  shape: Shape,
  operands: readonly Shape[],
  f: (i: number, offsets: readonly number[]) => void,
): void {
  const rank = shape.length;
  const strides = operands.map((operand) => {
    const own = stridesOf(operand);
    const shift = rank - operand.length;
    return shape.map((_, axis) => (axis < shift || operand[axis - shift] === 1 ? 0 : (own[axis - shift] as number)));
  });
  const index = new Array<number>(rank).fill(0);
  const offsets = operands.map(() => 0);
  const size = sizeOf(shape);
  for (let i = 0; i < size; i++) {
    f(i, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      const wraps = next === shape[axis];
      index[axis] = wraps ? 0 : next;
      const step = wraps ? 1 - (shape[axis] as number) : 1;
      for (let operand = 0; operand < offsets.length; operand++) {
        offsets[operand] = (offsets[operand] as number) + step * ((strides[operand] as number[])[axis] as number);
      }
      if (!wraps) break;
    }
  }
}

export function requireFloat(name: string, inputs: readonly Spec[]): void {
  for (const input of inputs) {
    if (input.dtype !== 'f32')
      throw new SaddlepointError('dtype', `${name}: expected f32, got ${input.dtype}${showShape(input.shape)}`);
  }
}

export type UnaryGradient = (x: Tensor, y: Tensor, g: Tensor) => Tensor | undefined;

export function unaryOp<N extends string>(
  name: N,
  f: (x: number) => number,
  gradient: UnaryGradient,
): Op<NoAttributes> & { name: N } {
  return {
    name,
    kind: 'elementwise',
    infer(inputs) {
      requireFloat(name, inputs);
      return [inputs[0] as Spec];
    },
    evaluate: ([x]) => [Float64Array.from((x as HostTensor).data, f)],
    gradient: ({ inputs, outputs, cotangents }) => [
      gradient(inputs[0] as Tensor, first(outputs), cotangents[0] as Tensor),
    ],
  };
}

type BinaryGradient = (
  a: Tensor,
  b: Tensor,
  y: Tensor,
  g: Tensor,
  needs: readonly boolean[],
) => readonly (Tensor | undefined)[];

export function binaryOp<N extends string>(
  name: N,
  f: (a: number, b: number) => number,
  gradient?: BinaryGradient,
): Op<NoAttributes> & { name: N } {
  return {
    name,
    kind: 'elementwise',
    infer(inputs) {
      requireFloat(name, inputs);
      const [a, b] = inputs as [Spec, Spec];
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'f32' }];
    },
    evaluate(inputs, _, outputs) {
      const [a, b] = inputs as [HostTensor, HostTensor];
      const shape = (outputs[0] as Spec).shape;
      const result = new Float64Array(sizeOf(shape));
      forEachBroadcast(shape, [a.shape, b.shape], (i, [ai, bi]) => {
        result[i] = f(a.data[ai as number] as number, b.data[bi as number] as number);
      });
      return [result];
    },
    gradient(context: GradientContext<Attributes>) {
      if (gradient === undefined) return [undefined, undefined];
      const [a, b] = context.inputs as [Tensor, Tensor];
      return gradient(a, b, first(context.outputs), context.cotangents[0] as Tensor, context.needs);
    },
  };
}

export const unary = (op: Op<NoAttributes>, x: TensorLike): Tensor => first(apply(op, [float(x)], NONE));
export const binary = (op: Op<NoAttributes>, a: TensorLike, b: TensorLike): Tensor =>
  first(apply(op, [float(a), float(b)], NONE));
