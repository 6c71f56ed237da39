// @ts-check
/** @file What the build scripts share: where things lie, and whether an output is still what its sources give. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What dist/ is made of, but for dist/wasm: its stamp is their fingerprint. */
export const DIST_SOURCES = [
  ...['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'],
  'scripts/build-node.mjs',
];

/** The path of a command that a dependency brought. @param {string} name */
export function bin(name) {
  const path = join(root, 'node_modules', '.bin', name);
  if (!existsSync(path)) fail(`${name} is not installed: run \`npm ci\` first.`);
  return path;
}

/** Prints what is wrong and leaves with code 1. @param {string} message @returns {never} */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/**
 * A hash over names and contents of files and whole folders, so that a deleted or a checked-out file counts as a change.
 * @param {string[]} paths relative to the root; those that do not exist count as absent
 */
export function fingerprint(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths.flatMap(listFiles)) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} the file itself, or all files of the folder, sorted */
function listFiles(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => listFiles(`${path}/${name}`));
}

/**
 * Runs `make` unless all outputs exist and the sources are those of the last time.
 * @param {{ name: string, sources: string[], outputs: string[], force?: boolean, make: () => void | Promise<void> }} job
 * @returns {Promise<boolean>} whether it had to be made
 */
export async function makeIfStale({ name, sources, outputs, force = false, make }) {
  const stamp = join(root, 'build', `${name}.stamp`);
  const now = fingerprint(sources);
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === now;
  if (fresh && !force && outputs.every((path) => existsSync(join(root, path)))) return false;
  await make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
  return true;
}
