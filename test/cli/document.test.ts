import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { blocksOf } from '../docs/blocks.ts';
import { checkBuilt, folder, main, writeIris } from './command.ts';

beforeAll(checkBuilt);

it('every shell line of docs/cli.md runs, in order, in one folder', () => {
  const cwd = folder();
  writeIris(cwd);
  // The name that the page uses, as npx would find it.
  const bin = folder();
  writeFileSync(join(bin, 'saddlepoint'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(bin, 'saddlepoint'), 0o755);
  const lines = blocksOf('docs/cli.md')
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'));
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) {
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const { status, stderr } = spawnSync('sh', ['-c', line], { cwd, env, encoding: 'utf8' });
    expect({ line, status, stderr: status === 0 ? '' : stderr }).toEqual({ line, status: 0, stderr: '' });
  }
  expect(existsSync(join(cwd, 'iris.safetensors'))).toBe(true);
  const answers = readFileSync(join(cwd, 'out.csv'), 'utf8').trimEnd().split('\n');
  expect(answers).toHaveLength(151);
  expect(answers[0]).toBe('prediction,probability setosa,probability versicolor,probability virginica');
});
