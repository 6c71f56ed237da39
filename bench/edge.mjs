// @ts-check
/**
 * @file What the edge entry costs: bytes of code, and the time from a cold worker to its first prediction in workerd, beside that
 * of an empty worker; and from the start of a Node process to the first answer of demo/serverless, beside an empty process.
 * Prints one line each; needs the built package and test/runtimes.
 *
 *   node bench/edge.mjs            with a plan that trains
 *   node bench/edge.mjs predict    with one that predicts
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle, empty, median, modulesOf, planOf, start, wasm } from './edge-worker.mjs';

const root = join(import.meta.dirname, '..');
const ROUNDS = 9;
/** A network for digits. */
const sizes = { width: 784, units: 128, classes: 10 };
const WIDTH = sizes.width;

const { file, summary } = await planOf(sizes, process.argv[2] === 'predict' ? {} : { train: true });
const script = await bundle(`
import { load } from 'saddlepoint/edge';
import file from './model.plan';
export default { async fetch() { const plan = await load(file); const [one] = await plan.predict([new Float32Array(${WIDTH})]); return Response.json(one); } };`);
const modules = modulesOf(script, file);

/** Milliseconds of the first request, which starts the worker. @param {import('./edge-worker.mjs').ModuleFile[]} list */
async function cold(list) {
  const runtime = await start(list);
  const began = performance.now();
  await (await runtime.dispatchFetch('http://x/')).text();
  const first = performance.now() - began;
  await runtime.dispose();
  return first;
}

/** @type {number[][]} */
const times = [[], []];
for (let i = 0; i < ROUNDS; i++) for (const [k, list] of [empty, modules].entries()) times[k]?.push(await cold(list));
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
