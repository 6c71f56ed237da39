/** @file Progress where there is no terminal: nothing is shown. A page draws what `train` yields. */
import type { EpochValues } from './describe-epoch.ts';
import type { Progress, ProgressOptions } from './progress.ts';

export type { Progress, ProgressOptions } from './progress.ts';

const nothing: Progress = {
  step() {},
  epochEnd() {},
  stop() {},
};

/** A progress that shows nothing. */
export function createProgress(_options: ProgressOptions): Progress {
  return nothing;
}

/** Nobody reads it. */
export function describeEpoch(_record: EpochValues, _epochs: number, _names: readonly string[]): string {
  return '';
}
