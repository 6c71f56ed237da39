/**
 * @file Powers with exponents that are no whole numbers, for schedules: `Math.pow`, `Math.exp` and `Math.log` may differ in the
 * last place from one engine to the next, and a rate that differs makes other weights. Here are only +, −, · and /.
 */
import { powInteger } from './math.ts';

/** log 2 in two parts: the first has 21 trailing zero bits, so that its product with a whole number is exact (fdlibm e_exp.c). */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Natural logarithm of a finite x > 0, within 2 units in the last place for x away from 1. */
function logarithm(x: number): number {
  let exponent = 0;
  let mantissa = x;
  // Halving and doubling are exact; at most 1074 turns.
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  // log m = 2 artanh s, s = (m − 1) / (m + 1), |s| ≤ 0.1716: terms beyond s²⁵ / 25 are below 2⁻⁶⁰.
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  let series = 0;
  for (let k = 25; k >= 3; k -= 2) series = (series + 1 / k) * z;
  return exponent * LN2_HIGH + (2 * (s + s * series) + exponent * LN2_LOW);
}

/** eˣ, within 2 units in the last place. */
function exponential(x: number): number {
  const k = Math.round(x / (LN2_HIGH + LN2_LOW));
  if (k > 1100) return Number.POSITIVE_INFINITY;
  if (k < -1200) return 0;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| ≤ 0.3466: r¹⁵ / 15! is below 2⁻⁶².
  let series = 1;
  for (let n = 15; n >= 1; n--) series = 1 + (series * r) / n;
  const half = Math.trunc(k / 2);
  const scale = (n: number): number => powInteger(n < 0 ? 0.5 : 2, Math.abs(n));
  return series * scale(half) * scale(k - half);
}

/**
 * base to any finite power, for base ≥ 0: the same bits on every engine. 0⁰ is 1. The relative error is about
 * 2⁻⁵² · (2 + |exponent · log base|). Whole powers up to 2¹⁶ go by repeated multiplication.
 */
export function power(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 65536) {
    const whole = powInteger(base, Math.abs(exponent));
    return exponent < 0 ? 1 / whole : whole;
  }
  if (base === 0) return exponent > 0 ? 0 : Number.POSITIVE_INFINITY;
  return exponential(exponent * logarithm(base));
}
