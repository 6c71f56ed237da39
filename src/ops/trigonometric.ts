/** @file Trigonometric functions and their inverses; angles are in radians. */
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { unaryComposite } from './composite.ts';
import { add, div, equal, mul, neg, sqrt, square, sub, where } from './elementwise.ts';
import { binary, binaryOp, unary, unaryOp } from './elementwise-record.ts';

export const sinOp = /* @__PURE__ */ unaryOp('sin', Math.sin, (x, _, g) => mul(g, cos(x)));
export const cosOp = /* @__PURE__ */ unaryOp('cos', Math.cos, (x, _, g) => neg(mul(g, sin(x))));
export const atanOp = /* @__PURE__ */ unaryOp('atan', Math.atan, (x, _, g) => div(g, add(square(x), 1)));

export const atan2Op = /* @__PURE__ */ binaryOp('atan2', Math.atan2, (y, x, _, g, needs) => {
  const distance = add(square(y), square(x));
  const factor = div(g, where(equal(distance, 0), 1, distance));
  return [needs[0] ? mul(factor, x) : undefined, needs[1] ? neg(mul(factor, y)) : undefined];
});

export const tanOp = /* @__PURE__ */ unaryComposite(
  'tan',
  (x) => div(sin(x), cos(x)),
  (_, y, g) => mul(g, add(square(y), 1)),
);

/** √(1 − x²), by factors, of which 1 − |x| is exact where it counts. */
const leg = (x: Tensor): Tensor => sqrt(mul(sub(1, x), add(x, 1)));

export const asinOp = /* @__PURE__ */ unaryComposite(
  'asin',
  (x) => atan2(x, leg(x)),
  (x, _, g) => div(g, leg(x)),
);
export const acosOp = /* @__PURE__ */ unaryComposite(
  'acos',
  (x) => atan2(leg(x), x),
  (x, _, g) => neg(div(g, leg(x))),
);

/** Sine; NaN for infinities. */
export const sin = (x: TensorLike): Tensor => unary(sinOp, x);
/** Cosine; NaN for infinities. */
export const cos = (x: TensorLike): Tensor => unary(cosOp, x);
/** Tangent. */
export const tan = (x: TensorLike): Tensor => unary(tanOp, x);
/** Arc sine, −π/2 … π/2; NaN outside [−1, 1]; gradient Infinity at both ends. */
export const asin = (x: TensorLike): Tensor => unary(asinOp, x);
/** Arc cosine, 0 … π; NaN outside [−1, 1]; gradient −Infinity at both ends. */
export const acos = (x: TensorLike): Tensor => unary(acosOp, x);
/** Arc tangent, −π/2 … π/2. */
export const atan = (x: TensorLike): Tensor => unary(atanOp, x);
/** The angle of the point (x, y), −π … π, broadcast; signs of zeros count, as in C; gradient 0 at the origin. */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => binary(atan2Op, y, x);
