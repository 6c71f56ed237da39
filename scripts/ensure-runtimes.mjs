// @ts-check
/** @file Installs what test/runtimes names, unless it is there already. Quiet when all is fresh. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './files.mjs';

const folder = join(root, 'test/runtimes');
const installed = join(folder, 'node_modules/.package-lock.json');
const wanted = join(folder, 'package-lock.json');

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  const command = ['ci', '--ignore-scripts', '--prefer-offline', '--prefix', folder];
  const run = spawnSync('npm', command, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  if (run.status !== 0) fail(`npm ${command.join(' ')} failed (see above): the tests of ONNX files need it.`);
}
