// @ts-check
/**
 * @file Runs that take turns, epoch by epoch, so that what slows the machine down slows all of them: one thread without shared
 * memory; the shared build, alone and always together; and two threads that choose by themselves. In Node and on a page.
 */
import { dataOf, modelOf } from './networks.mjs';

/** @typedef {'alone' | 'together' | undefined} Way how calls are made; undefined: as takes less time */
/** @typedef {{ taken: number[], meeting: number[] }} Round milliseconds of one epoch by each way, and what a meeting took before and after */

/** @type {readonly { threads: number, way: Way }[]} */
const ways = [
  { threads: 1, way: undefined },
  { threads: 2, way: 'alone' },
  { threads: 2, way: 'together' },
  { threads: 2, way: undefined },
];

/**
 * In four rounds, each counted on from here by its number, every way follows every other once: what one leaves behind, in caches and
 * in the clock, falls on all (E. J. Williams 1949).
 */
const ORDER = [0, 1, 3, 2];

/** Milliseconds in which a run that chooses may learn what pays: it tries the other way, less and less often. */
export const LEARNING = 1000;

/** @type {Way} */
let forced;

/** Lets turns say how calls are made. @param {{ prototype: { next(): 'alone' | 'together' } }} Pace the library's own class */
export function forcePace({ prototype }) {
  const choose = prototype.next;
  prototype.next = function () {
    return forced ?? choose.call(this);
  };
}

/**
 * @param {import('./networks.mjs').Library} library @param {import('./items.mjs').Item} item
 * @param {ReturnType<typeof import('./networks.mjs').optionsOf> & { device?: 'wasm', deterministic?: boolean }} options of every run, but for threads and epochs
 */
export async function takeTurns(library, item, options) {
  const data = dataOf(library, item);
  const runs = ways.map(({ threads }) =>
    library.train(modelOf(library, item), data, { ...options, threads, epochs: 1e6 }),
  );
  let isEqual = true;
  let turn = 0;
  const round = async () => {
    const taken = Array.from(runs, () => 0);
    const losses = new Set();
    for (const step of ORDER) {
      const i = (turn + step) % ways.length;
      const run = /** @type {(typeof runs)[number]} */ (runs[i]);
      forced = ways[i]?.way;
      const from = performance.now();
      const { value } = await run.next();
      taken[i] = performance.now() - from;
      losses.add(/** @type {any} */ (value).loss);
    }
    turn++;
    isEqual &&= losses.size === 1;
    return taken;
  };
  const warm = Math.max(2, Math.ceil(item.warmSteps / item.batches));
  for (let i = 0, chosen = 0; i < warm || chosen < LEARNING; i++) chosen += (await round()).at(-1) ?? 0;
  return {
    /** Milliseconds of one epoch by each way. */
    round,
    /** @param {number} blocks @param {() => number} measure what a meeting takes @returns {Promise<Round[]>} */
    async rounds(blocks, measure) {
      const rounds = [];
      let before = measure();
      for (let i = 0; i < blocks; i++) {
        const taken = await round();
        const after = measure();
        rounds.push({ taken, meeting: [before, after] });
        before = after;
      }
      return rounds;
    },
    /** Ends the runs; whether all had equal losses. */
    async end() {
      for (const run of runs) await run.return(/** @type {any} */ (undefined));
      return isEqual;
    },
  };
}
