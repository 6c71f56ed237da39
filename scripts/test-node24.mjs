// @ts-check
/**
 * @file Tests under Node 24, whose engine has relaxed SIMD: the kernels of that build, sessions, threads and training. The binary
 * comes with the packages of bench/, which are installed if they are missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './files.mjs';

const binary = join(root, 'bench/node_modules', `node-${process.platform}-${process.arch}`, 'bin/node');
if (!existsSync(binary)) {
  const install = spawnSync('npm', ['ci', '--ignore-scripts', '--prefix', 'bench'], { cwd: root, stdio: 'inherit' });
  if (install.status !== 0 || !existsSync(binary)) fail(`There is no Node 24 for ${process.platform} ${process.arch}.`);
}

/** @param {string[]} paths @param {Record<string, string>} [variables] */
function vitest(paths, variables = {}) {
  const command = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'node', ...paths];
  const run = spawnSync(binary, command, { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables } });
  if (run.status !== 0) fail('Tests failed under Node 24 (see above).');
}

vitest(['test/kernels'], { BUILD: 'relaxed' });
vitest(['test/backends/relaxed', 'test/backends/threads', 'test/backends/session', 'test/train', 'test/golden']);
