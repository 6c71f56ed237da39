// @ts-check
/**
 * @file Measures what this machine can do at best, in the same run as whatever is compared with it: the loop of
 * assembly/peak.ts, which `profile` measures by too, from the built package.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Of one call: less than a millisecond. */
const STEPS = 400_000;
const OPERATIONS = STEPS * 14 * 4 * 2;

/** @type {((count: number, x: number) => number) | undefined} */
let multiplyAdd;

/**
 * The best of some blocks, each as long as what is compared with it: a rented machine takes its ticks (1 kHz, 35 µs each, 4 % of all
 * time, on one that this was written on), which a block of less than a millisecond may miss, and a step of training does not.
 * @param {number} milliseconds of a block
 * @param {number} blocks
 * @returns {number} GFLOP/s of one core, one thread, 128-bit SIMD without fused multiply-add
 */
export function measurePeak(milliseconds, blocks) {
  if (multiplyAdd === undefined) {
    const bytes = readFileSync(new URL('../../dist/wasm/saddlepoint.simd.wasm', import.meta.url));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    multiplyAdd = /** @type {(count: number, x: number) => number} */ (exports.multiplyAdd);
    // Until the optimizing compiler has had its turn.
    const end = performance.now() + 100;
    while (performance.now() < end) multiplyAdd(STEPS, 0.5);
  }
  let best = 0;
  for (let block = 0; block < blocks; block++) {
    const start = performance.now();
    let [calls, taken] = [0, 0];
    for (; taken < milliseconds; calls++) {
      multiplyAdd(STEPS, 0.5);
      taken = performance.now() - start;
    }
    best = Math.max(best, (calls * OPERATIONS) / taken / 1e6);
  }
  return best;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(`${measurePeak(50, 10).toFixed(1)} GFLOP/s`);
