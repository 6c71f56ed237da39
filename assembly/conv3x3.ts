/**
 * @file Convolution of images of one channel with filters of 3 × 3 and stride 1: what most networks on gray images begin with.
 * With 9 products a value, packing blocks of pixels would cost as much as the products. Here four filters at a time stay in
 * registers, and four neighboring pixels share the values of the image that they meet: 18 loads for 72 operations.
 */
import { lowestAt } from './lowest';
import { multiplyAdd } from './matmul';

/**
 * One row of results: `columns` ≥ 4 pixels of 4 filters each, `pixelBytes` from one to the next. x0, x1, x2: the rows of the image that
 * the first pixel meets. `taps`: the 9 of the 4 filters, one behind the other. Sums begin at `bias` and take the taps in order, as all
 * convolutions do; values below what `setLowest` got become that.
 *
 * V8 puts all loads of a basic block before the rest, and spills where they are many: so each row of the filter is a block. The exits
 * between them are never taken; what lies behind them needs the sums, which therefore are made here.
 */
export function convRow3x3(
  y: usize, pixelBytes: usize, columns: i32, x0: usize, x1: usize, x2: usize, taps: usize, bias: usize,
): void {
  const least = lowestAt();
  while (true) {
    let a = v128.load(bias), b = a, c = a, d = a;
    do {
      const f0 = v128.load(taps), f1 = v128.load(taps, 16), f2 = v128.load(taps, 32);
      let s = v128.load32_splat(x0);
      a = multiplyAdd(s, f0, a);
      s = v128.load32_splat(x0, 4);
      a = multiplyAdd(s, f1, a); b = multiplyAdd(s, f0, b);
      s = v128.load32_splat(x0, 8);
      a = multiplyAdd(s, f2, a); b = multiplyAdd(s, f1, b); c = multiplyAdd(s, f0, c);
      s = v128.load32_splat(x0, 12);
      b = multiplyAdd(s, f2, b); c = multiplyAdd(s, f1, c); d = multiplyAdd(s, f0, d);
      s = v128.load32_splat(x0, 16);
      c = multiplyAdd(s, f2, c); d = multiplyAdd(s, f1, d);
      s = v128.load32_splat(x0, 20);
      d = multiplyAdd(s, f2, d);
      if (!taps) break;
      const f3 = v128.load(taps, 48), f4 = v128.load(taps, 64), f5 = v128.load(taps, 80);
      s = v128.load32_splat(x1);
      a = multiplyAdd(s, f3, a);
      s = v128.load32_splat(x1, 4);
      a = multiplyAdd(s, f4, a); b = multiplyAdd(s, f3, b);
      s = v128.load32_splat(x1, 8);
      a = multiplyAdd(s, f5, a); b = multiplyAdd(s, f4, b); c = multiplyAdd(s, f3, c);
      s = v128.load32_splat(x1, 12);
      b = multiplyAdd(s, f5, b); c = multiplyAdd(s, f4, c); d = multiplyAdd(s, f3, d);
      s = v128.load32_splat(x1, 16);
      c = multiplyAdd(s, f5, c); d = multiplyAdd(s, f4, d);
      s = v128.load32_splat(x1, 20);
      d = multiplyAdd(s, f5, d);
      if (!x0) break;
      const f6 = v128.load(taps, 96), f7 = v128.load(taps, 112), f8 = v128.load(taps, 128);
      s = v128.load32_splat(x2);
      a = multiplyAdd(s, f6, a);
      s = v128.load32_splat(x2, 4);
      a = multiplyAdd(s, f7, a); b = multiplyAdd(s, f6, b);
      s = v128.load32_splat(x2, 8);
      a = multiplyAdd(s, f8, a); b = multiplyAdd(s, f7, b); c = multiplyAdd(s, f6, c);
      s = v128.load32_splat(x2, 12);
      b = multiplyAdd(s, f8, b); c = multiplyAdd(s, f7, c); d = multiplyAdd(s, f6, d);
      s = v128.load32_splat(x2, 16);
      c = multiplyAdd(s, f8, c); d = multiplyAdd(s, f7, d);
      s = v128.load32_splat(x2, 20);
      d = multiplyAdd(s, f8, d);
    } while (false);
    const low = v128.load32_splat(least);
    v128.store(y, f32x4.pmax(a, low)); v128.store(y + pixelBytes, f32x4.pmax(b, low));
    v128.store(y + 2 * pixelBytes, f32x4.pmax(c, low)); v128.store(y + 3 * pixelBytes, f32x4.pmax(d, low));
    // The last four may have been met in part: they are computed again, to the same values.
    const more = min(4, columns - 4);
    if (more <= 0) return;
    columns -= more; y += pixelBytes * more;
    x0 += <usize>more << 2; x1 += <usize>more << 2; x2 += <usize>more << 2;
  }
}
