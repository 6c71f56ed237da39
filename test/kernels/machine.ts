/** @file A harness that runs single instructions: memory with canaries around every block, and encoding by the enums of opcodes.ts. */

import { expect } from 'vitest';
import { load } from '#wasm';
import { Constant, ElementType, Opcode, StatusField } from './enums.ts';

interface Exports {
  execute(code: number, words: number, base: number, firstRow: number, lastRow: number): number;
  abi(): number;
}

type Elements = Float32Array | Int32Array | Uint8Array;

/** A block of the machine's memory: `address` counts from the base. Arrays are made anew at each use; memory may grow. */
export interface Block<T extends Elements = Elements> {
  readonly address: number;
  readonly length: number;
  readonly array: T;
}

/** The names of a layout enum but for `words`, with the value that each word gets; `bits` marks f32. */
export type Fields = Readonly<Record<string, number | Block | { readonly bits: number }>>;

const CANARY = 0xa5;
const BASE = 1024;
const CODE_BYTES = 65536;

/** Engines with relaxed SIMD run every kernel test with that build too: see `npm run test:node24`. */
export const isRelaxed = process.env.BUILD === 'relaxed';
const module = await load[isRelaxed ? 'relaxed' : 'simd']();
const converter = new Float32Array(1);
const converted = new Int32Array(converter.buffer);

export class Machine {
  readonly memory = new WebAssembly.Memory({ initial: 16 });
  readonly exports = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports as unknown as Exports;
  readonly scratch: Block;
  private readonly blocks: { address: number; bytes: number }[] = [];
  private end = BASE + Constant.statusBytes + CODE_BYTES;

  constructor() {
    this.scratch = this.bytes(Constant.matmulScratchBytes);
  }

  /** A block whose slack and whatever follows hold canaries. `offset` shifts it off its alignment. */
  private block<T extends Elements>(
    type: new (b: ArrayBuffer, o: number, n: number) => T,
    length: number,
    size: number,
    offset: number,
  ): Block<T> {
    const { memory } = this;
    const start = Math.ceil((this.end + Constant.slackBytes) / 64) * 64 + offset;
    const bytes = length * size;
    this.end = start + bytes + Constant.slackBytes;
    const missing = this.end + 65536 - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer, start - Constant.slackBytes, bytes + 2 * Constant.slackBytes).fill(CANARY);
    this.blocks.push({ address: start, bytes });
    return {
      address: start - BASE,
      length,
      get array() {
        return new type(memory.buffer, start, length);
      },
    };
  }

  /** f32; `offset` in bytes must be a multiple of 4 for the views of JavaScript. */
  floats(values: number | ArrayLike<number>, offset = 0): Block<Float32Array> {
    const block = this.block(Float32Array, typeof values === 'number' ? values : values.length, 4, offset);
    if (typeof values !== 'number') block.array.set(values);
    return block;
  }

  ints(values: number | ArrayLike<number>): Block<Int32Array> {
    const block = this.block(Int32Array, typeof values === 'number' ? values : values.length, 4, 0);
    if (typeof values !== 'number') block.array.set(values);
    return block;
  }

  bytes(values: number | ArrayLike<number>, offset = 0): Block<Uint8Array> {
    const block = this.block(Uint8Array, typeof values === 'number' ? values : values.length, 1, offset);
    if (typeof values !== 'number') block.array.set(values);
    return block;
  }

  /** A block of a type that is known at run time only. */
  ofType(type: ElementType, values: number | ArrayLike<number>): Block {
    if (type === ElementType.f32) return this.floats(values);
    return type === ElementType.i32 ? this.ints(values) : this.bytes(values);
  }

  /** Forgets all blocks but the scratch. */
  reset(): void {
    this.blocks.length = 1;
    this.end = (this.blocks[0]?.address ?? 0) + Constant.matmulScratchBytes + Constant.slackBytes;
  }

  /** The words of one instruction. */
  encode(
    opcode: Opcode,
    layout: Readonly<Record<string, string | number>>,
    fields: Fields,
    extra: readonly number[] = [],
  ): number[] {
    const length = layout.words as number;
    const words = new Array<number>(length).fill(0);
    words[0] = opcode | (length << 16);
    for (const [name, value] of Object.entries(fields)) {
      const at = layout[name];
      if (typeof at !== 'number') throw new Error(`${Opcode[opcode]} has no field ${name}`);
      words[at] = typeof value === 'number' ? value : 'address' in value ? value.address : bitsOf(value.bits);
    }
    for (const [i, value] of extra.entries()) words[i] = value;
    return words;
  }

  /** Runs instructions for rows; returns what `execute` does. Then no byte outside a block may have changed. */
  run(code: readonly number[], firstRow = 0, lastRow = 1): number {
    const at = BASE + Constant.statusBytes;
    new Int32Array(this.memory.buffer, at, code.length).set(code);
    const row = this.exports.execute(at, code.length, BASE, firstRow, lastRow);
    this.checkCanaries();
    return row;
  }

  get status(): { status: number; at: number; detail: number; value: number } {
    const words = new Int32Array(this.memory.buffer, BASE, 4);
    const { status, at, detail, value } = StatusField;
    return { status: words[status]!, at: words[at]!, detail: words[detail]!, value: words[value]! };
  }

  private checkCanaries(): void {
    const all = new Uint8Array(this.memory.buffer);
    for (const { address, bytes } of this.blocks) {
      for (const start of [address - Constant.slackBytes, address + bytes]) {
        for (let i = start; i < start + Constant.slackBytes; i++) {
          if (all[i] !== CANARY) throw new Error(`byte ${i - address} of a block of ${bytes} bytes was overwritten`);
        }
      }
    }
  }
}

export function bitsOf(x: number): number {
  converter[0] = x;
  return converted[0] as number;
}

/** Repeatable numbers in −scale … scale. */
export function noise(length: number, seed = 1, scale = 2): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

export function integers(length: number, bound: number, seed = 1): Int32Array {
  return Int32Array.from(noise(length, seed, 1), (x) => Math.min(bound - 1, Math.floor(((x + 1) / 2) * bound)));
}

/** |actual − expected| ≤ absolute + relative · |expected| for every element; NaN and infinities must be equal. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  absolute = 0,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    if (Object.is(a, e) || (Number.isFinite(e) && Math.abs(a - e) <= absolute + relative * Math.abs(e))) continue;
    if (a === e) continue;
    throw new Error(`element ${i}: got ${a}, expected ${e} (relative ${relative}, absolute ${absolute})`);
  }
}

export const SIZES = [1, 3, 4, 5, 7, 8, 9, 31, 33, 1000];
