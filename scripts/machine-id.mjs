// @ts-check
/**
 * @file The number that every build of the machine answers with and every loader expects: of the content of all that the machine
 * is made of, and of the build. A file of other sources, or of another build, so cannot be taken for the one that was meant.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

/** All that decides about the bytes of a build: kernels, the instruction set, flags; the compiler stands in `version`. */
export const SOURCES = ['assembly', 'src/plan/opcodes.ts', 'asconfig.json'];

/** Builds in the order of their numbers; the last digits of an id, in base 8, say which it is. */
export const BUILDS = /** @type {const} */ (['core', 'simd', 'threads', 'relaxed', 'relaxedThreads']);

/** @param {string} folder @param {string} path @returns {string[]} the file, or all files of the folder, by name on every machine */
function listFiles(folder, path) {
  const full = join(folder, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  const names = readdirSync(full).sort();
  return names.flatMap((name) => listFiles(folder, `${path}/${name}`));
}

/** @param {string} folder @returns {string} the compiler, by its version */
function compiler(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return `assemblyscript ${packages['node_modules/assemblyscript'].version}`;
}

/**
 * A multiple of 8, ≥ 0 and below 2³⁰: 27 bits of a hash over names and texts, whatever ends their lines. The number of a build
 * is added to it, and 8 × the version of the instructions, which leaves it below 2³¹.
 * @param {string} [folder] with the sources
 */
export function machineId(folder = root) {
  const hash = createHash('sha256').update(compiler(folder));
  for (const path of SOURCES.flatMap((source) => listFiles(folder, source)))
    hash.update(`\0${path}\0`).update(readFileSync(join(folder, path), 'utf8').replaceAll('\r\n', '\n'));
  return (hash.digest().readUInt32LE() >>> 5) * 8;
}
