import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../scripts/files.mjs';
import { checkBuilt, folder, writeIris } from '../cli/command.ts';

it('the packed tarball, installed into an empty folder, trains on a CSV file by npx', () => {
  checkBuilt();
  const cwd = folder();
  const npm = (words: string[], at: string): string => execFileSync('npm', words, { cwd: at, encoding: 'utf8' });
  // Without scripts: the build is there already.
  const packed = JSON.parse(npm(['pack', '--ignore-scripts', '--json', '--pack-destination', cwd], root));
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', `./${packed[0].filename}`], cwd);
  writeIris(cwd);
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync('npx', ['saddlepoint', 'train', 'iris.csv', '--target', 'species'], {
    cwd,
    encoding: 'utf8',
  });
  const seconds = (performance.now() - began) / 1000;
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('Result on 30 rows that took no part in training');
  expect(existsSync(join(cwd, 'iris.safetensors'))).toBe(true);
  // What issue 3 asks for; some 2 s were measured.
  expect(seconds).toBeLessThan(10);
  const figure = spawnSync('npx', ['saddlepoint', 'train', 'iris.csv', '-t', 'species', '--figure', 'curve.svg'], {
    cwd,
    encoding: 'utf8',
  });
  expect(figure).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('npm install @observablehq/plot linkedom'),
  });
});
