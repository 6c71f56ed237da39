/** @file What `fit` tells about its progress, and to whom. Where there is a terminal `#progress` is terminal.ts, else none.ts. */

export interface ProgressOptions {
  /** Steps of one epoch: ≥ 1. */
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** Rows of one epoch: the rate is then in examples a second, otherwise in steps a second. */
  readonly examplesPerEpoch?: number | undefined;
  /** The order in which metrics are shown, after the loss. */
  readonly metricNames: readonly string[];
  /** `auto` shows a bar where a person looks at a terminal and nothing elsewhere; `true` gives plain lines elsewhere. */
  readonly enabled: boolean | 'auto';
}

/** The live bar. Its owner calls `stop` in a `finally`, so that no error leaves half a line behind. */
export interface Progress {
  /**
   * Some steps are done.
   *
   * @param done steps of the current epoch, 1 … stepsPerEpoch
   * @param values of `loss` and the metrics
   */
  step(done: number, values: Readonly<Record<string, number>>): void;
  /**
   * An epoch is over.
   *
   * @param epoch counted from 1
   * @param text what is worth a line that stays
   */
  epochEnd(epoch: number, text: string): void;
  /** No more will come, after the last epoch, an error or an abort; a second call does nothing. */
  stop(): void;
}
