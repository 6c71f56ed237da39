/** @file Elementwise ops: one or two inputs, NumPy broadcasting, and `where`. Arithmetic is f32; integers widen to f32. */
import type { HostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { broadcastShapes, type Shape, showShape, sizeOf, stridesOf } from '../core/shape.ts';
import type { Attributes, GradientContext, HostTensor, Op, Spec } from '../graph/node.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { cast, identity } from './cast.ts';

export type NoAttributes = Record<string, never>;
const NONE: NoAttributes = {};

/** The input as f32: integers and bytes are converted, which is exact below 2^24. */
export function float(x: TensorLike): Tensor {
  const t = isTensor(x) ? x : tensor(x);
  return t.dtype === 'f32' ? t : cast(t, 'f32');
}

function first(outputs: readonly Tensor[]): Tensor {
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

function requireFloat(name: string, inputs: readonly Spec[]): void {
  for (const input of inputs) {
    if (input.dtype !== 'f32')
      throw new SaddlepointError('dtype', `${name}: expected f32, got ${input.dtype}${showShape(input.shape)}`);
  }
}

export type UnaryGradient = (x: Tensor, y: Tensor, g: Tensor) => Tensor | undefined;

/** The record of a function of one number; its gradient gets input, output and cotangent. */
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

export const negOp = /* @__PURE__ */ unaryOp(
  'neg',
  (x) => -x,
  (_x, _y, g) => neg(g),
);
export const absOp = /* @__PURE__ */ unaryOp('abs', Math.abs, (x, _, g) => mul(g, sign(x)));
export const signOp = /* @__PURE__ */ unaryOp('sign', Math.sign, () => undefined);
export const floorOp = /* @__PURE__ */ unaryOp('floor', Math.floor, () => undefined);
export const squareOp = /* @__PURE__ */ unaryOp(
  'square',
  (x) => x * x,
  (x, _, g) => mul(g, mul(x, 2)),
);
export const reciprocalOp = /* @__PURE__ */ unaryOp(
  'reciprocal',
  (x) => 1 / x,
  (_, y, g) => neg(mul(g, square(y))),
);
export const sqrtOp = /* @__PURE__ */ unaryOp('sqrt', Math.sqrt, (_, y, g) => div(mul(g, 0.5), y));
export const expOp = /* @__PURE__ */ unaryOp('exp', Math.exp, (_, y, g) => mul(g, y));
export const expm1Op = /* @__PURE__ */ unaryOp('expm1', Math.expm1, (x, _, g) => mul(g, exp(x)));
export const logOp = /* @__PURE__ */ unaryOp('log', Math.log, (x, _, g) => div(g, x));
export const log1pOp = /* @__PURE__ */ unaryOp('log1p', Math.log1p, (x, _, g) => div(g, add(x, 1)));
export const tanhOp = /* @__PURE__ */ unaryOp('tanh', Math.tanh, (_, y, g) => mul(g, sub(1, square(y))));
export const sigmoidOp = /* @__PURE__ */ unaryOp('sigmoid', hostSigmoid, (_, y, g) => mul(g, mul(y, sub(1, y))));
export const reluOp = /* @__PURE__ */ unaryOp(
  'relu',
  (x) => Math.max(x, 0),
  (_, y, g) => where(lessEqual(y, 0), 0, g),
);

function hostSigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export const addOp = /* @__PURE__ */ binaryOp(
  'add',
  (a, b) => a + b,
  (_a, _b, _y, g) => [g, g],
);
export const subOp = /* @__PURE__ */ binaryOp(
  'sub',
  (a, b) => a - b,
  (_a, _b, _y, g, needs) => [g, needs[1] ? neg(g) : undefined],
);
export const mulOp = /* @__PURE__ */ binaryOp(
  'mul',
  (a, b) => a * b,
  (a, b, _, g, needs) => [needs[0] ? mul(g, b) : undefined, needs[1] ? mul(g, a) : undefined],
);
export const divOp = /* @__PURE__ */ binaryOp(
  'div',
  (a, b) => a / b,
  (_, b, y, g, needs) => [needs[0] ? div(g, b) : undefined, needs[1] ? neg(div(mul(g, y), b)) : undefined],
);
export const powOp = /* @__PURE__ */ binaryOp('pow', hostPow, (a, b, y, g, needs) => [
  needs[0] ? where(equal(b, 0), 0, mul(g, mul(b, pow(a, sub(b, 1))))) : undefined,
  // At a = 0 the limit of aᵇ log a is 0 for b > 0, where the product would be 0 · −∞.
  needs[1] ? where(equal(a, 0), 0, mul(g, mul(y, log(where(equal(a, 0), 1, a))))) : undefined,
]);
export const maximumOp = /* @__PURE__ */ binaryOp('maximum', Math.max, (a, b, _, g, needs) => [
  needs[0] ? mul(g, share(a, b)) : undefined,
  needs[1] ? mul(g, share(b, a)) : undefined,
]);
export const minimumOp = /* @__PURE__ */ binaryOp('minimum', Math.min, (a, b, _, g, needs) => [
  needs[0] ? mul(g, share(b, a)) : undefined,
  needs[1] ? mul(g, share(a, b)) : undefined,
]);

/** 1 where a > b, ½ where equal, 0 where a < b: how the gradient of a maximum is shared out. */
function share(a: Tensor, b: Tensor): Tensor {
  return mul(add(greater(a, b), greaterEqual(a, b)), 0.5);
}

/** C's pow: 1 for 1^NaN, unlike Math.pow. */
function hostPow(a: number, b: number): number {
  return a === 1 ? 1 : a ** b;
}

export const equalOp = /* @__PURE__ */ binaryOp('equal', (a, b) => Number(a === b));
export const notEqualOp = /* @__PURE__ */ binaryOp('notEqual', (a, b) => Number(a !== b));
export const lessOp = /* @__PURE__ */ binaryOp('less', (a, b) => Number(a < b));
export const lessEqualOp = /* @__PURE__ */ binaryOp('lessEqual', (a, b) => Number(a <= b));
export const greaterOp = /* @__PURE__ */ binaryOp('greater', (a, b) => Number(a > b));
export const greaterEqualOp = /* @__PURE__ */ binaryOp('greaterEqual', (a, b) => Number(a >= b));

export const selectOp: Op<NoAttributes> & { name: 'select' } = {
  name: 'select',
  kind: 'elementwise',
  infer(inputs) {
    requireFloat('where', inputs);
    const [condition, a, b] = inputs as [Spec, Spec, Spec];
    return [
      { shape: broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape)), dtype: 'f32' },
    ];
  },
  evaluate(inputs, _, outputs) {
    const [condition, a, b] = inputs as [HostTensor, HostTensor, HostTensor];
    const shape = (outputs[0] as Spec).shape;
    const result: HostArray = new Float64Array(sizeOf(shape));
    forEachBroadcast(shape, [condition.shape, a.shape, b.shape], (i, [ci, ai, bi]) => {
      result[i] = (condition.data[ci as number] !== 0 ? a.data[ai as number] : b.data[bi as number]) as number;
    });
    return [result];
  },
  gradient({ inputs, cotangents, needs }) {
    const condition = inputs[0] as Tensor;
    const g = cotangents[0] as Tensor;
    return [undefined, needs[1] ? where(condition, g, 0) : undefined, needs[2] ? where(condition, 0, g) : undefined];
  },
};

/** −x */
export const neg = (x: TensorLike): Tensor => unary(negOp, x);
/** |x|; gradient sign(x), 0 at 0. */
export const abs = (x: TensorLike): Tensor => unary(absOp, x);
/** −1, 0 or 1; NaN for NaN; no gradient. */
export const sign = (x: TensorLike): Tensor => unary(signOp, x);
/** The largest integer ≤ x; no gradient. */
export const floor = (x: TensorLike): Tensor => unary(floorOp, x);
/** x² */
export const square = (x: TensorLike): Tensor => unary(squareOp, x);
/** 1 / x */
export const reciprocal = (x: TensorLike): Tensor => unary(reciprocalOp, x);
/** √x; NaN below 0. */
export const sqrt = (x: TensorLike): Tensor => unary(sqrtOp, x);
/** eˣ */
export const exp = (x: TensorLike): Tensor => unary(expOp, x);
/** eˣ − 1, exact near 0. */
export const expm1 = (x: TensorLike): Tensor => unary(expm1Op, x);
/** Natural logarithm; −∞ at 0, NaN below. */
export const log = (x: TensorLike): Tensor => unary(logOp, x);
/** log(1 + x), exact near 0. */
export const log1p = (x: TensorLike): Tensor => unary(log1pOp, x);
/** Hyperbolic tangent. */
export const tanh = (x: TensorLike): Tensor => unary(tanhOp, x);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: TensorLike): Tensor => unary(sigmoidOp, x);
/** max(x, 0); gradient 0 at 0; NaN passes through. */
export const relu = (x: TensorLike): Tensor => unary(reluOp, x);

/** a + b, broadcast. */
export const add = (a: TensorLike, b: TensorLike): Tensor => binary(addOp, a, b);
/** a − b, broadcast. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => binary(subOp, a, b);
/** a · b elementwise, broadcast. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => binary(mulOp, a, b);
/** a / b, broadcast. */
export const div = (a: TensorLike, b: TensorLike): Tensor => binary(divOp, a, b);
/** aᵇ, broadcast; NaN for a < 0 and fractional b. */
export const pow = (a: TensorLike, b: TensorLike): Tensor => binary(powOp, a, b);
/** The larger of both, broadcast; NaN if either is; equal inputs share the gradient. */
export const maximum = (a: TensorLike, b: TensorLike): Tensor => binary(maximumOp, a, b);
/** The smaller of both, broadcast; NaN if either is; equal inputs share the gradient. */
export const minimum = (a: TensorLike, b: TensorLike): Tensor => binary(minimumOp, a, b);
/** 1 where a = b, else 0. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => binary(equalOp, a, b);
/** 1 where a ≠ b (NaN differs from all), else 0. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => binary(notEqualOp, a, b);
/** 1 where a < b, else 0. */
export const less = (a: TensorLike, b: TensorLike): Tensor => binary(lessOp, a, b);
/** 1 where a ≤ b, else 0. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => binary(lessEqualOp, a, b);
/** 1 where a > b, else 0. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => binary(greaterOp, a, b);
/** 1 where a ≥ b, else 0. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => binary(greaterEqualOp, a, b);
/** a where the condition is not 0, else b; broadcast. The gradient goes only to the one chosen. */
export const where = (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor =>
  first(apply(selectOp, [float(condition), float(a), float(b)], NONE));
/** x held within [min, max]; NaN passes through. */
export const clip = (x: TensorLike, min: TensorLike, max: TensorLike): Tensor => minimum(maximum(x, min), max);
/** x, treated as a constant by gradients. */
export const stopGradient = (x: TensorLike): Tensor => identity(x, { stopGradient: true });
