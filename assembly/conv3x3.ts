/**
 * @file Convolution of images of one channel with filters of 3 × 3 and stride 1: what most networks on gray images begin with.
 * With 9 products a value, packing blocks of pixels would cost as much as the products. Here four filters at a time stay in
 * registers, and four neighboring pixels share the values of the image that they meet: 18 loads for 72 operations.
 */

/**
 * One row of results: `columns` ≥ 4 pixels of 4 filters each, `pixelBytes` from one to the next. x0, x1, x2: the rows of the
 * image that the first pixel meets. `filter`: its first tap, `tapBytes` from one to the next. Sums begin at `bias` and take the
 * taps in order, as all convolutions do; values below `lowest` become `lowest`.
 */
export function convRow3x3(
  y: usize, pixelBytes: usize, columns: i32, x0: usize, x1: usize, x2: usize,
  filter: usize, tapBytes: usize, bias: usize, lowest: f32,
): void {
  const start = v128.load(bias), low = f32x4.splat(lowest);
  const f0 = v128.load(filter), f1 = v128.load(filter + tapBytes), f2 = v128.load(filter + 2 * tapBytes);
  const f3 = v128.load(filter + 3 * tapBytes), f4 = v128.load(filter + 4 * tapBytes), f5 = v128.load(filter + 5 * tapBytes);
  const f6 = v128.load(filter + 6 * tapBytes), f7 = v128.load(filter + 7 * tapBytes), f8 = v128.load(filter + 8 * tapBytes);
  for (let j = 0; ; ) {
    let a = start, b = start, c = start, d = start;
    const at = <usize>j << 2;
    let s = v128.load32_splat(x0 + at);
    a = f32x4.add(a, f32x4.mul(s, f0));
    s = v128.load32_splat(x0 + at, 4);
    a = f32x4.add(a, f32x4.mul(s, f1)); b = f32x4.add(b, f32x4.mul(s, f0));
    s = v128.load32_splat(x0 + at, 8);
    a = f32x4.add(a, f32x4.mul(s, f2)); b = f32x4.add(b, f32x4.mul(s, f1)); c = f32x4.add(c, f32x4.mul(s, f0));
    s = v128.load32_splat(x0 + at, 12);
    b = f32x4.add(b, f32x4.mul(s, f2)); c = f32x4.add(c, f32x4.mul(s, f1)); d = f32x4.add(d, f32x4.mul(s, f0));
    s = v128.load32_splat(x0 + at, 16);
    c = f32x4.add(c, f32x4.mul(s, f2)); d = f32x4.add(d, f32x4.mul(s, f1));
    s = v128.load32_splat(x0 + at, 20);
    d = f32x4.add(d, f32x4.mul(s, f2));
    s = v128.load32_splat(x1 + at);
    a = f32x4.add(a, f32x4.mul(s, f3));
    s = v128.load32_splat(x1 + at, 4);
    a = f32x4.add(a, f32x4.mul(s, f4)); b = f32x4.add(b, f32x4.mul(s, f3));
    s = v128.load32_splat(x1 + at, 8);
    a = f32x4.add(a, f32x4.mul(s, f5)); b = f32x4.add(b, f32x4.mul(s, f4)); c = f32x4.add(c, f32x4.mul(s, f3));
    s = v128.load32_splat(x1 + at, 12);
    b = f32x4.add(b, f32x4.mul(s, f5)); c = f32x4.add(c, f32x4.mul(s, f4)); d = f32x4.add(d, f32x4.mul(s, f3));
    s = v128.load32_splat(x1 + at, 16);
    c = f32x4.add(c, f32x4.mul(s, f5)); d = f32x4.add(d, f32x4.mul(s, f4));
    s = v128.load32_splat(x1 + at, 20);
    d = f32x4.add(d, f32x4.mul(s, f5));
    s = v128.load32_splat(x2 + at);
    a = f32x4.add(a, f32x4.mul(s, f6));
    s = v128.load32_splat(x2 + at, 4);
    a = f32x4.add(a, f32x4.mul(s, f7)); b = f32x4.add(b, f32x4.mul(s, f6));
    s = v128.load32_splat(x2 + at, 8);
    a = f32x4.add(a, f32x4.mul(s, f8)); b = f32x4.add(b, f32x4.mul(s, f7)); c = f32x4.add(c, f32x4.mul(s, f6));
    s = v128.load32_splat(x2 + at, 12);
    b = f32x4.add(b, f32x4.mul(s, f8)); c = f32x4.add(c, f32x4.mul(s, f7)); d = f32x4.add(d, f32x4.mul(s, f6));
    s = v128.load32_splat(x2 + at, 16);
    c = f32x4.add(c, f32x4.mul(s, f8)); d = f32x4.add(d, f32x4.mul(s, f7));
    s = v128.load32_splat(x2 + at, 20);
    d = f32x4.add(d, f32x4.mul(s, f8));
    const to = y + <usize>j * pixelBytes;
    v128.store(to, f32x4.pmax(a, low)); v128.store(to + pixelBytes, f32x4.pmax(b, low));
    v128.store(to + 2 * pixelBytes, f32x4.pmax(c, low)); v128.store(to + 3 * pixelBytes, f32x4.pmax(d, low));
    if (j + 4 >= columns) return;
    // The last four may have been met in part: they are computed again, to the same values.
    j = min(j + 4, columns - 4);
  }
}
