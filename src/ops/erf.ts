/** @file The error function and its inverse. */
import { ERF_SLOPE, hostErf, hostErfinv } from '../core/erf.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { div, exp, mul, neg, square } from './elementwise.ts';
import { unary, unaryOp } from './elementwise-record.ts';

export const erfOp = /* @__PURE__ */ unaryOp('erf', hostErf, (x, _, g) =>
  mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);
export const erfinvOp = /* @__PURE__ */ unaryOp('erfinv', hostErfinv, (_, y, g) =>
  mul(g, div(exp(square(y)), ERF_SLOPE)),
);

/** The error function 2/√π ∫₀ˣ e^(−t²) dt, −1 … 1: twice the chance that a normal deviate of variance ½ lies in 0 … x. */
export const erf = (x: TensorLike): Tensor => unary(erfOp, x);
/**
 * The x whose `erf` is y; ±Infinity at ±1, NaN beyond.
 * @example mul(erfinv(sub(mul(p, 2), 1)), Math.SQRT2); // the p-quantile of the standard normal distribution
 */
export const erfinv = (y: TensorLike): Tensor => unary(erfinvOp, y);
