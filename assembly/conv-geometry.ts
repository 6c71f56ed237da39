/** @file The sizes of the convolution under way, its scratch memory, and where runs of an image's values lie. */
import { Constant, ConvField } from '../src/plan/opcodes';
import { copyBytes, fillWords, operand, word } from './simd';

/** The sizes of the instruction under way: the names are those of `ConvField`. */
export let n: i32 = 0, h: i32 = 0, w: i32 = 0, c: i32 = 0, kh: i32 = 0, kw: i32 = 0, o: i32 = 0, oh: i32 = 0, ow: i32 = 0;
export let strideH: i32 = 0, strideW: i32 = 0, top: i32 = 0, left: i32 = 0, dilationH: i32 = 0, dilationW: i32 = 0, groups: i32 = 0;
/** Channels and filters of a group, values of a run, bytes of an image's pixel. */
export let cg: i32 = 0, og: i32 = 0, run: i32 = 0, pixel: usize = 0;
/** Whether a run within the image is contiguous there; whether all are within its width. */
export let isRun: bool = false, isInside: bool = false;
/** Whether every channel has one filter of its own. */
export let isDepthwise: bool = false;
/** Scratch memory: zeros of a run, four runs put together, a tile, a panel, packed blocks. */
export let zeros: usize = 0, staged: usize = 0, stagedBytes: usize = 0, tile: usize = 0, panel: usize = 0, packed: usize = 0;

export function decode(p: usize, base: usize): void {
  n = word(p, ConvField.n); h = word(p, ConvField.h); w = word(p, ConvField.w); c = word(p, ConvField.c);
  kh = word(p, ConvField.kh); kw = word(p, ConvField.kw); o = word(p, ConvField.o);
  oh = word(p, ConvField.oh); ow = word(p, ConvField.ow);
  strideH = word(p, ConvField.strideH); strideW = word(p, ConvField.strideW);
  top = word(p, ConvField.top); left = word(p, ConvField.left);
  dilationH = word(p, ConvField.dilationH); dilationW = word(p, ConvField.dilationW);
  groups = word(p, ConvField.groups);
  cg = c / groups; og = o / groups; run = kw * cg; pixel = <usize>c << 2;
  isDepthwise = groups > 1 && c == groups && o == groups;
  isRun = (dilationW == 1 || kw == 1) && groups == 1;
  isInside = isRun && left == 0 && (ow - 1) * strideW + kw <= w;
  stagedBytes = ((<usize>run << 2) + 2 * Constant.slackBytes) & ~63;
  zeros = operand(p, ConvField.scratch, base);
  staged = zeros + stagedBytes;
  tile = staged + 4 * stagedBytes;
  panel = tile + Constant.matmulTileBytes;
  packed = panel + Constant.matmulPanelBytes;
  memory.fill(zeros, 0, stagedBytes);
}

/** The values that pixel (i, j) of the result meets in row `p` of the filter; `x`: the image, at the group's first channel. */
// @ts-ignore: decorator
@inline export function runOf(x: usize, i: i32, j: i32, p: i32, slot: i32): usize {
  const row = i * strideH - top + p * dilationH;
  if (<u32>row >= <u32>h) return zeros;
  if (isInside) return x + <usize>(row * w + j * strideW) * pixel;
  return clippedRun(x, row, j * strideW - left, slot);
}

export function clippedRun(x: usize, row: i32, column: i32, slot: i32): usize {
  if (isRun && column >= 0 && column + kw <= w) return x + <usize>(row * w + column) * pixel;
  const place = staged + <usize>slot * stagedBytes;
  for (let q = 0, to = place; q < kw; q++, to += <usize>cg << 2) {
    const at = column + q * dilationW;
    if (<u32>at < <u32>w) copyBytes(to, x + <usize>(row * w + at) * pixel, cg << 2);
    else fillWords(to, 0, cg);
  }
  return place;
}
