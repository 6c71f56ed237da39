/** @file The compiled machine: loaded once, instantiated for each session over a memory of its own. */
import { load } from '#wasm';
import { SaddlepointError } from '../../core/errors.ts';
import { Constant } from '../../plan/opcodes.ts';

/** The exports of assembly/index.ts. */
export interface MachineExports {
  abi(): number;
  /** Runs `words` words at byte `code` for each row; returns `lastRow`, or the row that stopped. */
  execute(code: number, words: number, base: number, firstRow: number, lastRow: number): number;
}

/** Bytes at the start of the memory that belong to the compiler. */
export const MEMORY_BASE = 1024;
const PAGE = 65536;

/** `core` has the instructions of a dense network, and is loaded with the library; `simd` has all. */
export type Build = keyof typeof load;

const compiled = new Map<Build, Promise<WebAssembly.Module>>();

export interface Machine {
  readonly exports: MachineExports;
  readonly memory: WebAssembly.Memory;
}

/** A machine with at least `bytes` bytes from MEMORY_BASE on. */
export async function openMachine(bytes: number, build: Build): Promise<Machine> {
  const loading = compiled.get(build) ?? load[build]();
  compiled.set(build, loading);
  let module: WebAssembly.Module;
  try {
    module = await loading;
  } catch (cause) {
    compiled.delete(build);
    throw new SaddlepointError(
      'internal',
      `the WebAssembly module could not be compiled: ${String(cause)}`,
      "a strict page needs 'wasm-unsafe-eval' in script-src",
      { cause },
    );
  }
  const pages = pagesFor(bytes);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new SaddlepointError(
      'memory',
      `this machine has no ${(pages / 16).toFixed(0)} MiB for the run`,
      'use a smaller batchSize',
      { cause },
    );
  }
  return instantiate(module, memory);
}

/** Pages of a memory with so many bytes from MEMORY_BASE on. */
export const pagesFor = (bytes: number): number => Math.ceil((MEMORY_BASE + bytes) / PAGE);

/** A machine over a memory, if it understands the library's plans. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Machine> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const exports = instance.exports as unknown as MachineExports;
  if (exports.abi() !== Constant.abiVersion) {
    throw new SaddlepointError('internal', `the .wasm has ABI ${exports.abi()}, the library ${Constant.abiVersion}`);
  }
  return { exports, memory };
}
