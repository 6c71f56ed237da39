// @ts-check
/** @file From the rounds of a benchmark to its numbers. */
import { SHORTEST_BLOCK } from './items.mjs';
import { median } from './measure.mjs';

/**
 * @typedef {import('./measure.mjs').Measured} Measured
 * @typedef {import('./measure.mjs').Ours} Ours
 */

/** @template T @param {readonly T[]} rounds @param {(round: T) => number} value */
export const medianOf = (rounds, value) => median(rounds.map(value));

/** The best of both: noise only ever makes a peak lower. @param {Ours} ours */
export const peakOf = ({ peak }) => Math.max(peak.before, peak.after);

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
