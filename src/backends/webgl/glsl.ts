/**
 * @file Elementary functions in GLSL ES 3.00, for all inputs: drivers may be off by thousands of units in the last place (Vulkan
 * allows sine an absolute error of 2⁻¹¹), and by their own rules for NaN and infinities. The polynomials are those of
 * assembly/math.ts, erf.ts and trigonometric.ts, where their sources and errors are stated.
 */
import { TRIGONOMETRIC } from './glsl-trigonometric.ts';

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
  ...TRIGONOMETRIC,
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
