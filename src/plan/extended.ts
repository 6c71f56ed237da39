/** @file Which instructions the core build of the machine lacks. */
import { Constant, Opcode } from './opcodes.ts';

const FIRST_EXTENDED: Readonly<Partial<Record<number, number>>> = {
  [Opcode.unary]: Constant.firstExtendedUnary,
  [Opcode.binary]: Constant.firstExtendedBinary,
  [Opcode.reduce]: Constant.firstExtendedReduce,
};

/** Whether the instruction at a word index is only in the builds that have every one. */
export function isExtended(words: Int32Array, at: number): boolean {
  const opcode = (words[at] as number) & 0xffff;
  const first = FIRST_EXTENDED[opcode];
  return first === undefined
    ? opcode >= Constant.firstExtended
    : (words[at + Constant.functionField] as number) >= first;
}
