/**
 * @file Pooling and its gradients, four channels at a time. Threads share rows of results (forward) or images (backward), so
 * that sums never meet.
 */
import { PoolField, Status } from '../src/plan/opcodes';
import { fillWords, operand, stop, storeLanes, word } from './simd';

/** The sizes of the instruction under way: the names are those of `PoolField`. */
let n: i32 = 0, h: i32 = 0, w: i32 = 0, c: i32 = 0, oh: i32 = 0, ow: i32 = 0, kh: i32 = 0, kw: i32 = 0;
let strideH: i32 = 0, strideW: i32 = 0, dilationH: i32 = 0, dilationW: i32 = 0;
let top: i32 = 0, left: i32 = 0, bottom: i32 = 0, right: i32 = 0;
let includePadding: bool = false;

function decode(p: usize): void {
  n = word(p, PoolField.n); h = word(p, PoolField.h); w = word(p, PoolField.w); c = word(p, PoolField.c);
  oh = word(p, PoolField.oh); ow = word(p, PoolField.ow); kh = word(p, PoolField.kh); kw = word(p, PoolField.kw);
  strideH = word(p, PoolField.strideH); strideW = word(p, PoolField.strideW);
  dilationH = word(p, PoolField.dilationH); dilationW = word(p, PoolField.dilationW);
  top = word(p, PoolField.top); left = word(p, PoolField.left);
  bottom = word(p, PoolField.bottom); right = word(p, PoolField.right);
  includePadding = word(p, PoolField.includePadding) != 0;
}

// @ts-ignore: decorator
@inline function put(to: usize, x: v128, channels: i32): void {
  if (channels >= 4) v128.store(to, x); else storeLanes(to, x, channels);
}

/** Where a value seen before is not smaller, or is NaN: the first of the largest wins, and NaN over all. */
// @ts-ignore: decorator
@inline function keepsBest(x: v128, best: v128): v128 { return v128.or(f32x4.le(x, best), f32x4.ne(best, best)); }

/** How many windows of a line come before the first that begins within the image. */
// @ts-ignore: decorator
@inline function firstInside(): i32 { return left > 0 ? min(ow, (left + strideW - 1) / strideW) : 0; }

/** How many windows two cells wide lie within the image, from window `first` on, which begins there. */
// @ts-ignore: decorator
@inline function windowsInside(first: i32): i32 {
  const last = w - 2 - (first * strideW - left);
  return last < 0 ? 0 : min(ow - first, last / strideW + 1);
}

/** Whether windows are 2 × 2 neighbors, and those from row `row` on within the image. */
// @ts-ignore: decorator
@inline function isSquare(row: i32): bool {
  return kh == 2 && kw == 2 && dilationH == 1 && dilationW == 1 && row >= 0 && row + 1 < h;
}

/**
 * A line of windows of 2 × 2 cells within the image, the first of them `cell`; `x`: that cell's values. Returns whether all is said:
 * where a sum of all values is no number, one of them may be none, and what was written is not meant.
 */
export function maxPool2x2(values: usize, index: usize, x: usize, cell: i32, windows: i32): bool {
  const pixel = <usize>c << 2, line = <usize>w * pixel, step = <usize>strideW * pixel;
  let sum = f32x4.splat(0);
  for (; windows > 0; windows--, x += step, values += pixel, index += pixel, cell += strideW) {
    const p1 = i32x4.splat(cell + 1), p3 = i32x4.splat(cell + w + 1);
    for (let channel = c, at: usize = 0; channel > 0; channel -= 4, at += 16) {
      const above = x + at, below = above + line;
      const x0 = v128.load(above), x1 = v128.load(above + pixel), x2 = v128.load(below), x3 = v128.load(below + pixel);
      const upper = f32x4.pmax(x0, x1), lower = f32x4.pmax(x2, x3);
      // All ones is −1: the place before.
      const place = v128.bitselect(
        i32x4.add(p1, f32x4.le(x1, x0)), i32x4.add(p3, f32x4.le(x3, x2)), f32x4.le(lower, upper));
      sum = f32x4.add(sum, f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3)));
      put(values + at, f32x4.pmax(upper, lower), channel);
      put(index + at, place, channel);
    }
  }
  return !v128.any_true(f32x4.ne(sum, sum));
}

export function maxPool(p: usize, base: usize): void {
  decode(p);
  const source = operand(p, PoolField.source, base), values = operand(p, PoolField.destination, base);
  const index = operand(p, PoolField.index, base);
  const pixel = <usize>c << 2;
  const first = firstInside(), inside = windowsInside(first);
  for (let line = 0; line < n * oh; line++) {
    const image = line / oh, row0 = (line - image * oh) * strideH - top;
    const from = source + <usize>(image * h * w) * pixel;
    const cell = row0 * w + first * strideW - left, begin = <usize>(line * ow + first) * pixel;
    const isDone = inside > 0 && isSquare(row0) && maxPool2x2(values + begin, index + begin, from + <usize>cell * pixel, cell, inside);
    for (let o = 0; o < ow; o++) {
      if (isDone && o == first) {
        o += inside - 1;
        continue;
      }
      const column0 = o * strideW - left;
      const to = <usize>(line * ow + o) * pixel;
      for (let channel = 0; channel < c; channel += 4) {
        const at = <usize>channel << 2;
        let best = f32x4.splat(0), place = i32x4.splat(0);
        let isFirst = true;
        for (let i = 0; i < kh; i++) {
          const row = row0 + i * dilationH;
          if (<u32>row >= <u32>h) continue;
          for (let j = 0; j < kw; j++) {
            const column = column0 + j * dilationW;
            if (<u32>column >= <u32>w) continue;
            const cell = row * w + column;
            const x = v128.load(from + <usize>cell * pixel + at);
            const here = i32x4.splat(cell);
            if (isFirst) {
              best = x; place = here; isFirst = false;
              continue;
            }
            const keeps = keepsBest(x, best);
            best = v128.bitselect(best, x, keeps);
            place = v128.bitselect(place, here, keeps);
          }
        }
        put(values + to + at, best, c - channel);
        put(index + to + at, place, c - channel);
      }
    }
  }
}

/** The gradient of a line of windows of 2 × 2 cells within the image, the first of them `cell`; `to`: that cell's. */
export function spread2x2(to: usize, source: usize, index: usize, cell: i32, windows: i32): void {
  const pixel = <usize>c << 2, line = <usize>w * pixel, step = <usize>strideW * pixel;
  const right1 = i32x4.splat(1), down = i32x4.splat(w), both = i32x4.splat(w + 1);
  for (; windows > 0; windows--, to += step, source += pixel, index += pixel, cell += strideW) {
    const here = i32x4.splat(cell);
    for (let channel = c, at: usize = 0; channel > 0; channel -= 4, at += 16) {
      const g = v128.load(source + at), place = i32x4.sub(v128.load(index + at), here);
      const above = to + at, below = above + line;
      put(above, v128.and(g, i32x4.eq(place, i32x4.splat(0))), channel);
      put(above + pixel, v128.and(g, i32x4.eq(place, right1)), channel);
      put(below, v128.and(g, i32x4.eq(place, down)), channel);
      put(below + pixel, v128.and(g, i32x4.eq(place, both)), channel);
    }
  }
}

/** Windows that meet no cell twice: every cell of one is written, with the value or 0. */
function spread(images: usize, source: usize, index: usize, image: i32): void {
  const pixel = <usize>c << 2;
  const to = images + <usize>(image * h * w) * pixel;
  const first = firstInside(), inside = windowsInside(first);
  for (let y = 0; y < oh; y++) {
    const row0 = y * strideH - top, square = isSquare(row0);
    for (let o = 0; o < ow; o++) {
      const from = <usize>((image * oh + y) * ow + o) * pixel;
      if (square && o == first && inside > 0) {
        const cell = row0 * w + o * strideW - left;
        spread2x2(to + <usize>cell * pixel, source + from, index + from, cell, inside);
        o += inside - 1;
        continue;
      }
      for (let i = 0; i < kh; i++) {
        const row = y * strideH - top + i;
        if (<u32>row >= <u32>h) continue;
        for (let j = 0; j < kw; j++) {
          const column = o * strideW - left + j;
          if (<u32>column >= <u32>w) continue;
          const cell = row * w + column;
          const here = i32x4.splat(cell);
          const place = to + <usize>cell * pixel;
          for (let channel = 0; channel < c; channel += 4) {
            const at = <usize>channel << 2;
            const hit = i32x4.eq(v128.load(index + from + at), here);
            put(place + at, v128.and(v128.load(source + from + at), hit), c - channel);
          }
        }
      }
    }
  }
}

export function maxPoolGradient(p: usize, base: usize): i32 {
  decode(p);
  const images = operand(p, PoolField.destination, base), source = operand(p, PoolField.source, base);
  const index = operand(p, PoolField.index, base);
  const cells = h * w, pooled = oh * ow * c;
  const isDisjoint = dilationH == 1 && dilationW == 1 && strideH >= kh && strideW >= kw;
  const isWhole = oh * strideH == h && ow * strideW == w && strideH == kh && strideW == kw && top == 0 && left == 0;
  for (let image = 0; image < n; image++) {
    const to = images + (<usize>(image * cells * c) << 2);
    if (!(isDisjoint && isWhole)) fillWords(to, 0, cells * c);
    if (isDisjoint) {
      spread(images, source, index, image);
      continue;
    }
    for (let i = 0; i < pooled; i++) {
      const at = <usize>(image * pooled + i) << 2;
      const place = load<i32>(index + at);
      if (<u32>place >= <u32>cells) return stop(base, Status.indexOutOfRange, image * pooled + i, place);
      const cell = to + (<usize>(place * c + i % c) << 2);
      store<f32>(cell, load<f32>(cell) + load<f32>(source + at));
    }
  }
  return Status.ok;
}

export function maxPoolGather(p: usize, base: usize): i32 {
  decode(p);
  const pooledValues = operand(p, PoolField.destination, base), images = operand(p, PoolField.source, base);
  const index = operand(p, PoolField.index, base);
  const cells = h * w, pooled = oh * ow * c;
  for (let image = 0; image < n; image++) {
    const from = images + (<usize>(image * cells * c) << 2);
    for (let i = 0; i < pooled; i++) {
      const at = <usize>(image * pooled + i) << 2;
      const place = load<i32>(index + at);
      if (<u32>place >= <u32>cells) return stop(base, Status.indexOutOfRange, image * pooled + i, place);
      store<f32>(pooledValues + at, load<f32>(from + (<usize>(place * c + i % c) << 2)));
    }
  }
  return Status.ok;
}

/** How many of `taps` cells from `start` on lie within `first` … `end` − 1. */
function count(start: i32, taps: i32, dilation: i32, first: i32, end: i32): i32 {
  let found = 0;
  for (let k = 0; k < taps; k++, start += dilation) found += i32(start >= first && start < end);
  return found;
}

/** The cells that a window is divided by. */
function divisor(row: i32, column: i32): f32 {
  const rows = includePadding ? count(row, kh, dilationH, -top, h + bottom) : count(row, kh, dilationH, 0, h);
  const columns = includePadding ? count(column, kw, dilationW, -left, w + right) : count(column, kw, dilationW, 0, w);
  return <f32>(rows * columns);
}

export function averagePool(p: usize, base: usize): void {
  decode(p);
  const source = operand(p, PoolField.source, base), means = operand(p, PoolField.destination, base);
  const pixel = <usize>c << 2;
  for (let line = 0; line < n * oh; line++) {
    const image = line / oh, row0 = (line - image * oh) * strideH - top;
    const from = source + <usize>(image * h * w) * pixel;
    for (let o = 0; o < ow; o++) {
      const column0 = o * strideW - left;
      const by = f32x4.splat(divisor(row0, column0));
      for (let channel = 0; channel < c; channel += 4) {
        const at = <usize>channel << 2;
        let sum = f32x4.splat(0);
        for (let i = 0; i < kh; i++) {
          const row = row0 + i * dilationH;
          if (<u32>row >= <u32>h) continue;
          for (let j = 0; j < kw; j++) {
            const column = column0 + j * dilationW;
            if (<u32>column < <u32>w) sum = f32x4.add(sum, v128.load(from + <usize>(row * w + column) * pixel + at));
          }
        }
        put(means + <usize>(line * ow + o) * pixel + at, f32x4.div(sum, by), c - channel);
      }
    }
  }
}

export function averagePoolGradient(p: usize, base: usize): void {
  decode(p);
  const source = operand(p, PoolField.source, base), images = operand(p, PoolField.destination, base);
  const pixel = <usize>c << 2;
  for (let image = 0; image < n; image++) {
    const to = images + <usize>(image * h * w) * pixel;
    fillWords(to, 0, h * w * c);
    for (let y = 0; y < oh; y++) {
      for (let o = 0; o < ow; o++) {
        const row0 = y * strideH - top, column0 = o * strideW - left;
        const by = f32x4.splat(divisor(row0, column0));
        const from = source + <usize>((image * oh + y) * ow + o) * pixel;
        for (let channel = 0; channel < c; channel += 4) {
          const at = <usize>channel << 2;
          const share = f32x4.div(v128.load(from + at), by);
          for (let i = 0; i < kh; i++) {
            const row = row0 + i * dilationH;
            if (<u32>row >= <u32>h) continue;
            for (let j = 0; j < kw; j++) {
              const column = column0 + j * dilationW;
              if (<u32>column >= <u32>w) continue;
              const cell = to + <usize>(row * w + column) * pixel + at;
              put(cell, f32x4.add(v128.load(cell), share), c - channel);
            }
          }
        }
      }
    }
  }
}
