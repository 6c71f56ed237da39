/** @file The machine as it would come from other sources: the bytes of a build, with another answer to `abi`. */
import { readFile } from 'node:fs/promises';
import { id, load } from '#wasm';
import type { Build } from '../../src/backends/wasm/machine.ts';
import { idOf } from '../../src/backends/wasm/machine-errors.ts';

export const BUILDS = Object.keys(load) as Build[];

export const bytesOf = async (build: Build): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(new URL(`../../dist/wasm/saddlepoint.${build}.wasm`, import.meta.url)));

/** `i32.const value; end`, the body of a function that answers with a number ≥ 0: in LEB128, as short as its sign allows. */
function answer(value: number): number[] {
  const bytes = [0x41];
  let rest = value;
  for (; rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest, 0x0b];
}

/** A build of sources whose id differs in one bit. @throws Error unless `abi` stands in the bytes once. */
export async function olderBytes(build: Build): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await bytesOf(build);
  const is = answer(idOf(build));
  const places = [...bytes.keys()].filter((at) => is.every((byte, i) => bytes[at + i] === byte));
  if (places.length !== 1 || id === 0) throw new Error(`abi stands ${places.length} times in ${build}`);
  bytes.set(answer(idOf(build) ^ 4096), places[0] as number);
  return bytes;
}
