/**
 * @file The packed library in an empty folder: what `npm run test:matrix` tries everywhere, in the few cells that time allows. From
 * the built files: `npm run build` before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, root } from '../../scripts/files.mjs';
import { bundlers } from '../matrix/bundle.mjs';
import { addCopy, makeConsumer, pack, remove, temporaryFolder } from '../matrix/consumer.mjs';
import { answerFrom, openBrowser, serve, visit } from '../matrix/page.mjs';
import { addStandIn } from '../matrix/peers.mjs';
import { evaluatorsIn, policies, servePlain } from '../matrix/plain.mjs';
import { answerOf, run } from '../matrix/run.mjs';
import { runIn } from '../matrix/runtimes.mjs';
import { askEdgeRuntime, askWorkerd, bundleForWorkerd } from '../matrix/workers.mjs';

let folder = '';
let consumer = '';
let tarball = '';
let browser: Browser;
/** What Node trains; every other place must train the same bits. */
let bits: unknown;

beforeAll(async () => {
  folder = temporaryFolder('package');
  tarball = await pack(folder);
  consumer = temporaryFolder('consumer');
  [browser] = await Promise.all([openBrowser(), makeConsumer(consumer, tarball)]);
  ({ bits } = await runIn('node20', consumer));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  remove(folder);
  remove(consumer);
}, 60_000);

describe('the tarball', () => {
  it('has nothing that publint complains of', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(consumer, 'node_modules/saddlepoint'), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that every way of resolving them finds', async () => {
    // Fails by itself for anything that the profile counts.
    const said = await run(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'json'], { cwd: root });
    const { analysis } = JSON.parse(said);
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(['.', './data', './node', './onnx']));
    // CommonJS gets an ES module, as Node takes it since 20.19; and `exports` is more than TypeScript's oldest way can read.
    const known = ['CJSResolvesToESM', 'NoResolution'];
    expect(analysis.problems.filter(({ kind }: { kind: string }) => !known.includes(kind))).toEqual([]);
  });

  it('P6: brings neither an install script nor a native module, its dependencies included', () => {
    const modules = join(consumer, 'node_modules');
    const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
    const packages = files.filter((file) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(file));
    expect(packages.length).toBeGreaterThan(10);
    const found = packages.filter((file) => {
      const { scripts = {} } = JSON.parse(readFileSync(join(modules, file), 'utf8'));
      return ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
    });
    expect([...found, ...files.filter((file) => /binding\.gyp$|\.node$/.test(file))]).toEqual([]);
  });
});

describe('the packed library trains the same bits', () => {
  it.each(['deno', 'bun'])('in %s', async (name) => {
    expect((await runIn(name, consumer)).bits).toEqual(bits);
  });

  it('P3: in workerd, whose modules are compiled beforehand', async () => {
    const out = join(consumer, 'workerd');
    await bundleForWorkerd(consumer, out);
    expect((await askWorkerd(out)).bits).toEqual(bits);
  });

  it('in edge-runtime, which has no MessageChannel', async () => {
    expect(await askEdgeRuntime(consumer)).toMatchObject({ bits });
  });

  it('P1: on a page that Vite built', async () => {
    const out = join(consumer, 'vite');
    await bundlers.vite8?.(consumer, out);
    const page = await serve(out);
    expect((await answerFrom(browser, page.url).finally(page.close)).bits).toEqual(bits);
  });

  it('P1: on a page without a bundler, behind an import map', async () => {
    const page = await servePlain(consumer);
    expect((await answerFrom(browser, page.url).finally(page.close)).bits).toEqual(bits);
  });
});

describe('case 32: a strict page', () => {
  const out = () => join(consumer, 'esbuild');
  beforeAll(async () => {
    await bundlers.esbuild?.(consumer, out());
  }, 60_000);

  it('P2: gets a bundle in which nothing makes code of text', () => {
    expect(evaluatorsIn(join(out(), 'main.js'))).toEqual([]);
  });

  it('trains, saves and loads with no violation of its policy', async () => {
    const page = await serve(out(), { 'Content-Security-Policy': policies.strict });
    expect((await answerFrom(browser, page.url).finally(page.close)).bits).toEqual(bits);
  });

  it("hears of 'wasm-unsafe-eval' where the policy lacks it", async () => {
    const page = await serve(out(), { 'Content-Security-Policy': policies.withoutWasm });
    const { answer } = await visit(browser, page.url, { seconds: 20 }).finally(page.close);
    expect(() => answerOf(answer ?? 'nothing was printed')).toThrow(
      /WebAssembly module could not be compiled[\s\S]*needs 'wasm-unsafe-eval' in script-src/,
    );
  });
});

describe('P7: two copies in one process', () => {
  it("take each other's models, options, layers, tensors, files and errors", async () => {
    addCopy(consumer);
    const answer = await runIn('node20', consumer, 'src/copies.js');
    expect(Object.keys(answer)).toHaveLength(8);
    expect(Object.entries(answer).filter(([, isSame]) => isSame !== true)).toEqual([]);
  });
});

describe('what Node takes of the package (docs/adr/039)', () => {
  it('exports what the modules export', async () => {
    // Not the installed ones: the peers that plots need are here.
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const entries = Object.values<Record<string, string>>(exports).filter(({ node }) => node !== undefined);
    expect(entries).toHaveLength(6);
    const script = `for (const path of process.argv.slice(1)) console.log(Object.keys(await import(path)).join());`;
    const namesOf = (paths: readonly (string | undefined)[]) =>
      run(process.execPath, ['--input-type=module', '-e', script, ...paths.map(String)], { cwd: root });
    const names = await namesOf(entries.map(({ node }) => node));
    expect(names).toMatch(/SaddlepointError/);
    expect(names).toBe(await namesOf(entries.map((entry) => entry.default)));
  });

  it('takes few files for an import, none of them large', () => {
    const loaded = new Set(['index.js']);
    for (const file of loaded) {
      const text = readFileSync(join(consumer, 'node_modules/saddlepoint/dist/node', file), 'utf8');
      // A process keeps memory by the largest file that it has read.
      expect(text.length, file).toBeLessThan(200_000);
      for (const [, next] of text.matchAll(/^(?:import|export)\b[^'"\n]* from "\.\/([^"]+)"/gm))
        loaded.add(next as string);
    }
    // The entry, the base that it shares with others, the rest in some nine files, and what two entries take.
    expect(loaded.size).toBeGreaterThan(2);
    expect(loaded.size).toBeLessThan(18);
  });
});

describe('an import', () => {
  it('P8: touches no global of a browser, compiles nothing, starts nothing', async () => {
    const { exported, later, ...found } = await runIn('node20', consumer, 'src/server-import.js');
    expect(found).toEqual({ touched: [], added: [], left: '' });
    expect(Math.min(...Object.values<number>(exported))).toBeGreaterThan(0);
    expect(later).toEqual(expect.arrayContaining(['WebAssembly.compile', 'WebAssembly.Memory'])); // the traps see
  });

  it('of optional peers that are not installed neither stops a bundler nor the program', async () => {
    addStandIn(consumer); // the last test: it has another program from here on
    for (const name of ['esbuild', 'vite8']) {
      const out = join(consumer, `peers-${name}`);
      await bundlers[name]?.(consumer, out);
      const page = await serve(out);
      const { answer } = await visit(browser, page.url).finally(page.close);
      expect(answerOf(answer ?? '')).toMatchObject({ peers: 'missing' });
    }
  });
});
