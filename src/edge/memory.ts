/** @file The memory of a plan, and its programs on it. */
import { type Machine, MEMORY_BASE } from '../backends/wasm/machine.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { floatOf } from '../plan/format.ts';
import { Status, StatusField } from '../plan/opcodes.ts';
import { indexBoundAt } from '../plan/sizes.ts';
import { damaged } from './damaged.ts';
import { ARRAYS, checksum, type Extent, type PlanHeader } from './format.ts';
import type { Part, ReadPlan, ReadProgram } from './read-plan.ts';

const PIECE = 2 ** 16;

/** As `checksum`, by the machine, on what its memory has for values between instructions. */
export function foldIn(
  { exports, memory }: Machine,
  [address, length]: PlanHeader['arena'],
  value: number,
  bytes: Uint8Array,
): number {
  // A piece at a time: memory that nothing has touched yet is slow to come by.
  const scratch = new Uint8Array(memory.buffer, MEMORY_BASE + address, Math.min(length, PIECE) & ~3);
  if (scratch.length === 0) return checksum(value, bytes);
  let sum = value;
  for (let at = 0; at < bytes.length; at += scratch.length) {
    const part = bytes.subarray(at, at + scratch.length);
    scratch.set(part);
    sum = exports.checksum(sum, scratch.byteOffset, part.length / 4);
  }
  return sum >>> 0;
}

export class PlanMemory {
  readonly header: PlanHeader;
  /** Tells this file from others. */
  readonly id: number;
  readonly #programs = new Map<string, ReadProgram>();
  #machine: Machine | undefined;

  constructor({ open, first }: ReadPlan, machine: Machine) {
    this.header = open.header;
    this.id = open.sums[1];
    this.#machine = machine;
    this.take(first);
  }

  /** Programs that may run from now on. */
  take({ programs, contents }: Part): void {
    for (const { address, bytes } of contents) this.bytes(address, bytes.length).set(bytes);
    // The header was checked by the first of a name.
    for (const program of [...programs].reverse()) this.#programs.set(program.header.name, program);
  }

  /** @throws SaddlepointError for a step that stopped. */
  run({ header }: ReadProgram): void {
    const [address, words] = header.code;
    const { exports } = this.#open();
    try {
      if (exports.execute(MEMORY_BASE + address, words, MEMORY_BASE, 0, 1) === 1) return;
    } catch (cause) {
      throw damaged(`${header.name} left its memory: ${cause}`);
    }
    const status = this.view([0, 4, 1]);
    const [code, at, detail, value] = [StatusField.status, StatusField.at, StatusField.detail, StatusField.value].map(
      (field) => status[field] as number,
    ) as [number, number, number, number];
    if (code === Status.indexOutOfRange) {
      const [, op = 'gather', path = ''] = header.origins.find(([place]) => place === at) ?? [];
      const bound = indexBoundAt(this.view([address, words, 1]) as Int32Array, at);
      throw new SaddlepointError(
        'data',
        `${op}${path && ` of layer '${path}'`}: index ${value} at position ${detail} is outside 0 … ${bound - 1}`,
      );
    }
    if (code !== Status.nonFinite) throw damaged(`the machine refused instruction ${at} of ${header.name}`);
    throw new SaddlepointError(
      'divergence',
      `train: loss or gradient of the step is ${floatOf(value)}; the parameters are those before it`,
      'look at the rows, or export it with a smaller learning rate',
    );
  }

  /** Bytes. */
  get size(): number {
    return this.#open().memory.buffer.byteLength;
  }

  /** See `foldIn`. */
  checksum(value: number, bytes: Uint8Array): number {
    return foldIn(this.#open(), this.header.arena, value, bytes);
  }

  dispose(): void {
    this.#machine = undefined;
  }

  #open(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    throw new SaddlepointError('disposed', 'the plan was disposed; its memory is gone', 'load it again');
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#open().memory.buffer, MEMORY_BASE + address, length);
  }

  view([address, elements, dtype]: Extent): Float32Array | Int32Array | Uint8Array {
    return new ARRAYS[dtype](this.#open().memory.buffer, MEMORY_BASE + address, elements);
  }

  write(at: Extent, data: ArrayLike<number>): void {
    this.view(at).set(data);
  }

  program(name: string): ReadProgram {
    return must(this.#programs.get(name), name);
  }

  block(name: string): Extent {
    return must(
      this.header.blocks.find((block) => block.name === name),
      name,
    ).at;
  }
}
