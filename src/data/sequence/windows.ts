/** @file Sliding windows over a series: the last steps as input, the next ones as target. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';

export interface WindowOptions {
  /** Steps of input. */
  readonly lookback: number;
  /** Steps of target right after them; default 1. */
  readonly horizon?: number;
  /** Steps from one window to the next; default 1. */
  readonly stride?: number;
  /** Steps between input and target; default 0. */
  readonly gap?: number;
  /** Numbers a step; default 1. The series is row-major [steps × width]. */
  readonly width?: number;
  /** Which of a step's numbers are the target; default all. */
  readonly targets?: readonly number[];
}

export interface Windows {
  /** `x` in the form that `fit` takes: [windows, lookback, width], or [windows, lookback] for one number a step. */
  readonly x: { readonly shape: readonly number[]; readonly dtype: 'f32'; readonly data: Float32Array };
  /** [windows, horizon × targets] */
  readonly y: { readonly shape: readonly number[]; readonly dtype: 'f32'; readonly data: Float32Array };
  /** The step at which each window's input begins; its target begins at start + lookback + gap. */
  readonly starts: Int32Array;
}

/**
 * Cuts a series into windows. Split them by time, not by chance: neighbors share most of their steps.
 *
 * @throws SaddlepointError `data`: a series shorter than one window, NaN or infinities (step named); `option` for options outside
 *   their ranges
 * @example slidingWindows([1, 2, 3, 4], { lookback: 2 }); // x [[1, 2], [2, 3]], y [[3], [4]]
 */
export function slidingWindows(series: ArrayLike<number>, options: WindowOptions): Windows {
  checkKnownOptions('slidingWindows', options, ['lookback', 'horizon', 'stride', 'gap', 'width', 'targets']);
  const lookback = checkNumber('lookback', options.lookback, { min: 1, integer: true });
  const horizon = checkNumber('horizon', options.horizon ?? 1, { min: 1, integer: true });
  const stride = checkNumber('stride', options.stride ?? 1, { min: 1, integer: true });
  const gap = checkNumber('gap', options.gap ?? 0, { min: 0, integer: true });
  const width = checkNumber('width', options.width ?? 1, { min: 1, integer: true });
  const targets = options.targets ?? Array.from({ length: width }, (_, j) => j);
  targets.forEach((column, i) => void checkNumber(`targets[${i}]`, column, { min: 0, max: width - 1, integer: true }));
  if (series.length % width !== 0)
    throw new SaddlepointError('data', `slidingWindows: ${series.length} numbers cannot be cut into steps of ${width}`);
  const steps = series.length / width;
  const span = lookback + gap + horizon;
  if (steps < span) {
    throw new SaddlepointError(
      'data',
      `slidingWindows: the series has ${steps} steps, one window takes ${span}`,
      'give a longer series, or a smaller lookback or horizon',
    );
  }
  const numbers = Float32Array.from(series);
  const bad = numbers.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    throw new SaddlepointError(
      'data',
      `slidingWindows: step ${Math.floor(bad / width)} (counted from 0) is ${series[bad]}, a finite number expected`,
      'fill the gap first: a window may not reach over it',
    );
  }
  const count = Math.floor((steps - span) / stride) + 1;
  const starts = Int32Array.from({ length: count }, (_, i) => i * stride);
  const x = new Float32Array(count * lookback * width);
  const y = new Float32Array(count * horizon * targets.length);
  let at = 0;
  starts.forEach((start, i) => {
    x.set(numbers.subarray(start * width, (start + lookback) * width), i * lookback * width);
    for (let k = 0; k < horizon; k++) {
      for (const column of targets) y[at++] = numbers[(start + lookback + gap + k) * width + column] as number;
    }
  });
  const shape = width === 1 ? [count, lookback] : [count, lookback, width];
  return {
    x: { shape, dtype: 'f32', data: x },
    y: { shape: [count, horizon * targets.length], dtype: 'f32', data: y },
    starts,
  };
}
