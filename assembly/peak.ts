/** @file The ceiling of one core for 128-bit multiply and add: 14 independent accumulators that never leave registers. */

/** `count` times 14 products and 14 sums of four f32; returns a value that depends on all of them. */
export function multiplyAdd(count: i32, x: f32): f32 {
  const v = f32x4.splat(x);
  let a = v, b = v, c = v, d = v, e = v, f = v, g = v;
  let h = v, i = v, j = v, k = v, l = v, m = v, n = v;
  do {
    a = f32x4.add(f32x4.mul(a, v), v);
    b = f32x4.add(f32x4.mul(b, v), v);
    c = f32x4.add(f32x4.mul(c, v), v);
    d = f32x4.add(f32x4.mul(d, v), v);
    e = f32x4.add(f32x4.mul(e, v), v);
    f = f32x4.add(f32x4.mul(f, v), v);
    g = f32x4.add(f32x4.mul(g, v), v);
    h = f32x4.add(f32x4.mul(h, v), v);
    i = f32x4.add(f32x4.mul(i, v), v);
    j = f32x4.add(f32x4.mul(j, v), v);
    k = f32x4.add(f32x4.mul(k, v), v);
    l = f32x4.add(f32x4.mul(l, v), v);
    m = f32x4.add(f32x4.mul(m, v), v);
    n = f32x4.add(f32x4.mul(n, v), v);
  } while (--count);
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  a = f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(f32x4.add(k, l), f32x4.add(m, n))));
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}
