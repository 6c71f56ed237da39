// @ts-check
/**
 * @file What the edge entry costs: bytes of code, and the time from a cold worker to its first prediction in workerd, beside that
 * of an empty worker; and from the start of a Node process to the first answer of demo/serverless, beside an empty process.
 * Prints one line each; needs the built package and test/runtimes.
 *
 *   node bench/edge.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { crossEntropy, dense, fit, makePlan, sequential } from '../dist/index.js';

const root = join(import.meta.dirname, '..');
const { Miniflare } = createRequire(join(root, 'test/runtimes/package.json'))('miniflare');
const ROUNDS = 9;
/** A network for digits. */
const [WIDTH, UNITS, CLASSES] = [784, 128, 10];

const x = Array.from({ length: 64 }, (_, i) =>
  Float32Array.from({ length: WIDTH }, (_, k) => ((i * 31 + k * 7) % 17) / 17),
);
const y = x.map((_, i) => i % CLASSES);
const model = sequential([dense(UNITS, { activation: 'relu' }), dense(CLASSES)]);
const run = await fit(model, { x, y }, { loss: crossEntropy(), epochs: 1, progress: false, resumable: true });
const { file, summary } = await makePlan(run, process.argv[2] === 'predict' ? {} : { train: true });

const code = `
import { load } from 'saddlepoint/edge';
import file from './model.plan';
export default { async fetch() { const plan = await load(file); const [one] = await plan.predict([new Float32Array(${WIDTH})]); return Response.json(one); } };`;
/** @type {import('esbuild').Plugin} */
const apart = {
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.(wasm|plan)$/ }, ({ path }) => ({ path: path.replace(/.*\//, './'), external: true })),
};
const { outputFiles } = await build({
  stdin: { contents: code, resolveDir: root },
  ...{
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    conditions: ['workerd'],
    tsconfig: join(root, 'tsconfig.build.json'),
  },
  plugins: [apart],
});
const script = outputFiles[0]?.text ?? '';
const wasm = ['core', 'simd'].map((name) => ({
  name,
  contents: readFileSync(join(root, `dist/wasm/saddlepoint.${name}.wasm`)),
}));
const modules = [
  { type: 'ESModule', path: 'worker.js', contents: script },
  ...wasm.map(({ name, contents }) => ({ type: 'CompiledWasm', path: `saddlepoint.${name}.wasm`, contents })),
  { type: 'Data', path: 'model.plan', contents: file },
];
const empty = [{ type: 'ESModule', path: 'worker.js', contents: 'export default { fetch: () => Response.json(1) };' }];

/** Milliseconds of the first request, which starts the worker. @param {object[]} list */
async function cold(list) {
  const runtime = new Miniflare({ modules: list, modulesRoot: '/', compatibilityDate: '2026-03-01' });
  await runtime.ready;
  const began = performance.now();
  await (await runtime.dispatchFetch('http://x/')).text();
  const first = performance.now() - began;
  await runtime.dispose();
  return first;
}

/** @type {number[][]} */
const times = [[], []];
for (let i = 0; i < ROUNDS; i++) for (const [k, list] of [empty, modules].entries()) times[k]?.push(await cold(list));
const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
const gz = (/** @type {Uint8Array | string} */ bytes) => gzipSync(bytes, { level: 9 }).length;
const codeBytes = gz(script);
console.log(
  `JavaScript ${codeBytes} B gzip; core .wasm ${gz(wasm[0]?.contents ?? '')}, simd .wasm ${gz(wasm[1]?.contents ?? '')} B gzip`,
);
console.log(`instructions ${summary.instructionBytes} B, file ${summary.fileBytes} B, memory ${summary.memoryBytes} B`);
console.log(
  `first request: empty worker ${median(times[0] ?? []).toFixed(1)} ms, with a plan ${median(times[1] ?? []).toFixed(1)} ms (medians of ${ROUNDS})`,
);

const folder = mkdtempSync(join(tmpdir(), 'saddlepoint-edge-'));
const path = join(folder, 'model.plan');
writeFileSync(path, file);
const empties = join(folder, 'empty.mjs');
writeFileSync(empties, '');
/** Milliseconds from start to end of a process. @param {string[]} args */
function processOf(args) {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - began;
}
const handler = [join(root, 'demo/serverless/handler.mjs'), path, JSON.stringify([...new Float32Array(WIDTH)])];
/** @type {number[][]} */
const processes = [[], []];
for (let i = 0; i < ROUNDS; i++)
  for (const [k, args] of [[empties], handler].entries()) processes[k]?.push(processOf(args));
rmSync(folder, { recursive: true });
console.log(
  `serverless in Node ${process.versions.node}, whole process: empty ${median(processes[0] ?? []).toFixed(1)} ms, first answer ${median(processes[1] ?? []).toFixed(1)} ms (medians of ${ROUNDS})`,
);
