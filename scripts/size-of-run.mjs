// @ts-check
/**
 * @file The bytes that a program really loads until it has answered, parts that come by `import()` included: bundled for a page in
 * parts, run in Node, and the parts counted that were asked for.
 *
 * By two bundlers, since they cut differently. Vite (as Rollup and webpack do) loads with an entry what the entry uses. esbuild loads
 * with it all that any part uses and that the library's index names too: there an import of one name from a package is an import of
 * its index (seen in 0.28).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { build as buildByVite } from 'vite';
import { root } from './files.mjs';

const folder = join(root, 'build/size-of-run');

/** Stands in the log where the program is called. */
const CALLED = 'called\n';

/** Notes each file that a module comes from. @param {string} log */
const hooks = (log) => `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(log)}, url + '\\n');
  return next(url, context);
}
`;

/** Trains the small network of the file that is read: 784 numbers, 16 units, 10 classes. */
const train = (/** @type {string} */ file) => `import { crossEntropy, dense, fit, sequential } from 'saddlepoint';
const x = Array.from({ length: 20 }, (_, i) => Array.from({ length: 784 }, (_, j) => (i * j) % 256));
const model = sequential([dense(16, { activation: 'relu' }), dense(10)]);
const run = await fit(model, { x, y: x.map((_, i) => i % 10) }, { loss: crossEntropy(), epochs: 1, progress: false });
await run.save(${JSON.stringify(file)});
`;

/** @type {Readonly<Record<'Vite' | 'esbuild', (entry: string, out: string) => Promise<unknown>>>} */
const bundlers = {
  Vite: (entry, out) =>
    buildByVite({
      root,
      ...{ configFile: false, logLevel: 'error' },
      resolve: { alias: { saddlepoint: join(root, 'dist/index.js') } },
      build: {
        ...{ outDir: out, minify: true, target: 'esnext', modulePreload: false },
        rolldownOptions: {
          ...{ input: { entry: join(root, entry) }, external: [/^@tensorflow/], preserveEntrySignatures: 'strict' },
          output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
        },
      },
    }),
  esbuild: (entry, out) =>
    build({
      absWorkingDir: root,
      entryPoints: { entry },
      tsconfig: 'tsconfig.build.json',
      outdir: out,
      outExtension: { '.js': '.mjs' },
      ...{ bundle: true, splitting: true, minify: true, format: 'esm', platform: 'browser' },
      external: ['@tensorflow/*'],
    }),
};

/**
 * @param {string} entry exports `answer(file)` @param {keyof typeof bundlers} bundler
 * @returns {Promise<{ first: number, all: number }>} gzipped bytes, each part by itself, as servers send them: those that are loaded
 *   before `answer` is called, and those until it has answered
 */
export async function sizeOfRun(entry, bundler) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [log, file] = [join(folder, 'loaded.txt'), join(folder, 'model.safetensors')];
  const out = join(folder, 'out');
  await bundlers[bundler](entry, out);
  writeFileSync(join(folder, 'train.mjs'), train(file));
  writeFileSync(join(folder, 'hooks.mjs'), hooks(log));
  const start = `import { appendFileSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
register(${JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)});
const { answer } = await import(${JSON.stringify(pathToFileURL(join(out, 'entry.mjs')).href)});
appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(CALLED)});
if (typeof (await answer(readFileSync(${JSON.stringify(file)}))).label !== 'string') throw new Error('no answer');
`;
  writeFileSync(join(folder, 'start.mjs'), start);
  for (const script of ['train.mjs', 'start.mjs'])
    execFileSync(process.execPath, [join(folder, script)], { stdio: 'inherit' });
  const [before = '', after = ''] = readFileSync(log, 'utf8').split(CALLED);
  const bytesOf = (/** @type {string} */ urls) =>
    [...new Set(urls.split('\n').filter((url) => url.includes('/size-of-run/out/')))].reduce(
      (sum, url) => sum + gzipSync(readFileSync(join(out, basename(url))), { level: 9 }).length,
      0,
    );
  return { first: bytesOf(before), all: bytesOf(before + after) };
}
