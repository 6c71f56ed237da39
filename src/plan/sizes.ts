/** @file What lowering and running need to know of an instruction's sizes. */
import * as I from './opcodes.ts';

const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

/** Bytes of the scratch area of a product; the layout is that of assembly/matmul.ts. */
export function matmulScratchBytes({ m, n, k }: { m: number; n: number; k: number }): number {
  const packs = n >= I.Constant.matmulPackedColumns;
  const rows = packs
    ? roundUp4(Math.min(m, I.Constant.matmulBlockRows)) * roundUp4(Math.min(k, I.Constant.matmulChunk))
    : 0;
  return 2 * I.Constant.matmulPanelBytes + I.Constant.matmulTileBytes + 4 * rows;
}

/** Bytes of the scratch area of a convolution; the layout is that of assembly/conv.ts. */
export function convScratchBytes(
  which: I.Opcode.conv2d | I.Opcode.conv2dInputGradient | I.Opcode.conv2dFilterGradient,
  {
    c,
    kh,
    kw,
    o,
    oh,
    ow,
    groups,
  }: { c: number; kh: number; kw: number; o: number; oh: number; ow: number; groups: number },
): number {
  const run = kw * (c / groups);
  const chunkOf = (k: number): number => Math.ceil(k / Math.ceil(k / I.Constant.matmulChunk));
  const staged = Math.floor((4 * run + 2 * I.Constant.slackBytes) / 64) * 64;
  const rows = I.Constant.convBlockPixels;
  const packed =
    which === I.Opcode.conv2d
      ? rows * roundUp4(chunkOf(kh * run))
      : which === I.Opcode.conv2dInputGradient
        ? rows * roundUp4(chunkOf(o / groups)) + rows * run
        : roundUp4(run) * chunkOf(oh * ow);
  const bytes = 5 * staged + I.Constant.matmulTileBytes + I.Constant.matmulPanelBytes + 4 * packed;
  return Math.ceil((bytes + 2 * I.Constant.slackBytes) / 64) * 64;
}

/** Bytes of the scratch area of a normalization: sums and factors of each column; rows need none. See assembly/standardize.ts. */
export const standardizeScratchBytes = (inner: number): number => (inner === 1 ? 0 : 28 * roundUp4(inner));

/** Bytes of the sums that `sumSquares` leaves for `l2Norm`. */
export const normSumsBytes = (count: number): number => 8 * Math.ceil(count / I.Constant.normChunk);

/** Bytes of the scratch area of `rowOrder`: counters of all passes, and places; see assembly/rows.ts. */
export const rowOrderScratchBytes = (count: number): number =>
  4 * (I.Constant.rowOrderPasses * 2 ** I.Constant.rowOrderBits + count);

/** Bytes of the scratch area of `rowNorm` and `rowUpdate`: the place and the weight of each vector, in order. */
export const rowGradientScratchBytes = (count: number): number => 8 * count;

/** The field that bounds the indices of an instruction. */
const INDEX_BOUNDS: Readonly<Partial<Record<I.Opcode, number>>> = {
  [I.Opcode.gather]: I.GatherField.rows,
  [I.Opcode.scatterAdd]: I.ScatterAddField.rows,
  [I.Opcode.oneHot]: I.OneHotField.depth,
  [I.Opcode.rowOrder]: I.RowOrderField.rows,
  [I.Opcode.rowNorm]: I.RowNormField.rows,
  [I.Opcode.rowUpdate]: I.RowUpdateField.rows,
  [I.Opcode.rowSgd]: I.RowSgdField.rows,
  [I.Opcode.gatherDot]: I.GatherProductField.rows,
  [I.Opcode.gatherSum]: I.GatherProductField.rows,
  [I.Opcode.gatherLogistic]: I.GatherLogisticField.rows,
  [I.Opcode.maxPoolGradient]: I.PoolField.cells,
  [I.Opcode.maxPoolGather]: I.PoolField.cells,
  [I.Opcode.crossEntropy]: I.CrossEntropyField.columns,
  [I.Opcode.crossEntropyGradient]: I.CrossEntropyGradientField.columns,
};

/** How many indices are legal for the instruction at a word index (0 … n − 1); 0 if it takes none. */
export function indexBoundAt(words: Int32Array, at: number): number {
  const field = INDEX_BOUNDS[((words[at] as number) & 0xffff) as I.Opcode];
  return field === undefined ? 0 : (words[at + field] as number);
}
