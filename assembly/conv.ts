/**
 * @file Convolution and its two gradients as products of blocks, without a matrix of patches in memory.
 *
 * Images are [h, w, c], so what a pixel of the result meets in one row of the filter is a run of kw · c contiguous values. A
 * block of pixels is packed from such runs as matmul.ts packs A, and met by panels of 8 columns:
 *
 *   forward           y [pixels, o]   = runs [pixels, kh·kw·c] · filter [kh·kw·c, o]
 *   filter gradient   dF [kw·c, o]   += runsᵀ [kw·c, pixels] · dy [pixels, o]      for each row of the filter
 *   input gradient    runs [pixels, kw·c] = dy [pixels, o] · filterᵀ [o, kw·c]     for each row, added to where they came from
 *
 * A run that leaves the image, or whose taps are not neighbors (dilation, groups), is put together in scratch memory first.
 * Threads share images (forward, input gradient) or rows of the filter (filter gradient).
 */
import { Activation, Constant, ConvField, UnaryFunction } from '../src/plan/opcodes';
import { mapUnary } from './elementwise';
import { gemm_f32_4x8_columns, packRows, packTransposed4, tailTile } from './matmul';
import { copyBytes, fillWords, operand, storeLanes, word, ZEROS } from './simd';
import { sliceEnd, sliceStart, threadIndex } from './threads';

/** B is packed from this row stride on, if at least this many rows use the panel: as in matmul.ts. */
const PACKED_STRIDE: usize = 2048;
const PACKED_ROWS: i32 = 64;

/** The sizes of the instruction under way: the names are those of `ConvField`. */
let n: i32 = 0, h: i32 = 0, w: i32 = 0, c: i32 = 0, kh: i32 = 0, kw: i32 = 0, o: i32 = 0, oh: i32 = 0, ow: i32 = 0;
let strideH: i32 = 0, strideW: i32 = 0, top: i32 = 0, left: i32 = 0, dilationH: i32 = 0, dilationW: i32 = 0, groups: i32 = 0;
/** Channels and filters of a group, values of a run, bytes of an image's pixel. */
let cg: i32 = 0, og: i32 = 0, run: i32 = 0, pixel: usize = 0;
/** Whether a run within the image is contiguous there; whether all are within its width. */
let isRun: bool = false, isInside: bool = false;
/** This thread's scratch memory: zeros of a run, four runs put together, a tile, a panel, packed blocks. */
let zeros: usize = 0, staged: usize = 0, stagedBytes: usize = 0, tile: usize = 0, panel: usize = 0, packed: usize = 0;

function decode(p: usize, base: usize): void {
  n = word(p, ConvField.n); h = word(p, ConvField.h); w = word(p, ConvField.w); c = word(p, ConvField.c);
  kh = word(p, ConvField.kh); kw = word(p, ConvField.kw); o = word(p, ConvField.o);
  oh = word(p, ConvField.oh); ow = word(p, ConvField.ow);
  strideH = word(p, ConvField.strideH); strideW = word(p, ConvField.strideW);
  top = word(p, ConvField.top); left = word(p, ConvField.left);
  dilationH = word(p, ConvField.dilationH); dilationW = word(p, ConvField.dilationW);
  groups = word(p, ConvField.groups);
  cg = c / groups; og = o / groups; run = kw * cg; pixel = <usize>c << 2;
  isRun = (dilationW == 1 || kw == 1) && groups == 1;
  isInside = isRun && left == 0 && (ow - 1) * strideW + kw <= w;
  stagedBytes = ((<usize>run << 2) + 2 * Constant.slackBytes) & ~63;
  zeros = operand(p, ConvField.scratch, base) + <usize>threadIndex() * <usize>word(p, ConvField.scratchBytes);
  staged = zeros + stagedBytes;
  tile = staged + 4 * stagedBytes;
  panel = tile + Constant.matmulTileBytes;
  packed = panel + Constant.matmulPanelBytes;
  memory.fill(zeros, 0, stagedBytes);
}

/** The values that pixel (i, j) of the result meets in row `p` of the filter; `x`: the image, at the group's first channel. */
// @ts-ignore: decorator
@inline function runOf(x: usize, i: i32, j: i32, p: i32, slot: i32): usize {
  const row = i * strideH - top + p * dilationH;
  if (<u32>row >= <u32>h) return zeros;
  if (isInside) return x + <usize>(row * w + j * strideW) * pixel;
  return clippedRun(x, row, j * strideW - left, slot);
}

function clippedRun(x: usize, row: i32, column: i32, slot: i32): usize {
  if (isRun && column >= 0 && column + kw <= w) return x + <usize>(row * w + column) * pixel;
  const place = staged + <usize>slot * stagedBytes;
  for (let q = 0, to = place; q < kw; q++, to += <usize>cg << 2) {
    const at = column + q * dilationW;
    if (<u32>at < <u32>w) copyBytes(to, x + <usize>(row * w + at) * pixel, cg << 2);
    else fillWords(to, 0, cg);
  }
  return place;
}

/** C [m, columns] (+)= a packed block of `m` rows · B [k, columns]; see gemm_f32_4x8_columns for the rest. */
function product(
  blockBytes: usize, b: usize, bStep: usize, k: i32, start: usize, startStep: usize,
  to: usize, cRow: usize, m: i32, columns: i32, lowest: f32,
): void {
  for (let j = 0; j < columns; j += 8) {
    let bt = b + (<usize>j << 2), step = bStep;
    if (bStep >= PACKED_STRIDE && m >= PACKED_ROWS) {
      packRows(panel, bt, bStep, k);
      bt = panel; step = 32;
    }
    const s: usize = start ? start + <usize>j * startStep : 0;
    let ct = to + (<usize>j << 2);
    if (columns - j >= 8) {
      gemm_f32_4x8_columns(packed, blockBytes, 16, bt, step, k, s, ct, cRow, m, lowest);
      continue;
    }
    for (let i = 0, a = packed; i < m; i += 4, a += blockBytes, ct += cRow << 2)
      tailTile(true, a, 0, 16, bt, step, k, s, ct, cRow, min(4, m - i), columns - j, lowest, tile);
  }
}

/** Values `from` … of four runs, interleaved; writes `count` rounded up to 4 rows of 4. */
// @ts-ignore: decorator
@inline function interleave(to: usize, r0: usize, r1: usize, r2: usize, r3: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    const x0 = v128.load(r0), x1 = v128.load(r1), x2 = v128.load(r2), x3 = v128.load(r3);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2)); v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32); v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; to += 64;
  }
}

/** Pixels `t` … `t` + 3 (none behind `last`) with values k0 … k0 + steps − 1 of what they meet, four side by side. */
function packPixels(to: usize, x: usize, t: i32, last: i32, k0: i32, steps: i32): void {
  const t1 = min(t + 1, last), t2 = min(t + 2, last), t3 = min(t + 3, last);
  const i0 = t / ow, i1 = t1 / ow, i2 = t2 / ow, i3 = t3 / ow;
  const j0 = t - i0 * ow, j1 = t1 - i1 * ow, j2 = t2 - i2 * ow, j3 = t3 - i3 * ow;
  const end = k0 + steps;
  for (let p = k0 / run; p * run < end; p++) {
    const first = max(k0 - p * run, 0), behind = min(end - p * run, run);
    const skip = <usize>first << 2;
    interleave(
      to, runOf(x, i0, j0, p, 0) + skip, runOf(x, i1, j1, p, 1) + skip, runOf(x, i2, j2, p, 2) + skip,
      runOf(x, i3, j3, p, 3) + skip, behind - first,
    );
    to += <usize>(behind - first) << 4;
  }
}

export function conv2d(p: usize, base: usize): void {
  decode(p, base);
  const images = operand(p, ConvField.first, base), filter = operand(p, ConvField.second, base);
  const results = operand(p, ConvField.destination, base);
  const activation = word(p, ConvField.activation);
  const hasBias = word(p, ConvField.bias) != 0;
  const bias: usize = hasBias ? operand(p, ConvField.bias, base) : ZEROS;
  const pixels = oh * ow, k = kh * run;
  const chunks = (k + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (k + chunks - 1) / chunks;
  const blocks = (pixels + Constant.convBlockPixels - 1) / Constant.convBlockPixels;
  const row = <usize>o << 2;
  const last = sliceEnd(n * blocks, 1);
  for (let unit = sliceStart(n * blocks, 1); unit < last; unit++) {
    const image = unit / blocks;
    const p0 = (unit - image * blocks) * Constant.convBlockPixels, p1 = min(pixels, p0 + Constant.convBlockPixels);
    const to = results + <usize>(image * pixels + p0) * row;
    for (let g = 0; g < groups; g++) {
      const x = images + <usize>(image * h * w) * pixel + (<usize>(g * cg) << 2);
      const shift = <usize>(g * og) << 2;
      for (let k0 = 0; k0 < k; k0 += chunk) {
        const steps = min(chunk, k - k0);
        const blockBytes = <usize>((steps + 3) & ~3) << 4;
        for (let t = p0, at = packed; t < p1; t += 4, at += blockBytes) packPixels(at, x, t, p1 - 1, k0, steps);
        const lowest: f32 = activation == Activation.relu && k0 + steps == k ? 0 : -Infinity;
        product(
          blockBytes, filter + <usize>k0 * row + shift, row, steps, k0 ? 0 : hasBias ? bias + shift : bias, hasBias ? 4 : 0,
          to + shift, row, p1 - p0, og, lowest,
        );
      }
    }
    if (activation > Activation.relu)
      mapUnary(activation == Activation.tanh ? UnaryFunction.tanh : UnaryFunction.sigmoid, to, to, (p1 - p0) * o);
  }
}

/** to[i] += from[i] */
// @ts-ignore: decorator
@inline function addRun(to: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4, to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  if (count) storeLanes(to, f32x4.add(v128.load(to), v128.load(from)), count);
}

/** Adds a run to where it came from, but for what lies outside the image. */
function scatterRun(x: usize, from: usize, row: i32, column: i32): void {
  if (isRun && column >= 0 && column + kw <= w) {
    addRun(x + <usize>(row * w + column) * pixel, from, run);
    return;
  }
  for (let q = 0; q < kw; q++, from += <usize>cg << 2) {
    const at = column + q * dilationW;
    if (<u32>at < <u32>w) addRun(x + <usize>(row * w + at) * pixel, from, cg);
  }
}

export function conv2dInputGradient(p: usize, base: usize): void {
  decode(p, base);
  const filter = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const images = operand(p, ConvField.destination, base);
  const pixels = oh * ow;
  const chunks = (og + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (og + chunks - 1) / chunks;
  const row = <usize>o << 2, runRow = <usize>run << 2;
  const runs = packed + <usize>Constant.convBlockPixels * (<usize>((chunk + 3) & ~3) << 2);
  const last = sliceEnd(n, 1);
  for (let image = sliceStart(n, 1); image < last; image++) {
    const whole = images + <usize>(image * h * w) * pixel;
    fillWords(whole, 0, h * w * c);
    for (let p0 = 0; p0 < pixels; p0 += Constant.convBlockPixels) {
      const p1 = min(pixels, p0 + Constant.convBlockPixels);
      for (let g = 0; g < groups; g++) {
        const x = whole + (<usize>(g * cg) << 2);
        const y = results + <usize>(image * pixels + p0) * row + (<usize>(g * og) << 2);
        for (let q = 0; q < kh; q++) {
          for (let k0 = 0; k0 < og; k0 += chunk) {
            const steps = min(chunk, og - k0);
            const blockBytes = <usize>((steps + 3) & ~3) << 4;
            if (q == 0 || chunks > 1) {
              for (let t = p0, at = packed, from = y + (<usize>k0 << 2); t < p1; t += 4, at += blockBytes, from += row << 2)
                packTransposed4(at, 16, from, row, min(4, p1 - t), steps);
            }
            product(
              blockBytes, filter + <usize>(q * o + g * og + k0) * runRow, runRow, steps, k0 ? 0 : ZEROS, 0,
              runs, runRow, p1 - p0, run, -Infinity,
            );
          }
          for (let t = p0, from = runs; t < p1; t++, from += runRow) {
            const i = t / ow;
            const at = i * strideH - top + q * dilationH;
            if (<u32>at < <u32>h) scatterRun(x, from, at, (t - i * ow) * strideW - left);
          }
        }
      }
    }
  }
}

export function conv2dFilterGradient(p: usize, base: usize): void {
  decode(p, base);
  const images = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const filter = operand(p, ConvField.destination, base);
  const pixels = oh * ow;
  const chunks = (pixels + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (pixels + chunks - 1) / chunks;
  const row = <usize>o << 2;
  const r0 = sliceStart(run, 4), r1 = sliceEnd(run, 4);
  if (r0 >= r1) return;
  for (let image = 0; image < n; image++) {
    for (let t0 = 0; t0 < pixels; t0 += chunk) {
      const t1 = min(pixels, t0 + chunk);
      const blockBytes = <usize>(t1 - t0) << 4;
      for (let g = 0; g < groups; g++) {
        const x = images + <usize>(image * h * w) * pixel + (<usize>(g * cg) << 2);
        const y = results + <usize>(image * pixels + t0) * row + (<usize>(g * og) << 2);
        for (let q = 0; q < kh; q++) {
          let i = t0 / ow, j = t0 - i * ow;
          for (let t = t0, to = packed; t < t1; t++, to += 16) {
            const from = runOf(x, i, j, q, 0);
            for (let r = r0, at = to; r < r1; r += 4, at += blockBytes) v128.store(at, v128.load(from + (<usize>r << 2)));
            if (++j == ow) { j = 0; i++; }
          }
          product(
            blockBytes, y, row, t1 - t0, image == 0 && t0 == 0 ? ZEROS : 0, 0,
            filter + <usize>(q * run + r0) * row + (<usize>(g * og) << 2), row, r1 - r0, og, -Infinity,
          );
        }
      }
    }
  }
}
