// @ts-check
/**
 * @file Sizes against their budgets. Exits with 1 when one is over.
 *
 * A bundle is what a page loads first: the entry and all that it imports statically, minified, gzipped, made from the
 * built package for a browser. What `import()` brings later is not counted, and Node's part must not be in it.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { fail, root } from './files.mjs';
import { sizeOfRun } from './size-of-run.mjs';

/** @type {{ name: string, entry: string, limitGzipKB: number, conditions?: string[] }[]} */
const bundles = [
  { name: 'fit + MLP + WASM', entry: 'test/size/train-mlp.ts', limitGzipKB: 45 },
  // Its .wasm are files of their own there.
  { name: 'edge, JavaScript', entry: 'test/size/edge.ts', limitGzipKB: 8, conditions: ['workerd'] },
];
/**
 * What programs really load, in parts, before they are called and until they have answered. `loadModel` and `predict` need no more than
 * 25 KB for what the file names, but also the tracer, which compiles the program anew; a plan file needs none. So 25 is an aim, which is
 * shown and does not fail the check, and the budget holds what was reached. esbuild's is shown alone: see size-of-run.mjs.
 *
 * @type {{ name: string, entry: string, bundler: 'Vite' | 'esbuild', firstKB?: number, limitKB?: number, aimKB: number }[]}
 */
const runs = [
  {
    name: 'loadModel, predict (Vite)',
    entry: 'test/size/predict.ts',
    bundler: 'Vite',
    firstKB: 2,
    limitKB: 64,
    aimKB: 25,
  },
  { name: 'loadModel, predict (esbuild)', entry: 'test/size/predict.ts', bundler: 'esbuild', aimKB: 25 },
];
const files = [
  { name: 'core .wasm', path: 'dist/wasm/saddlepoint.core.wasm', limitKB: 32 },
  { name: 'base .wasm', path: 'dist/wasm/saddlepoint.simd.wasm', limitKB: 64 },
];

/** Inputs that have no business in a page. */
const nodeOnly = [/^node_modules\/cli-progress\//, /^dist\/progress\/terminal\.js$/, /^dist\/wasm\/node\.js$/];

/** Peers that the user installs; loaded by `import()`. */
const external = ['@tensorflow/*', '*.wasm'];

/** Leaves what `import()` names out of the bundle. @type {import('esbuild').Plugin} */
const withoutLater = {
  name: 'without what is loaded later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
};

/** @param {string} entry @param {string[]} conditions @returns {Promise<number>} gzipped bytes of the first load, as one file */
async function firstLoad(entry, conditions) {
  if (!existsSync(join(root, entry)))
    fail(`${entry} does not exist; scripts/size.mjs lists it as an entry to measure.`);
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    tsconfig: 'tsconfig.build.json', // without the paths that lead to src/: the built package is measured
    outdir: 'build/size',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions,
    external,
    plugins: [withoutLater],
    metafile: true,
    write: false,
  }).catch(() => fail(`${entry} cannot be bundled for a browser (see above).`));
  const wrong = Object.keys(metafile.inputs).filter((path) => nodeOnly.some((pattern) => pattern.test(path)));
  if (wrong.length > 0) fail(`${entry}: the browser bundle contains what only Node can use: ${wrong.join(', ')}`);
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
}

/** @type {{ name: string, kind: string, bytes: number, limit: number, isAim?: boolean }[]} */
const rows = [];
for (const { name, path, limitKB } of files) {
  if (!existsSync(join(root, path))) fail(`${path} does not exist: run \`npm run build\` first.`);
  rows.push({ name, kind: 'raw', bytes: statSync(join(root, path)).size, limit: limitKB * 1024 });
}
for (const { name, entry, limitGzipKB, conditions = [] } of bundles) {
  rows.push({ name, kind: 'gzip', bytes: await firstLoad(entry, conditions), limit: limitGzipKB * 1024 });
}
for (const { name, entry, bundler, firstKB, limitKB, aimKB } of runs) {
  const { first, all } = await sizeOfRun(entry, bundler);
  const add = (/** @type {string} */ what, /** @type {number} */ bytes, /** @type {number | undefined} */ KB) =>
    rows.push({ name: `${name}${what}`, kind: 'gzip', bytes, limit: (KB ?? aimKB) * 1024, isAim: KB === undefined });
  add(', at first', first, firstKB);
  if (limitKB !== undefined) add(', in all', all, limitKB);
  add(limitKB === undefined ? ', in all' : ', in all, aim', all, undefined);
}

/** @param {number} bytes */
const kB = (bytes) => (bytes / 1024).toFixed(1).padStart(6);
const width = Math.max(...rows.map((row) => row.name.length));
for (const { name, kind, bytes, limit, isAim } of rows) {
  const mark = bytes <= limit ? 'ok' : isAim ? 'over the aim' : 'OVER';
  console.log(`${name.padEnd(width)}  ${kB(bytes)} KB ${kind.padEnd(4)}  of ${kB(limit)} KB  ${mark}`);
}
const over = rows.filter((row) => row.bytes > row.limit && !row.isAim);
if (over.length > 0) fail(`over budget: ${over.map((row) => row.name).join(', ')}`);
