/**
 * @file Tiles of 6 rows × 8 columns for the builds with relaxed SIMD, whose fused multiply-add needs no register for a product:
 * 97 % of the peak where 4 × 8 reaches 91 (Zen 5, Node 24). Without it 12 sums and what they meet spill: half the speed. The
 * sums run as those of matmul.ts; `m` is a multiple of 6.
 */
import { lowestAt } from './lowest';

/** A in place: row i begins at `a` + i · `aRow`. */
export function gemm_f32_6x8_rows(
  a: usize, aRow: usize, b: usize, bStep: usize, k: i32, start: usize, c: usize, cRow: usize, m: i32,
): void {
  const least = lowestAt();
  for (; m >= 6; m -= 6) {
    let a0 = a, a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow;
    const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow, c4 = c3 + cRow, c5 = c4 + cRow;
    const s = start ? start : c;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01, x40 = x00, x41 = x01, x50 = x00, x51 = x01;
    if (!start) {
      x10 = v128.load(c1); x11 = v128.load(c1, 16);
      x20 = v128.load(c2); x21 = v128.load(c2, 16);
      x30 = v128.load(c3); x31 = v128.load(c3, 16);
      x40 = v128.load(c4); x41 = v128.load(c4, 16);
      x50 = v128.load(c5); x51 = v128.load(c5, 16);
    }
    let left = k, bt = b;
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
    const l = v128.load32_splat(least);
    v128.store(c5, f32x4.pmax(x50, l)); v128.store(c5, f32x4.pmax(x51, l), 16);
    v128.store(c4, f32x4.pmax(x40, l)); v128.store(c4, f32x4.pmax(x41, l), 16);
    v128.store(c3, f32x4.pmax(x30, l)); v128.store(c3, f32x4.pmax(x31, l), 16);
    v128.store(c2, f32x4.pmax(x20, l)); v128.store(c2, f32x4.pmax(x21, l), 16);
    v128.store(c1, f32x4.pmax(x10, l)); v128.store(c1, f32x4.pmax(x11, l), 16);
    v128.store(c, f32x4.pmax(x00, l)); v128.store(c, f32x4.pmax(x01, l), 16);
    a += aRow * 6; c += cRow * 6;
  }
}

/** A transposed, in place: a step's values stand side by side, `aStep` bytes from step to step. */
export function gemm_f32_6x8_columns(
  a: usize, aStep: usize, b: usize, bStep: usize, k: i32, start: usize, c: usize, cRow: usize, m: i32,
): void {
  const least = lowestAt();
  for (; m >= 6; m -= 6) {
    const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow, c4 = c3 + cRow, c5 = c4 + cRow;
    const s = start ? start : c;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01, x40 = x00, x41 = x01, x50 = x00, x51 = x01;
    if (!start) {
      x10 = v128.load(c1); x11 = v128.load(c1, 16);
      x20 = v128.load(c2); x21 = v128.load(c2, 16);
      x30 = v128.load(c3); x31 = v128.load(c3, 16);
      x40 = v128.load(c4); x41 = v128.load(c4, 16);
      x50 = v128.load(c5); x51 = v128.load(c5, 16);
    }
    let left = k, at = a, bt = b;
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
    const l = v128.load32_splat(least);
    v128.store(c5, f32x4.pmax(x50, l)); v128.store(c5, f32x4.pmax(x51, l), 16);
    v128.store(c4, f32x4.pmax(x40, l)); v128.store(c4, f32x4.pmax(x41, l), 16);
    v128.store(c3, f32x4.pmax(x30, l)); v128.store(c3, f32x4.pmax(x31, l), 16);
    v128.store(c2, f32x4.pmax(x20, l)); v128.store(c2, f32x4.pmax(x21, l), 16);
    v128.store(c1, f32x4.pmax(x10, l)); v128.store(c1, f32x4.pmax(x11, l), 16);
    v128.store(c, f32x4.pmax(x00, l)); v128.store(c, f32x4.pmax(x01, l), 16);
    a += 24; c += cRow * 6;
  }
}
