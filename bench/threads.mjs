// @ts-check
/**
 * @file What a second thread gains: each item is trained by two runs that take turns in one process, one with one thread, one
 * with two, epoch by epoch. Beside them stands the ceiling: how much two threads do together that share nothing at all.
 *
 *   node bench/threads.mjs [--blocks 30] [--json FILE]
 *   node bench/threads.mjs --together 2      two always work together, where the run would choose what is faster
 */
import { Worker } from 'node:worker_threads';
import { items } from './items.mjs';
import { median } from './measure.mjs';
import { dataOf, loadLibrary, modelOf, optionsOf } from './ours.mjs';
import { number, readOptions, time, writePart } from './part.mjs';

const { blocks, together, file } = readOptions({ blocks: 30, together: 1 });
const library = await loadLibrary();
if (together > 1) {
  const { Pace } = await import(new URL('../dist/backends/wasm/pace.js', import.meta.url).href);
  Pace.prototype.next = () => 'together';
}

const SPINNER = `
const { parentPort } = require('node:worker_threads');
import(process.env.SADDLEPOINT_PEAK).then(({ measurePeak }) => {
  measurePeak();
  parentPort.on('message', () => parentPort.postMessage(measurePeak()));
  parentPort.postMessage('ready');
});`;

/** The sum of what two threads reach at once, over what one reaches alone. */
async function ceiling() {
  const peak = new URL('./peak/peak.mjs', import.meta.url).href;
  const { measurePeak } = await import(peak);
  const other = new Worker(SPINNER, { eval: true, env: { ...process.env, SADDLEPOINT_PEAK: peak } });
  /** @returns {Promise<any>} */
  const answer = () => new Promise((resolve) => other.once('message', resolve));
  await answer();
  measurePeak();
  const ratios = [];
  for (let i = 0; i < 9; i++) {
    const alone = measurePeak();
    other.postMessage('go');
    const mine = measurePeak();
    ratios.push((mine + (await answer())) / alone);
  }
  await other.terminate();
  return median(ratios);
}

/** @param {import('./items.mjs').Item} item */
async function compare(item) {
  const data = dataOf(library, item);
  const options = { ...optionsOf(library, item), deterministic: true };
  const warm = Math.max(2, Math.ceil(item.warmSteps / item.batches));
  const runs = [1, 2].map((threads) =>
    library.train(modelOf(library, item), data, { ...options, threads, epochs: warm + blocks }),
  );
  /** @type {number[][]} */
  const times = [[], []];
  for (let block = 0; block < warm + blocks; block++) {
    for (const [i, run] of runs.entries()) {
      const from = performance.now();
      await run.next();
      if (block >= warm) times[i]?.push((1000 * (performance.now() - from)) / item.batches);
    }
  }
  const [one, two] = await Promise.all(runs.map(async (run) => /** @type {any} */ ((await run.next()).value)));
  const bits = (/** @type {any} */ run) =>
    [...run.parameters].map(([, { data: values }]) => Buffer.from(new Uint8Array(values.buffer)).toString('base64'));
  const isEqual = bits(one).join() === bits(two).join();
  const [alone, shared] = /** @type {[number[], number[]]} */ (times);
  return {
    alone: median(alone),
    shared: median(shared),
    ratio: median(alone.map((t, i) => t / /** @type {number} */ (shared[i]))),
    isEqual,
    reason: two.device.reason,
  };
}

const most = await ceiling();
console.log(`two threads that share nothing do ${number(most)} × the work of one`);
const rows = [];
for (const item of items) {
  const { alone, shared, ratio, isEqual } = await compare(item);
  const row = [item.name, time(alone), time(shared), number(ratio), isEqual ? 'equal' : 'DIFFERENT'];
  console.log(row.join('  '));
  rows.push(row);
  if (!isEqual) process.exitCode = 1;
}
writePart(file, {
  title: 'Two threads',
  text: `Each item with one thread and with \`threads: 2\`, epochs taking turns in one process; medians of ${blocks} epochs. Two threads that share nothing, the loop of the peak on each, did ${number(most)} × the work of one in the same run: that is the ceiling here, and what two virtual cores of one physical core look like if it is near 1. The run itself goes back to one thread where two are slower.`,
  columns: ['', 'one thread', 'two', 'times as fast', 'parameters'],
  rows,
});
