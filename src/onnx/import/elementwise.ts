/** @file Operators of ONNX that treat elements one by one, and reductions. */
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { celu, elu, gelu, geluTanh, hardSwish, mish, prelu, softplus, softsign } from '../../nn/activations.ts';
import { cast } from '../../ops/cast.ts';
import { cumulativeSum } from '../../ops/cumulative.ts';
import * as ops from '../../ops/elementwise.ts';
import { erf } from '../../ops/erf.ts';
import { acosh, asinh, atanh, cosh, sinh } from '../../ops/hyperbolic.ts';
import { reshape, transpose } from '../../ops/movement.ts';
import { argmax, max, mean, min, prod, sum } from '../../ops/reduce.ts';
import { ceil, round } from '../../ops/rounding.ts';
import { logSoftmax, softmax } from '../../ops/softmax.ts';
import { acos, asin, atan, cos, sin, tan } from '../../ops/trigonometric.ts';
import { ELEMENT } from '../schema.ts';
import { dtypeOfElement, elementName } from '../tensors.ts';
import { aligned, Held } from './held.ts';
import type { NodeJson, NodeView, Operator, Operators } from './node.ts';

const unary = (f: (x: Tensor, node: NodeView) => Tensor): Operator => ({
  run: (node) => node.held(0).map((x) => f(x, node)),
});

/** Folds two or more operands that broadcast. */
const variadic = (f: (a: Tensor, b: Tensor) => Tensor, finish?: (y: Tensor, count: number) => Tensor): Operator => ({
  run(node) {
    const values = Array.from({ length: node.count }, (_, i) => node.held(i));
    const { tensors, isImages } = aligned(values);
    const all = tensors.reduce(f);
    const y = finish?.(all, values.length) ?? all;
    return isImages
      ? Held.images(y)
      : Held.of(
          y,
          values.every((value) => value.isInteger),
        );
  },
});

const comparison = (f: (a: Tensor, b: Tensor) => Tensor): Operator => variadic(f);

/** Toward 0, as integers divide. */
const truncated = (x: Tensor): Tensor => ops.mul(ops.sign(x), ops.floor(ops.abs(x)));

const isSet = (x: Tensor): Tensor => ops.notEqual(x, 0);

/** Over the axes of an attribute (older operator sets) or an input, all by default. */
const reduction = (f: (x: Tensor, axes: number[], options: { keepDims: boolean }) => Tensor): Operator => ({
  run(node) {
    const value = node.held(0);
    const given = node.listOr('axes', 1);
    const rank = value.shape.length;
    if ((given === undefined || given.length === 0) && node.number('noop_with_empty_axes', 0) === 1) return value;
    const axes = (given?.length ? given : value.shape.map((_, i) => i)).map((axis) => node.axis(axis, rank));
    const keepDims = node.number('keepdims', 1) === 1;
    if (value.isImages && keepDims) {
      const moved = axes.map((axis) => [0, 3, 1, 2][axis] as number);
      return Held.images(f(value.images, moved, { keepDims }));
    }
    return Held.of(f(value.tensor, axes, { keepDims }), value.isInteger);
  },
});

/** Over one axis; until operator set 12, over all axes from it on. */
const softmaxLike = (f: (x: Tensor, axis?: number) => Tensor): Operator => ({
  run(node) {
    const x = node.x();
    const rank = x.shape.length;
    const axis = node.axis(node.number('axis', node.opset < 13 ? 1 : -1), rank);
    if (node.opset >= 13) return overAxis(f, x, axis);
    const rows = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
    return reshape(f(reshape(x, [rows, -1])), x.shape);
  },
});

function overAxis(f: (x: Tensor) => Tensor, x: Tensor, axis: number): Tensor {
  const rank = x.shape.length;
  if (axis === rank - 1) return f(x);
  const swap = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return transpose(f(transpose(x, swap)), swap);
}

function clip(node: NodeView): Held {
  const bound = (name: string, input: number, otherwise: number): number =>
    node.number(name, undefined) ?? node.numbers(input)?.[0] ?? otherwise;
  const low = bound('min', 1, Number.NEGATIVE_INFINITY);
  const high = bound('max', 2, Number.POSITIVE_INFINITY);
  return node.held(0).map((x) => {
    const raised = low === Number.NEGATIVE_INFINITY ? x : ops.maximum(x, low);
    return high === Number.POSITIVE_INFINITY ? raised : ops.minimum(raised, high);
  });
}

const castTo = ({ attributes }: NodeJson): string | undefined =>
  dtypeOfElement(attributes.to as number) === undefined ? `to ${elementName(attributes.to as number)}` : undefined;

export const ELEMENTWISE: Operators = {
  Relu: unary(ops.relu),
  Sigmoid: unary(ops.sigmoid),
  Tanh: unary(ops.tanh),
  Exp: unary(ops.exp),
  Log: unary(ops.log),
  Sqrt: unary(ops.sqrt),
  Neg: unary(ops.neg),
  Abs: unary(ops.abs),
  Sign: unary(ops.sign),
  Floor: unary(ops.floor),
  Ceil: unary(ceil),
  Round: unary(round),
  Reciprocal: unary(ops.reciprocal),
  Erf: unary(erf),
  Sin: unary(sin),
  Cos: unary(cos),
  Tan: unary(tan),
  Asin: unary(asin),
  Acos: unary(acos),
  Atan: unary(atan),
  Sinh: unary(sinh),
  Cosh: unary(cosh),
  Asinh: unary(asinh),
  Acosh: unary(acosh),
  Atanh: unary(atanh),
  Softplus: unary((x) => softplus(x)),
  Softsign: unary(softsign),
  HardSwish: unary(hardSwish),
  Mish: unary(mish),
  Gelu: unary((x, node) => (node.text('approximate', 'none') === 'tanh' ? geluTanh(x) : gelu(x))),
  Elu: unary((x, node) => elu(x, node.number('alpha', 1))),
  Celu: unary((x, node) => celu(x, node.number('alpha', 1))),
  Selu: unary((x, node) => {
    const alpha = node.number('alpha', 1.6732632423543772);
    return ops.mul(elu(x, alpha), node.number('gamma', 1.0507009873554805));
  }),
  LeakyRelu: unary((x, node) => ops.where(ops.greater(x, 0), x, ops.mul(x, node.number('alpha', 0.01)))),
  ThresholdedRelu: unary((x, node) => ops.where(ops.greater(x, node.number('alpha', 1)), x, 0)),
  HardSigmoid: unary((x, node) =>
    ops.clip(ops.add(ops.mul(x, node.number('alpha', 0.2)), node.number('beta', 0.5)), 0, 1),
  ),
  PRelu: { run: (node) => prelu(node.x(), node.x(1)) },
  Clip: { run: clip, limits: 'constant bounds' },
  Identity: { run: (node) => node.held(0) },
  Dropout: { run: (node) => node.held(0), limits: 'as the identity; the mask is no output' },
  Not: unary((x) => ops.equal(x, 0)),
  Cast: {
    check: castTo,
    run(node) {
      const to = node.number('to', ELEMENT.float);
      const x = node.held(0);
      if (to === ELEMENT.bool) return x.map(isSet);
      const isFloat = dtypeOfElement(to) === 'f32';
      return Held.of(cast(isFloat || x.isInteger ? x.tensor : cast(x.tensor, 'i32'), 'f32'), !isFloat);
    },
  },
  Add: variadic(ops.add),
  Sub: variadic(ops.sub),
  Mul: variadic(ops.mul),
  Div: {
    run(node) {
      const [a, b] = [node.held(0), node.held(1)];
      const { tensors, isImages } = aligned([a, b]);
      const y = ops.div(tensors[0] as Tensor, tensors[1] as Tensor);
      if (isImages) return Held.images(y);
      return a.isInteger && b.isInteger ? Held.of(truncated(y), true) : y;
    },
  },
  Pow: variadic(ops.pow),
  Max: variadic(ops.maximum),
  Min: variadic(ops.minimum),
  Sum: variadic(ops.add),
  Mean: variadic(ops.add, (y, count) => ops.div(y, count)),
  Equal: comparison(ops.equal),
  Less: comparison(ops.less),
  LessOrEqual: comparison(ops.lessEqual),
  Greater: comparison(ops.greater),
  GreaterOrEqual: comparison(ops.greaterEqual),
  And: comparison((a, b) => ops.mul(isSet(a), isSet(b))),
  Or: comparison((a, b) => ops.maximum(isSet(a), isSet(b))),
  Xor: comparison((a, b) => ops.notEqual(isSet(a), isSet(b))),
  Where: {
    run(node) {
      const isInteger = node.held(1).isInteger && node.held(2).isInteger;
      return Held.of(ops.where(node.x(0), node.x(1), node.x(2)), isInteger);
    },
  },
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ReduceProd: reduction(prod),
  ReduceSumSquare: reduction((x, axes, options) => sum(ops.square(x), axes, options)),
  ReduceL1: reduction((x, axes, options) => sum(ops.abs(x), axes, options)),
  ReduceL2: reduction((x, axes, options) => ops.sqrt(sum(ops.square(x), axes, options))),
  Softmax: softmaxLike(softmax),
  LogSoftmax: softmaxLike(logSoftmax),
  ArgMax: {
    check: ({ attributes }) => (attributes.select_last_index === 1 ? 'with select_last_index' : undefined),
    run(node) {
      const x = node.x();
      const axis = node.axis(node.number('axis', 0), x.shape.length);
      const order = [...x.shape.keys()].filter((i) => i !== axis);
      const found = argmax(transpose(x, [...order, axis]));
      const kept = x.shape.map((dimension, i) => (i === axis ? 1 : dimension));
      return Held.of(node.number('keepdims', 1) === 1 ? reshape(found, kept) : found, true);
    },
  },
  CumSum: {
    check: ({ attributes }) => (attributes.exclusive === 1 ? 'with exclusive' : undefined),
    run(node) {
      const axis = node.numbers(1)?.[0] ?? 0;
      return cumulativeSum(node.x(), axis, { reverse: node.number('reverse', 0) === 1 });
    },
    limits: 'not exclusive',
  },
  Constant: {
    check: ({ attributes }) =>
      ['value', 'value_float', 'value_int', 'value_floats', 'value_ints'].some((name) => name in attributes)
        ? undefined
        : 'of texts or sparse values',
    run(node) {
      const value = node.constant('value');
      if (value !== undefined) return Held.of(tensor(value.data, value.shape, value.dtype), value.dtype !== 'f32');
      const [real, whole] = [node.attribute('value_float'), node.attribute('value_int')];
      if (typeof real === 'number' || typeof whole === 'number')
        return Held.of(tensor((real ?? whole) as number), real === undefined);
      const reals = node.list('value_floats');
      return Held.of(tensor(Float32Array.from(reals ?? node.list('value_ints') ?? [])), reals === undefined);
    },
    limits: 'numbers',
  },
};
