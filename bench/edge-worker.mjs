// @ts-check
/** @file Workers for the benches of the edge: bundled as a deployment would, run in workerd. Needs the built package and test/runtimes. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { crossEntropy, dense, fit, makePlan, sequential } from '../dist/index.js';

const root = join(import.meta.dirname, '..');
const { Miniflare } = createRequire(join(root, 'test/runtimes/package.json'))('miniflare');

/** @typedef {{ type: 'ESModule' | 'CompiledWasm' | 'Data', path: string, contents: Uint8Array | string }} ModuleFile */

export const wasm = ['core', 'simd'].map((name) => ({
  name,
  contents: readFileSync(join(root, `dist/wasm/saddlepoint.${name}.wasm`)),
}));

/** @type {import('esbuild').Plugin} */
const apart = {
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.(wasm|plan)$/ }, ({ path }) => ({ path: path.replace(/.*\//, './'), external: true })),
};

/** @param {string} code of a worker, which may import './model.plan' @returns {Promise<string>} in one file, minified */
export async function bundle(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    ...{ bundle: true, minify: true, format: 'esm', write: false, conditions: ['workerd'], plugins: [apart] },
    tsconfig: join(root, 'tsconfig.build.json'),
  });
  return outputFiles[0]?.text ?? '';
}

/** @param {string} script @param {Uint8Array} [file] @returns {ModuleFile[]} a worker, the machine, and a plan */
export function modulesOf(script, file) {
  return [
    { type: 'ESModule', path: 'worker.js', contents: script },
    ...wasm.map(({ name, contents }) => ({
      ...{ type: /** @type {const} */ ('CompiledWasm'), path: `saddlepoint.${name}.wasm`, contents },
    })),
    ...(file ? [{ type: /** @type {const} */ ('Data'), path: 'model.plan', contents: file }] : []),
  ];
}

/** A worker that does nothing. @type {ModuleFile[]} */
export const empty = [
  { type: 'ESModule', path: 'worker.js', contents: 'export default { fetch: () => Response.json(1) };' },
];

/** @param {ModuleFile[]} modules @returns {Promise<any>} a worker that has not been asked yet */
export async function start(modules) {
  const runtime = new Miniflare({ modules, modulesRoot: '/', compatibilityDate: '2026-03-01' });
  await runtime.ready;
  return runtime;
}

/** @typedef {{ anonymous: number, program: number, peak: number }} ProcessMemory bytes: what it asked for, pages of files, the most of both */

/** What workerd, a child of this process, has in memory; NaN but on Linux. @returns {ProcessMemory} */
export function memoryOfWorkerd() {
  const none = { anonymous: Number.NaN, program: Number.NaN, peak: Number.NaN };
  if (process.platform !== 'linux') return none;
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let status = '';
    try {
      status = readFileSync(`/proc/${id}/status`, 'utf8');
    } catch {
      continue; // It ended meanwhile.
    }
    const field = (/** @type {string} */ name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1];
    const bytes = (/** @type {string} */ name) => Number(field(name)) * 1024;
    if (field('Name') === 'workerd' && Number(field('PPid')) === process.pid)
      return { anonymous: bytes('RssAnon'), program: bytes('RssFile'), peak: bytes('VmHWM') };
  }
  return none;
}

/**
 * The plan of a classifier with one hidden layer, trained for an epoch.
 * @param {{ width: number, units: number, classes: number }} sizes @param {import('../dist/index.js').SavePlanOptions} options
 */
export async function planOf({ width, units, classes }, options) {
  const x = Array.from({ length: 64 }, (_, i) =>
    Float32Array.from({ length: width }, (_, k) => ((i * 31 + k * 7) % 17) / 17),
  );
  const y = x.map((_, i) => i % classes);
  const model = sequential([dense(units, { activation: 'relu' }), dense(classes)]);
  const run = await fit(model, { x, y }, { loss: crossEntropy(), epochs: 1, progress: false, resumable: true });
  return makePlan(run, options);
}

/** @param {number[]} list */
export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
