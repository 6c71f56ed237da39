/** @file The compiled machine: loaded once, instantiated for each session over a memory of its own. */
import { id, load } from '#wasm';
import { SaddlepointError } from '../../core/errors.ts';
import { Constant } from '../../plan/opcodes.ts';

/** The exports of assembly/index.ts. */
export interface MachineExports {
  /** `id` of the loader + 8 × the version of the instructions + the number of the build: its place in `load`. */
  abi(): number;
  /** Of plan files: see `checksum` of edge/format.ts. */
  checksum(value: number, address: number, words: number): number;
  /** Runs `words` words at byte `code` for each row; returns `lastRow`, or the row that stopped. */
  execute(code: number, words: number, base: number, firstRow: number, lastRow: number): number;
}

/** Bytes at the start of the memory that belong to the compiler. */
export const MEMORY_BASE = 1024;
const PAGE = 65536;

/** The smallest module that uses SIMD: `(v128.const 0)` dropped, in base64. */
export const SIMD_PROBE = 'AGFzbQEAAAABBAFgAAADAgEACgkBBwBBAP0PGgs=';

/** The smallest module with relaxed SIMD: a fused multiply-add of zeros, dropped, in base64. */
export const RELAXED_PROBE = 'AGFzbQEAAAABBAFgAAADAgEAChQBEgBBAP0PQQD9D0EA/Q/9hQIaCw==';

/** Whether the engine takes a module, in base64. */
export const validates = (probe: string): boolean =>
  typeof WebAssembly === 'object' &&
  WebAssembly.validate(Uint8Array.from(atob(probe), (character) => character.charCodeAt(0)));

/** `core` has the instructions of a dense network, and is loaded with the library; the others have all. */
export type Build = keyof typeof load;

const compiled = new Map<Build, Promise<WebAssembly.Module>>();

export interface Machine {
  readonly exports: MachineExports;
  readonly memory: WebAssembly.Memory;
}

/** The module of a build, compiled once. */
export async function compileBuild(build: Build): Promise<WebAssembly.Module> {
  const loading = compiled.get(build) ?? load[build]();
  compiled.set(build, loading);
  try {
    return await loading;
  } catch (cause) {
    compiled.delete(build);
    // In a worker, from its caller.
    if (cause instanceof SaddlepointError) throw cause;
    throw new SaddlepointError(
      'internal',
      `the WebAssembly module could not be compiled: ${String(cause)}`,
      "a strict page needs 'wasm-unsafe-eval' in script-src",
      { cause },
    );
  }
}

/** Where the module of a build comes from. */
export type Compile = typeof compileBuild;

/** A machine of a build with at least `bytes` bytes from MEMORY_BASE on. */
export const openMachine = async (
  bytes: number,
  build: Build,
  compile: Compile = compileBuild,
  shared?: boolean,
): Promise<Machine> => instantiate(await compile(build), bytes, build, shared);

/**
 * A machine of a compiled module.
 * @throws SaddlepointError `file` for the module of another build or of other sources, whose numbers would be wrong; `memory`.
 */
export async function instantiate(
  module: WebAssembly.Module,
  bytes: number,
  build: Build,
  shared = false,
): Promise<Machine> {
  const pages = Math.ceil((MEMORY_BASE + bytes) / PAGE);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw (await import('./machine-errors.ts')).noMemory(pages, cause);
  }
  const wrong = async (given: unknown): Promise<never> => {
    throw (await import('./machine-errors.ts')).wrongBuild(build, given);
  };
  const instance = await WebAssembly.instantiate(module, { env: { memory } }).catch(wrong);
  const exports = instance.exports as unknown as MachineExports;
  const given = exports.abi?.();
  const is = Object.keys(load)[given - id - 8 * Constant.abiVersion];
  // `simd` has all that `core` has, with the same bits.
  if (is !== build && build + is !== 'coresimd') await wrong(given);
  return { exports, memory };
}
