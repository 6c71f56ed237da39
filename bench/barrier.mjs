// @ts-check
/**
 * @file How long two threads of this process take to meet, which is what the distance of their cores is to a program: the same
 * words and the same order of loads as assembly/threads.ts, between the main thread and one worker that sleeps when not asked.
 */
import { Worker } from 'node:worker_threads';

const MEETINGS = 2000;
const BATCHES = 5;

/** Runs in both threads. @param {Int32Array} words arrived, generation @param {number} meetings */
function meet(words, meetings) {
  for (let i = 0; i < meetings; i++) {
    const generation = Atomics.load(words, 1);
    if (Atomics.add(words, 0, 1) === 1) {
      Atomics.store(words, 0, 0);
      Atomics.add(words, 1, 1);
    } else while (Atomics.load(words, 1) === generation);
  }
}

const WORKER = `
const { parentPort, workerData: words } = require('node:worker_threads');
${meet}
for (let seen = 0; ; seen++) {
  Atomics.wait(words, 2, seen);
  meet(words, ${MEETINGS});
}`;

/** Measures until it is closed. */
export async function barrierProbe() {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const worker = new Worker(WORKER, { eval: true, workerData: words });
  await new Promise((resolve) => worker.once('online', resolve));
  const once = () => {
    Atomics.add(words, 2, 1);
    Atomics.notify(words, 2);
    meet(words, 100);
    const from = performance.now();
    meet(words, MEETINGS - 100);
    return (1e6 * (performance.now() - from)) / (MEETINGS - 100);
  };
  for (let i = 0; i < 20; i++) once();
  return {
    /** Nanoseconds a meeting, the median of some batches. */
    measure: () => Array.from({ length: BATCHES }, once).sort((a, b) => a - b)[BATCHES >> 1] ?? Number.NaN,
    close: () => worker.terminate(),
  };
}
