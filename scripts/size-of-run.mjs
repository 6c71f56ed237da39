// @ts-check
/**
 * @file The bytes that a program really loads until it has answered, parts that come by `import()` included: bundled for a page in
 * parts, run in Node, and the parts counted that were asked for.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './files.mjs';

const folder = join(root, 'build/size-of-run');

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

/** @param {string} entry exports `answer(file)` @returns {Promise<number>} gzipped bytes, each part by itself, as servers send them */
export async function sizeOfRun(entry) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [log, file] = [join(folder, 'loaded.txt'), join(folder, 'model.safetensors')];
  const out = join(folder, 'out');
  await build({
    absWorkingDir: root,
    entryPoints: { entry },
    tsconfig: 'tsconfig.build.json',
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
  });
  writeFileSync(join(folder, 'train.mjs'), train(file));
  writeFileSync(join(folder, 'hooks.mjs'), hooks(log));
  const start = `import { readFileSync } from 'node:fs';
import { register } from 'node:module';
register(${JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)});
const { answer } = await import(${JSON.stringify(pathToFileURL(join(out, 'entry.mjs')).href)});
if (typeof (await answer(readFileSync(${JSON.stringify(file)}))).label !== 'string') throw new Error('no answer');
`;
  writeFileSync(join(folder, 'start.mjs'), start);
  for (const script of ['train.mjs', 'start.mjs'])
    execFileSync(process.execPath, [join(folder, script)], { stdio: 'inherit' });
  const parts = new Set(
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((url) => url.includes('/size-of-run/out/')),
  );
  return [...parts].reduce(
    (sum, url) => sum + gzipSync(readFileSync(join(out, basename(url))), { level: 9 }).length,
    0,
  );
}
