/**
 * @file Random numbers by counter: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). A number depends on its key and position alone, so streams need no state and no order. assembly/random.ts
 * gives the same bits; hence f32 arithmetic, rounded after every operation, and polynomials of our own, never `Math.log`.
 * These functions do not change: a seed is a promise.
 */

/**
 * The product of two u32, its upper 32 bits as i32: by halves of 16 bits, since a double holds only 53 bits. Engines allocate
 * what is no i32 until they have optimized a function, which takes as long as the weights of a small network.
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (aHigh * bLow + ((aLow * bLow) >>> 16)) | 0;
  const other = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (other >>> 16)) | 0;
}

/**
 * The bijection itself: counter and key as in the paper, all read as u32; writes four words to `out`. They come as numbers: lists
 * would be garbage by the hundred million.
 */
export function philox4x32(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Int32Array,
): void {
  let c0 = counter0;
  let c1 = counter1;
  let c2 = counter2;
  let c3 = counter3;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Block `block` of a stream: counter (block, step, iteration, 0), key (seed, stream). All arguments are read as u32.
 *
 * @param out receives the block's four words
 */
export function philoxBlock(
  seed: number,
  stream: number,
  block: number,
  step: number,
  iteration: number,
  out: Int32Array,
): void {
  philox4x32(block, step, iteration, 0, seed, stream, out);
}

/** 2⁻²⁴ */
const UNIT = 5.9604644775390625e-8;

/**
 * Fills `out` with uniform deviates in [0, 1), multiples of 2⁻²⁴: element i is word i mod 4 of block ⌊i/4⌋, (word >>> 8) · 2⁻²⁴.
 *
 * @param seed of the run; read as u32, as `stream`, `step` and `iteration` are
 * @param stream from `streamOf`
 * @param step of training; default 0
 * @param iteration within the step; default 0
 * @example
 * const noise = new Float32Array(100);
 * randomUniform(noise, 42, streamOf('noise'));
 */
export function randomUniform(out: Float32Array, seed: number, stream: number, step = 0, iteration = 0): void {
  const words = new Int32Array(4);
  for (let i = 0; i < out.length; i++) {
    if (i % 4 === 0) philoxBlock(seed, stream, i / 4, step, iteration, words);
    out[i] = ((words[i % 4] as number) >>> 8) * UNIT;
  }
}

const f = Math.fround;
const bits = /* @__PURE__ */ new Int32Array(1);
const float = /* @__PURE__ */ new Float32Array(bits.buffer);

// The constants of the polynomials, rounded to f32 once. Logarithm: musl, logf.c; sine and cosine: Cephes, sinf.c.
const LOG_1 = /* @__PURE__ */ f(0.66666662693);
const LOG_2 = /* @__PURE__ */ f(0.40000972152);
const LOG_3 = /* @__PURE__ */ f(0.28498786688);
const LOG_4 = /* @__PURE__ */ f(0.24279078841);
const LN2_LOW = /* @__PURE__ */ f(9.0580006145e-6);
const LN2_HIGH = /* @__PURE__ */ f(6.9313812256e-1);
const SIN_1 = /* @__PURE__ */ f(-1.6666654611e-1);
const SIN_2 = /* @__PURE__ */ f(8.3321608736e-3);
const SIN_3 = /* @__PURE__ */ f(-1.9515295891e-4);
const COS_1 = /* @__PURE__ */ f(4.166664568298827e-2);
const COS_2 = /* @__PURE__ */ f(-1.388731625493765e-3);
const COS_3 = /* @__PURE__ */ f(2.443315711809948e-5);
/** π/2 · 2⁻²² */
const QUARTER_TURN = /* @__PURE__ */ f(3.745070282923929e-7);

/** √(−2 log u) for u = ((word >>> 8) + 1) · 2⁻²⁴, in (0, 1]. */
function radius(word: number): number {
  float[0] = ((word >>> 8) + 1) * UNIT;
  const e = ((bits[0] as number) - 0x3f3504f3) >> 23;
  bits[0] = (bits[0] as number) - (e << 23);
  const x = f((float[0] as number) - 1);
  const s = f(x / f(x + 2));
  const z = f(s * s);
  const w = f(z * z);
  const odd = f(w * f(f(w * LOG_4) + LOG_2));
  const even = f(z * f(f(w * LOG_3) + LOG_1));
  const half = f(f(x * x) * 0.5);
  let y = f(s * f(half + f(even + odd)));
  y = f(y + f(e * LN2_LOW));
  y = f(f(f(y - half) + x) + f(e * LN2_HIGH));
  return f(Math.sqrt(f(y * -2)));
}

function sine(x: number): number {
  const z = f(x * x);
  const y = f(f(f(f(f(z * SIN_3) + SIN_2) * z) + SIN_1) * z);
  return f(f(y * x) + x);
}

function cosine(x: number): number {
  const z = f(x * x);
  const y = f(f(f(f(z * COS_3) + COS_2) * z) + COS_1);
  return f(f(f(f(y * z) * z) - f(z * 0.5)) + 1);
}

/**
 * Fills `out` with standard normal deviates (Box–Muller): of each block, words 0 and 1 give elements 0 and 1, words 2 and 3
 * elements 2 and 3, as √(−2 log u₁) · cos 2πu₂ and √(−2 log u₁) · sin 2πu₂ with u₁ in (0, 1] and u₂ in [0, 1), multiples of 2⁻²⁴.
 * No deviate is larger than 5.77. Parameters as in `randomUniform`.
 *
 * @example
 * const weights = new Float32Array(100);
 * randomNormal(weights, 42, streamOf('dense/weights'));
 */
export function randomNormal(out: Float32Array, seed: number, stream: number, step = 0, iteration = 0): void {
  const words = new Int32Array(4);
  for (let i = 0; i < out.length; i += 2) {
    if (i % 4 === 0) philoxBlock(seed, stream, i / 4, step, iteration, words);
    const r = radius(words[i % 4] as number);
    const turn = (words[(i % 4) + 1] as number) >>> 8;
    const quadrant = (turn + 0x200000) >>> 22;
    const x = f((turn - (quadrant << 22)) * QUARTER_TURN);
    const sin = sine(x);
    const cos = cosine(x);
    const first = quadrant & 1 ? sin : cos;
    const second = quadrant & 1 ? cos : sin;
    out[i] = r * ((quadrant + 1) & 2 ? -first : first);
    if (i + 1 < out.length) out[i + 1] = r * (quadrant & 2 ? -second : second);
  }
}

/**
 * A random order of 0 … n − 1, every order equally likely (Fisher–Yates). Bounded integers are drawn without bias: a word
 * whose product with the bound falls into the incomplete first interval is drawn again (Lemire 2019).
 *
 * @param n from 0 to 2³¹ − 1
 * @param step of the draw, such as the epoch; default 0
 * @returns the numbers 0 … n − 1 in random order
 * @example
 * const order = randomPermutation(rows, 42, streamOf('shuffle'), epoch);
 */
export function randomPermutation(n: number, seed: number, stream: number, step = 0): Int32Array {
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  const words = new Int32Array(4);
  let drawn = 0;
  const draw = (): number => {
    if (drawn % 4 === 0) philoxBlock(seed, stream, drawn / 4, step, 0, words);
    return words[drawn++ % 4] as number;
  };
  for (let i = n - 1; i > 0; i--) {
    const bound = i + 1;
    let word = draw();
    let low = Math.imul(word, bound) >>> 0;
    // The remainder is smaller than the bound, and dear: only the rare low products need it.
    if (low < bound)
      for (const incomplete = 2 ** 32 % bound; low < incomplete; low = Math.imul(word, bound) >>> 0) word = draw();
    const j = multiplyHigh(word, bound);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** The 32-bit finalizer of MurmurHash3 (Appleby): every bit of the input changes half of the output's. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The number of the stream that belongs to a path and a call: a hash of the path's UTF-8 bytes (FNV-1a) and the call
 * number, both mixed. Different paths may meet in one stream, with probability 2⁻³² a pair.
 *
 * @param path such as `'dense1/weights'`
 * @param call number of the draw at that path; default 0
 * @returns a u32
 * @example
 * streamOf('dropout', 1); // the second mask of a layer
 */
export function streamOf(path: string, call = 0): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(path)) h = Math.imul(h ^ byte, 0x01000193);
  return mix(mix(h) + Math.imul(call, 0x9e3779b9));
}
