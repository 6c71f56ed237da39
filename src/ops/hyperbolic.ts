/** @file Hyperbolic functions and their inverses; tanh, which nets use most, is in elementwise.ts. */
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { unaryComposite } from './composite.ts';
import {
  abs,
  add,
  div,
  exp,
  expm1,
  float,
  greater,
  log,
  log1p,
  mul,
  neg,
  sign,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
import { unary } from './elementwise-record.ts';

/** Beyond it eˣ is within reach of infinity in f32, where sinh x and cosh x are not yet. */
const NEARLY_INFINITE = 88;
/** Beyond it √(x² ± 1) is |x|, in double too, and x² does not overflow in f32. */
const HUGE = 1e8;

/** e^|x| / 2, which overflows when it must and no sooner. */
function halfExp(x: Tensor): Tensor {
  const root = exp(mul(abs(x), 0.5));
  return mul(mul(root, 0.5), root);
}

export const sinhOp = /* @__PURE__ */ unaryComposite(
  'sinh',
  // Both differences are exact near 0, and have opposite signs.
  (x) => {
    const near = mul(sub(expm1(x), expm1(neg(x))), 0.5);
    return where(greater(abs(x), NEARLY_INFINITE), mul(sign(x), halfExp(x)), near);
  },
  (x, _, g) => mul(g, cosh(x)),
);
export const coshOp = /* @__PURE__ */ unaryComposite(
  'cosh',
  (x) => where(greater(abs(x), NEARLY_INFINITE), halfExp(x), mul(add(exp(x), exp(neg(x))), 0.5)),
  (x, _, g) => mul(g, sinh(x)),
);

export const asinhOp = /* @__PURE__ */ unaryComposite(
  'asinh',
  // With a = |x|: log(a + √(a² + 1)) = log1p(a + a² / (1 + √(a² + 1))), which loses nothing near 0.
  (x) => {
    const a = abs(x);
    const z = square(a);
    const near = log1p(add(a, div(z, add(sqrt(add(z, 1)), 1))));
    return mul(sign(x), where(greater(a, HUGE), add(log(a), Math.LN2), near));
  },
  (x, _, g) => div(g, sqrt(add(square(x), 1))),
);
export const acoshOp = /* @__PURE__ */ unaryComposite(
  'acosh',
  // With t = x − 1: log1p(t + √(t² + 2t)), the root by factors, so that it is NaN for all x < 1.
  (x) => {
    const t = sub(x, 1);
    const near = log1p(add(t, mul(sqrt(t), sqrt(add(t, 2)))));
    return where(greater(x, HUGE), add(log(x), Math.LN2), near);
  },
  (x, _, g) => div(g, mul(sqrt(sub(x, 1)), sqrt(add(x, 1)))),
);

/** Hyperbolic sine. */
export const sinh = (x: TensorLike): Tensor => unary(sinhOp, x);
/** Hyperbolic cosine. */
export const cosh = (x: TensorLike): Tensor => unary(coshOp, x);
/** Inverse hyperbolic sine. */
export const asinh = (x: TensorLike): Tensor => unary(asinhOp, x);
/** Inverse hyperbolic cosine, ≥ 0; NaN below 1; gradient Infinity at 1. */
export const acosh = (x: TensorLike): Tensor => unary(acoshOp, x);
/** Inverse hyperbolic tangent: ½ log((1 + x) / (1 − x)), exact near 0; ±Infinity at ±1, NaN beyond. */
export function atanh(x: TensorLike): Tensor {
  const t = float(x);
  return mul(sub(log1p(t), log1p(neg(t))), 0.5);
}
