/**
 * @file Convolution and its gradients without packing (see conv-tiles.ts), where panels of 8 columns divide the filters (forward,
 * filter gradient) or the channels (input gradient), and pixels lie within the image. conv.ts has the rest.
 */
import { Constant } from '../src/plan/opcodes';
import {
  c, cg, dilationH, dilationW, groups, h, isInside, isRun, kh, kw, left, n, o, og, oh, ow, packed, panel, pixel, run, strideH, strideW,
  top, w,
} from './conv-geometry';
import { lines3x8, lines4x8, lines6x8, placed4x8, placed6x8 } from './conv-tiles';
import { setLowest } from './lowest';
import { rowsOfSix } from './matmul';
import { packRows } from './pack';
import { fillWords } from './simd';

/** Rows of a tile. */
const TILE: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Pixels whose places are written at once, a multiple of TILE: their places fit where `convBlockPixels` would be packed. */
const BLOCK: i32 = 120;
/** The same for the input gradient, whose blocks end with images: some small images, or a part of a large one. */
const IMAGE_BLOCK: i32 = 252;
/** B is packed from this row stride on, as in matmul.ts: its lines would evict each other. */
const PACKED_STRIDE: usize = 2048;
/** With fewer channels than this a tap of its own would waste most of a tile. */
const LEAST_CHANNELS: i32 = 4;

/** Whether all that a pixel of the result meets lies within the image. */
// @ts-ignore: decorator
@inline function isWhole(): bool { return isInside && top == 0 && (oh - 1) * strideH + (kh - 1) * dilationH < h; }

// @ts-ignore: decorator
@inline export function convolvesInPlace(): bool { return isWhole() && o % 8 == 0 && run <= Constant.matmulChunk; }

// @ts-ignore: decorator
@inline export function inputGradientIsInPlace(): bool { return isWhole() && c % 8 == 0 && o <= Constant.matmulChunk; }

// @ts-ignore: decorator
@inline export function filterGradientIsInPlace(): bool { return og % 8 == 0 && (isInside || cg >= LEAST_CHANNELS); }

/**
 * The places of `count` pixels of results from pixel `first` of all images on: in each tile `images` stand from byte `imagesAt`,
 * results from `resultsAt` on. The last pixel stands for those that a tile lacks. Returns the number of tiles.
 */
function writePlaces(images: usize, imagesAt: usize, results: usize, resultsAt: usize, first: i32, count: i32): i32 {
  const row = <usize>o << 2, pixels = oh * ow, imageBytes = <usize>(h * w) * pixel;
  const tiles = (count + TILE - 1) / TILE;
  let image = first / pixels;
  let i = (first - image * pixels) / ow, j = first - image * pixels - i * ow;
  let x = images + <usize>image * imageBytes, y = results + <usize>first * row, to = packed;
  for (let tile = 0; tile < tiles; tile++, to += 8 * TILE) {
    for (let place = to, end = to + 4 * TILE; place < end; place += 4) {
      store<u32>(place + imagesAt, <u32>(x + <usize>(i * strideH * w + j * strideW) * pixel));
      store<u32>(place + resultsAt, <u32>y);
      if (--count <= 0) continue;
      y += row;
      if (++j < ow) continue;
      j = 0;
      if (++i < oh) continue;
      i = 0; x += imageBytes;
    }
  }
  return tiles;
}

// @ts-ignore: decorator
@inline function placed(tiles: i32, lines: i32, steps: i32, jump: usize, b: usize, bStep: usize, start: usize, shift: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) placed6x8(packed, tiles, lines, steps, jump, b, bStep, start, shift);
  else placed4x8(packed, tiles, lines, steps, jump, b, bStep, start, shift);
}

export function convolveInPlace(images: usize, filter: usize, results: usize, bias: usize, biasStep: usize, lowest: f32): void {
  const row = <usize>o << 2, all = n * oh * ow;
  const line = <usize>(dilationH * w) * pixel, jump = line - (<usize>run << 2);
  // So many rows of the filter that a panel of it stays in the first cache.
  const most = max(1, Constant.matmulChunk / run);
  for (let first = 0; first < all; first += BLOCK) {
    const count = min(BLOCK, all - first);
    for (let p = 0; p < kh; p += most) {
      const lines = min(most, kh - p);
      const tiles = writePlaces(images + <usize>p * line, 0, results, 4 * TILE, first, count);
      setLowest(p + lines == kh ? lowest : -Infinity);
      for (let j = 0; j < o; j += 8) {
        let b = filter + <usize>(p * run) * row + (<usize>j << 2), bStep = row;
        if (row >= PACKED_STRIDE) {
          packRows(panel, b, row, lines * run);
          b = panel; bStep = 32;
        }
        placed(tiles, lines, run, jump, b, bStep, p ? 0 : bias + <usize>j * biasStep, <usize>j << 2);
      }
    }
  }
}

/**
 * `turned`: the filter as [kh, o, kw, c]. Each tap adds what its pixels meet to where they came from. Blocks are cut by the size of
 * an image alone, since the order in which a cell's sum meets pixels depends on them, and threads share images.
 */
export function inputGradientInPlace(turned: usize, results: usize, images: usize): void {
  const pixels = oh * ow;
  fillWords(images, 0, n * h * w * c);
  setLowest(-Infinity);
  if (pixels <= IMAGE_BLOCK) {
    const block = IMAGE_BLOCK / pixels * pixels, all = n * pixels;
    for (let first = 0; first < all; first += block) addTaps(turned, results, images, first, min(block, all - first));
    return;
  }
  for (let image = 0; image < n; image++) {
    for (let t = 0; t < pixels; t += IMAGE_BLOCK)
      addTaps(turned, results, images, image * pixels + t, min(IMAGE_BLOCK, pixels - t));
  }
}

function addTaps(turned: usize, results: usize, images: usize, first: i32, count: i32): void {
  const runRow = <usize>run << 2;
  const tiles = writePlaces(images, 4 * TILE, results, 0, first, count);
  for (let p = 0; p < kh; p++) {
    const shift = <usize>(p * dilationH * w) * pixel, row = turned + <usize>(p * o) * runRow;
    for (let r = 0; r < run; r += 8) {
      let b = row + (<usize>r << 2), bStep = runRow;
      if (runRow >= PACKED_STRIDE) {
        packRows(panel, b, runRow, o);
        b = panel; bStep = 32;
      }
      placed(tiles, 1, o, 0, b, bStep, 0, shift + (<usize>r << 2));
    }
  }
}

/** How many places of a line come before the first whose tap `offset` cells on is not negative. */
// @ts-ignore: decorator
@inline function placesBefore(offset: i32, stride: i32): i32 { return offset >= 0 ? 0 : (stride - 1 - offset) / stride; }

/** How many places, of `places`, come before the first whose tap is `cells` or beyond. */
// @ts-ignore: decorator
@inline function placesUpTo(offset: i32, stride: i32, cells: i32, places: i32): i32 {
  return cells <= offset ? 0 : min(places, (cells - 1 - offset) / stride + 1);
}

/** Adds one image's products: rows r0 … r1 − 1 of the filter's row `p`, which begin at tap `q` of the image. */
function addLines(x: usize, y: usize, to: usize, p: i32, q: i32, rows: i32): void {
  const row = <usize>o << 2, step = <usize>strideW * pixel;
  const above = p * dilationH - top, before = q * dilationW - left;
  const i0 = placesBefore(above, strideH), lines = placesUpTo(above, strideH, h, oh) - i0;
  const j0 = isInside ? 0 : placesBefore(before, strideW), steps = (isInside ? ow : placesUpTo(before, strideW, w, ow)) - j0;
  if (lines <= 0 || steps <= 0) return;
  const a = x + <usize>((i0 * strideH + above) * w + j0 * strideW + before) * pixel;
  const aJump = <usize>(strideH * w) * pixel - <usize>steps * step, bJump = <usize>(ow - steps) * row;
  const sixes = rowsOfSix(rows);
  for (let j = 0, b = y + <usize>(i0 * ow + j0) * row; j < og; j += 8, b += 32, to += 32) {
    if (rows == 3) {
      lines3x8(a, step, aJump, b, row, bJump, lines, steps, to, row);
      continue;
    }
    if (ASC_FEATURE_RELAXED_SIMD && sixes) {
      lines6x8(a, step, aJump, b, row, bJump, lines, steps, to, row, sixes);
      if (sixes == rows) continue;
    }
    lines4x8(a + (<usize>sixes << 2), step, aJump, b, row, bJump, lines, steps, to + <usize>sixes * row, row, rows - sixes);
  }
}

/** Values r0 … r1 − 1 of each row of the filter. */
export function filterGradientInPlace(images: usize, results: usize, filter: usize, r0: i32, r1: i32): void {
  const row = <usize>o << 2, pixels = oh * ow;
  for (let p = 0; p < kh; p++) fillWords(filter + <usize>(p * run + r0) * row, 0, (r1 - r0) * o);
  // Runs that are whole everywhere are met whole, others tap by tap.
  const width = isInside && isRun ? run : cg;
  for (let image = 0; image < n; image++) {
    for (let g = 0; g < groups; g++) {
      const x = images + <usize>(image * h * w) * pixel + (<usize>(g * cg) << 2);
      const y = results + <usize>(image * pixels) * row + (<usize>(g * og) << 2);
      for (let p = 0; p < kh; p++) {
        for (let q = r0 / width; q * width < r1; q++) {
          const from = max(r0, q * width), to = min(r1, (q + 1) * width);
          const place = filter + <usize>(p * run + from) * row + (<usize>(g * og) << 2);
          addLines(x + (<usize>(from - q * width) << 2), y, place, p, q, to - from);
        }
      }
    }
  }
}
