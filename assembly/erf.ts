/** @file The error function and its inverse, of four f32 at a time, for all inputs. */
import { Single, single } from './extended-constants';
import { constant, Constant, exponent, logSum, mantissaMinusOne, mulAdd } from './math';

/**
 * erf x, error 2.0 ulp: x + x · p(x²) below 1¼, above it 1 − p(|x|)⁸, which needs no exponential and is 1 from 4 on, exactly.
 */
// @ts-ignore: decorator
@inline export function erf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), single(Single.four));
  const z = f32x4.mul(t, t);
  let p = mulAdd(z, single(Single.erf7), single(Single.erf6));
  p = mulAdd(p, z, single(Single.erf5));
  p = mulAdd(p, z, single(Single.erf4));
  p = mulAdd(p, z, single(Single.erf3));
  p = mulAdd(p, z, single(Single.erf2));
  p = mulAdd(p, z, single(Single.erf1));
  p = mulAdd(p, z, single(Single.erf0));
  const near = mulAdd(p, t, t);
  let q = mulAdd(t, single(Single.erfc6), single(Single.erfc5));
  q = mulAdd(q, t, single(Single.erfc4));
  q = mulAdd(q, t, single(Single.erfc3));
  q = mulAdd(q, t, single(Single.erfc2));
  q = mulAdd(q, t, single(Single.erfc1));
  q = mulAdd(q, t, single(Single.erfc0));
  q = f32x4.mul(q, q);
  q = f32x4.mul(q, q);
  q = f32x4.mul(q, q);
  const far = f32x4.sub(constant(Constant.one), q);
  const y = v128.bitselect(near, far, f32x4.lt(t, single(Single.erfSplit)));
  return v128.bitselect(x, y, constant(Constant.signBit));
}

/** p(√w − 3) for w ≥ 5. */
// @ts-ignore: decorator
@inline function tail(w: v128): v128 {
  const u = f32x4.sub(f32x4.sqrt(w), single(Single.tailShift));
  let p = mulAdd(u, single(Single.tail8), single(Single.tail7));
  p = mulAdd(p, u, single(Single.tail6));
  p = mulAdd(p, u, single(Single.tail5));
  p = mulAdd(p, u, single(Single.tail4));
  p = mulAdd(p, u, single(Single.tail3));
  p = mulAdd(p, u, single(Single.tail2));
  p = mulAdd(p, u, single(Single.tail1));
  return mulAdd(p, u, single(Single.tail0));
}

/** The x whose erf is y, error 4 ulp; ±Infinity at ±1, NaN beyond. Giles 2012: y · p(w), w = −log(1 − y²). */
// @ts-ignore: decorator
@inline export function erfinv(y: v128): v128 {
  const one = constant(Constant.one), a = f32x4.abs(y);
  const lost = f32x4.sub(one, a);
  const v = f32x4.mul(lost, f32x4.add(one, a));
  const e = exponent(v);
  const w = f32x4.neg(logSum(mantissaMinusOne(v, e), f32x4.convert_i32x4_s(e), f32x4.splat(0)));
  const u = f32x4.sub(w, single(Single.centerShift));
  let p = mulAdd(u, single(Single.center8), single(Single.center7));
  p = mulAdd(p, u, single(Single.center6));
  p = mulAdd(p, u, single(Single.center5));
  p = mulAdd(p, u, single(Single.center4));
  p = mulAdd(p, u, single(Single.center3));
  p = mulAdd(p, u, single(Single.center2));
  p = mulAdd(p, u, single(Single.center1));
  p = mulAdd(p, u, single(Single.center0));
  // |y| > 0.9966
  const far = f32x4.ge(w, single(Single.tailStart));
  if (v128.any_true(far)) p = v128.bitselect(tail(w), p, far);
  // y / √0 is infinite, y / √(less) is NaN.
  return v128.bitselect(f32x4.mul(p, y), f32x4.div(y, f32x4.sqrt(lost)), f32x4.lt(a, one));
}
