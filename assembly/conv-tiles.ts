/**
 * @file The products of convolution without packing: tiles of 4 rows × 8 columns (6 × 8 in the builds with relaxed SIMD, see
 * matmul6x8.ts) that meet images where they lie. A pixel of the result meets `lines` runs of `steps` contiguous values, one
 * a row of the filter; so the loop over k has a loop around it, at whose end all pointers jump.
 *
 *   placed   rows of A are pixels, each with a pointer of its own, and so are the rows of C: tiles go over the ends of lines and
 *            images, and none is cut short. `places`: tile by tile, the pointers (u32) of A's rows, then those of C's.
 *   lines    A transposed: a step is a pixel, whose values stand side by side; rows of A are channels of a tap.
 *
 * An element's sum runs over k in order wherever it stands in a tile, as those of matmul.ts do, so the shape of a tile changes no
 * bit. With A packed instead, its block outgrows the first cache, since a pixel is copied once for each tap that meets it.
 */
import { lowestAt } from './lowest';
import { multiplyAdd } from './matmul';

/**
 * `tiles` × 4 × 8 values of C, which begin at the 8 values at `start`, or go on from C (0). `shift`: bytes from C's places to the
 * 8 columns. `jump`: bytes from the end of a run to the next. Values below what `setLowest` got become that.
 */
export function placed4x8(
  places: usize, tiles: i32, lines: i32, steps: i32, jump: usize, b: usize, bStep: usize, start: usize, shift: usize,
): void {
  const least = lowestAt();
  for (; tiles > 0; tiles--, places += 32) {
    let a0 = <usize>load<u32>(places), a1 = <usize>load<u32>(places, 4), a2 = <usize>load<u32>(places, 8),
      a3 = <usize>load<u32>(places, 12);
    const s = start ? start : <usize>load<u32>(places, 16) + shift;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01;
    if (!start) {
      let at: usize;
      at = <usize>load<u32>(places, 20) + shift; x10 = v128.load(at); x11 = v128.load(at, 16);
      at = <usize>load<u32>(places, 24) + shift; x20 = v128.load(at); x21 = v128.load(at, 16);
      at = <usize>load<u32>(places, 28) + shift; x30 = v128.load(at); x31 = v128.load(at, 16);
    }
    let bt = b, line = lines;
    do {
      let left = steps;
      do {
        const b0 = v128.load(bt), b1 = v128.load(bt, 16);
        let v = v128.load32_splat(a0);
        x00 = multiplyAdd(v, b0, x00); x01 = multiplyAdd(v, b1, x01);
        v = v128.load32_splat(a1);
        x10 = multiplyAdd(v, b0, x10); x11 = multiplyAdd(v, b1, x11);
        v = v128.load32_splat(a2);
        x20 = multiplyAdd(v, b0, x20); x21 = multiplyAdd(v, b1, x21);
        v = v128.load32_splat(a3);
        x30 = multiplyAdd(v, b0, x30); x31 = multiplyAdd(v, b1, x31);
        a0 += 4; a1 += 4; a2 += 4; a3 += 4; bt += bStep;
      } while (--left);
      a0 += jump; a1 += jump; a2 += jump; a3 += jump;
    } while (--line);
    const l = v128.load32_splat(least);
    let to: usize;
    to = <usize>load<u32>(places, 16) + shift; v128.store(to, f32x4.pmax(x00, l)); v128.store(to, f32x4.pmax(x01, l), 16);
    to = <usize>load<u32>(places, 20) + shift; v128.store(to, f32x4.pmax(x10, l)); v128.store(to, f32x4.pmax(x11, l), 16);
    to = <usize>load<u32>(places, 24) + shift; v128.store(to, f32x4.pmax(x20, l)); v128.store(to, f32x4.pmax(x21, l), 16);
    to = <usize>load<u32>(places, 28) + shift; v128.store(to, f32x4.pmax(x30, l)); v128.store(to, f32x4.pmax(x31, l), 16);
  }
}

/** The same for tiles of 6 rows. */
export function placed6x8(
  places: usize, tiles: i32, lines: i32, steps: i32, jump: usize, b: usize, bStep: usize, start: usize, shift: usize,
): void {
  const least = lowestAt();
  for (; tiles > 0; tiles--, places += 48) {
    let a0 = <usize>load<u32>(places), a1 = <usize>load<u32>(places, 4), a2 = <usize>load<u32>(places, 8),
      a3 = <usize>load<u32>(places, 12), a4 = <usize>load<u32>(places, 16), a5 = <usize>load<u32>(places, 20);
    const s = start ? start : <usize>load<u32>(places, 24) + shift;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01, x40 = x00, x41 = x01, x50 = x00, x51 = x01;
    if (!start) {
      let at: usize;
      at = <usize>load<u32>(places, 28) + shift; x10 = v128.load(at); x11 = v128.load(at, 16);
      at = <usize>load<u32>(places, 32) + shift; x20 = v128.load(at); x21 = v128.load(at, 16);
      at = <usize>load<u32>(places, 36) + shift; x30 = v128.load(at); x31 = v128.load(at, 16);
      at = <usize>load<u32>(places, 40) + shift; x40 = v128.load(at); x41 = v128.load(at, 16);
      at = <usize>load<u32>(places, 44) + shift; x50 = v128.load(at); x51 = v128.load(at, 16);
    }
    let bt = b, line = lines;
    do {
      let left = steps;
      do {
        const b0 = v128.load(bt), b1 = v128.load(bt, 16);
        let v = v128.load32_splat(a0);
        x00 = f32x4.relaxed_madd(v, b0, x00); x01 = f32x4.relaxed_madd(v, b1, x01);
        v = v128.load32_splat(a1);
        x10 = f32x4.relaxed_madd(v, b0, x10); x11 = f32x4.relaxed_madd(v, b1, x11);
        v = v128.load32_splat(a2);
        x20 = f32x4.relaxed_madd(v, b0, x20); x21 = f32x4.relaxed_madd(v, b1, x21);
        v = v128.load32_splat(a3);
        x30 = f32x4.relaxed_madd(v, b0, x30); x31 = f32x4.relaxed_madd(v, b1, x31);
        v = v128.load32_splat(a4);
        x40 = f32x4.relaxed_madd(v, b0, x40); x41 = f32x4.relaxed_madd(v, b1, x41);
        v = v128.load32_splat(a5);
        x50 = f32x4.relaxed_madd(v, b0, x50); x51 = f32x4.relaxed_madd(v, b1, x51);
        a0 += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; a5 += 4; bt += bStep;
      } while (--left);
      a0 += jump; a1 += jump; a2 += jump; a3 += jump; a4 += jump; a5 += jump;
    } while (--line);
    const l = v128.load32_splat(least);
    let to: usize;
    to = <usize>load<u32>(places, 24) + shift; v128.store(to, f32x4.pmax(x00, l)); v128.store(to, f32x4.pmax(x01, l), 16);
    to = <usize>load<u32>(places, 28) + shift; v128.store(to, f32x4.pmax(x10, l)); v128.store(to, f32x4.pmax(x11, l), 16);
    to = <usize>load<u32>(places, 32) + shift; v128.store(to, f32x4.pmax(x20, l)); v128.store(to, f32x4.pmax(x21, l), 16);
    to = <usize>load<u32>(places, 36) + shift; v128.store(to, f32x4.pmax(x30, l)); v128.store(to, f32x4.pmax(x31, l), 16);
    to = <usize>load<u32>(places, 40) + shift; v128.store(to, f32x4.pmax(x40, l)); v128.store(to, f32x4.pmax(x41, l), 16);
    to = <usize>load<u32>(places, 44) + shift; v128.store(to, f32x4.pmax(x50, l)); v128.store(to, f32x4.pmax(x51, l), 16);
  }
}

/**
 * `m` × 8 values are added to C. `a`, `b`: what the first step meets; `aStep`, `bStep`: bytes from step to step; `aJump`,
 * `bJump`: bytes more at the end of a line. Where m is no multiple of 4, the missing rows of the last tile read what lies behind.
 */
export function lines4x8(
  a: usize, aStep: usize, aJump: usize, b: usize, bStep: usize, bJump: usize, lines: i32, steps: i32, c: usize, cRow: usize, m: i32,
): void {
  for (; m > 0; m -= 4) {
    const c1 = m > 1 ? c + cRow : c;
    const c2 = m > 2 ? c1 + cRow : c1;
    const c3 = m > 3 ? c2 + cRow : c2;
    let x00 = v128.load(c), x01 = v128.load(c, 16),
      x10 = v128.load(c1), x11 = v128.load(c1, 16),
      x20 = v128.load(c2), x21 = v128.load(c2, 16),
      x30 = v128.load(c3), x31 = v128.load(c3, 16);
    let at = a, bt = b, line = lines;
    do {
      let left = steps;
      do {
        const b0 = v128.load(bt), b1 = v128.load(bt, 16);
        let v = v128.load32_splat(at);
        x00 = multiplyAdd(v, b0, x00); x01 = multiplyAdd(v, b1, x01);
        v = v128.load32_splat(at, 4);
        x10 = multiplyAdd(v, b0, x10); x11 = multiplyAdd(v, b1, x11);
        v = v128.load32_splat(at, 8);
        x20 = multiplyAdd(v, b0, x20); x21 = multiplyAdd(v, b1, x21);
        v = v128.load32_splat(at, 12);
        x30 = multiplyAdd(v, b0, x30); x31 = multiplyAdd(v, b1, x31);
        at += aStep; bt += bStep;
        // Unrolled by hand: V8 does it too, but not where memory is shared (docs/adr/041).
        if (left == 1) break;
        const b0_ = v128.load(bt), b1_ = v128.load(bt, 16);
        v = v128.load32_splat(at);
        x00 = multiplyAdd(v, b0_, x00); x01 = multiplyAdd(v, b1_, x01);
        v = v128.load32_splat(at, 4);
        x10 = multiplyAdd(v, b0_, x10); x11 = multiplyAdd(v, b1_, x11);
        v = v128.load32_splat(at, 8);
        x20 = multiplyAdd(v, b0_, x20); x21 = multiplyAdd(v, b1_, x21);
        v = v128.load32_splat(at, 12);
        x30 = multiplyAdd(v, b0_, x30); x31 = multiplyAdd(v, b1_, x31);
        at += aStep; bt += bStep;
        left -= 2;
      } while (left > 0);
      at += aJump; bt += bJump;
    } while (--line);
    v128.store(c3, x30); v128.store(c3, x31, 16);
    v128.store(c2, x20); v128.store(c2, x21, 16);
    v128.store(c1, x10); v128.store(c1, x11, 16);
    v128.store(c, x00); v128.store(c, x01, 16);
    a += 16; c += cRow * 4;
  }
}

/** The same for the 3 rows that a filter of three columns has in images of one channel. */
export function lines3x8(
  a: usize, aStep: usize, aJump: usize, b: usize, bStep: usize, bJump: usize, lines: i32, steps: i32, c: usize, cRow: usize,
): void {
  const c1 = c + cRow, c2 = c1 + cRow;
  let x00 = v128.load(c), x01 = v128.load(c, 16),
    x10 = v128.load(c1), x11 = v128.load(c1, 16),
    x20 = v128.load(c2), x21 = v128.load(c2, 16);
  do {
    let left = steps;
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let v = v128.load32_splat(a);
      x00 = multiplyAdd(v, b0, x00); x01 = multiplyAdd(v, b1, x01);
      v = v128.load32_splat(a, 4);
      x10 = multiplyAdd(v, b0, x10); x11 = multiplyAdd(v, b1, x11);
      v = v128.load32_splat(a, 8);
      x20 = multiplyAdd(v, b0, x20); x21 = multiplyAdd(v, b1, x21);
      a += aStep; b += bStep;
    } while (--left);
    a += aJump; b += bJump;
  } while (--lines);
  v128.store(c2, x20); v128.store(c2, x21, 16);
  v128.store(c1, x10); v128.store(c1, x11, 16);
  v128.store(c, x00); v128.store(c, x01, 16);
}

/** The same for tiles of 6 rows; `m` is a multiple of 6. */
export function lines6x8(
  a: usize, aStep: usize, aJump: usize, b: usize, bStep: usize, bJump: usize, lines: i32, steps: i32, c: usize, cRow: usize, m: i32,
): void {
  for (; m >= 6; m -= 6) {
    const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow, c4 = c3 + cRow, c5 = c4 + cRow;
    let x00 = v128.load(c), x01 = v128.load(c, 16),
      x10 = v128.load(c1), x11 = v128.load(c1, 16),
      x20 = v128.load(c2), x21 = v128.load(c2, 16),
      x30 = v128.load(c3), x31 = v128.load(c3, 16),
      x40 = v128.load(c4), x41 = v128.load(c4, 16),
      x50 = v128.load(c5), x51 = v128.load(c5, 16);
    let at = a, bt = b, line = lines;
    do {
      let left = steps;
      do {
        const b0 = v128.load(bt), b1 = v128.load(bt, 16);
        let v = v128.load32_splat(at);
        x00 = f32x4.relaxed_madd(v, b0, x00); x01 = f32x4.relaxed_madd(v, b1, x01);
        v = v128.load32_splat(at, 4);
        x10 = f32x4.relaxed_madd(v, b0, x10); x11 = f32x4.relaxed_madd(v, b1, x11);
        v = v128.load32_splat(at, 8);
        x20 = f32x4.relaxed_madd(v, b0, x20); x21 = f32x4.relaxed_madd(v, b1, x21);
        v = v128.load32_splat(at, 12);
        x30 = f32x4.relaxed_madd(v, b0, x30); x31 = f32x4.relaxed_madd(v, b1, x31);
        v = v128.load32_splat(at, 16);
        x40 = f32x4.relaxed_madd(v, b0, x40); x41 = f32x4.relaxed_madd(v, b1, x41);
        v = v128.load32_splat(at, 20);
        x50 = f32x4.relaxed_madd(v, b0, x50); x51 = f32x4.relaxed_madd(v, b1, x51);
        at += aStep; bt += bStep;
      } while (--left);
      at += aJump; bt += bJump;
    } while (--line);
    v128.store(c5, x50); v128.store(c5, x51, 16);
    v128.store(c4, x40); v128.store(c4, x41, 16);
    v128.store(c3, x30); v128.store(c3, x31, 16);
    v128.store(c2, x20); v128.store(c2, x21, 16);
    v128.store(c1, x10); v128.store(c1, x11, 16);
    v128.store(c, x00); v128.store(c, x01, 16);
    a += 24; c += cRow * 6;
  }
}
