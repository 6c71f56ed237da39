/** @file A plan: the flat list of instructions that the machine runs for one step, with where each came from. Plain data. */
import { unreachable } from '../core/errors.ts';
import type { Opcode } from './opcodes.ts';

/** What an instruction was made of: for errors, profiles and printing. */
export interface Origin {
  /** Index of the instruction's first word. */
  readonly at: number;
  readonly op: string;
  /** The layer's path, '' outside layers. */
  readonly path: string;
}

/** A named range of the run's memory, in bytes from its base. */
export interface Region {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  /** No instruction may write here. */
  readonly isConstant?: true;
}

export interface Plan {
  readonly name: string;
  readonly words: Int32Array;
  readonly origins: readonly Origin[];
  /** Everything that instructions may touch, ascending by address. */
  readonly regions: readonly Region[];
}

/** Collects the instructions of a plan. */
export class PlanWriter {
  readonly #words: number[] = [];
  readonly #origins: Origin[] = [];
  /** The op and layer that instructions are recorded under. */
  origin: { op: string; path: string } = { op: '', path: '' };

  /** Appends an instruction of `length` words; `fields` maps word indices to values, absent ones are 0. */
  emit(opcode: Opcode, length: number, fields: Readonly<Record<number, number>>): void {
    const at = this.#words.length;
    this.#origins.push({ at, ...this.origin });
    this.#words.push(opcode | (length << 16));
    for (let i = 1; i < length; i++) {
      const value = fields[i] ?? 0;
      if (!Number.isInteger(value)) unreachable(`word ${i} of opcode ${opcode} is ${value}`);
      this.#words.push(value | 0);
    }
  }

  /** The index of the next instruction's first word. */
  get length(): number {
    return this.#words.length;
  }

  /** Sets a word that was not known when its instruction was emitted. */
  patch(at: number, value: number): void {
    this.#words[at] = value;
  }

  finish(name: string, regions: readonly Region[]): Plan {
    return { name, words: Int32Array.from(this.#words), origins: this.#origins, regions };
  }
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The bits of a number as f32. */
export function bitsOf(value: number): number {
  floats[0] = value;
  return bits[0] as number;
}

/** The f32 with the given bits. */
export function floatOf(word: number): number {
  bits[0] = word;
  return floats[0] as number;
}

/** The next multiple of 64, so that blocks start on a cache line. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
