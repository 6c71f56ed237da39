import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../train/process/run.ts';

const built = fileURLToPath(new URL('../../dist/wasm/', import.meta.url));

/** What a loader makes of each build, as the names of its exports. */
async function loaded(folder: string, file: string): Promise<Record<string, string[]>> {
  const { load } = await import(pathToFileURL(join(folder, file)).href);
  const names = async (build: string) => WebAssembly.Module.exports(await load[build]()).map(({ name }) => name);
  const builds = Object.keys(load);
  return Object.fromEntries(await Promise.all(builds.map(async (build) => [build, await names(build)] as const)));
}

describe('the loaders of the machine', () => {
  let alone = '';
  beforeAll(async () => {
    alone = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
    await writeFile(join(alone, 'package.json'), '{ "type": "module" }');
    for (const file of ['node.js', 'inline.js', 'inline-simd.js', 'inline-threads.js'])
      await copyFile(join(built, file), join(alone, file));
  });
  afterAll(() => rm(alone, { recursive: true }));

  it.each(['node.js', 'inline.js'])('%s has every build', async (file) => {
    const builds = ['core', 'simd', 'threads'];
    const expected = builds.map(async (build) => {
      const module = await WebAssembly.compile(await readFile(join(built, `saddlepoint.${build}.wasm`)));
      return [build, WebAssembly.Module.exports(module).map(({ name }) => name)] as const;
    });
    expect(await loaded(built, file)).toEqual(Object.fromEntries(await Promise.all(expected)));
  });

  it('node.js takes the text where the files are not beside it, as in a bundle', async () => {
    expect(await loaded(alone, 'node.js')).toEqual(await loaded(built, 'node.js'));
  });

  it('Node loads neither web streams nor fetch for a first step', async () => {
    const parts: string[] = JSON.parse(await runScript('loaded'));
    expect(parts).toContain('NativeModule fs');
    expect(parts.filter((part) => /undici|webstreams.readablestream|webstreams.compression/.test(part))).toEqual([]);
  });
});
