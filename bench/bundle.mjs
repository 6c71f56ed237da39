// @ts-check
/** @file What a page would load to train the bench's networks: the parts that the bench uses, minified and gzipped. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const tfjs = `import '@tensorflow/tfjs-core/dist/register_all_gradients';
  export { conv2d, losses, matMul, maxPool, relu, tanh, tensor, train, variable } from '@tensorflow/tfjs-core';`;

/**
 * By peer, the dense networks, and files that are loaded besides. A backend of TensorFlow.js registers all of its kernels.
 * @type {Readonly<Record<string, { contents: string, files?: string[], external?: string[] }>>}
 */
const entries = {
  saddlepoint: {
    contents: `export { adam, crossEntropy, dense, meanSquaredError, sequential, sgd, train } from '../dist/index.js';`,
    // What its WebGL backend asks of the page.
    external: ['@tensorflow/*'],
  },
  'jax-js': {
    contents: `export { blockUntilReady, defaultDevice, init, jit, nn, numpy, tree, valueAndGrad } from '@jax-js/jax';`,
  },
  'tfjs-wasm': {
    contents: `${tfjs} export * from '@tensorflow/tfjs-backend-wasm';`,
    files: ['@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'],
  },
  'tfjs-cpu': { contents: `${tfjs} export * from '@tensorflow/tfjs-backend-cpu';` },
};

/** @param {Uint8Array} bytes */
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** Gzipped bytes of the entry and of all that it imports statically. @param {string} contents @param {string[]} external */
async function firstLoad(contents, external) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    ...{
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      external,
    },
    ...{ outdir: 'out', metafile: true, write: false, logLevel: 'error' },
  });
  const start = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint !== undefined);
  const loaded = new Set(start === undefined ? [] : [start]);
  for (const path of loaded) {
    for (const { kind, external, path: next } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !external) loaded.add(next);
    }
  }
  const files = outputFiles.filter(({ path }) => [...loaded].some((name) => path.endsWith(`/${name}`)));
  return files.reduce((sum, { contents: text }) => sum + gzipped(text), 0);
}

/** @param {readonly string[]} names of saddlepoint and of the peers that are installed @returns {Promise<Record<string, number>>} */
export async function bundleBytes(names) {
  /** @type {Record<string, number>} */
  const bytes = {};
  for (const name of names) {
    const entry = entries[name];
    if (entry === undefined) continue;
    const extra = (entry.files ?? []).map((file) =>
      gzipped(readFileSync(new URL(`node_modules/${file}`, import.meta.url))),
    );
    bytes[name] =
      (await firstLoad(entry.contents, entry.external ?? [])) + extra.reduce((sum, count) => sum + count, 0);
  }
  return bytes;
}
