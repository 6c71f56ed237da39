/** @file The record of a run: one frozen entry an epoch. */
import type { AnyMetric } from '../nn/metrics.ts';

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
  readonly metrics: readonly AnyMetric[];
  /** How many sums each metric has. */
  readonly widths: readonly number[];
  /** Whether losses have weights, whose sum stands before all else. */
  readonly weighted: boolean;
  /** Whether only some values of the metrics count, whose number stands before their sums. */
  readonly counted: boolean;
  /** Losses and values of metrics for a row: 1, or as many as a sequence has steps. */
  readonly perRow: number;
}

/** Sums over the rows of an epoch or a data set, divided once. */
export class Totals {
  readonly #layout: TotalsLayout;
  readonly #sums: number[];
  #loss = 0;
  #weight = 0;
  #count = 0;

  constructor(layout: TotalsLayout) {
    this.#layout = layout;
    this.#sums = layout.widths.flatMap((width) => new Array<number>(width).fill(0));
  }

  /** How many values a step gives beside its loss. */
  get width(): number {
    const { weighted, counted } = this.#layout;
    return this.#sums.length + Number(weighted) + Number(counted);
  }

  /** What a checkpoint keeps. */
  get values(): readonly number[] {
    return [this.#loss, this.#weight, this.#count, ...this.#sums];
  }

  set values([loss = 0, weight = 0, count = 0, ...sums]: readonly number[]) {
    this.#loss = loss;
    this.#weight = weight;
    this.#count = count;
    this.#sums.splice(0, this.#sums.length, ...sums);
  }

  /**
   * Adds a step: the loss of its rows (their mean, or with `isSum` their sum), and the other values, which stand in `values`
   * from `from` on.
   */
  add(rows: number, loss: number, values: ArrayLike<number>, from: number, isSum = false): void {
    const { weighted, counted, perRow } = this.#layout;
    let first = from;
    const weight = weighted ? (values[first++] as number) : rows * perRow;
    this.#count += counted ? (values[first++] as number) : rows * perRow;
    this.#weight += weight;
    this.#loss += isSum ? loss : loss * weight;
    this.#sums.forEach((sum, i) => {
      this.#sums[i] = sum + (values[first + i] as number);
    });
  }

  /**
   * The mean loss, and the metrics by name.
   *
   * @param kept what evaluation kept of each row, by metric; a metric that needs it is left out where there is none.
   */
  measures(kept?: ReadonlyMap<string, Float64Array>): Record<string, number> {
    const measures: Record<string, number> = { loss: this.#loss / this.#weight };
    const count = this.#count;
    let at = 0;
    this.#layout.metrics.forEach((metric, i) => {
      const width = this.#layout.widths[i] as number;
      const sums = this.#sums.slice(at, at + width);
      at += width;
      if (!('finish' in metric)) measures[metric.name] = (sums[0] as number) / count;
      else if (!metric.rows || kept) {
        const rows = kept?.get(metric.name) ?? new Float64Array(0);
        measures[metric.name] = metric.finish({
          sums: Float64Array.from(sums),
          rows,
          width: rows.length / count,
          count,
        });
      }
    });
    return measures;
  }
}
