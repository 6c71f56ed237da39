/**
 * @file Convolution in which every channel has one filter of its own (groups = channels = filters): there is nothing to multiply
 * matrices for, so a vector is four channels of a pixel. Images [h, w, c] and filters [kh, kw, c] are met where they lie.
 *
 * Along an axis, result t meets at tap k the place first + t · step + k · tapStep, if that is one of `size` places. The input
 * gradient has that form too, for every remainder of a place by the stride: a correlation of dy with some of the taps, backwards.
 */
import { Activation, ConvField, UnaryFunction } from '../src/plan/opcodes';
import {
  c, dilationH, dilationW, h, kh, kw, left, n, oh, ow, pixel, strideH, strideW, top, w,
} from './conv-geometry';
import { mapUnary } from './elementwise';
import { fillWords, operand, storeLanes, word, ZEROS } from './simd';

/** Bytes between results, from one result's first tap to the next one's, from tap to tap, and from row to row of taps. */
let toStep: usize = 0, fromStep: usize = 0, tapStep: usize = 0, rowStep: usize = 0;
/** Bytes from tap to tap of the filter, and from row to row. */
let filterTap: usize = 0, filterRow: usize = 0;
/** What sums start from, bytes from one channel's to the next 4 (0: all start from the same), and their least value. */
let start: usize = 0, startStep: usize = 0, lowest: f32 = 0;

// @ts-ignore: decorator
@inline function storeUpTo(to: usize, x: v128, channels: i32): void {
  if (channels >= 4) v128.store(to, x);
  else storeLanes(to, x, channels);
}

/** `count` neighboring results, all channels of each; every one meets `rows` × `taps` pixels. */
export function correlate(to: usize, from: usize, filter: usize, rows: i32, taps: i32, count: i32): void {
  const x1 = fromStep, x2 = x1 + x1, x3 = x2 + x1, tap = tapStep, row = rowStep, fTap = filterTap, fRow = filterRow;
  const low = f32x4.splat(lowest), isShared = taps == 3 && tapStep == fromStep, total = count;
  for (; count >= 4 || (count > 0 && total > 4); to += toStep << 2, from += fromStep << 2, count -= 4) {
    if (count < 4) {
      // The last four may have been met in part: they are computed again, to the same values.
      to -= <usize>(4 - count) * toStep; from -= <usize>(4 - count) * fromStep;
    }
    for (let channels = c, ch: usize = 0, s = start; channels > 0; channels -= 4, ch += 16, s += startStep) {
      let a0 = v128.load(s), a1 = a0, a2 = a0, a3 = a0;
      let x = from + ch, f = filter + ch;
      for (let r = rows; r > 0; r--, x += row, f += fRow) {
        if (isShared) {
          // Six pixels for twelve products.
          const f0 = v128.load(f), f1 = v128.load(f + fTap), f2 = v128.load(f + 2 * fTap);
          let v = v128.load(x);
          a0 = f32x4.add(a0, f32x4.mul(v, f0));
          v = v128.load(x + x1);
          a0 = f32x4.add(a0, f32x4.mul(v, f1)); a1 = f32x4.add(a1, f32x4.mul(v, f0));
          v = v128.load(x + x2);
          a0 = f32x4.add(a0, f32x4.mul(v, f2)); a1 = f32x4.add(a1, f32x4.mul(v, f1)); a2 = f32x4.add(a2, f32x4.mul(v, f0));
          v = v128.load(x + x3);
          a1 = f32x4.add(a1, f32x4.mul(v, f2)); a2 = f32x4.add(a2, f32x4.mul(v, f1)); a3 = f32x4.add(a3, f32x4.mul(v, f0));
          const y = x + 2 * x2;
          v = v128.load(y);
          a2 = f32x4.add(a2, f32x4.mul(v, f2)); a3 = f32x4.add(a3, f32x4.mul(v, f1));
          v = v128.load(y + x1);
          a3 = f32x4.add(a3, f32x4.mul(v, f2));
          continue;
        }
        for (let q = taps, y = x, g = f; q > 0; q--, y += tap, g += fTap) {
          const v = v128.load(g);
          a0 = f32x4.add(a0, f32x4.mul(v128.load(y), v)); a1 = f32x4.add(a1, f32x4.mul(v128.load(y + x1), v));
          a2 = f32x4.add(a2, f32x4.mul(v128.load(y + x2), v)); a3 = f32x4.add(a3, f32x4.mul(v128.load(y + x3), v));
        }
      }
      const y = to + ch;
      storeUpTo(y, f32x4.pmax(a0, low), channels); storeUpTo(y + toStep, f32x4.pmax(a1, low), channels);
      storeUpTo(y + 2 * toStep, f32x4.pmax(a2, low), channels); storeUpTo(y + 3 * toStep, f32x4.pmax(a3, low), channels);
    }
  }
  for (; count > 0; to += toStep, from += fromStep, count--) correlateOne(to, from, filter, rows, taps);
}

/** One result, such as those at the edges: 16 channels at a time. */
export function correlateOne(to: usize, from: usize, filter: usize, rows: i32, taps: i32): void {
  const tap = tapStep, row = rowStep, fTap = filterTap, fRow = filterRow, low = f32x4.splat(lowest);
  let channels = c, s = start;
  for (; channels >= 16; channels -= 16, to += 64, from += 64, filter += 64, s += startStep << 2) {
    let a0 = v128.load(s), a1 = v128.load(s + startStep), a2 = v128.load(s + 2 * startStep), a3 = v128.load(s + 3 * startStep);
    for (let r = rows, x = from, f = filter; r > 0; r--, x += row, f += fRow) {
      for (let q = taps, y = x, g = f; q > 0; q--, y += tap, g += fTap) {
        a0 = f32x4.add(a0, f32x4.mul(v128.load(y), v128.load(g))); a1 = f32x4.add(a1, f32x4.mul(v128.load(y, 16), v128.load(g, 16)));
        a2 = f32x4.add(a2, f32x4.mul(v128.load(y, 32), v128.load(g, 32))); a3 = f32x4.add(a3, f32x4.mul(v128.load(y, 48), v128.load(g, 48)));
      }
    }
    v128.store(to, f32x4.pmax(a0, low)); v128.store(to, f32x4.pmax(a1, low), 16);
    v128.store(to, f32x4.pmax(a2, low), 32); v128.store(to, f32x4.pmax(a3, low), 48);
  }
  for (; channels > 0; channels -= 4, to += 16, from += 16, filter += 16, s += startStep) {
    let a = v128.load(s);
    for (let r = rows, x = from, f = filter; r > 0; r--, x += row, f += fRow)
      for (let q = taps, y = x, g = f; q > 0; q--, y += tap, g += fTap) a = f32x4.add(a, f32x4.mul(v128.load(y), v128.load(g)));
    storeUpTo(to, f32x4.pmax(a, low), channels);
  }
}

/** The first of the taps from place `first` on, `step` ≥ 1 apart, that is not below 0. */
// @ts-ignore: decorator
@inline function firstTap(first: i32, step: i32): i32 { return first < 0 ? (step - 1 - first) / step : 0; }

/** Behind the last of `taps` such taps that is below `size`. */
// @ts-ignore: decorator
@inline function lastTap(first: i32, step: i32, taps: i32, size: i32): i32 {
  return first < size ? min(taps, (size - 1 - first) / step + 1) : 0;
}

/** A row of `count` results. `from`: the pixels' first row, which has `size`, and `filter` its taps. */
export function correlateRow(
  to: usize, from: usize, filter: usize, rows: i32, count: i32, first: i32, step: i32, taps: i32, tap: i32, size: i32,
): void {
  for (let t = 0; t < count; ) {
    const at = first + t * step;
    const k0 = firstTap(at, tap), k1 = max(k0, lastTap(at, tap, taps, size));
    // Results that meet all taps are computed together.
    let next = t + 1;
    if (k0 == 0 && k1 == taps && taps) next = min(count, t + (size - 1 - at - (taps - 1) * tap) / step + 1);
    correlate(
      to + <usize>t * toStep, from + <usize>(at + k0 * tap) * pixel, filter + <usize>k0 * filterTap, rows, k1 - k0, next - t,
    );
    t = next;
  }
}

export function depthwise(p: usize, base: usize): void {
  const images = operand(p, ConvField.first, base), filter = operand(p, ConvField.second, base);
  const activation = word(p, ConvField.activation);
  const hasBias = word(p, ConvField.bias) != 0;
  start = hasBias ? operand(p, ConvField.bias, base) : ZEROS; startStep = hasBias ? 16 : 0;
  lowest = activation == Activation.relu ? 0 : -Infinity;
  toStep = pixel; fromStep = <usize>strideW * pixel;
  tapStep = <usize>dilationW * pixel; rowStep = <usize>(dilationH * w) * pixel;
  filterTap = pixel; filterRow = <usize>kw * pixel;
  let to = operand(p, ConvField.destination, base);
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < oh; i++, to += <usize>ow * pixel) {
      const at = i * strideH - top;
      const r0 = firstTap(at, dilationH), r1 = lastTap(at, dilationH, kh, h);
      const from = images + <usize>((image * h + at + r0 * dilationH) * w) * pixel;
      correlateRow(to, from, filter + <usize>r0 * filterRow, r1 - r0, ow, -left, strideW, kw, dilationW, w);
      if (activation > Activation.relu)
        mapUnary(activation == Activation.tanh ? UnaryFunction.tanh : UnaryFunction.sigmoid, to, to, ow * c);
    }
  }
}

/** The taps that meet a place of the images: `met` of them, the last tap `last`, every `every`-th, of a result each, `apart`. */
let met: i32 = 0, last: i32 = 0, every: i32 = 0, apart: i32 = 0, firstResult: i32 = 0;

/** Sets them for place `at` (padding counted) along an axis. */
function meet(at: i32, stride: i32, dilation: i32, taps: i32): void {
  every = 1; apart = dilation;
  // Taps whose distance is a multiple of the stride meet whole results.
  while (apart % stride) { every++; apart += dilation; }
  apart /= stride;
  let tap = 0;
  while (tap < min(every, taps) && (at - tap * dilation) % stride) tap++;
  met = tap < min(every, taps) ? (taps - 1 - tap) / every + 1 : 0;
  last = tap + (met - 1) * every;
  firstResult = (at - last * dilation) / stride;
}

export function depthwiseInputGradient(p: usize, base: usize): void {
  const filter = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const images = operand(p, ConvField.destination, base);
  start = ZEROS; startStep = 0; lowest = -Infinity;
  toStep = <usize>strideW * pixel; fromStep = pixel;
  for (let y = 0; y < h; y++) {
    meet(y + top, strideH, dilationH, kh);
    const r0 = met ? firstTap(firstResult, apart) : 0, r1 = met ? lastTap(firstResult, apart, met, oh) : 0;
    const row = firstResult + r0 * apart, filterStart = last - r0 * every;
    rowStep = <usize>(apart * ow) * pixel; filterRow = -<usize>(every * kw) * pixel;
    for (let x = 0; x < min(strideW, w); x++) {
      meet(x + left, strideW, dilationW, kw);
      tapStep = <usize>apart * pixel; filterTap = -<usize>every * pixel;
      const taps = filter + <usize>(filterStart * kw + last) * pixel, count = (w - 1 - x) / strideW + 1;
      for (let image = 0; image < n; image++)
        correlateRow(
          images + <usize>((image * h + y) * w + x) * pixel, results + <usize>((image * oh + row) * ow) * pixel, taps,
          r1 - r0, count, firstResult, 1, met, apart, ow,
        );
    }
  }
}

/** sums[c] += Σ over `count` pixels of x · y, whose pixels lie `xStep` and `pixel` bytes apart. */
export function addProducts(sums: usize, x: usize, xStep: usize, y: usize, count: i32): void {
  let channels = c;
  for (; channels >= 16; channels -= 16, sums += 64, x += 64, y += 64) {
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
    for (let k = count, a = x, b = y; k > 0; k--, a += xStep, b += pixel) {
      s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b))); s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32))); s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    }
    v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48);
  }
  for (; channels > 0; channels -= 4, sums += 16, x += 16, y += 16) {
    let s = v128.load(sums);
    for (let k = count, a = x, b = y; k > 0; k--, a += xStep, b += pixel) s = f32x4.add(s, f32x4.mul(v128.load(a), v128.load(b)));
    storeUpTo(sums, s, channels);
  }
}

/** The same for all taps of a filter of 3 × 3: the pixels of y are loaded once. Rows of x lie `row` bytes apart. */
export function addProducts3x3(sums: usize, x: usize, xStep: usize, tap: usize, row: usize, y: usize, count: i32): void {
  const next = pixel;
  for (let channels = c; channels > 0; channels -= 4, sums += 16, x += 16, y += 16) {
    const t3 = sums + 3 * next, t6 = t3 + 3 * next;
    let s0 = v128.load(sums), s1 = v128.load(sums + next), s2 = v128.load(sums + 2 * next);
    let s3 = v128.load(t3), s4 = v128.load(t3 + next), s5 = v128.load(t3 + 2 * next);
    let s6 = v128.load(t6), s7 = v128.load(t6 + next), s8 = v128.load(t6 + 2 * next);
    for (let k = count, a = x, b = y; k > 0; k--, a += xStep, b += next) {
      const v = v128.load(b), a1 = a + row, a2 = a1 + row;
      s0 = f32x4.add(s0, f32x4.mul(v, v128.load(a))); s1 = f32x4.add(s1, f32x4.mul(v, v128.load(a + tap)));
      s2 = f32x4.add(s2, f32x4.mul(v, v128.load(a + 2 * tap)));
      s3 = f32x4.add(s3, f32x4.mul(v, v128.load(a1))); s4 = f32x4.add(s4, f32x4.mul(v, v128.load(a1 + tap)));
      s5 = f32x4.add(s5, f32x4.mul(v, v128.load(a1 + 2 * tap)));
      s6 = f32x4.add(s6, f32x4.mul(v, v128.load(a2))); s7 = f32x4.add(s7, f32x4.mul(v, v128.load(a2 + tap)));
      s8 = f32x4.add(s8, f32x4.mul(v, v128.load(a2 + 2 * tap)));
    }
    storeUpTo(sums, s0, channels); storeUpTo(sums + next, s1, channels); storeUpTo(sums + 2 * next, s2, channels);
    storeUpTo(t3, s3, channels); storeUpTo(t3 + next, s4, channels); storeUpTo(t3 + 2 * next, s5, channels);
    storeUpTo(t6, s6, channels); storeUpTo(t6 + next, s7, channels); storeUpTo(t6 + 2 * next, s8, channels);
  }
}

/** Results j0 … j1 − 1 of a row with the taps q0 … q1 − 1 of a row of the filter. `x`: the row of the image, `y`: of the results. */
export function addTaps(sums: usize, x: usize, y: usize, q0: i32, q1: i32, j0: i32, j1: i32): void {
  for (let q = q0; q < q1; q++) {
    const shift = q * dilationW - left;
    const from = max(j0, shift < 0 ? (strideW - 1 - shift) / strideW : 0);
    const to = shift < w ? min(j1, (w - 1 - shift) / strideW + 1) : 0;
    if (from < to)
      addProducts(
        sums + <usize>q * pixel, x + <usize>(from * strideW + shift) * pixel, <usize>strideW * pixel, y + <usize>from * pixel, to - from,
      );
  }
}

export function depthwiseFilterGradient(p: usize, base: usize): void {
  const images = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const sums = operand(p, ConvField.destination, base);
  const q0 = word(p, ConvField.runFrom), q1 = word(p, ConvField.runTo);
  for (let r = 0; r < kh; r++) fillWords(sums + <usize>(r * kw + q0) * pixel, 0, (q1 - q0) * c);
  // The results whose taps all lie within the width of the image.
  const j0 = min(ow, (left + strideW - 1) / strideW), reach = w - 1 + left - (kw - 1) * dilationW;
  const j1 = max(j0, reach < 0 ? 0 : min(ow, reach / strideW + 1));
  const is3x3 = kh == 3 && kw == 3 && j1 > j0, line = <usize>w * pixel;
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < oh; i++) {
      const at = i * strideH - top, y = results + <usize>((image * oh + i) * ow) * pixel;
      const r0 = firstTap(at, dilationH), r1 = lastTap(at, dilationH, kh, h);
      const x = images + <usize>(image * h + at) * line, step = <usize>dilationH * line, isWhole = is3x3 && r0 == 0 && r1 == 3;
      for (let r = r0; r < r1; r++) addTaps(sums + <usize>(r * kw) * pixel, x + <usize>r * step, y, q0, q1, 0, isWhole ? j0 : ow);
      if (!isWhole) continue;
      addProducts3x3(
        sums, x + <usize>(j0 * strideW - left) * pixel, <usize>strideW * pixel, <usize>dilationW * pixel, step, y + <usize>j0 * pixel, j1 - j0,
      );
      for (let r = r0; r < r1; r++) addTaps(sums + <usize>(r * kw) * pixel, x + <usize>r * step, y, q0, q1, j1, ow);
    }
  }
}
