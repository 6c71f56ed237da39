/**
 * @file Reductions of f32 [outer, k, inner] over k.
 *
 * A sum takes at most 32 steps in an f32 lane, then goes on in f64: its relative error stays below 32 · 2⁻²⁴ for summands of
 * one sign, however long k is. Where chunks begin and how lanes are combined depends on the shape alone.
 *
 *     inner = 1:  a row of k values, 16 a step in four vectors       inner > 1:  16 (or 4) columns at a time down k rows
 */
import { ReduceField, ReduceFunction } from '../src/plan/opcodes';
import { addDoubles, firstLanes, highDoubles, lowDoubles, maxLanes, minLanes, operand, storeLanes, word } from './simd';

/** Sequential f32 additions in a lane before its sum is widened. */
const CHUNK: i32 = 32;

/** The sum of `count` (0 …) contiguous values. */
export function sumRow(from: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  while (count >= 16) {
    let steps = min(count >> 4, CHUNK);
    count -= steps << 4;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    do {
      const x0 = v128.load(from), x1 = v128.load(from, 16), x2 = v128.load(from, 32), x3 = v128.load(from, 48);
      s0 = f32x4.add(s0, x0);
      s1 = f32x4.add(s1, x1);
      s2 = f32x4.add(s2, x2);
      s3 = f32x4.add(s3, x3);
      from += 64;
    } while (--steps);
    low = f64x2.add(low, f64x2.add(f64x2.add(lowDoubles(s0), lowDoubles(s1)), f64x2.add(lowDoubles(s2), lowDoubles(s3))));
    high = f64x2.add(high, f64x2.add(f64x2.add(highDoubles(s0), highDoubles(s1)), f64x2.add(highDoubles(s2), highDoubles(s3))));
  }
  for (; count > 0; count -= 4, from += 16) {
    let x = v128.load(from);
    if (count < 4) x = v128.and(x, firstLanes(count));
    low = f64x2.add(low, lowDoubles(x));
    high = f64x2.add(high, highDoubles(x));
  }
  return addDoubles(f64x2.add(low, high));
}

/** The squares of eight values, in sums of two. */
// @ts-ignore: decorator
@inline function squaresOf8(from: usize): v128 {
  const x = v128.load(from), y = v128.load(from, 16);
  return f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y));
}

/**
 * The sum of the squares of `count` (0 …) contiguous values. Eight at a time are four sums of two in f32, which all go on in
 * f64: sums of the same eights in any other order differ by the rounding of f64 alone (`l2Norm` builds on it).
 */
export function sumSquares(from: usize, count: i32): f64 {
  // Two sums take turns, so that one addition need not wait for the one before; by hand, since V8 does not unroll this where
  // memory is shared (docs/adr/041).
  let low0 = f64x2.splat(0), high0 = low0, low1 = low0, high1 = low0;
  let rest: f64 = 0;
  for (; count >= 16; count -= 16, from += 64) {
    const s = squaresOf8(from), t = squaresOf8(from + 32);
    low0 = f64x2.add(low0, lowDoubles(s)); high0 = f64x2.add(high0, highDoubles(s));
    low1 = f64x2.add(low1, lowDoubles(t)); high1 = f64x2.add(high1, highDoubles(t));
  }
  if (count >= 8) {
    const s = squaresOf8(from);
    low0 = f64x2.add(low0, lowDoubles(s)); high0 = f64x2.add(high0, highDoubles(s));
    count -= 8; from += 32;
  }
  for (; count > 0; count--, from += 4) {
    const x = <f64>load<f32>(from);
    rest += x * x;
  }
  return rest + addDoubles(f64x2.add(f64x2.add(low0, low1), f64x2.add(high0, high1)));
}

// @ts-ignore: decorator
@inline function identityOf(f: i32): f32 {
  return f == ReduceFunction.max ? -Infinity : f == ReduceFunction.min ? Infinity : 1;
}

// @ts-ignore: decorator
@inline function combine(f: i32, a: v128, b: v128): v128 {
  if (f == ReduceFunction.max) return f32x4.max(a, b);
  if (f == ReduceFunction.min) return f32x4.min(a, b);
  return f32x4.mul(a, b);
}

/** max, min or prod of `count` contiguous values. */
// @ts-ignore: decorator
@inline function foldOf(f: i32, from: usize, count: i32): f32 {
  const identity = f32x4.splat(identityOf(f));
  let s0 = identity, s1 = identity;
  for (; count >= 8; count -= 8, from += 32) {
    s0 = combine(f, s0, v128.load(from));
    s1 = combine(f, s1, v128.load(from, 16));
  }
  for (; count > 0; count -= 4, from += 16) {
    const x = v128.load(from);
    s0 = combine(f, s0, count < 4 ? v128.bitselect(x, identity, firstLanes(count)) : x);
  }
  s0 = combine(f, s0, s1);
  if (f == ReduceFunction.max) return maxLanes(s0);
  if (f == ReduceFunction.min) return minLanes(s0);
  return f32x4.extract_lane(s0, 0) * f32x4.extract_lane(s0, 1) * (f32x4.extract_lane(s0, 2) * f32x4.extract_lane(s0, 3));
}

export function maxRow(from: usize, count: i32): f32 { return foldOf(ReduceFunction.max, from, count); }
function minRow(from: usize, count: i32): f32 { return foldOf(ReduceFunction.min, from, count); }
function prodRow(from: usize, count: i32): f32 { return foldOf(ReduceFunction.prod, from, count); }

/** Σ (divided by `divisor`) of 16 columns, `step` bytes from row to row. */
export function sumColumns16(to: usize, from: usize, step: usize, k: i32, divisor: f64): void {
  let d0 = f64x2.splat(0), d1 = d0, d2 = d0, d3 = d0, d4 = d0, d5 = d0, d6 = d0, d7 = d0;
  while (k > 0) {
    let steps = min(k, CHUNK);
    k -= steps;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    do {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
      from += step;
    } while (--steps);
    d0 = f64x2.add(d0, lowDoubles(s0)); d1 = f64x2.add(d1, highDoubles(s0));
    d2 = f64x2.add(d2, lowDoubles(s1)); d3 = f64x2.add(d3, highDoubles(s1));
    d4 = f64x2.add(d4, lowDoubles(s2)); d5 = f64x2.add(d5, highDoubles(s2));
    d6 = f64x2.add(d6, lowDoubles(s3)); d7 = f64x2.add(d7, highDoubles(s3));
  }
  v128.store(to, narrow(d0, d1, divisor));
  v128.store(to, narrow(d2, d3, divisor), 16);
  v128.store(to, narrow(d4, d5, divisor), 32);
  v128.store(to, narrow(d6, d7, divisor), 48);
}

/** Four doubles, divided, as f32. */
// @ts-ignore: decorator
@inline function narrow(low: v128, high: v128, divisor: f64): v128 {
  const d = f64x2.splat(divisor);
  const a = f32x4.demote_f64x2_zero(f64x2.div(low, d)), b = f32x4.demote_f64x2_zero(f64x2.div(high, d));
  return v128.shuffle<i64>(a, b, 0, 2);
}

/** The same of `columns` (1 … 4) columns. */
export function sumColumns4(to: usize, from: usize, step: usize, k: i32, divisor: f64, columns: i32): void {
  let low = f64x2.splat(0), high = low;
  while (k > 0) {
    let steps = min(k, CHUNK);
    k -= steps;
    let s = f32x4.splat(0);
    do {
      s = f32x4.add(s, v128.load(from));
      from += step;
    } while (--steps);
    low = f64x2.add(low, lowDoubles(s)); high = f64x2.add(high, highDoubles(s));
  }
  const y = narrow(low, high, divisor);
  if (columns == 4) v128.store(to, y);
  else storeLanes(to, y, columns);
}

/** max, min or prod of all columns of one [k, inner]. */
// @ts-ignore: decorator
@inline function foldColumns(f: i32, to: usize, from: usize, step: usize, k: i32, inner: i32): void {
  for (; inner > 0; inner -= 4, to += 16, from += 16) {
    let s = f32x4.splat(identityOf(f));
    for (let i = 0, row = from; i < k; i++, row += step) s = combine(f, s, v128.load(row));
    if (inner >= 4) v128.store(to, s);
    else storeLanes(to, s, inner);
  }
}

function maxColumns(to: usize, from: usize, step: usize, k: i32, inner: i32): void {
  foldColumns(ReduceFunction.max, to, from, step, k, inner);
}

function minColumns(to: usize, from: usize, step: usize, k: i32, inner: i32): void {
  foldColumns(ReduceFunction.min, to, from, step, k, inner);
}

function prodColumns(to: usize, from: usize, step: usize, k: i32, inner: i32): void {
  foldColumns(ReduceFunction.prod, to, from, step, k, inner);
}

export function sumColumns(to: usize, from: usize, step: usize, k: i32, inner: i32, divisor: f64): void {
  for (; inner >= 16; inner -= 16, to += 64, from += 64) sumColumns16(to, from, step, k, divisor);
  for (; inner > 0; inner -= 4, to += 16, from += 16) sumColumns4(to, from, step, k, divisor, min(inner, 4));
}

/** No alignment; source and destination do not overlap. prod runs in f32, with no guard against overflow on the way. */
export function reduce(p: usize, base: usize): void {
  let to = operand(p, ReduceField.destination, base), from = operand(p, ReduceField.source, base);
  const k = word(p, ReduceField.k), inner = word(p, ReduceField.inner), f = word(p, ReduceField.operation);
  const step = <usize>word(p, ReduceField.step) << 2;
  const divisor: f64 = f == ReduceFunction.mean ? <f64>k : 1;
  for (let outer = word(p, ReduceField.outer); outer > 0; outer--) {
    if (step == 4) {
      let y: f32;
      if (f == ReduceFunction.max) y = maxRow(from, k);
      // @ts-ignore: a constant of the build
      else if (EXTENDED && f == ReduceFunction.min) y = minRow(from, k);
      // @ts-ignore
      else if (EXTENDED && f == ReduceFunction.prod) y = prodRow(from, k);
      else y = <f32>(sumRow(from, k) / divisor);
      store<f32>(to, y);
    } else if (f == ReduceFunction.max) {
      maxColumns(to, from, step, k, inner);
    // @ts-ignore
    } else if (EXTENDED && f == ReduceFunction.min) {
      minColumns(to, from, step, k, inner);
    // @ts-ignore
    } else if (EXTENDED && f == ReduceFunction.prod) {
      prodColumns(to, from, step, k, inner);
    } else {
      sumColumns(to, from, step, k, inner, divisor);
    }
    to += <usize>inner << 2; from += step * k;
  }
}
