// @ts-check
/** @file Packs the library and installs the tarball in an empty folder outside the repository, as its users do. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/files.mjs';
import { run } from './run.mjs';

const npm = 'npm';
const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** A new folder that nothing above it, no package.json and no node_modules, can help. @param {string} name */
export const temporaryFolder = (name) => mkdtempSync(join(tmpdir(), `saddlepoint-${name}-`));

/** What is in dist/ now, as npm would publish it. @param {string} folder @returns {Promise<string>} path of the tarball */
export async function pack(folder) {
  await run(npm, ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], { cwd: root });
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack wrote no tarball');
  return join(folder, name);
}

/** @param {string} folder @param {string[]} packages names with versions, or paths of tarballs */
export async function install(folder, packages) {
  await run(npm, ['install', ...quiet, ...packages], { cwd: folder });
}

/**
 * A project that has the tarball (and `packages`) installed, and the programs of `consumer/`.
 *
 * @param {string} folder an empty one @param {string} tarball @param {string[]} [packages]
 */
export async function makeConsumer(folder, tarball, packages = []) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  await install(folder, [tarball, ...packages]);
  cpSync(join(root, 'test/matrix/consumer'), folder, { recursive: true });
}

/** A second copy of the library beside the first, under another name. @param {string} folder */
export function addCopy(folder) {
  const copy = join(folder, 'node_modules/saddlepoint-copy');
  cpSync(join(folder, 'node_modules/saddlepoint'), copy, { recursive: true });
  const manifest = join(copy, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"saddlepoint"', '"saddlepoint-copy"'));
}

/** @param {string} folder */
export const remove = (folder) => rmSync(folder, { recursive: true, force: true });
