/** @file Seconds a step: windows of steps after a warm-up, of which the median counts. */
import type { Callback } from '../callback.ts';

/** Milliseconds since whenever, as `performance.now()`. */
export type Clock = () => number;

/** Windows that are timed; the median of five is not moved by two that other work has disturbed. */
const WINDOWS = 5;
/** The most steps of a window. */
const MOST_STEPS = 2 ** 16;

/** A callback that times steps and then ends the run. */
export interface Stopwatch extends Callback {
  /** Of whole batches. NaN until a window is over. */
  readonly secondsPerStep: number;
}

/**
 * The first step compiles, the second says how many make a window; those up to the next whole window warm up. The run ends with
 * the fifth window, or when twice its time is over.
 *
 * @param seconds what all of it may take, about.
 */
export function stopwatch(seconds: number, clock: Clock): Stopwatch {
  const windows: number[] = [];
  let every = 1;
  let [began, at] = [Number.NaN, Number.NaN];
  return {
    name: 'findBatchSize',
    get every() {
      return every;
    },
    get secondsPerStep() {
      return median(windows) / 1000;
    },
    onStep({ step }, control) {
      if ((step + 1) % every !== 0) return;
      const now = clock();
      if (step === 1) {
        const one = Math.max(now - at, Number.MIN_VALUE);
        every = Math.max(1, Math.min(MOST_STEPS, Math.floor((1000 * seconds) / (WINDOWS + 1) / one)));
      } else if (step > 1 && Number.isNaN(began)) began = now;
      else if (step > 1) windows.push((now - at) / every);
      at = now;
      if (windows.length === WINDOWS || now - began > 2000 * seconds) control.stop('the time is taken');
    },
  };
}

/** NaN of nothing. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
