// @ts-check
/**
 * @file What a second thread gains in Chromium: bench/threads.mjs on a page that is isolated, in a worker of it, with the builds
 * that the browser gets by itself.
 *
 *   node bench/threads-page.mjs [--blocks 15] [--json FILE]        CHROMIUM_PATH for another than /usr/bin/chromium
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { items } from './items.mjs';
import { median } from './measure.mjs';
import { number, readOptions, time, writePart } from './part.mjs';

/** @typedef {import('./threads-page-worker.mjs').Compared} Compared */

const { blocks, file } = readOptions({ blocks: 15 });
const names = items.map(({ name }) => name);

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('threads-page-worker.mjs', import.meta.url))],
  ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', minify: true, write: false, outdir: '/' },
  external: ['@tensorflow/*'],
});
const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
files.set('/worker.js', readFileSync(new URL('../dist/wasm/worker.js', import.meta.url)));

const server = createServer(({ url }, response) => {
  const found = files.get(url ?? '');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Content-Type', found ? 'text/javascript' : 'text/html');
  response.end(found ?? '<!doctype html><title>bench</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
});

/** @param {Compared} compared */
function rowOf({ name, batches, isEqual, rounds }) {
  const all = rounds.map(({ taken }) => taken);
  const gain = (/** @type {number} */ way) => number(median(all.map((taken) => Number(taken[0]) / Number(taken[way]))));
  const meeting = median(rounds.flatMap(({ meeting }) => meeting));
  const [one, together] = [0, 2].map((way) => time((1000 * median(all.map((taken) => Number(taken[way])))) / batches));
  if (!isEqual) process.exitCode = 1;
  return [
    ...[name, String(one), String(together), gain(1), gain(2), gain(3)],
    ...[`${number(meeting)} ns`, isEqual ? 'equal' : 'DIFFERENT'],
  ];
}

/** @type {string[][]} */
const rows = [];
/** @type {Set<string>} */
const builds = new Set();
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  /** @type {(error?: Error) => void} */
  let end = () => undefined;
  const ended = new Promise((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve(undefined));
  });
  await page.exposeFunction('told', (/** @type {{ compared?: Compared, error?: string }} */ { compared, error }) => {
    if (compared === undefined) return end(error === undefined ? undefined : new Error(error));
    console.log(`${compared.name}: ${compared.builds.join('; ')}`);
    for (const name of compared.builds) builds.add(name.replace(/,.*/, ''));
    rows.push(rowOf(compared));
    console.log(rows.at(-1)?.join('  '));
  });
  await page.evaluate(
    (task) => {
      const worker = new Worker('/threads-page-worker.js', { type: 'module' });
      const told = /** @type {(message: unknown) => void} */ (Reflect.get(globalThis, 'told'));
      worker.onmessage = ({ data }) => told(data);
      worker.onerror = ({ message }) => told({ error: message });
      worker.postMessage(task);
    },
    { blocks, names },
  );
  await ended;
  writePart(file, {
    title: 'Two threads in Chromium',
    text: `Chromium ${browser.version()}, an isolated page, in a worker; build ${[...builds].join(' and ')}. How many times as fast as one thread of the build without shared memory; medians of ${blocks} rounds an item in which all take turns, epoch by epoch, after a second of each. *Shared build, one*: one thread of the build for several. *Together*: two threads that always work together. *By itself*: the run chooses, as users have it. *Met in*: what two threads took to meet, before and after the rounds; up to 80 ns are near cores. Steps of tiny are too short to be shared, so that it has one thread in all columns.`,
    columns: ['', 'one thread', 'two together', 'shared build, one', 'together', 'by itself', 'met in', 'losses'],
    rows,
  });
} finally {
  await browser.close();
  server.close();
}
