/** @file The record of a run: one frozen entry an epoch. */
import { must } from '../core/errors.ts';
import type { Metric } from '../nn/metrics.ts';

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

/** What the sums of a step are. */
export interface TotalsLayout {
  readonly metrics: readonly Metric[];
  /** Whether losses have weights, whose sum stands before all else. */
  readonly weighted?: boolean | undefined;
}

/** Sums over the rows of an epoch or a data set, divided once. */
export class Totals {
  readonly #layout: TotalsLayout;
  readonly #sums: number[];
  #loss = 0;
  #weight = 0;
  #rows = 0;

  constructor(layout: TotalsLayout) {
    this.#layout = layout;
    this.#sums = layout.metrics.map(() => 0);
  }

  /** How many values a step gives beside its loss. */
  get width(): number {
    return this.#sums.length + (this.#layout.weighted ? 1 : 0);
  }

  /** What a checkpoint keeps. */
  get values(): readonly number[] {
    return [this.#loss, this.#weight, this.#rows, ...this.#sums];
  }

  set values([loss = 0, weight = 0, rows = 0, ...sums]: readonly number[]) {
    this.#loss = loss;
    this.#weight = weight;
    this.#rows = rows;
    this.#sums.splice(0, this.#sums.length, ...sums);
  }

  /**
   * Adds a step: the loss of its rows (their mean, or with `isSum` their sum), and the other values, which stand in `values`
   * from `from` on.
   */
  add(rows: number, loss: number, values: ArrayLike<number>, from: number, isSum = false): void {
    const first = this.#layout.weighted ? from + 1 : from;
    const weight = this.#layout.weighted ? (values[from] as number) : rows;
    this.#rows += rows;
    this.#weight += weight;
    this.#loss += isSum ? loss : loss * weight;
    this.#sums.forEach((sum, i) => {
      this.#sums[i] = sum + (values[first + i] as number);
    });
  }

  /** The mean loss, and the metrics by name. */
  measures(): Record<string, number> {
    const values = this.#sums.map((sum) => sum / this.#rows);
    return {
      loss: this.#loss / this.#weight,
      ...Object.fromEntries(this.#layout.metrics.map(({ name }, i) => [name, must(values[i], name)])),
    };
  }
}
