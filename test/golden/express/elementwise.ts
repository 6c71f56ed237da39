/** @file elementwise.json: unary functions to the second derivative, broadcasting, reductions, matrix products. */
import type { Tensor } from '../../../src/graph/tensor.ts';
import { gelu, silu, softplus } from '../../../src/nn/activations.ts';
import { cumulativeSum } from '../../../src/ops/cumulative.ts';
import * as e from '../../../src/ops/elementwise.ts';
import { erf } from '../../../src/ops/erf.ts';
import { atanh, cosh, sinh } from '../../../src/ops/hyperbolic.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { log2, rsqrt } from '../../../src/ops/powers.ts';
import { max, mean, min, prod, type ReduceOptions, sum } from '../../../src/ops/reduce.ts';
import { logSumExp } from '../../../src/ops/softmax.ts';
import { standardDeviation, variance } from '../../../src/ops/statistics.ts';
import { acos, asin, atan, atan2, cos, sin, tan } from '../../../src/ops/trigonometric.ts';
import { type Adapter, derivativesCase, functionCase, inputsOf } from '../session.ts';

type F = (x: Tensor) => Tensor;

const unary: Readonly<Record<string, F>> = {
  neg: e.neg,
  abs: e.abs,
  exp: e.exp,
  expm1: e.expm1,
  log: e.log,
  log1p: e.log1p,
  log2,
  sqrt: e.sqrt,
  rsqrt,
  square: e.square,
  reciprocal: e.reciprocal,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh: e.tanh,
  atanh,
  erf,
  sigmoid: e.sigmoid,
  softplus: (x) => softplus(x),
  gelu,
  silu,
};

const binary: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  binary_add: e.add,
  binary_sub: e.sub,
  binary_mul: e.mul,
  binary_div: e.div,
  binary_maximum: e.maximum,
  binary_minimum: e.minimum,
  binary_atan2: atan2,
  binary_pow: e.pow,
  matmul_2d: matmul,
  matmul_odd: matmul,
  matmul_broadcast: matmul,
  matmul_batched: matmul,
};

type Reduction = (x: Tensor, axes: number[] | undefined, options: ReduceOptions) => Tensor;

const varianceOf =
  (ddof: number): Reduction =>
  (x, axes, options) =>
    variance(x, axes, { ...options, ddof });

const reductions: Readonly<Record<string, Reduction>> = {
  sum,
  mean,
  max,
  min,
  prod,
  logsumexp: logSumExp,
  norm: (x, axes, options) => e.sqrt(sum(e.square(x), axes, options)),
  var_biased: varianceOf(0),
  var_unbiased: varianceOf(1),
  std: (x, axes, options) => standardDeviation(x, axes, { ...options, ddof: 1 }),
};

function reduction(name: string): F | undefined {
  const [, kind = '', axes = '', keep] = /^reduce_([a-z_]+)_(\d+|all)(_keep)?$/.exec(name) ?? [];
  const f = reductions[kind];
  return f && ((x) => f(x, axes === 'all' ? undefined : Array.from(axes, Number), { keepDims: keep !== undefined }));
}

export const elementwise: Adapter = (name, data) => {
  const power = /^pow_(.+)$/.exec(name)?.[1];
  const ofOne = power === undefined ? unary[name] : (x: Tensor) => e.pow(x, Number(power));
  if (ofOne !== undefined) return derivativesCase(data, ofOne);
  const ofTwo = binary[name];
  if (ofTwo !== undefined)
    return functionCase(data, inputsOf(data, ['a', 'b']), ({ a, b }) => ofTwo(a as Tensor, b as Tensor));
  const special: Record<string, F> = {
    reduce_cumsum_2: (x) => cumulativeSum(x),
    logsumexp_extreme: (x) => logSumExp(x, -1),
  };
  const f = special[name] ?? reduction(name);
  return f && functionCase(data, inputsOf(data, ['x']), ({ x }) => f(x as Tensor));
};
