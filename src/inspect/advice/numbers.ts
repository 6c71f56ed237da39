/** @file Statistics of steps that several rules take, and how numbers are written. */
import type { RunEvidence, StepEvidence } from './evidence.ts';

/** Three digits. */
export const short = (value: number): string =>
  Math.abs(value) !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));

/** A share as percent. */
export const percent = (share: number): string => `${short(100 * share)} %`;

/** Of the middle; NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** The last n of a list. */
export const lastOf = (values: ArrayLike<number>, n: number): number[] =>
  Array.from(
    { length: Math.min(n, values.length) },
    (_, i) => values[values.length - Math.min(n, values.length) + i] as number,
  );

/** Means of whole windows, the last one ending with the last step. */
export function windowMeans(values: ArrayLike<number>, window: number): number[] {
  const count = Math.floor(values.length / window);
  return Array.from({ length: count }, (_, i) => {
    const from = values.length - (count - i) * window;
    let total = 0;
    for (let at = from; at < from + window; at++) total += values[at] as number;
    return total / window;
  });
}

/** The loss of guessing among the classes; undefined where there are none. */
export const guessLoss = ({ classes }: Pick<RunEvidence, 'classes'>): number | undefined =>
  classes === undefined ? undefined : Math.log(classes);

/** Windows over which a loss must not have moved to be called flat. */
export const FLAT_WINDOWS = 4;

/** Whether the loss has moved less than 1 % over four windows, all of them: from the first to the last, and between. */
export function isFlat({ losses, window }: StepEvidence): boolean {
  const means = windowMeans(losses, window).slice(-FLAT_WINDOWS);
  if (means.length < FLAT_WINDOWS) return false;
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return high - low < 0.01 * Math.abs(means[0] as number);
}

/** The loss of the last window. */
export const currentLoss = ({ losses, window }: StepEvidence): number => meanOf(lastOf(losses, window));
