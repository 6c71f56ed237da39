/** @file xʸ of four f32 at a time, for all inputs; its special values are C's. */
import { constant, Constant, exponent } from './math';
import { Double, double } from './extended-constants';
import { highDoubles, lowDoubles } from './simd';

/** a · b + c of f64, rounded twice. */
// @ts-ignore: decorator
@inline function mulAdd64(a: v128, b: v128, c: v128): v128 { return f64x2.add(f64x2.mul(a, b), c); }

/** 2^(y · (k + log₂ m)) in f64, m in √½ … √2: the logarithm by the series of artanh. The shift drops all but the integer. */
// @ts-ignore: decorator
@inline function powDoubles(m: v128, k: v128, y: v128): v128 {
  const s = f64x2.div(f64x2.sub(m, double(Double.one)), f64x2.add(m, double(Double.one)));
  const z = f64x2.mul(s, s);
  let p = mulAdd64(z, double(Double.log4), double(Double.log3));
  p = mulAdd64(p, z, double(Double.log2));
  p = mulAdd64(p, z, double(Double.log1));
  p = mulAdd64(p, z, double(Double.log0));
  let t = f64x2.mul(y, mulAdd64(p, s, k));
  t = f64x2.pmin(f64x2.pmax(t, double(Double.minusLimit)), double(Double.limit));
  const round = double(Double.round);
  const shifted = f64x2.add(t, round);
  const f = f64x2.sub(t, f64x2.sub(shifted, round));
  let q = mulAdd64(f, double(Double.exp7), double(Double.exp6));
  q = mulAdd64(q, f, double(Double.exp5));
  q = mulAdd64(q, f, double(Double.exp4));
  q = mulAdd64(q, f, double(Double.exp3));
  q = mulAdd64(q, f, double(Double.exp2));
  q = mulAdd64(q, f, double(Double.exp1));
  q = mulAdd64(q, f, double(Double.exp0));
  return f32x4.demote_f64x2_zero(i64x2.add(q, i64x2.shl(shifted, 52)));
}

/** xʸ in f64, rounded to f32, error 0.51 ulp. C's special values, except that (−1)^±Infinity is NaN as in JavaScript. */
// @ts-ignore: decorator
@inline export function pow(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0), one = constant(Constant.one), infinity = constant(Constant.infinity);
  const a = f32x4.abs(x);
  // Denormals are scaled up by 2²⁵ first.
  const small = f32x4.lt(a, constant(Constant.smallestNormal));
  const scaled = v128.bitselect(f32x4.mul(a, constant(Constant.scaleUp)), a, small);
  const e = exponent(scaled);
  const m = i32x4.sub(scaled, i32x4.shl(e, 23));
  // The exponent of 0 is −Infinity, that of Infinity and NaN they themselves.
  let k = f32x4.convert_i32x4_s(i32x4.sub(e, v128.and(small, i32x4.splat(25))));
  k = v128.bitselect(k, a, f32x4.lt(a, infinity));
  k = v128.bitselect(f32x4.neg(infinity), k, f32x4.eq(a, zero));
  const low = powDoubles(lowDoubles(m), lowDoubles(k), lowDoubles(y));
  const high = powDoubles(highDoubles(m), highDoubles(k), highDoubles(y));
  let r = v128.shuffle<i32>(low, high, 0, 1, 4, 5);
  const whole = f32x4.eq(f32x4.floor(y), y);
  const halfY = f32x4.mul(y, constant(Constant.half));
  const odd = v128.andnot(whole, f32x4.eq(f32x4.floor(halfY), halfY));
  r = v128.xor(r, v128.and(v128.and(x, odd), constant(Constant.signBit)));
  const negative = v128.and(f32x4.lt(x, zero), f32x4.gt(x, f32x4.neg(infinity)));
  // All ones is a NaN.
  r = v128.or(r, v128.andnot(negative, whole));
  return v128.bitselect(one, r, v128.or(f32x4.eq(y, zero), f32x4.eq(x, one)));
}
