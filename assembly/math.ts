/**
 * @file Elementary functions of four f32 at a time, for all inputs: NaN, infinities, signed zeros, denormals. Errors are
 * the largest found over every 61st of the 2³² inputs, against double precision, in units in the last place (ulp);
 * docs/accuracy.md has them all.
 *
 * Products and sums are rounded separately, in the order written, so results are the same bits on every engine.
 */
import { CONSTANTS } from './simd';

/**
 * Constants of the loops, by their place in the machine's memory: V8 makes a vector constant anew at every use, with three
 * instructions, two of them in the vector units; a load is one (measured: crossEntropy takes 0.7 of the time, Node 20).
 */
export enum Constant {
  signBit, half, one, two, infinity, tiny,
  expLow, expHigh, expm1Low, log2E, round, ln2High, ln2Low, exp7, exp6, exp5, exp4, exp3, exp2,
  sqrtHalf, smallestNormal, scaleUp, logHigh, logLow, log1, log2, log3, log4,
  unit, quarterTurn, sin3, sin2, sin1, cos3, cos2, cos1, minusTwo,
  tanhHigh, twoLog2E, halfLn2High, halfLn2Low, tanh2, tanh1,
}

// @ts-ignore: decorator
@inline function put(constant: Constant, value: f32): void { store<f32>(CONSTANTS + (<usize>constant << 2), value); }

/** Puts the constants into the machine's memory, where they stay. Those of random.ts are part of what a seed promises. */
export function writeConstants(): void {
  put(Constant.signBit, -0.0);
  put(Constant.half, 0.5);
  put(Constant.one, 1);
  put(Constant.two, 2);
  put(Constant.infinity, Infinity);
  // Below 2⁻²⁵, e^x − 1 and log(1 + x) are x.
  put(Constant.tiny, 2.98e-8);

  // Beyond these bounds e^x is 0 and Infinity, e^x − 1 is −1.
  put(Constant.expLow, -104);
  put(Constant.expHigh, 89);
  put(Constant.expm1Low, -20);
  put(Constant.log2E, 1.44269504088896341);
  // 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits.
  put(Constant.round, 12582912);
  // Cephes, expf.c. log 2 in two parts, the first so short that its product with an exponent is exact.
  put(Constant.ln2High, 0.693359375);
  put(Constant.ln2Low, -2.12194440e-4);
  put(Constant.exp7, 1.9875691500e-4);
  put(Constant.exp6, 1.3981999507e-3);
  put(Constant.exp5, 8.3334519073e-3);
  put(Constant.exp4, 4.1665795894e-2);
  put(Constant.exp3, 1.6666665459e-1);
  put(Constant.exp2, 5.0000001201e-1);

  // √½, whose bits bring a mantissa to √½ … √2.
  put(Constant.sqrtHalf, 0.707106769084930419921875);
  put(Constant.smallestNormal, 1.1754943508222875e-38);
  put(Constant.scaleUp, 33554432);
  // musl, logf.c.
  put(Constant.logHigh, 6.9313812256e-1);
  put(Constant.logLow, 9.0580006145e-6);
  put(Constant.log1, 0.66666662693);
  put(Constant.log2, 0.40000972152);
  put(Constant.log3, 0.28498786688);
  put(Constant.log4, 0.24279078841);

  // Beyond this bound tanh is 1.
  put(Constant.tanhHigh, 10);
  put(Constant.twoLog2E, 2.88539008177792682);
  put(Constant.halfLn2High, 0.3466796875);
  put(Constant.halfLn2Low, -1.06097220e-4);
  // A fit of this library: (tanh s / s − 1) / s² for |s| ≤ ¼ log 2, relative error of tanh s 5.9 · 10⁻⁸.
  put(Constant.tanh2, 0.13106280565);
  put(Constant.tanh1, -0.33331191540);

  // random.ts: 2⁻²⁴, −2, π/2 · 2⁻²²; Cephes, sinf.c.
  put(Constant.unit, 5.9604644775390625e-8);
  // @ts-ignore: a constant of the build
  if (EXTENDED) {
    put(Constant.minusTwo, -2);
    put(Constant.quarterTurn, 3.745070282923929e-7);
    put(Constant.sin3, -1.9515295891e-4);
    put(Constant.sin2, 8.3321608736e-3);
    put(Constant.sin1, -1.6666654611e-1);
    put(Constant.cos3, 2.443315711809948e-5);
    put(Constant.cos2, -1.388731625493765e-3);
    put(Constant.cos1, 4.166664568298827e-2);
  }
}

/** Whether the constants have been written to this memory. */
export function hasConstants(): bool { return load<i32>(CONSTANTS + (<usize>Constant.one << 2)) != 0; }

// @ts-ignore: decorator
@inline export function constant(c: Constant): v128 { return v128.load32_splat(CONSTANTS + (<usize>c << 2)); }

/** a · b + c, rounded twice. */
// @ts-ignore: decorator
@inline export function mulAdd(a: v128, b: v128, c: v128): v128 { return f32x4.add(f32x4.mul(a, b), c); }

/** 2ⁿ for integers n in −126 … 127. */
// @ts-ignore: decorator
@inline function powerOfTwo(n: v128, one: v128): v128 { return i32x4.add(i32x4.shl(n, 23), one); }

/** x − k · log 2. */
// @ts-ignore: decorator
@inline function reduced(x: v128, k: v128): v128 {
  const high = f32x4.sub(x, f32x4.mul(k, constant(Constant.ln2High)));
  return f32x4.sub(high, f32x4.mul(k, constant(Constant.ln2Low)));
}

/** eʳ − 1 for |r| ≤ ½ log 2: Cephes, expf.c. */
// @ts-ignore: decorator
@inline function expm1Polynomial(r: v128): v128 {
  let q = mulAdd(constant(Constant.exp7), r, constant(Constant.exp6));
  q = mulAdd(q, r, constant(Constant.exp5));
  q = mulAdd(q, r, constant(Constant.exp4));
  q = mulAdd(q, r, constant(Constant.exp3));
  q = mulAdd(q, r, constant(Constant.exp2));
  return mulAdd(q, f32x4.mul(r, r), r);
}

/**
 * eˣ, error 1.0 ulp. Cephes' reduction and polynomial; scaled in two steps, so that a denormal result is rounded once.
 * pmax and pmin keep NaN when it comes first, and are one instruction each, which max and min are not.
 */
// @ts-ignore: decorator
@inline export function exp(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, constant(Constant.expLow)), constant(Constant.expHigh));
  const round = constant(Constant.round), one = constant(Constant.one);
  const t = mulAdd(x, constant(Constant.log2E), round);
  const n = i32x4.sub(t, round);
  const y = f32x4.add(expm1Polynomial(reduced(x, f32x4.sub(t, round))), one);
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half, one)), powerOfTwo(i32x4.sub(n, half), one));
}

/**
 * (eˣ − 1) / 2 for x ≤ 89, −½ below −20. With x = n · log 2 + r it is 2ⁿ⁻¹ · (eʳ − 1) + (2ⁿ⁻¹ − ½): at half its size 2¹²⁸ does
 * not overflow, and denormals lose a bit. The shift drops all of t but n, which stands in its low bits.
 */
// @ts-ignore: decorator
@inline function halfExpm1(x: v128): v128 {
  x = f32x4.pmax(x, constant(Constant.expm1Low));
  const round = constant(Constant.round), half = constant(Constant.half);
  const t = mulAdd(x, constant(Constant.log2E), round);
  const scale = powerOfTwo(t, half);
  return mulAdd(scale, expm1Polynomial(reduced(x, f32x4.sub(t, round))), f32x4.sub(scale, half));
}

/** eˣ − 1, error 1.6 ulp, also near 0. */
// @ts-ignore: decorator
@inline export function expm1(x: v128): v128 {
  const y = halfExpm1(f32x4.pmin(x, constant(Constant.expHigh)));
  return v128.bitselect(x, f32x4.add(y, y), f32x4.lt(f32x4.abs(x), constant(Constant.tiny)));
}

/** log(1 + f) + k · log 2 + c for f in √½ − 1 … √2 − 1: musl, logf.c. */
// @ts-ignore: decorator
@inline export function logSum(f: v128, k: v128, c: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, constant(Constant.two)));
  const z = f32x4.mul(s, s);
  const w = f32x4.mul(z, z);
  const odd = f32x4.mul(w, mulAdd(w, constant(Constant.log4), constant(Constant.log2)));
  const even = f32x4.mul(z, mulAdd(w, constant(Constant.log3), constant(Constant.log1)));
  const half = f32x4.mul(f32x4.mul(f, f), constant(Constant.half));
  const low = mulAdd(k, constant(Constant.logLow), c);
  const y = mulAdd(s, f32x4.add(half, f32x4.add(even, odd)), low);
  return f32x4.add(f32x4.add(f32x4.sub(y, half), f), f32x4.mul(k, constant(Constant.logHigh)));
}

/** The exponent e (an integer) of x = 2ᵉ · m with m in √½ … √2. */
// @ts-ignore: decorator
@inline export function exponent(x: v128): v128 { return i32x4.shr_s(i32x4.sub(x, constant(Constant.sqrtHalf)), 23); }

/** m − 1. */
// @ts-ignore: decorator
@inline export function mantissaMinusOne(x: v128, e: v128): v128 {
  return f32x4.sub(i32x4.sub(x, i32x4.shl(e, 23)), constant(Constant.one));
}

/** Puts in the values of the logarithm where it has no finite one. x + Infinity is Infinity, or the NaN that x is. */
// @ts-ignore: decorator
@inline function logLimits(x: v128, y: v128): v128 {
  const infinity = constant(Constant.infinity);
  y = v128.bitselect(y, f32x4.add(x, infinity), f32x4.lt(x, infinity));
  y = v128.bitselect(f32x4.neg(infinity), y, f32x4.eq(x, f32x4.splat(0)));
  // All ones is a NaN.
  return v128.or(y, f32x4.lt(x, f32x4.splat(0)));
}

/** The natural logarithm, error 0.9 ulp; −Infinity at 0, NaN below. Denormals are scaled up by 2²⁵ first. */
// @ts-ignore: decorator
@inline export function log(x: v128): v128 {
  const small = f32x4.lt(x, constant(Constant.smallestNormal));
  const scaled = v128.bitselect(f32x4.mul(x, constant(Constant.scaleUp)), x, small);
  const e = exponent(scaled);
  const k = f32x4.convert_i32x4_s(i32x4.sub(e, v128.and(small, i32x4.splat(25))));
  return logLimits(x, logSum(mantissaMinusOne(scaled, e), k, f32x4.splat(0)));
}

/** log(1 + x), error 0.9 ulp, also near 0; −Infinity at −1, NaN below. musl, log1pf.c: the rounding error of 1 + x goes along. */
// @ts-ignore: decorator
@inline export function log1p(x: v128): v128 {
  const one = constant(Constant.one);
  const u = f32x4.add(x, one);
  // What 1 lost where x is much the larger, else what x lost.
  const lost = v128.bitselect(
    f32x4.sub(one, f32x4.sub(u, x)), f32x4.sub(x, f32x4.sub(u, one)), f32x4.ge(u, constant(Constant.two)));
  const e = exponent(u);
  const near = i32x4.eq(e, i32x4.splat(0));
  const f = v128.bitselect(x, mantissaMinusOne(u, e), near);
  const c = v128.andnot(f32x4.div(lost, u), near);
  const y = logLimits(u, logSum(f, f32x4.convert_i32x4_s(e), c));
  return v128.bitselect(x, y, f32x4.lt(f32x4.abs(x), constant(Constant.tiny)));
}

/** log(1 + x) of x in 0 … 1, with u = 1 + x rounded: as `log1p`, which must find the exponent of u, and what u lost. */
// @ts-ignore: decorator
@inline export function log1pOfUnit(x: v128, u: v128): v128 {
  const one = constant(Constant.one);
  const near = f32x4.lt(f32x4.mul(u, constant(Constant.sqrtHalf)), one);
  const f = v128.bitselect(x, f32x4.mul(f32x4.sub(x, one), constant(Constant.half)), near);
  return logSum(f, v128.andnot(one, near), f32x4.splat(0));
}

/**
 * tanh, relative error 1.8 · 10⁻⁷, also near 0 (2.5 ulp). With |x| = k · ½ log 2 + s and T = tanh s it is (B + C · T) / (C + B · T) for
 * B = 1 − 2⁻ᵏ, C = 1 + 2⁻ᵏ, both exact as far as they count: a fit of T is shorter than one of the exponential function, and what
 * waits for what decides how long this takes.
 */
// @ts-ignore: decorator
@inline export function tanh(x: v128): v128 {
  const u = f32x4.pmin(f32x4.abs(x), constant(Constant.tanhHigh)), round = constant(Constant.round), one = constant(Constant.one);
  const t = mulAdd(u, constant(Constant.twoLog2E), round);
  const k = f32x4.sub(t, round);
  const s = f32x4.sub(f32x4.sub(u, f32x4.mul(k, constant(Constant.halfLn2High))), f32x4.mul(k, constant(Constant.halfLn2Low)));
  const w = f32x4.mul(s, s);
  const y = mulAdd(f32x4.mul(s, w), mulAdd(w, constant(Constant.tanh2), constant(Constant.tanh1)), s);
  const scale = i32x4.sub(one, i32x4.shl(t, 23));
  const b = f32x4.sub(one, scale), c = f32x4.add(one, scale);
  return v128.or(f32x4.div(mulAdd(c, y, b), mulAdd(b, y, c)), v128.and(x, constant(Constant.signBit)));
}

/** 1 / (1 + e⁻ˣ), for x < 0 as eˣ / (1 + eˣ), so that small results keep their digits; error 2.3 ulp. */
// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  const e = exp(v128.or(x, constant(Constant.signBit))), one = constant(Constant.one);
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(e, one));
}
