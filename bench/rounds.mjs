// @ts-check
/**
 * @file Whether disposing gives everything back: 100 rounds of create, fit, predict and dispose in a process, its resident size
 * after a forced collection of garbage.
 *
 *   node scripts/ensure-built.mjs && node bench/rounds.mjs [--rounds 100] [--json FILE]
 *
 * V8 lets its young generation grow with use (three halves of 1 MiB to three of 16) and never shrinks it, whoever allocates. So
 * there are two processes: as Node starts, and with the young generation held at its first size, which shows what is ours.
 */
import { fork } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { items } from './items.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { loadLibrary } from './ours.mjs';
import { megabytes, number, readOptions, showPart, writePart } from './part.mjs';

/** By then every module is loaded. */
const REFERENCE = 3;
const ALLOWED = 1.05;

/** @typedef {{ resident: number, heap: number, outside: number }} Sizes bytes: of the process, of V8's objects, and beside them */

/** @param {number} rounds */
async function measure(rounds) {
  const library = await loadLibrary();
  const item = /** @type {import('./items.mjs').Item} */ (items.find(({ name }) => name === 'MLP-32'));
  const data = dataOf(library, item, 32);
  const row = Array.from(/** @type {Float32Array} */ (data.x).subarray(0, 784));
  /** @type {Sizes[]} */
  const sizes = [];
  while (sizes.length < rounds) {
    const run = await library.fit(modelOf(library, item), data, { ...optionsOf(library, item), epochs: 1 });
    await run.predict([row]);
    run.dispose();
    // What a collection frees may free more: finalizers run between turns of the event loop.
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await setImmediate();
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    sizes.push({ resident: rss, heap: heapUsed, outside: external });
  }
  return sizes;
}

/** @param {string[]} flags of V8 @param {number} rounds @returns {Promise<Sizes[]>} */
function measureWith(flags, rounds) {
  const child = fork(fileURLToPath(import.meta.url), [], { execArgv: ['--expose-gc', ...flags] });
  child.send(rounds);
  return new Promise((resolve, reject) => {
    child.once('message', (sizes) => resolve(/** @type {Sizes[]} */ (sizes)));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended without a result (exit code ${code})`)));
  });
}

async function main() {
  const { rounds, file } = readOptions({ rounds: 100 });
  const count = Math.max(rounds, REFERENCE);
  const processes = [
    { name: 'as Node starts', sizes: await measureWith([], count) },
    { name: 'young generation held', sizes: await measureWith(['--max-semi-space-size=1'], count) },
  ];
  const shown = [1, REFERENCE, 10, 30, count].filter((n, i, all) => n <= count && all.indexOf(n) === i);
  let isKept = false;
  const rows = processes.flatMap(({ name, sizes }) => {
    const at = (/** @type {number} */ n) => /** @type {Sizes} */ (sizes[n - 1]);
    const growth = at(count).resident / at(REFERENCE).resident;
    isKept = growth <= ALLOWED;
    const line = (/** @type {string} */ what, /** @type {keyof Sizes} */ key) => [
      ...[`${name}: ${what}`, ...shown.map((n) => megabytes(at(n)[key]))],
      number(at(count)[key] / at(REFERENCE)[key]),
    ];
    return [
      [...line('resident size', 'resident'), `≤ ${ALLOWED}`, isKept ? 'yes' : '**no**'],
      [...line('objects of JavaScript', 'heap'), '', ''],
      [...line('buffers and WebAssembly', 'outside'), '', ''],
    ];
  });
  const part = {
    title: 'Dispose gives everything back',
    text: `${count} rounds of create, fit (784-128-10, 32 steps), predict and dispose in one process, after a forced collection of garbage. V8 lets its
young generation grow with use and never shrinks it, whoever allocates; with that held at its first size
(\`--max-semi-space-size=1\`) the rest can be seen.`,
    columns: ['', ...shown.map((n) => `round ${n}`), `last / round ${REFERENCE}`, 'allowed', 'kept'],
    rows,
  };
  showPart(part);
  writePart(file, part);
  // By the last process: the growth of the other is V8's.
  if (!isKept) process.exitCode = 1;
}

if (process.send === undefined) await main();
else {
  process.once('message', async (rounds) => {
    const sizes = await measure(Number(rounds));
    process.send?.(sizes, () => process.disconnect());
  });
}
