/** @file The record of a run: one frozen entry an epoch. */
import { must } from '../core/errors.ts';

/** Values by metric name, the loss among them. */
export type Measures<Name extends string = string> = { readonly loss: number } & { readonly [K in Name]: number };

/** What an epoch showed. Frozen: keep it as long as you like. */
export type EpochRecord<Name extends string = string> = {
  /** From 1. */
  readonly epoch: number;
  /** Over the held-out rows, after the epoch; only with validation. */
  readonly validation?: Measures<Name>;
  /** Wall time of the epoch, validation included. */
  readonly seconds: number;
} & Measures<Name>;

/** Sums over the rows of an epoch, divided once. */
export class EpochTotals {
  readonly #sums: number[];
  #rows = 0;

  constructor(values: number) {
    this.#sums = new Array<number>(values).fill(0);
  }

  /** Adds a step: the mean loss of its rows, and the metrics' sums over them, which stand in `values` from `from` on. */
  add(rows: number, loss: number, values: ArrayLike<number>, from: number): void {
    const sums = this.#sums;
    this.#rows += rows;
    sums[0] = (sums[0] as number) + loss * rows;
    for (let i = 1; i < sums.length; i++) sums[i] = (sums[i] as number) + (values[from + i - 1] as number);
  }

  means(): number[] {
    return this.#sums.map((sum) => sum / this.#rows);
  }
}

/** Sums' means under their names. */
export function named(means: readonly number[], metrics: readonly { readonly name: string }[]): Record<string, number> {
  const [loss, ...values] = means;
  return {
    loss: must(loss, 'a loss'),
    ...Object.fromEntries(metrics.map(({ name }, i) => [name, must(values[i], name)])),
  };
}
