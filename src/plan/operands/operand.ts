/** @file What an operand of an instruction is, and how rules write it. */

export interface Operand {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly writes: boolean;
  /** The operand holds f32. */
  readonly float: boolean;
}

export type Word = (field: number) => number;
export type Rule = (word: Word, rows: number) => readonly Operand[];

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
