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

/** The best of both: noise only ever makes a peak lower. @param {Ours} ours */
export const peakOf = ({ peaks }) => Math.max(...peaks.map(({ gigaflops }) => gigaflops));

/**
 * What all rounds of a run say about the core: the shortest turn of the loop of quiet.mjs, and the peak by such turns, which does not
 * depend on the clock. Noise only ever makes the one longer and the other lower.
 * @param {readonly Ours[]} rounds
 */
export function coreOf(rounds) {
  const shortest = Math.min(
    ...rounds.flatMap(({ steady, peaks }) => [...steady.samples, ...peaks].flatMap(({ turns }) => turns)),
  );
  const isOwn = (/** @type {{ turns: number[] }} */ { turns }) => turns.every((turn) => isQuiet(turn, shortest));
  const quietPeaks = rounds.flatMap(({ peaks }) => peaks.filter(isOwn));
  return { shortest, isOwn, peak: Math.max(...quietPeaks.map(({ gigaflops, turns }) => gigaflops * median(turns))) };
}

/**
 * The share of the peak in the blocks that had their core to themselves.
 * @param {readonly Ours[]} rounds of an item @param {number} work of a step @param {ReturnType<typeof coreOf>} core
 */
export function quietShare(rounds, work, { isOwn, peak }) {
  const quiet = rounds
    .map(({ steady }) => steady.samples.filter(isOwn))
    .map((samples) => samples.map(({ microseconds, turns }) => ((work / microseconds / 1e3) * median(turns)) / peak));
  const some = quiet.filter((shares) => shares.length > 0);
  return {
    /** The median of the rounds that had such blocks; null where none had. */
    quietShare: some.length === 0 ? null : medianOf(some, median),
    quietBlocks: quiet.flat().length,
    blocks: rounds.flatMap(({ steady }) => steady.samples).length,
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
