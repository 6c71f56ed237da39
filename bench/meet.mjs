// @ts-check
/**
 * @file How long two threads take to meet, which is what the distance of their cores is to a program: the same words and the same
 * order of loads as assembly/threads.ts, between the thread that asks and one that sleeps when not asked. In Node and on a page.
 */
const MEETINGS = 2000;
const BATCHES = 5;

/** Runs in both threads. @param {Int32Array} words arrived, generation, asked @param {number} meetings */
function meet(words, meetings) {
  for (let i = 0; i < meetings; i++) {
    const generation = Atomics.load(words, 1);
    if (Atomics.add(words, 0, 1) === 1) {
      Atomics.store(words, 0, 0);
      Atomics.add(words, 1, 1);
    } else while (Atomics.load(words, 1) === generation);
  }
}

/** What the other thread runs, once it has `words`; a bundler may have renamed the function. */
export const SLEEPER = `
const meet = ${meet};
for (let seen = 0; ; seen++) {
  Atomics.wait(words, 2, seen);
  meet(words, ${MEETINGS});
}`;

/** Measures over words that are shared with a thread that runs `SLEEPER`. @param {Int32Array} words */
export function meetings(words) {
  const once = () => {
    Atomics.add(words, 2, 1);
    Atomics.notify(words, 2);
    meet(words, 100);
    const from = performance.now();
    meet(words, MEETINGS - 100);
    return (1e6 * (performance.now() - from)) / (MEETINGS - 100);
  };
  for (let i = 0; i < 20; i++) once();
  /** Nanoseconds a meeting, the median of some batches. */
  return () => Array.from({ length: BATCHES }, once).sort((a, b) => a - b)[BATCHES >> 1] ?? Number.NaN;
}
