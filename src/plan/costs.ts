/** @file What an instruction costs by its sizes: the operations of products, and the bytes that it reads and writes. */
import * as I from './opcodes.ts';
import { operandsAt } from './operands.ts';

type Word = (field: number) => number;

/** Taps outside the images are counted too: they are multiplied by 0. */
function convOperations(w: Word): number {
  const results = w(I.ConvField.n) * w(I.ConvField.oh) * w(I.ConvField.ow) * w(I.ConvField.o);
  return (2 * results * w(I.ConvField.kh) * w(I.ConvField.kw) * w(I.ConvField.c)) / w(I.ConvField.groups);
}

const matmulOperations = (w: Word): number => 2 * w(I.MatmulField.m) * w(I.MatmulField.n) * w(I.MatmulField.k);

const gatherProductOperations = (w: Word): number =>
  2 * w(I.GatherProductField.count) * w(I.GatherProductField.group) * w(I.GatherProductField.rowElements);

/** Multiplications and additions of the products; what other instructions do is counted in bytes alone. */
const OPERATIONS: Readonly<Partial<Record<I.Opcode, (word: Word) => number>>> = {
  [I.Opcode.matmul]: matmulOperations,
  [I.Opcode.panelMatmul]: matmulOperations,
  [I.Opcode.batchMatmul]: (w) => w(I.BatchMatmulField.outer) * w(I.BatchMatmulField.inner) * matmulOperations(w),
  [I.Opcode.gatherDot]: gatherProductOperations,
  [I.Opcode.gatherSum]: gatherProductOperations,
  [I.Opcode.gatherLogistic]: (w) => 2 * gatherProductOperations(w),
  [I.Opcode.conv2d]: convOperations,
  [I.Opcode.conv2dInputGradient]: convOperations,
  [I.Opcode.conv2dFilterGradient]: convOperations,
};

/** Floating-point operations of the instruction at a word index if it is a product, else 0. */
export function operationsAt(words: Int32Array, at: number): number {
  const rule = OPERATIONS[((words[at] as number) & 0xffff) as I.Opcode];
  return rule?.((field) => words[at + field] as number) ?? 0;
}

/** Of a table only some rows are touched: no more bytes than by the instruction's other operands together. */
const isTable = (opcode: number, name: string): boolean =>
  name === 'table' || (opcode === I.Opcode.gather && name === 'source');

/** Bytes that the instruction at a word index reads and writes, each operand once; scratch areas are not counted. */
export function bytesAt(words: Int32Array, at: number): number {
  const opcode = (words[at] as number) & 0xffff;
  const operands = (operandsAt(words, at) ?? []).filter(({ name }) => name !== 'scratch');
  const sum = (isWanted: (name: string) => boolean, most = Number.POSITIVE_INFINITY): number =>
    operands.filter(({ name }) => isWanted(name)).reduce((all, { bytes }) => all + Math.min(bytes, most), 0);
  const others = sum((name) => !isTable(opcode, name));
  return others + sum((name) => isTable(opcode, name), others);
}
