import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../train/process/run.ts';

const built = fileURLToPath(new URL('../../dist/wasm/', import.meta.url));

const exportsOf = (module: WebAssembly.Module): string[] => WebAssembly.Module.exports(module).map(({ name }) => name);

/** The builds that this engine takes, each with the names of its exports. */
async function takenBuilds(): Promise<Record<string, string[]>> {
  const taken: Record<string, string[]> = {};
  for (const file of await readdir(built)) {
    const [, build] = /^saddlepoint\.(\w+)\.wasm$/.exec(file) ?? [];
    const bytes = build === undefined ? new Uint8Array() : await readFile(join(built, file));
    if (build !== undefined && WebAssembly.validate(bytes)) taken[build] = exportsOf(await WebAssembly.compile(bytes));
  }
  return taken;
}

/** What a loader makes of those builds. */
async function loaded(folder: string, file: string): Promise<Record<string, string[]>> {
  const { load } = await import(pathToFileURL(join(folder, file)).href);
  const made: Record<string, string[]> = {};
  for (const build of Object.keys(await takenBuilds())) made[build] = exportsOf(await load[build]());
  return made;
}

describe('the loaders of the machine', () => {
  let alone = '';
  beforeAll(async () => {
    alone = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
    await writeFile(join(alone, 'package.json'), '{ "type": "module" }');
    for (const file of await readdir(built))
      if (/^(node|inline.*)\.js$/.test(file)) await copyFile(join(built, file), join(alone, file));
  });
  afterAll(() => rm(alone, { recursive: true }));

  it.each(['node.js', 'inline.js'])('%s has every build', async (file) => {
    const taken = await takenBuilds();
    expect(Object.keys(taken)).toEqual(expect.arrayContaining(['core', 'simd', 'threads']));
    expect(await loaded(built, file)).toEqual(taken);
  });

  it('node.js takes the text where the files are not beside it, as in a bundle', async () => {
    expect(await loaded(alone, 'node.js')).toEqual(await takenBuilds());
  });

  it('node.js names every file by a literal: of a name put together, Turbopack makes one file for all builds', async () => {
    const text = await readFile(join(built, 'node.js'), 'utf8');
    for (const build of Object.keys(await takenBuilds()))
      expect(text).toContain(`new URL('./saddlepoint.${build}.wasm', import.meta.url)`);
  });

  it('edge.js shows no relaxed build: Next compiles all that a route names, and Node 20 has no relaxed SIMD', async () => {
    const text = await readFile(join(built, 'edge.js'), 'utf8');
    expect(text).toContain('./saddlepoint.simd.wasm?module');
    expect(text).not.toContain('saddlepoint.relaxed');
  });

  it('Node loads neither web streams nor fetch for a first step', async () => {
    const parts: string[] = JSON.parse(await runScript('loaded'));
    expect(parts).toContain('NativeModule fs');
    expect(parts.filter((part) => /undici|webstreams.readablestream|webstreams.compression/.test(part))).toEqual([]);
  });
});
