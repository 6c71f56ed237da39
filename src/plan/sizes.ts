/** @file What lowering and running need to know of an instruction's sizes. */
import * as I from './opcodes.ts';

const roundUp4 = (n: number): number => Math.ceil(n / 4) * 4;

/** Bytes of the scratch area of a product; the layout is that of assembly/matmul.ts. */
export function matmulScratchBytes({ m, n, k }: { m: number; n: number; k: number }): number {
  const packs = n >= I.Constant.matmulPackedColumns;
  const rows = packs
    ? roundUp4(Math.min(m, I.Constant.matmulBlockRows)) * roundUp4(Math.min(k, I.Constant.matmulChunk))
    : 0;
  return I.Constant.matmulPanelBytes + I.Constant.matmulTileBytes + 4 * rows;
}

/** The field that bounds the indices of an instruction. */
const INDEX_BOUNDS: Readonly<Partial<Record<I.Opcode, number>>> = {
  [I.Opcode.gather]: I.GatherField.rows,
  [I.Opcode.scatterAdd]: I.ScatterAddField.rows,
  [I.Opcode.oneHot]: I.OneHotField.depth,
  [I.Opcode.crossEntropy]: I.CrossEntropyField.columns,
  [I.Opcode.crossEntropyGradient]: I.CrossEntropyGradientField.columns,
};

/** How many indices are legal for the instruction at a word index (0 … n − 1); 0 if it takes none. */
export function indexBoundAt(words: Int32Array, at: number): number {
  const field = INDEX_BOUNDS[((words[at] as number) & 0xffff) as I.Opcode];
  return field === undefined ? 0 : (words[at + field] as number);
}
