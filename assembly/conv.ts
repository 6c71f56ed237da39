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
 */
import { Activation, Constant, ConvField, UnaryFunction } from '../src/plan/opcodes';
import {
  c, cg, decode, dilationH, dilationW, groups, h, isDepthwise, isInside, isRun, kh, kw, left, n, o, og, oh, ow, packed, panel, pixel, run,
  runOf, strideH, strideW, tile, top, w, zeros,
} from './conv-geometry';
import {
  convolveInPlace, convolvesInPlace, filterGradientInPlace, filterGradientIsInPlace, inputGradientInPlace, inputGradientIsInPlace,
} from './conv-in-place';
import { convRow3x3 } from './conv3x3';
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
import { mapUnary } from './elementwise';
import { setLowest } from './lowest';
import { gemm_f32_4x8_columns, tailTile } from './matmul';
import { packRows, packTransposed4 } from './pack';
import { fillWords, operand, storeLanes, word, ZEROS } from './simd';

/** B is packed from this row stride on, if at least this many rows use the panel: as in matmul.ts. */
const PACKED_STRIDE: usize = 2048;
const PACKED_ROWS: i32 = 64;

/** C [m, columns] (+)= a packed block of `m` rows · B [k, columns]; see gemm_f32_4x8_columns for the rest. */
function product(
  blockBytes: usize, b: usize, bStep: usize, k: i32, start: usize, startStep: usize,
  to: usize, cRow: usize, m: i32, columns: i32,
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
      gemm_f32_4x8_columns(packed, blockBytes, 16, bt, step, k, s, ct, cRow, m);
      continue;
    }
    for (let i = 0, a = packed; i < m; i += 4, a += blockBytes, ct += cRow << 2)
      tailTile(true, a, 0, 16, bt, step, k, s, ct, cRow, min(4, m - i), columns - j, tile);
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

/**
 * Pixels of rows i0 … from (i0, j0) on, four of them (`more` 0 … 3 behind the first; missing ones repeat the last), with values
 * k0 … k0 + steps − 1 of what they meet, four side by side.
 */
function packPixels(to: usize, x: usize, i0: i32, j0: i32, more: i32, k0: i32, steps: i32): void {
  let i1 = i0, j1 = j0;
  if (more > 0 && ++j1 == ow) { j1 = 0; i1++; }
  let i2 = i1, j2 = j1;
  if (more > 1 && ++j2 == ow) { j2 = 0; i2++; }
  let i3 = i2, j3 = j2;
  if (more > 2 && ++j3 == ow) { j3 = 0; i3++; }
  const end = k0 + steps;
  // The rows of the filter that values k0 … end − 1 belong to; most often all.
  let p = 0, at = 0;
  for (; at + run <= k0; at += run) p++;
  for (; at < end; p++, at += run) {
    const first = max(k0 - at, 0), behind = min(end - at, run);
    const skip = <usize>first << 2;
    interleave(
      to, runOf(x, i0, j0, p, 0) + skip, runOf(x, i1, j1, p, 1) + skip, runOf(x, i2, j2, p, 2) + skip,
      runOf(x, i3, j3, p, 3) + skip, behind - first,
    );
    to += <usize>(behind - first) << 4;
  }
}

/** conv2d for images of one channel, filters of 3 × 3, stride 1, without padding. */
function convolve3x3(images: usize, filter: usize, results: usize, bias: usize, biasStep: usize): void {
  const row = <usize>o << 2, line = <usize>w << 2;
  for (let j = 0, taps = packed; j < o; j += 4, taps += 144)
    for (let tap: usize = 0; tap < 9; tap++) v128.store(taps + (tap << 4), v128.load(filter + tap * row + (<usize>j << 2)));
  for (let at = 0; at < n * oh; at++) {
    const image = at / oh, i = at - image * oh;
    const x = images + <usize>(image * h + i) * line, y = results + <usize>(at * ow) * row;
    for (let j = 0, taps = packed; j < o; j += 4, taps += 144)
      convRow3x3(y + (<usize>j << 2), row, ow, x, x + line, x + 2 * line, taps, bias + <usize>j * biasStep);
  }
}

export function conv2d(p: usize, base: usize): void {
  decode(p, base);
  if (isDepthwise) { depthwise(p, base); return; }
  const images = operand(p, ConvField.first, base), filter = operand(p, ConvField.second, base);
  const results = operand(p, ConvField.destination, base);
  const activation = word(p, ConvField.activation);
  const hasBias = word(p, ConvField.bias) != 0;
  const bias: usize = hasBias ? operand(p, ConvField.bias, base) : ZEROS;
  const is3x3 = isInside && c == 1 && kh == 3 && kw == 3 && strideH == 1 && strideW == 1 && dilationH == 1 && top == 0 && oh + 2 <= h;
  // Taps of more filters would not fit into the scratch memory.
  if (is3x3 && o % 4 == 0 && o <= Constant.convBlockPixels && ow >= 4 && activation <= Activation.relu) {
    setLowest(activation == Activation.relu ? 0 : -Infinity);
    convolve3x3(images, filter, results, bias, hasBias ? 4 : 0);
    return;
  }
  if (convolvesInPlace() && activation <= Activation.relu) {
    convolveInPlace(images, filter, results, bias, hasBias ? 4 : 0, activation == Activation.relu ? 0 : -Infinity);
    return;
  }
  const pixels = oh * ow, k = kh * run;
  const chunks = (k + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (k + chunks - 1) / chunks;
  const blocks = (pixels + Constant.convBlockPixels - 1) / Constant.convBlockPixels;
  const row = <usize>o << 2;
  for (let unit = 0; unit < n * blocks; unit++) {
    const image = unit / blocks;
    const p0 = (unit - image * blocks) * Constant.convBlockPixels, p1 = min(pixels, p0 + Constant.convBlockPixels);
    const to = results + <usize>(image * pixels + p0) * row;
    for (let g = 0; g < groups; g++) {
      const x = images + <usize>(image * h * w) * pixel + (<usize>(g * cg) << 2);
      const shift = <usize>(g * og) << 2;
      for (let k0 = 0; k0 < k; k0 += chunk) {
        const steps = min(chunk, k - k0);
        const blockBytes = <usize>((steps + 3) & ~3) << 4;
        let i = p0 / ow, j = p0 - i * ow;
        for (let t = p0, at = packed; t < p1; t += 4, at += blockBytes) {
          packPixels(at, x, i, j, min(3, p1 - t - 1), k0, steps);
          for (j += 4; j >= ow; j -= ow) i++;
        }
        setLowest(activation == Activation.relu && k0 + steps == k ? 0 : -Infinity);
        product(
          blockBytes, filter + <usize>k0 * row + shift, row, steps, k0 ? 0 : hasBias ? bias + shift : bias, hasBias ? 4 : 0,
          to + shift, row, p1 - p0, og,
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
  if (isDepthwise) { depthwiseInputGradient(p, base); return; }
  setLowest(-Infinity);
  const filter = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const images = operand(p, ConvField.destination, base);
  if (inputGradientIsInPlace()) {
    inputGradientInPlace(filter, results, images);
    return;
  }
  const pixels = oh * ow;
  const chunks = (og + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (og + chunks - 1) / chunks;
  const row = <usize>o << 2, runRow = <usize>run << 2;
  const runs = packed + <usize>Constant.convBlockPixels * (<usize>((chunk + 3) & ~3) << 2);
  for (let image = 0; image < n; image++) {
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
              runs, runRow, p1 - p0, run,
            );
          }
          let i = p0 / ow, j = p0 - i * ow;
          for (let t = p0, from = runs; t < p1; t++, from += runRow) {
            const at = i * strideH - top + q * dilationH;
            if (<u32>at < <u32>h) scatterRun(x, from, at, j * strideW - left);
            if (++j == ow) { j = 0; i++; }
          }
        }
      }
    }
  }
}

export function conv2dFilterGradient(p: usize, base: usize): void {
  decode(p, base);
  if (isDepthwise) { depthwiseFilterGradient(p, base); return; }
  setLowest(-Infinity);
  const images = operand(p, ConvField.first, base), results = operand(p, ConvField.second, base);
  const filter = operand(p, ConvField.destination, base);
  const pixels = oh * ow;
  const chunks = (pixels + Constant.matmulChunk - 1) / Constant.matmulChunk, chunk = (pixels + chunks - 1) / chunks;
  const row = <usize>o << 2;
  const r0 = word(p, ConvField.runFrom), r1 = word(p, ConvField.runTo);
  if (filterGradientIsInPlace()) {
    filterGradientInPlace(images, results, filter, r0, r1);
    return;
  }
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
            filter + <usize>(q * run + r0) * row + (<usize>(g * og) << 2), row, r1 - r0, og,
          );
        }
      }
    }
  }
}
