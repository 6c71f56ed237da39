// @ts-check
/** @file Runtimes that take the package unbundled, each as a command: versions of Node, Deno, Bun. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/files.mjs';
import { answerOf, run } from './run.mjs';

const installed = join(root, 'test/runtimes/node_modules');

/** @param {22 | 24} major */
const node = (major) => join(root, `test/matrix/node_modules/node${major}-linux-x64/bin/node`);

/** The command of each, and what its versions are asked by. Deno gets no permission. @type {Readonly<Record<string, string[]>>} */
export const runtimes = {
  node20: [process.execPath],
  node22: [node(22)],
  node24: [node(24)],
  deno: [join(installed, '@deno/linux-x64-glibc/deno'), 'run', '--no-prompt'],
  bun: [join(installed, '@oven/bun-linux-x64/bin/bun'), 'run'],
};

/** @param {string} name of `runtimes` @param {string} folder a consumer @param {string} [file] */
export async function runIn(name, folder, file = 'src/index.js') {
  const [binary, ...args] = runtimes[name] ?? [];
  if (binary === undefined) throw new Error(`no runtime ${name}`);
  return answerOf(await run(binary, [...args, file], { cwd: folder, seconds: 60 }));
}

/** @param {string} name of `runtimes` @returns {Promise<string>} */
export async function runtimeVersion(name) {
  const [binary = ''] = runtimes[name] ?? [];
  return /\d+\.\d+\.\d+/.exec(await run(binary, ['--version'], { cwd: root, seconds: 60 }))?.[0] ?? 'unknown';
}

/** @param {string} name of a package of test/runtimes @returns {string} */
export const packageVersion = (name) =>
  createRequire(join(root, 'test/runtimes/package.json'))(`${name}/package.json`).version;
