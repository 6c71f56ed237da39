/** @file Sine, cosine and the arc tangents, of four f32 at a time, for all inputs. */
import { Double, double, Single, single, twoOverPiWord } from './extended-constants';
import { constant, Constant, mulAdd } from './math';
import { cosine, isOdd, negateBy, sine } from './random';
import { highDoubles, lowDoubles } from './simd';

/**
 * An angle of −π/4 … π/4, or a quarter turn more or less, that differs from a large x by whole turns; small x, NaN and
 * infinities as they are. Payne & Hanek 1983: x = m · 2ᵉ is multiplied by those 96 bits of 2/π that are left when multiples of
 * four quarter turns are gone.
 */
export function wrap(x: f32): f64 {
  const a = abs(x);
  if (!(a >= 268435456 && a < Infinity)) return x;
  const bits = reinterpret<u32>(a);
  const m = <u64>(bits & 0x7fffff | 0x800000);
  const skip = <i32>(bits >>> 23) - 152;
  const first = skip >> 5;
  const shift = <u64>(skip & 31);
  const w0 = twoOverPiWord(first), w1 = twoOverPiWord(first + 1), w2 = twoOverPiWord(first + 2), w3 = twoOverPiWord(first + 3);
  const high = (w0 << 32 | w1) << shift >> 32, middle = (w1 << 32 | w2) << shift >> 32, low = (w2 << 32 | w3) << shift >> 32;
  // Quarter turns, of which two bits stand before the point: as a signed number, −2 … 2.
  const turns = <i64>((m * high << 32) + m * middle + (m * low >> 32));
  const y = <f64>turns * (1.5707963267948966 / 4611686018427387904.0);
  return x < 0 ? -y : y;
}

/** x · 2/π, rounded to an integer, which stands in the low bits. */
// @ts-ignore: decorator
@inline function quarterTurns(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, double(Double.twoOverPi)), double(Double.round));
}

/** x less that many quarter turns, as f32: −π/4 … π/4. */
// @ts-ignore: decorator
@inline function remainder(x: v128, turns: v128): v128 {
  const k = f64x2.sub(turns, double(Double.round));
  const y = f64x2.sub(x, f64x2.mul(k, double(Double.halfPiHigh)));
  return f32x4.demote_f64x2_zero(f64x2.sub(y, f64x2.mul(k, double(Double.halfPiLow))));
}

/** sin(x + quarters · π/2): reduced in f64 (exactly below 2²⁸, see `wrap` above), then Cephes' polynomials. */
// @ts-ignore: decorator
@inline function turned(x: v128, quarters: i32): v128 {
  let low = lowDoubles(x), high = highDoubles(x);
  if (v128.any_true(f32x4.ge(f32x4.abs(x), single(Single.large)))) {
    low = f64x2.replace_lane(f64x2.splat(wrap(f32x4.extract_lane(x, 0))), 1, wrap(f32x4.extract_lane(x, 1)));
    high = f64x2.replace_lane(f64x2.splat(wrap(f32x4.extract_lane(x, 2))), 1, wrap(f32x4.extract_lane(x, 3)));
  }
  const lowTurns = quarterTurns(low), highTurns = quarterTurns(high);
  const r = v128.shuffle<i32>(remainder(low, lowTurns), remainder(high, highTurns), 0, 1, 4, 5);
  const n = i32x4.add(v128.shuffle<i32>(lowTurns, highTurns, 0, 2, 4, 6), i32x4.splat(quarters));
  return negateBy(n, v128.bitselect(cosine(r), sine(r), isOdd(n)));
}

/** sin x, error 1.6 ulp; NaN for infinities. */
// @ts-ignore: decorator
@inline export function sin(x: v128): v128 {
  // The polynomial turns −0 into 0.
  return v128.or(turned(x, 0), v128.and(x, f32x4.eq(x, f32x4.splat(0))));
}

/** cos x, error 1.6 ulp below 2²⁸, 2.4 beyond; NaN for infinities. */
// @ts-ignore: decorator
@inline export function cos(x: v128): v128 { return turned(x, 1); }

/** atan t for t in 0 … 1. */
// @ts-ignore: decorator
@inline function arc(t: v128): v128 {
  const z = f32x4.mul(t, t);
  let p = mulAdd(z, single(Single.atan8), single(Single.atan7));
  p = mulAdd(p, z, single(Single.atan6));
  p = mulAdd(p, z, single(Single.atan5));
  p = mulAdd(p, z, single(Single.atan4));
  p = mulAdd(p, z, single(Single.atan3));
  p = mulAdd(p, z, single(Single.atan2));
  p = mulAdd(p, z, single(Single.atan1));
  p = mulAdd(p, z, single(Single.atan0));
  return mulAdd(f32x4.mul(t, z), p, t);
}

/** atan x, error 1.5 ulp: beyond 1 as π/2 − atan(1/x). */
// @ts-ignore: decorator
@inline export function atan(x: v128): v128 {
  const one = constant(Constant.one), a = f32x4.abs(x);
  const steep = f32x4.gt(a, one);
  const r = arc(v128.bitselect(f32x4.div(one, a), a, steep));
  const rest = f32x4.sub(single(Single.halfPiHigh), f32x4.add(r, single(Single.halfPiLow)));
  return v128.bitselect(x, v128.bitselect(rest, r, steep), constant(Constant.signBit));
}

/** The angle of the point (x, y), −π … π, error 1.6 ulp; C's special values: signs of zeros count, infinities are diagonal. */
// @ts-ignore: decorator
@inline export function atan2(y: v128, x: v128): v128 {
  const signBit = constant(Constant.signBit);
  const a = f32x4.abs(y), b = f32x4.abs(x);
  const quotient = f32x4.div(f32x4.pmin(a, b), f32x4.pmax(a, b));
  // 0/0 is 0 here, ∞/∞ is 1.
  const equal = v128.and(constant(Constant.one), f32x4.gt(a, f32x4.splat(0)));
  const r = arc(v128.bitselect(equal, quotient, f32x4.eq(a, b)));
  const steep = f32x4.gt(a, b), left = i32x4.shr_s(x, 31);
  const signed = v128.xor(r, v128.and(v128.xor(steep, left), signBit));
  const high = v128.bitselect(single(Single.halfPiHigh), v128.and(left, single(Single.piHigh)), steep);
  const low = v128.bitselect(single(Single.halfPiLow), v128.and(left, single(Single.piLow)), steep);
  const angle = v128.bitselect(y, f32x4.add(high, f32x4.sub(signed, low)), signBit);
  const total = f32x4.add(a, b);
  // All ones is a NaN.
  return v128.or(angle, f32x4.ne(total, total));
}
