/** @file What to say where a machine cannot be opened; loaded when it is to be said, so that no page pays for it first. */
import { id, load } from '#wasm';
import { SaddlepointError } from '../../core/errors.ts';
import { Constant } from '../../plan/opcodes.ts';
import type { Build } from './machine.ts';

/** @param pages of 64 KiB. */
export const noMemory = (pages: number, cause: unknown): SaddlepointError =>
  new SaddlepointError(
    'memory',
    `this machine has no ${(pages / 16).toFixed(0)} MiB for the run`,
    'use a smaller batchSize',
    { cause },
  );

const NAMES = Object.keys(load) as Build[];

/** What `abi` of a build answers. */
export const idOf = (build: Build): number => id + 8 * Constant.abiVersion + NAMES.indexOf(build);

/** What a module is instead of the build that is needed. @param given what its `abi` answers, or why it could not be asked. */
export function whatIs(build: Build, given: unknown): string {
  const is = NAMES.find((name) => idOf(name) === given);
  if (is !== undefined) return `is the build '${is}', and '${build}' is needed`;
  if (typeof given === 'number')
    return `is of another version of this library: ABI ${given}, expected ${idOf(build)} ('${build}')`;
  return `is not the build '${build}' of this library: ${given ?? 'it has no ABI'}`;
}

/** For a module that came with the library, or through a bundler. */
export const wrongBuild = (build: Build, given: unknown): SaddlepointError =>
  new SaddlepointError(
    'file',
    `wasm: the .wasm ${whatIs(build, given)}`,
    `give, or have the bundler ship, node_modules/saddlepoint/dist/wasm/saddlepoint.${build}.wasm of the installed version; renew copies of it, and caches, with every version`,
    { cause: given },
  );
