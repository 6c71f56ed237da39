// @ts-check
/** @file What a page would load to train the bench's networks: the parts that the bench uses, minified and gzipped. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const entries = {
  ours: `export { adam, crossEntropy, dense, meanSquaredError, sequential, sgd, train } from '../dist/index.js';`,
  theirs: `export { blockUntilReady, defaultDevice, init, jit, nn, numpy, tree, valueAndGrad } from '@jax-js/jax';`,
};

/** Gzipped bytes of the entry and of all that it imports statically. @param {string} contents */
async function firstLoad(contents) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', external: ['@tensorflow/*'] },
    ...{ outdir: 'out', metafile: true, write: false },
  });
  const start = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint !== undefined);
  const loaded = new Set(start === undefined ? [] : [start]);
  for (const path of loaded) {
    for (const { kind, external, path: next } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !external) loaded.add(next);
    }
  }
  const files = outputFiles.filter(({ path }) => [...loaded].some((name) => path.endsWith(`/${name}`)));
  return files.reduce((sum, { contents: text }) => sum + gzipSync(text, { level: 9 }).length, 0);
}

export async function bundleBytes() {
  return { ours: await firstLoad(entries.ours), theirs: await firstLoad(entries.theirs) };
}
