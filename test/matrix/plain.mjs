// @ts-check
/** @file Pages without a bundler: the files of the package behind an import map, and modules of a CDN that bundles each entry alone. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundlers } from './bundle.mjs';
import { serve } from './page.mjs';

/** What docs/installing.md tells a page without a bundler to write. */
export const importMap = {
  saddlepoint: '/node_modules/saddlepoint/dist/index.js',
  'saddlepoint/': '/node_modules/saddlepoint/dist/',
  'saddlepoint/data': '/node_modules/saddlepoint/dist/data.js',
  'saddlepoint/edge': '/node_modules/saddlepoint/dist/edge.js',
  '#wasm': '/node_modules/saddlepoint/dist/wasm/inline.js',
  '#progress': '/node_modules/saddlepoint/dist/progress/none.js',
  'csv-parse/browser/esm/sync': '/node_modules/csv-parse/dist/esm/sync.js',
};

/** @param {Record<string, string>} imports */
const pageWith = (imports) => `<!doctype html>
<meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/src/index.js"></script>
`;

/** Serves the consumer's own folder, node_modules and all. @param {string} folder */
export async function servePlain(folder) {
  writeFileSync(join(folder, 'plain.html'), pageWith(importMap));
  const { url, close } = await serve(folder);
  return { url: `${url}plain.html`, close };
}

/**
 * A second origin has each entry as one file with all that it imports, as esm.sh and jsDelivr's +esm make them; the page names it by
 * URL. Two entries then bring two copies of what they share.
 *
 * @param {string} folder
 */
export async function serveFromCdn(folder) {
  const files = join(folder, 'cdn');
  mkdirSync(files, { recursive: true });
  await build({
    absWorkingDir: folder,
    entryPoints: { index: 'saddlepoint', data: 'saddlepoint/data', edge: 'saddlepoint/edge' },
    outdir: files,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const cdn = await serve(files, { 'Access-Control-Allow-Origin': '*' });
  writeFileSync(
    join(folder, 'cdn.html'),
    pageWith(
      Object.fromEntries(
        ['', '/data', '/edge'].map((entry) => [`saddlepoint${entry}`, `${cdn.url}${entry.slice(1) || 'index'}.js`]),
      ),
    ),
  );
  const page = await serve(folder);
  return { url: `${page.url}cdn.html`, close: () => Promise.all([page.close(), cdn.close()]).then(() => undefined) };
}

/** The policy of a strict page; without the second source WebAssembly may not be compiled. */
export const policies = {
  strict: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
  withoutWasm: "default-src 'self'; script-src 'self'; worker-src 'self'",
};

/** A bundled page under a policy. @param {string} folder @param {string} policy */
export async function serveWithPolicy(folder, policy) {
  const out = join(folder, 'dist/policy');
  await bundlers.esbuild?.(folder, out);
  return serve(out, { 'Content-Security-Policy': policy });
}

/** Ways to make code of text; a strict page forbids them, and extensions are refused for them. */
const evaluators = [
  /\beval\s*\(/g,
  /\bnew\s+Function\b/g,
  /\bFunction\s*\(\s*['"`]/g,
  /\bset(?:Timeout|Interval)\s*\(\s*['"`]/g,
];

/** What of a bundle makes code of text, with what stands around it. @param {string} file @returns {string[]} */
export function evaluatorsIn(file) {
  const text = readFileSync(file, 'utf8');
  return evaluators.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index }) => text.slice(Math.max(0, index - 60), index + 60)),
  );
}
