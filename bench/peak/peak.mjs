// @ts-check
/** @file Measures what this machine can do at best, in the same run as whatever is compared with it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const source = join(here, 'peak.ts');
const output = join(root, 'bench/build/peak.wasm');

const STEPS = 400_000;
const BLOCKS = 21;
const OPERATIONS = STEPS * 14 * 4 * 2;

/** @returns {boolean} */
function isFresh() {
  try {
    return statSync(output).mtimeMs > statSync(source).mtimeMs;
  } catch {
    return false;
  }
}

function compile() {
  if (isFresh()) return;
  mkdirSync(dirname(output), { recursive: true });
  // A folder without asconfig.json, so that the library's own entries stay out.
  const asc = join(root, 'node_modules/.bin/asc');
  const flags = ['--runtime', 'stub', '--enable', 'simd', '--optimizeLevel', '3', '--noAssert', '--outFile', output];
  const run = spawnSync(asc, [source, ...flags, '--config', 'none'], { cwd: here, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`asc could not compile ${source}:\n${run.stderr}`);
}

/** @type {((count: number, x: number) => number) | undefined} */
let multiplyAdd;

/**
 * The best of 21 blocks of some 1 ms.
 * @returns {number} GFLOP/s of one core, one thread, 128-bit SIMD without fused multiply-add
 */
export function measurePeak() {
  if (multiplyAdd === undefined) {
    compile();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(output)));
    multiplyAdd = /** @type {(count: number, x: number) => number} */ (instance.exports.multiplyAdd);
    // Until the optimizing compiler has had its turn.
    const end = performance.now() + 100;
    while (performance.now() < end) multiplyAdd(STEPS, 0.5);
  }
  let best = Number.POSITIVE_INFINITY;
  for (let block = 0; block < BLOCKS; block++) {
    const start = performance.now();
    multiplyAdd(STEPS, 0.5);
    best = Math.min(best, performance.now() - start);
  }
  return OPERATIONS / best / 1e6;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(`${measurePeak().toFixed(1)} GFLOP/s`);
