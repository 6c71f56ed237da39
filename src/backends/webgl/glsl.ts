/**
 * @file Elementary functions in GLSL ES 3.00, for all inputs: drivers may be off by thousands of units in the last place (Vulkan
 * allows sine an absolute error of 2⁻¹¹), and by their own rules for NaN and infinities. The polynomials are those of
 * assembly/math.ts, erf.ts and trigonometric.ts, where their sources and errors are stated.
 */

interface GlslFunction {
  readonly source: string;
  /** Other functions that it calls. */
  readonly calls?: readonly GlslName[];
}

const POWER_OF_TWO = 'float powerOfTwo(int n) { return intBitsToFloat((n + 127) << 23); }';

const FUNCTIONS = {
  powerOfTwo: { source: POWER_OF_TWO },
  infinity: {
    source: 'const float INF = uintBitsToFloat(0x7f800000u);\nconst float NOT = uintBitsToFloat(0x7fc00000u);',
  },
  expm1Polynomial: {
    source: `float expm1Polynomial(float r) {
  float q = 1.9875691500e-4 * r + 1.3981999507e-3;
  q = q * r + 8.3334519073e-3;
  q = q * r + 4.1665795894e-2;
  q = q * r + 1.6666665459e-1;
  q = q * r + 5.0000001201e-1;
  return q * (r * r) + r;
}`,
  },
  expOf: {
    calls: ['powerOfTwo', 'expm1Polynomial'],
    source: `float expOf(float x) {
  if (isnan(x)) return x;
  x = min(max(x, -104.0), 89.0);
  float k = floor(x * 1.44269504088896341 + 0.5);
  float y = expm1Polynomial(x - k * 0.693359375 - k * -2.12194440e-4) + 1.0;
  int n = int(k), half_ = n >> 1;
  return y * powerOfTwo(half_) * powerOfTwo(n - half_);
}`,
  },
  halfExpm1: {
    calls: ['powerOfTwo', 'expm1Polynomial'],
    source: `float halfExpm1(float x) {
  if (isnan(x)) return x;
  x = max(x, -20.0);
  float k = floor(x * 1.44269504088896341 + 0.5);
  float scale = powerOfTwo(int(k) - 1);
  return scale * expm1Polynomial(x - k * 0.693359375 - k * -2.12194440e-4) + (scale - 0.5);
}`,
  },
  expm1Of: {
    calls: ['halfExpm1'],
    source: `float expm1Of(float x) {
  if (abs(x) < 2.98e-8) return x;
  float y = halfExpm1(min(x, 89.0));
  return isnan(x) ? x : y + y;
}`,
  },
  exponentOf: { source: 'int exponentOf(float x) { return (floatBitsToInt(x) - 0x3f3504f3) >> 23; }' },
  mantissaMinusOne: {
    source: 'float mantissaMinusOne(float x, int e) { return intBitsToFloat(floatBitsToInt(x) - (e << 23)) - 1.0; }',
  },
  logSum: {
    source: `float logSum(float f, float k, float c) {
  float s = f / (f + 2.0), z = s * s, w = z * z;
  float odd = w * (w * 0.24279078841 + 0.40000972152);
  float even = z * (w * 0.28498786688 + 0.66666662693);
  float square = f * f * 0.5;
  float y = s * (square + (even + odd)) + (k * 9.0580006145e-6 + c);
  return y - square + f + k * 6.9313812256e-1;
}`,
  },
  logOf: {
    calls: ['infinity', 'exponentOf', 'mantissaMinusOne', 'logSum'],
    source: `float logOf(float x) {
  if (isnan(x) || x < 0.0) return NOT;
  if (x == 0.0) return -INF;
  if (x == INF) return x;
  int e = exponentOf(x);
  return logSum(mantissaMinusOne(x, e), float(e), 0.0);
}`,
  },
  log1pOf: {
    calls: ['infinity', 'exponentOf', 'mantissaMinusOne', 'logSum'],
    source: `float log1pOf(float x) {
  if (isnan(x) || x < -1.0) return NOT;
  if (x == -1.0) return -INF;
  if (x == INF || abs(x) < 2.98e-8) return x;
  float u = x + 1.0;
  float lost = u >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0);
  int e = exponentOf(u);
  bool near = e == 0;
  return logSum(near ? x : mantissaMinusOne(u, e), float(e), near ? 0.0 : lost / u);
}`,
  },
  withSign: {
    source:
      'float withSign(float y, float x) { return uintBitsToFloat((floatBitsToUint(y) & 0x7fffffffu) | (floatBitsToUint(x) & 0x80000000u)); }',
  },
  tanhOf: {
    calls: ['halfExpm1', 'withSign'],
    source: `float tanhOf(float x) {
  if (isnan(x)) return x;
  float t = halfExpm1(abs(x) * -2.0);
  return withSign(t / (t + 1.0), x);
}`,
  },
  sigmoidOf: {
    calls: ['expOf'],
    source: `float sigmoidOf(float x) {
  if (isnan(x)) return x;
  float e = expOf(-abs(x));
  return (x < 0.0 ? e : 1.0) / (e + 1.0);
}`,
  },
  erfOf: {
    calls: ['withSign'],
    source: `float erfOf(float x) {
  if (isnan(x)) return x;
  float t = min(abs(x), 4.0), z = t * t, y;
  if (t < 1.25) {
    float p = z * -7.42462635e-6 + 0.0001031723;
    p = p * z - 0.000832415128;
    p = p * z + 0.00520749902;
    p = p * z - 0.0268594995;
    p = p * z + 0.112836584;
    p = p * z - 0.376126289;
    p = p * z + 0.128379166;
    y = p * t + t;
  } else {
    float q = t * 0.000172206041 - 0.002716847;
    q = q * t + 0.0140419202;
    q = q * t - 0.0140116261;
    q = q * t - 0.0579814501;
    q = q * t - 0.147419021;
    q = q * t + 1.00149667;
    q = q * q;
    q = q * q;
    y = 1.0 - q * q;
  }
  return withSign(y, x);
}`,
  },
  erfinvOf: {
    calls: ['infinity', 'exponentOf', 'mantissaMinusOne', 'logSum'],
    source: `float erfinvOf(float y) {
  float a = abs(y);
  if (isnan(y) || a > 1.0) return NOT;
  if (a == 1.0) return y * INF;
  float v = (1.0 - a) * (1.0 + a);
  int e = exponentOf(v);
  float w = -logSum(mantissaMinusOne(v, e), float(e), 0.0), p;
  if (w < 5.0) {
    float u = w - 2.5;
    p = u * 2.81022636e-8 + 3.43273939e-7;
    p = p * u - 3.5233877e-6;
    p = p * u - 4.39150654e-6;
    p = p * u + 0.00021858087;
    p = p * u - 0.00125372503;
    p = p * u - 0.00417768164;
    p = p * u + 0.246640727;
    p = p * u + 1.50140941;
  } else {
    float u = sqrt(w) - 3.0;
    p = u * -0.000200214257 + 0.000100950558;
    p = p * u + 0.00134934322;
    p = p * u - 0.00367342844;
    p = p * u + 0.00573950773;
    p = p * u - 0.0076224613;
    p = p * u + 0.00943887047;
    p = p * u + 1.00167406;
    p = p * u + 2.83297682;
  }
  return p * y;
}`,
  },
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
  /** |x|ʸ as 2^(y · log₂|x|), the logarithm in two parts, of which the first has so few bits that its product is exact. */
  powOf: {
    calls: ['infinity', 'powerOfTwo', 'exponentOf', 'mantissaMinusOne'],
    source: `float shortened(float x) { return uintBitsToFloat(floatBitsToUint(x) & 0xfffff000u); }
float powOf(float x, float y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (isnan(x) || isnan(y)) return NOT;
  float a = abs(x);
  bool whole = floor(y) == y, odd = whole && floor(y * 0.5) != y * 0.5;
  if (x < 0.0 && a < INF && !whole) return NOT;
  float r;
  if (abs(y) == INF) r = a == 1.0 ? (x < 0.0 ? NOT : 1.0) : (a > 1.0) == (y > 0.0) ? INF : 0.0;
  else if (a == 0.0 || a == INF) r = (a == 0.0) == (y > 0.0) ? 0.0 : INF;
  else {
    int e = exponentOf(a);
    float f = mantissaMinusOne(a, e);
    // log₂(1 + f) = 2/ln 2 · (s + s³/3 + …), s = f / (2 + f), in two parts.
    float d = f + 2.0, s = f / d;
    float sh = shortened(s), dh = shortened(d), dl = f - (dh - 2.0);
    float sl = ((f - sh * dh) - sh * dl) / d;
    float z = s * s;
    float series = ((((z * 0.0909090909 + 0.1111111111) * z + 0.1428571429) * z + 0.2) * z + 0.3333333333) * z * s;
    float tail = sl + series;
    float lh = shortened(sh + tail), ll = (sh - lh) + tail;
    // 2 / ln 2 in two parts.
    float product = lh * 2.884765625, ph = shortened(product);
    float pl = (product - ph) + lh * 6.244567779268e-4 + ll * 2.88539008;
    float high = float(e) + ph, low = (float(e) - high) + ph + pl;
    float yh = shortened(y), yl = y - yh, hh = shortened(high), hl = (high - hh) + low;
    float t = yh * hh, rest = y * hl + yl * hh;
    if (t + rest > 200.0) r = INF;
    else if (t + rest < -200.0) r = 0.0;
    else {
      float n = floor(t + rest + 0.5), q = (t - n) + rest;
      float p = 1.5252733804e-5 * q + 1.5403530394e-4;
      p = p * q + 1.3333558146e-3;
      p = p * q + 9.6181291076e-3;
      p = p * q + 5.5504108665e-2;
      p = p * q + 2.4022650696e-1;
      p = p * q + 6.9314718056e-1;
      p = p * q + 1.0;
      int k = int(n), half_ = k >> 1;
      r = half_ < -126 ? 0.0 : half_ > 126 ? INF : p * powerOfTwo(half_) * powerOfTwo(k - half_);
    }
  }
  return odd && floatBitsToInt(x) < 0 ? -r : r;
}`,
  },
} as const satisfies Readonly<Record<string, { source: string; calls?: readonly string[] }>>;

export type GlslName = keyof typeof FUNCTIONS;

/** The sources of functions and of all that they call, each before it is used. */
export function glslSources(names: readonly GlslName[]): string {
  const sources = new Set<string>();
  const add = (name: GlslName): void => {
    const { source, calls = [] } = FUNCTIONS[name] as GlslFunction;
    calls.forEach(add);
    sources.add(source);
  };
  names.forEach(add);
  return [...sources].join('\n');
}
