/**
 * @file Random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011) on four consecutive counters at a time, as uniform and
 * normal deviates and dropout masks. Bits equal those of src/core/philox.ts, which defines them. A seed is a promise: should
 * the logarithm of math.ts ever change, this file needs a copy of the old one. Destinations need no alignment.
 *
 * A lane is a block: word w of blocks b … b + 3 is one vector. Deviates are made in that order, then transposed.
 */
import { DropoutMaskField, RandomField } from '../src/plan/opcodes';
import { constant, Constant, exponent, logSum, mantissaMinusOne, mulAdd } from './math';
import { copyBytes, operand, SPLAT, word, wordAsFloat } from './simd';
import { lowMemory } from './threads';

const UNIFORM: i32 = 0;
const NORMAL: i32 = 1;
const MASK: i32 = 2;

/** The low halves of four 64-bit products, two a vector. */
// @ts-ignore: decorator
@inline function lowHalves(a: v128, b: v128): v128 { return v128.shuffle<i32>(a, b, 0, 2, 4, 6); }

// @ts-ignore: decorator
@inline function highHalves(a: v128, b: v128): v128 { return v128.shuffle<i32>(a, b, 1, 3, 5, 7); }

/** (word >>> 8) × 2⁻²⁴. */
// @ts-ignore: decorator
@inline function uniform(w: v128): v128 { return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(w, 8)), constant(Constant.unit)); }

/** √(−2 log u), u = ((word >>> 8) + 1) × 2⁻²⁴ in (0, 1]. */
// @ts-ignore: decorator
@inline function radius(w: v128): v128 {
  const u = f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(i32x4.shr_u(w, 8), i32x4.splat(1))), constant(Constant.unit));
  const e = exponent(u);
  const y = logSum(mantissaMinusOne(u, e), f32x4.convert_i32x4_s(e), f32x4.splat(0));
  return f32x4.sqrt(f32x4.mul(y, constant(Constant.minusTwo)));
}

/** The quadrant of the angle 2π · (word >>> 8) · 2⁻²⁴, rounded: 0 … 4. */
// @ts-ignore: decorator
@inline function quadrant(w: v128): v128 { return i32x4.shr_u(i32x4.add(i32x4.shr_u(w, 8), i32x4.splat(0x200000)), 22); }

/** What is left of that angle, −π/4 … π/4. */
// @ts-ignore: decorator
@inline function remainder(w: v128, q: v128): v128 {
  const n = i32x4.sub(i32x4.shr_u(w, 8), i32x4.shl(q, 22));
  return f32x4.mul(f32x4.convert_i32x4_s(n), constant(Constant.quarterTurn));
}

/** Cephes, sinf.c. */
// @ts-ignore: decorator
@inline export function sine(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let y = mulAdd(z, constant(Constant.sin3), constant(Constant.sin2));
  y = mulAdd(y, z, constant(Constant.sin1));
  return mulAdd(f32x4.mul(y, z), x, x);
}

// @ts-ignore: decorator
@inline export function cosine(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let y = mulAdd(z, constant(Constant.cos3), constant(Constant.cos2));
  y = mulAdd(y, z, constant(Constant.cos1));
  y = f32x4.sub(f32x4.mul(f32x4.mul(y, z), z), f32x4.mul(z, constant(Constant.half)));
  return f32x4.add(y, constant(Constant.one));
}

/** y, negated in lanes where bit 1 of q is set. */
// @ts-ignore: decorator
@inline export function negateBy(q: v128, y: v128): v128 { return v128.xor(y, i32x4.shl(v128.and(q, i32x4.splat(2)), 30)); }

// @ts-ignore: decorator
@inline export function isOdd(q: v128): v128 { return i32x4.shr_s(i32x4.shl(q, 31), 31); }

/** Box–Muller, first deviate: radius · cosine. */
// @ts-ignore: decorator
@inline function firstNormal(r: v128, w: v128): v128 {
  const q = quadrant(w), x = remainder(w, q);
  return f32x4.mul(r, negateBy(i32x4.add(q, i32x4.splat(1)), v128.bitselect(sine(x), cosine(x), isOdd(q))));
}

/** Second deviate: radius · sine. */
// @ts-ignore: decorator
@inline function secondNormal(r: v128, w: v128): v128 {
  const q = quadrant(w), x = remainder(w, q);
  return f32x4.mul(r, negateBy(q, v128.bitselect(cosine(x), sine(x), isOdd(q))));
}

/** Writes `count` elements from element `first` of the stream on, a multiple of 16. */
function generate(kind: i32, to: usize, key: usize, stream: i32, first: i32, count: i32, rate: f32, scale: f32): void {
  const seed = load<i32>(key), step = load<i32>(key, 4), iteration = load<i32>(key, 8);
  const m0 = i32x4.splat(0xd2511f53), m1 = i32x4.splat(0xcd9e8d57);
  const spare = lowMemory() + SPLAT;
  for (let block = first >> 2; count > 0; block += 4, count -= 16, to += 64) {
    let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(step), c2 = i32x4.splat(iteration), c3 = i32x4.splat(0);
    let k0 = seed, k1 = stream;
    for (let round = 0; round < 10; round++) {
      const a0 = i64x2.extmul_low_i32x4_u(c0, m0), a1 = i64x2.extmul_high_i32x4_u(c0, m0);
      const b0 = i64x2.extmul_low_i32x4_u(c2, m1), b1 = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(highHalves(b0, b1), c1), i32x4.splat(k0));
      c2 = v128.xor(v128.xor(highHalves(a0, a1), c3), i32x4.splat(k1));
      c1 = lowHalves(b0, b1);
      c3 = lowHalves(a0, a1);
      k0 += 0x9e3779b9; k1 += 0xbb67ae85;
    }
    if (kind == NORMAL) {
      const r0 = radius(c0), r1 = radius(c2);
      c0 = firstNormal(r0, c1); c1 = secondNormal(r0, c1);
      c2 = firstNormal(r1, c3); c3 = secondNormal(r1, c3);
    } else {
      c0 = uniform(c0); c1 = uniform(c1); c2 = uniform(c2); c3 = uniform(c3);
      if (kind == MASK) {
        c0 = mask(c0, rate, scale); c1 = mask(c1, rate, scale); c2 = mask(c2, rate, scale); c3 = mask(c3, rate, scale);
      }
    }
    const low01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    const place = count < 16 ? spare : to;
    v128.store(place, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(place, v128.shuffle<i64>(low01, low23, 1, 3), 16);
    v128.store(place, v128.shuffle<i64>(high01, high23, 0, 2), 32);
    v128.store(place, v128.shuffle<i64>(high01, high23, 1, 3), 48);
    if (count < 16) copyBytes(to, spare, count << 2);
  }
}

/** u < rate ? 0 : scale. */
// @ts-ignore: decorator
@inline function mask(u: v128, rate: f32, scale: f32): v128 { return v128.andnot(f32x4.splat(scale), f32x4.lt(u, f32x4.splat(rate))); }

// @ts-ignore: decorator
@inline function draw(kind: i32, p: usize, base: usize, rate: f32, scale: f32): void {
  const to = operand(p, RandomField.destination, base), key = operand(p, RandomField.key, base);
  generate(kind, to, key, word(p, RandomField.stream), word(p, RandomField.first), word(p, RandomField.count), rate, scale);
}

export function randomUniform(p: usize, base: usize): void { draw(UNIFORM, p, base, 0, 0); }

export function randomNormal(p: usize, base: usize): void { draw(NORMAL, p, base, 0, 0); }

/** Has the words of the other two, and two more. */
export function dropoutMask(p: usize, base: usize): void {
  draw(MASK, p, base, wordAsFloat(p, DropoutMaskField.rate), wordAsFloat(p, DropoutMaskField.scale));
}
