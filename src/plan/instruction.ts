/** @file What is said of an instruction as data: its operands (operands.ts), and what its words may be (legal.ts). */
import * as I from './opcodes.ts';

export interface Operand {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly writes: boolean;
  /** The operand holds f32. */
  readonly float: boolean;
}

/** Word `field` of an instruction. */
export type Word = (field: number) => number;
/** The operands of an instruction, for `rows` rows of steps. */
export type OperandRule = (word: Word, rows: number) => readonly Operand[];

export const reads = (name: string, address: number, bytes: number, float = true): Operand => ({
  name,
  address,
  bytes,
  writes: false,
  float,
});
export const writes = (name: string, address: number, bytes: number, float = true): Operand => ({
  name,
  address,
  bytes,
  writes: true,
  float,
});
export const elementBytes = (type: number): number => (type === I.ElementType.u8 ? 1 : 4);

export const overlap = (a: Operand, b: Operand): boolean =>
  a.address < b.address + b.bytes && b.address < a.address + a.bytes;

/** Of the instruction at a word index; without the mark that threads meet before it. */
export const opcodeAt = (words: Int32Array, at: number): number => (words[at] as number) & 0x7fff;
/** In words. */
export const lengthAt = (words: Int32Array, at: number): number => (words[at] as number) >>> 16;

/** The word index of each instruction, those in loops included. */
export function* instructionsOf(words: Int32Array): Generator<number> {
  for (let at = 0; at < words.length; at += lengthAt(words, at)) yield at;
}

/** Bytes of an elementwise operand in its broadcast form. */
export function formBytes(mode: number, rows: number, columns: number): number {
  if (mode === I.Broadcast.same) return 4 * rows * columns;
  return 4 * (mode === I.Broadcast.scalar ? 1 : mode === I.Broadcast.row ? columns : rows);
}

/** What an instruction demands of its words besides addresses. */
export interface Form {
  readonly words: number;
  /** Whether more words may follow, which `fault` looks at. */
  readonly isOpen?: true;
  /** Fields that must be at least 1. */
  readonly counts: readonly number[];
  /** Fields with their largest legal value; the smallest is 0. */
  readonly choices?: readonly (readonly [field: number, largest: number])[];
  /** What else is wrong, in words. */
  readonly fault?: (word: Word) => string | undefined;
}
