/** The number that ties loaders to builds: of the sources' content alone. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { id, load } from '#wasm';
import { BUILDS, machineId } from '../../scripts/machine-id.mjs';

const root = join(import.meta.dirname, '../..');
const PARTS = ['assembly', 'src/plan/opcodes.ts', 'asconfig.json', 'package-lock.json'];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
  await mkdir(join(folder, 'src/plan'), { recursive: true });
  for (const part of PARTS) await cp(join(root, part), join(folder, part), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const change = async (file: string, how: (text: string) => string): Promise<void> =>
  writeFile(join(folder, file), how(await readFile(join(folder, file), 'utf8')));

test('is that of the loaders, and the same for a copy of the sources elsewhere', () => {
  expect(machineId()).toBe(id);
  expect(machineId(folder)).toBe(id);
  expect(Object.keys(load)).toEqual(BUILDS);
});

test('leaves room for the build and the version of the instructions within 31 bits', () => {
  expect(id % 8).toBe(0);
  expect(id).toBeGreaterThanOrEqual(0);
  expect(id).toBeLessThan(2 ** 30);
});

test('does not see how lines end', async () => {
  for (const name of await readdir(join(folder, 'assembly')))
    await change(`assembly/${name}`, (text) => text.replaceAll('\n', '\r\n'));
  await change('asconfig.json', (text) => text.replaceAll('\n', '\r\n'));
  expect(machineId(folder)).toBe(id);
});

test('is another for other kernels, instructions, flags, compilers, and for a file that is new, renamed or gone', async () => {
  const seen = new Set([id]);
  const isNew = (): void => {
    const now = machineId(folder);
    expect(seen).not.toContain(now);
    seen.add(now);
  };
  await change('assembly/matmul.ts', (text) => text.replace('+', '-'));
  isNew();
  await change('src/plan/opcodes.ts', (text) => text.replace('adam = 19', 'adam = 20'));
  isNew();
  await change('asconfig.json', (text) => text.replace('"shrinkLevel": 1', '"shrinkLevel": 2'));
  isNew();
  await change('package-lock.json', (text) => {
    const lock = JSON.parse(text);
    lock.packages['node_modules/assemblyscript'].version = '0.0.0';
    return JSON.stringify(lock);
  });
  isNew();
  await writeFile(join(folder, 'assembly/new.ts'), '');
  isNew();
  await cp(join(folder, 'assembly/new.ts'), join(folder, 'assembly/newer.ts'));
  await rm(join(folder, 'assembly/new.ts'));
  isNew();
  await rm(join(folder, 'assembly/pow.ts'));
  isNew();
});
