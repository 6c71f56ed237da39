// @ts-check
/** @file From the rounds of a benchmark to its numbers. */
import { SHORTEST_BLOCK } from './items.mjs';
import { median } from './measure.mjs';
import { isQuiet } from './quiet.mjs';

/**
 * @typedef {import('./measure.mjs').Measured} Measured
 * @typedef {import('./measure.mjs').Ours} Ours
 */

/** @template T @param {readonly T[]} rounds @param {(round: T) => number} value */
export const medianOf = (rounds, value) => median(rounds.map(value));

/** The best block: noise only ever makes a peak lower. @param {Ours} ours */
export const peakOf = ({ peaks }) => Math.max(...peaks.map(({ gigaflops }) => gigaflops));

/**
 * What all rounds of a run say about the core: the shortest turn of the loop of quiet.mjs, what had the core to itself by that, and the
 * peak by such turns, which does not depend on the clock: the median, as of steps.
 * @param {readonly Ours[]} rounds
 */
export function coreOf(rounds) {
  const shortest = Math.min(
    ...rounds.flatMap(({ steady, peaks }) => [...steady.samples, ...peaks].flatMap(({ turns }) => turns)),
  );
  const isOwn = (/** @type {{ turns: number[] }} */ { turns }) => turns.every((turn) => isQuiet(turn, shortest));
  const quietPeaks = rounds.flatMap(({ peaks }) => peaks.filter(isOwn));
  return { shortest, isOwn, peak: median(quietPeaks.map(({ gigaflops, turns }) => gigaflops * median(turns))) };
}

/**
 * The share of the peak in the blocks that had their core to themselves, of the rounds that found enough of them: where neighbors come
 * and go within a block, a look before and after it says little.
 * @param {readonly Ours[]} rounds of an item @param {number} work of a step @param {ReturnType<typeof coreOf>} core
 */
export function quietShare(rounds, work, { isOwn, peak }) {
  const quiet = rounds
    .filter(({ steady }) => steady.isQuiet)
    .map(({ steady }) => steady.samples.filter(isOwn))
    .filter((samples) => samples.length > 0)
    .map((samples) => samples.map(({ microseconds, turns }) => ((work / microseconds / 1e3) * median(turns)) / peak));
  return {
    /** The median of those rounds; null where there was none. */
    quietShare: quiet.length === 0 ? null : medianOf(quiet, median),
    quietRounds: quiet.length,
  };
}

/** One library's numbers. @param {readonly Measured[]} rounds @param {number} work of a step */
export function sideOf(rounds, work) {
  const microseconds = medianOf(rounds, ({ steady }) => steady.median);
  return {
    microseconds,
    best: Math.min(...rounds.map(({ steady }) => steady.best)),
    cpuMicroseconds: medianOf(rounds, ({ steady }) => steady.cpu),
    firstStepMs: medianOf(rounds, ({ firstStepMs }) => firstStepMs),
    importMs: medianOf(rounds, ({ importMs }) => importMs),
    peakRssBytes: medianOf(rounds, ({ peakRssBytes }) => peakRssBytes),
    gigaflops: work / microseconds / 1e3,
    /** The fewest that were timed in a round, and the fewest before them. */
    steps: Math.min(...rounds.map(({ steady }) => steady.steps)),
    warmSteps: Math.min(...rounds.map(({ steady }) => steady.warmSteps)),
  };
}

/** @param {number} microseconds */
export function micro(microseconds) {
  const digits = microseconds < 10 ? 2 : microseconds < 100 ? 1 : 0;
  return `${microseconds.toFixed(digits)} µs`;
}

/** @param {readonly Ours[]} rounds */
export function warnOfShortBlocks(rounds) {
  const shortest = Math.min(...rounds.map(({ steady }) => steady.blockMs));
  if (shortest < SHORTEST_BLOCK)
    console.log(`  note: an epoch took only ${shortest.toFixed(0)} ms; give the item more batches in bench/items.mjs`);
}
