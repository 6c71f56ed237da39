/**
 * @file Normalization of f32 [outer, k, inner] over k, and its gradient. Two passes for the statistics: sums around a first
 * mean tell how far that was rounded, and are corrected by it, so that a large mean costs no digits.
 *
 *     inner = 1:  row by row, which stay in the first-level cache      inner > 1:  down the columns, 32 rows at a time
 *
 * A sum takes at most 64 steps in f32 lanes, then goes on in f64; where chunks begin depends on the shape alone.
 */
import { StandardizeField, StandardizeGradientField } from '../src/plan/opcodes';
import { sumColumns, sumRow } from './reduce';
import { addDoubles, firstLanes, highDoubles, lowDoubles, operand, storeLanes, word, wordAsFloat } from './simd';

/** Sequential f32 additions in a lane before its sum is widened: rows of 8 values, or rows down a column. */
const CHUNK: i32 = 32;

/** The two sums that `sumPairs` found. */
export let first: f64 = 0;
export let second: f64 = 0;

/** Of a row: Σ d and Σ d² of d = x − shift, or (gradient) Σ x and Σ x · y. Left in `first` and `second`. */
// @ts-ignore: decorator
@inline function sumPairs(gradient: bool, x: usize, y: usize, count: i32, shiftBy: f32): void {
  const shift = f32x4.splat(shiftBy);
  let firstLow = f64x2.splat(0), firstHigh = firstLow, secondLow = firstLow, secondHigh = firstLow;
  while (count >= 8) {
    let steps = min(count >> 3, CHUNK);
    count -= steps << 3;
    let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
    do {
      let a = v128.load(x), b = v128.load(x, 16);
      if (!gradient) { a = f32x4.sub(a, shift); b = f32x4.sub(b, shift); }
      s0 = f32x4.add(s0, a); s1 = f32x4.add(s1, b);
      q0 = f32x4.add(q0, f32x4.mul(a, gradient ? v128.load(y) : a));
      q1 = f32x4.add(q1, f32x4.mul(b, gradient ? v128.load(y, 16) : b));
      x += 32; y += 32;
    } while (--steps);
    firstLow = f64x2.add(firstLow, f64x2.add(lowDoubles(s0), lowDoubles(s1)));
    firstHigh = f64x2.add(firstHigh, f64x2.add(highDoubles(s0), highDoubles(s1)));
    secondLow = f64x2.add(secondLow, f64x2.add(lowDoubles(q0), lowDoubles(q1)));
    secondHigh = f64x2.add(secondHigh, f64x2.add(highDoubles(q0), highDoubles(q1)));
  }
  for (; count > 0; count -= 4, x += 16, y += 16) {
    let a = gradient ? v128.load(x) : f32x4.sub(v128.load(x), shift);
    let b = gradient ? v128.load(y) : a;
    if (count < 4) { a = v128.and(a, firstLanes(count)); b = v128.and(b, firstLanes(count)); }
    const q = f32x4.mul(a, b);
    firstLow = f64x2.add(firstLow, lowDoubles(a)); firstHigh = f64x2.add(firstHigh, highDoubles(a));
    secondLow = f64x2.add(secondLow, lowDoubles(q)); secondHigh = f64x2.add(secondHigh, highDoubles(q));
  }
  first = addDoubles(f64x2.add(firstLow, firstHigh));
  second = addDoubles(f64x2.add(secondLow, secondHigh));
}

export function sumDeviations(x: usize, count: i32, shift: f32): void { sumPairs(false, x, x, count, shift); }
export function sumProducts(g: usize, y: usize, count: i32): void { sumPairs(true, g, y, count, 0); }

/** to = (x − shift) · factor + rest, for `count` values with one of each; may be in place. */
export function rescale(to: usize, x: usize, count: i32, shiftBy: f32, factorBy: f32, restBy: f32): void {
  const shift = f32x4.splat(shiftBy), factor = f32x4.splat(factorBy), rest = f32x4.splat(restBy);
  for (; count >= 4; count -= 4, to += 16, x += 16)
    v128.store(to, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), shift), factor), rest));
  if (count) storeLanes(to, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), shift), factor), rest), count);
}

/** to = (g − a − y · b) · factor; may be in place. */
export function project(to: usize, g: usize, y: usize, count: i32, aBy: f32, bBy: f32, factorBy: f32): void {
  const a = f32x4.splat(aBy), b = f32x4.splat(bBy), factor = f32x4.splat(factorBy);
  for (; count > 0; count -= 4, to += 16, g += 16, y += 16) {
    const x = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(g), a), f32x4.mul(v128.load(y), b)), factor);
    if (count >= 4) v128.store(to, x);
    else storeLanes(to, x, count);
  }
}

/**
 * Adds up to `CHUNK` rows to the columns' sums, `list` bytes of doubles each: as `sumPairs`, with a shift for each column.
 * Columns behind the last, up to a multiple of 4, sum whatever is there.
 */
// @ts-ignore: decorator
@inline function addRows(gradient: bool, sums: usize, list: usize, x: usize, y: usize, shift: usize, rows: i32, inner: i32): void {
  const step = <usize>inner << 2;
  for (let j = 0; j < inner; j += 4, sums += 32, x += 16, y += 16, shift += 16) {
    const m = v128.load(shift);
    let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
    let at = x, other = y, left = rows;
    for (; left >= 2; left -= 2) {
      let a = v128.load(at), b = v128.load(at + step);
      if (!gradient) { a = f32x4.sub(a, m); b = f32x4.sub(b, m); }
      s0 = f32x4.add(s0, a); s1 = f32x4.add(s1, b);
      q0 = f32x4.add(q0, f32x4.mul(a, gradient ? v128.load(other) : a));
      q1 = f32x4.add(q1, f32x4.mul(b, gradient ? v128.load(other + step) : b));
      at += step << 1; other += step << 1;
    }
    if (left) {
      const a = gradient ? v128.load(at) : f32x4.sub(v128.load(at), m);
      s0 = f32x4.add(s0, a);
      q0 = f32x4.add(q0, f32x4.mul(a, gradient ? v128.load(other) : a));
    }
    s0 = f32x4.add(s0, s1); q0 = f32x4.add(q0, q1);
    v128.store(sums, f64x2.add(v128.load(sums), lowDoubles(s0)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), highDoubles(s0)), 16);
    v128.store(sums + list, f64x2.add(v128.load(sums + list), lowDoubles(q0)));
    v128.store(sums + list, f64x2.add(v128.load(sums + list, 16), highDoubles(q0)), 16);
  }
}

function addDeviations(sums: usize, list: usize, x: usize, shift: usize, rows: i32, inner: i32): void {
  addRows(false, sums, list, x, x, shift, rows, inner);
}

function addProducts(sums: usize, list: usize, g: usize, y: usize, rows: i32, inner: i32): void {
  addRows(true, sums, list, g, y, sums, rows, inner);
}

/** 1 / √(variance + ε) */
// @ts-ignore: decorator
@inline function factorOf(variance: f64, epsilon: f32): f32 { return <f32>(1 / sqrt<f64>(variance + <f64>epsilon)); }

/** The variance from Σ d², and the mean of d; never below 0. NaN stays. */
// @ts-ignore: decorator
@inline function varianceOf(squares: f64, offset: f64, k: i32): f64 {
  const variance = squares / <f64>k - offset * offset;
  return variance < 0 ? 0 : variance;
}

/** Bytes of one list of values, and of doubles, for all columns. */
// @ts-ignore: decorator
@inline function listBytes(inner: i32): usize { return <usize>((inner + 3) & ~3) << 2; }

/** One [k, inner]. In `scratch`: two lists of doubles, the sums; three lists of values: shift, factor and rest of each column. */
function standardizeColumns(
  to: usize, from: usize, varianceTo: usize, meanTo: usize, scratch: usize, k: i32, inner: i32, epsilon: f32,
): void {
  const step = <usize>inner << 2, list = listBytes(inner), doubles = list << 1;
  const shift = scratch + (doubles << 1), factor = shift + list, rest = factor + list;
  memory.fill(scratch, 0, (doubles << 1) + list);
  if (meanTo) sumColumns(shift, from, step, k, inner, <f64>k);
  for (let i = 0, x = from; i < k; i += CHUNK, x += step * CHUNK) addDeviations(scratch, doubles, x, shift, min(CHUNK, k - i), inner);
  for (let j = 0; j < inner; j++) {
    const at = <usize>j << 2;
    const offset = meanTo ? load<f64>(scratch + (at << 1)) / <f64>k : 0;
    const variance = varianceOf(load<f64>(scratch + doubles + (at << 1)), offset, k);
    const f = factorOf(variance, epsilon);
    store<f32>(varianceTo + at, <f32>variance);
    if (meanTo) store<f32>(meanTo + at, <f32>(<f64>load<f32>(shift + at) + offset));
    store<f32>(factor + at, f);
    store<f32>(rest + at, <f32>(-offset * f));
  }
  for (let i = 0; i < k; i++) {
    for (let j = inner, at: usize = 0; j > 0; j -= 4, at += 16, to += 16, from += 16) {
      const x = f32x4.mul(f32x4.sub(v128.load(from), v128.load(shift + at)), v128.load(factor + at));
      const y = f32x4.add(x, v128.load(rest + at));
      if (j >= 4) {
        v128.store(to, y);
      } else {
        storeLanes(to, y, j);
        to -= <usize>(4 - j) << 2; from -= <usize>(4 - j) << 2;
      }
    }
  }
}

export function standardize(p: usize, base: usize): void {
  let to = operand(p, StandardizeField.destination, base), from = operand(p, StandardizeField.source, base);
  let variances = operand(p, StandardizeField.variance, base);
  const isCentered = word(p, StandardizeField.mean) != 0;
  let means: usize = isCentered ? operand(p, StandardizeField.mean, base) : 0;
  const k = word(p, StandardizeField.k), inner = word(p, StandardizeField.inner);
  const epsilon = wordAsFloat(p, StandardizeField.epsilon), scratch = operand(p, StandardizeField.scratch, base);
  const step = <usize>inner << 2;
  for (let outer = word(p, StandardizeField.outer); outer > 0; outer--) {
    if (inner == 1) {
      const shift: f32 = isCentered ? <f32>(sumRow(from, k) / <f64>k) : 0;
      sumDeviations(from, k, shift);
      const offset = isCentered ? first / <f64>k : 0;
      const variance = varianceOf(second, offset, k);
      const factor = factorOf(variance, epsilon);
      store<f32>(variances, <f32>variance);
      if (isCentered) store<f32>(means, <f32>(<f64>shift + offset));
      rescale(to, from, k, shift, factor, <f32>(-offset * factor));
    } else {
      standardizeColumns(to, from, variances, means, scratch, k, inner, epsilon);
    }
    to += step * k; from += step * k; variances += step;
    if (isCentered) means += step;
  }
}

/** One [k, inner]. In `scratch`: two lists of doubles, Σ g and Σ g · y; then, in their place, what is subtracted. */
function projectColumns(
  to: usize, g: usize, y: usize, variance: usize, scratch: usize, k: i32, inner: i32, epsilon: f32, isCentered: bool,
): void {
  const step = <usize>inner << 2, list = listBytes(inner), doubles = list << 1;
  const a = scratch + (doubles << 1), b = a + list, factor = b + list;
  memory.fill(scratch, 0, doubles << 1);
  for (let i = 0, at: usize = 0; i < k; i += CHUNK, at += step * CHUNK) addProducts(scratch, doubles, g + at, y + at, min(CHUNK, k - i), inner);
  for (let j = 0; j < inner; j++) {
    const at = <usize>j << 2;
    store<f32>(a + at, isCentered ? <f32>(load<f64>(scratch + (at << 1)) / <f64>k) : 0);
    store<f32>(b + at, <f32>(load<f64>(scratch + doubles + (at << 1)) / <f64>k));
    store<f32>(factor + at, factorOf(<f64>load<f32>(variance + at), epsilon));
  }
  for (let i = 0; i < k; i++) {
    for (let j = inner, at: usize = 0; j > 0; j -= 4, at += 16, to += 16, g += 16, y += 16) {
      const rest = f32x4.sub(f32x4.sub(v128.load(g), v128.load(a + at)), f32x4.mul(v128.load(y), v128.load(b + at)));
      const x = f32x4.mul(rest, v128.load(factor + at));
      if (j >= 4) {
        v128.store(to, x);
      } else {
        storeLanes(to, x, j);
        const back = <usize>(4 - j) << 2;
        to -= back; g -= back; y -= back;
      }
    }
  }
}

export function standardizeGradient(p: usize, base: usize): void {
  let to = operand(p, StandardizeGradientField.destination, base), g = operand(p, StandardizeGradientField.cotangent, base);
  let y = operand(p, StandardizeGradientField.normalized, base), variance = operand(p, StandardizeGradientField.variance, base);
  const k = word(p, StandardizeGradientField.k), inner = word(p, StandardizeGradientField.inner);
  const isCentered = word(p, StandardizeGradientField.center) != 0, scratch = operand(p, StandardizeGradientField.scratch, base);
  const epsilon = wordAsFloat(p, StandardizeGradientField.epsilon);
  const step = <usize>inner << 2;
  for (let outer = word(p, StandardizeGradientField.outer); outer > 0; outer--) {
    if (inner == 1) {
      sumProducts(g, y, k);
      const factor = factorOf(<f64>load<f32>(variance), epsilon);
      project(to, g, y, k, isCentered ? <f32>(first / <f64>k) : 0, <f32>(second / <f64>k), factor);
    } else {
      projectColumns(to, g, y, variance, scratch, k, inner, epsilon, isCentered);
    }
    to += step * k; g += step * k; y += step * k; variance += step;
  }
}
