/** @file The record of a run: one frozen entry an epoch. */

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

  /** Adds a step: the mean loss of its rows, and the metrics' sums over them. */
  add(rows: number, loss: number, metricSums: ArrayLike<number>): void {
    this.#rows += rows;
    this.#sums[0] = (this.#sums[0] as number) + loss * rows;
    for (let i = 0; i < metricSums.length; i++)
      this.#sums[i + 1] = (this.#sums[i + 1] as number) + (metricSums[i] as number);
  }

  means(): number[] {
    return this.#sums.map((sum) => sum / this.#rows);
  }
}

/** An epoch as one line of text. */
export function describeEpoch(record: EpochRecord, epochs: number, names: readonly string[]): string {
  const values = (from: Readonly<Record<string, unknown>>): string =>
    ['loss', ...names].map((name) => `${name} ${shown(from[name] as number)}`).join('  ');
  const validation = record.validation === undefined ? '' : `  validation: ${values(record.validation)}`;
  const training = values(record as unknown as Record<string, unknown>);
  return `epoch ${record.epoch}/${epochs}  ${training}${validation}  (${record.seconds.toFixed(1)} s)`;
}

/** Four decimals where they say enough, else four digits. */
function shown(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.01 && size < 1e5) ? value.toFixed(4) : value.toPrecision(4);
}
