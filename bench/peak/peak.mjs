// @ts-check
/**
 * @file Measures what this machine can do at best, in the same run as whatever is compared with it: the loop of
 * assembly/peak.ts, which `profile` measures by too, from the built package.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const STEPS = 400_000;
export const BLOCKS = 21;
const OPERATIONS = STEPS * 14 * 4 * 2;

/** @type {((count: number, x: number) => number) | undefined} */
let multiplyAdd;

/**
 * The best of some blocks of 1 ms: many for what the machine can do at best, few for what it can do just now.
 * @param {number} [blocks]
 * @returns {number} GFLOP/s of one core, one thread, 128-bit SIMD without fused multiply-add
 */
export function measurePeak(blocks = BLOCKS) {
  if (multiplyAdd === undefined) {
    const bytes = readFileSync(new URL('../../dist/wasm/saddlepoint.simd.wasm', import.meta.url));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    multiplyAdd = /** @type {(count: number, x: number) => number} */ (exports.multiplyAdd);
    // Until the optimizing compiler has had its turn.
    const end = performance.now() + 100;
    while (performance.now() < end) multiplyAdd(STEPS, 0.5);
  }
  let best = Number.POSITIVE_INFINITY;
  for (let block = 0; block < blocks; block++) {
    const start = performance.now();
    multiplyAdd(STEPS, 0.5);
    best = Math.min(best, performance.now() - start);
  }
  return OPERATIONS / best / 1e6;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(`${measurePeak().toFixed(1)} GFLOP/s`);
