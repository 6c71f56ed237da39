// @ts-check
/** @file Runtimes of edge hosts, in this process: workerd by miniflare, and edge-runtime. Both take a bundle, made as the hosts' tools do. */

import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from '../../scripts/files.mjs';

const runtimes = createRequire(join(root, 'test/runtimes/package.json'));

/** @param {string} name @returns {Promise<any>} */
const load = (name) => import(pathToFileURL(runtimes.resolve(name)).href);

/**
 * Bundles src/worker.js by the conditions of workerd, and leaves .wasm files as modules beside it, as wrangler does.
 *
 * @param {string} folder @param {string} out
 */
export async function bundleForWorkerd(folder, out) {
  mkdirSync(out, { recursive: true });
  await build({
    absWorkingDir: folder,
    entryPoints: ['src/worker.js'],
    outfile: join(out, 'worker.js'),
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'modules of WebAssembly',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            copyFileSync(join(resolveDir, path), join(out, basename(path)));
            return { path: `./${basename(path)}`, external: true };
          }),
      },
    ],
  });
}

/** @param {string} out the folder that `bundleForWorkerd` wrote @returns {Promise<any>} the answer of the worker */
export async function askWorkerd(out) {
  const { Miniflare } = await load('miniflare');
  const miniflare = new Miniflare({
    compatibilityDate: '2026-03-01',
    modulesRoot: out,
    modules: ['worker.js', ...readdirSync(out).filter((name) => name.endsWith('.wasm'))].map((name) => ({
      type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(out, name),
      contents: readFileSync(join(out, name)),
    })),
  });
  try {
    return await (await miniflare.dispatchFetch('http://worker/')).json();
  } finally {
    await miniflare.dispose();
  }
}

/**
 * Bundles src/worker.js by the condition of edge-runtime, its `?module` imports handed in as modules, and asks it.
 * (edge-runtime runs in this process's engine; hosts forbid more than it does.)
 *
 * @param {string} folder @returns {Promise<any>}
 */
export async function askEdgeRuntime(folder) {
  /** @type {Record<string, Buffer<ArrayBuffer>>} */
  const files = {};
  const { outputFiles } = await build({
    absWorkingDir: folder,
    stdin: {
      contents: `import worker from './src/worker.js'; addEventListener('fetch', (event) => event.respondWith(worker.fetch()));`,
      resolveDir: folder,
    },
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['edge-light', 'worker', 'browser'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'modules of WebAssembly',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
            path: join(resolveDir, path.replace('?module', '')),
            namespace: 'module',
          }));
          onLoad({ filter: /./, namespace: 'module' }, ({ path }) => {
            files[basename(path)] = readFileSync(path);
            return { contents: `export default compiled(${JSON.stringify(basename(path))});` };
          });
        },
      },
    ],
  });
  const { EdgeRuntime } = await load('edge-runtime');
  const compiled = (/** @type {string} */ name) =>
    new WebAssembly.Module(/** @type {Buffer<ArrayBuffer>} */ (files[name]));
  const runtime = new EdgeRuntime({
    initialCode: /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).text,
    extend: (/** @type {object} */ context) => Object.assign(context, { compiled }),
  });
  return (await runtime.dispatchFetch('https://edge/')).json();
}
