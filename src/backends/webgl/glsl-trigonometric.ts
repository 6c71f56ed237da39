/** @file Sine, cosine and the arc tangents in GLSL, as glsl.ts has the others; `infinity` and `withSign` are there. */

export const TRIGONOMETRIC = {
  arc: {
    source: `float arc(float t) {
  float z = t * t;
  float p = z * -0.00178283488 + 0.0108687719;
  p = p * z - 0.0310971625;
  p = p * z + 0.0578815453;
  p = p * z - 0.083993122;
  p = p * z + 0.109508812;
  p = p * z - 0.142640159;
  p = p * z + 0.199985296;
  p = p * z - 0.333332986;
  return t * z * p + t;
}`,
  },
  atanOf: {
    calls: ['arc', 'withSign'],
    source: `float atanOf(float x) {
  if (isnan(x)) return x;
  float a = abs(x);
  float r = arc(a > 1.0 ? 1.0 / a : a);
  return withSign(a > 1.0 ? 1.57079637050628662 - (r + 4.37113900018624283e-8) : r, x);
}`,
  },
  atan2Of: {
    calls: ['arc', 'withSign'],
    source: `float atan2Of(float y, float x) {
  if (isnan(x)) return x;
  if (isnan(y)) return y;
  float a = abs(y), b = abs(x);
  float r = arc(a == b ? float(a > 0.0) : min(a, b) / max(a, b));
  bool steep = a > b, left = floatBitsToInt(x) < 0;
  float signed_ = steep != left ? -r : r;
  float high = steep ? 1.57079637050628662 : left ? 3.14159274101257324 : 0.0;
  float low = steep ? 4.37113900018624283e-8 : left ? 8.74227800037248566e-8 : 0.0;
  return withSign(high + (signed_ - low), y);
}`,
  },
  multiplyHigh: {
    source: `uint multiplyHigh(uint a, uint b) {
  uint al = a & 0xffffu, ah = a >> 16, bl = b & 0xffffu, bh = b >> 16;
  uint middle = ah * bl + ((al * bl) >> 16);
  uint other = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16) + (other >> 16);
}`,
  },
  /**
   * sin(x + quarters · π/2). Payne & Hanek 1983, as `wrap` in assembly/trigonometric.ts, but for all |x| ≥ ½: without doubles no
   * shorter way is exact. A word of zeros stands before 2/π, so that smaller numbers can begin there.
   */
  turned: {
    calls: ['infinity', 'multiplyHigh'],
    source: `const uint TWO_OVER_PI[8] = uint[8](0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
float turned(float x, uint quarters) {
  if (isnan(x) || abs(x) == INF) return NOT;
  float r = x;
  uint turns = quarters;
  if (abs(x) >= 0.5) {
    uint bits = floatBitsToUint(x) & 0x7fffffffu;
    uint m = (bits & 0x7fffffu) | 0x800000u, skip = (bits >> 23) - 120u, shift = skip & 31u;
    int first = int(skip >> 5);
    uint w0 = TWO_OVER_PI[first], w1 = TWO_OVER_PI[first + 1], w2 = TWO_OVER_PI[first + 2], w3 = TWO_OVER_PI[first + 3];
    if (shift > 0u) {
      w0 = (w0 << shift) | (w1 >> (32u - shift));
      w1 = (w1 << shift) | (w2 >> (32u - shift));
      w2 = (w2 << shift) | (w3 >> (32u - shift));
    }
    uint low = m * w1 + multiplyHigh(m, w2);
    uint carry = low < m * w1 ? 1u : 0u;
    uint high = m * w0 + multiplyHigh(m, w1) + carry;
    uint whole = (high + 0x20000000u) >> 30;
    int rest = int(high - (whole << 30));
    r = (float(rest) * 9.31322574615478515625e-10 + float(low) * 2.16840434497100886801e-19) * 1.57079632679489661923;
    if (x < 0.0) r = -r;
    turns += x < 0.0 ? 0u - whole : whole;
  }
  float z = r * r;
  float s = ((z * -1.9515295891e-4 + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  float c = ((z * 2.443315711809948e-5 - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - z * 0.5 + 1.0;
  float y = (turns & 1u) == 1u ? c : s;
  return (turns & 2u) == 2u ? -y : y;
}`,
  },
} as const;
