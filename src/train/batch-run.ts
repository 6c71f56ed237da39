/** @file A schedule of batch sizes in a run: which plans it needs, and which is next. */
import { SaddlepointError } from '../core/errors.ts';
import type { BatchSchedule } from './batch-schedule.ts';
import type { Callback } from './callback.ts';
import type { Hooks } from './training.ts';

/** With the last batches of epochs, which may be smaller. */
const MOST_PROGRAMS = 32;
/** Steps to look ahead for a change: more than a call has. */
const AHEAD = 256;

export interface BatchRunOptions {
  readonly schedule: BatchSchedule;
  /** Of an epoch. */
  readonly rows: number;
  readonly epochs: number;
  readonly dropLast: boolean;
}

/** The sizes of a run's steps. */
export class BatchRun {
  /** Rows of all programs, the first size first. */
  readonly sizes: readonly number[];
  readonly #options: BatchRunOptions;
  readonly #isExact: boolean;
  #epoch = 0;
  #step = 0;
  /** By `control.batchSize`. */
  #chosen: number | undefined;

  constructor(options: BatchRunOptions) {
    this.#options = options;
    const { schedule, rows, dropLast } = options;
    const own = schedule.sizes.map((size) => Math.min(size, rows));
    const ends = schedule.at && !dropLast ? this.#ends(own) : undefined;
    this.#isExact = ends !== undefined;
    const least = Math.min(...own);
    const last = dropLast || own.some((size) => size % least !== 0 && size !== rows) ? 0 : rows % least;
    const first = Math.min(schedule.from, rows);
    this.sizes = [...new Set([first, ...own, ...(ends ?? (last > 0 ? [last] : []))])];
  }

  /** The size that is in force. */
  get size(): number {
    return this.#wanted(this.#step, this.#epoch);
  }

  set size(value: number) {
    const { schedule, rows } = this.#options;
    if (!schedule.sizes.includes(value))
      throw new SaddlepointError(
        'option',
        `control.batchSize: ${value} has no plan`,
        `sizes of this run: ${schedule.sizes.join(', ')}`,
      );
    this.#chosen = Math.min(value, rows);
  }

  readonly hooks = {
    batch: (epoch: number, step: number, left: number): number => {
      this.#epoch = epoch;
      this.#step = step;
      return this.#next(left);
    },
    callLimit: (step: number): number => {
      const now = this.#wanted(step, this.#epoch);
      let steps = 1;
      while (steps < AHEAD && this.#wanted(step + steps, this.#epoch) === now) steps++;
      return steps;
    },
    rateScale: (): number => this.#options.schedule.rateAt?.(this.#step, this.#epoch) ?? 1,
  } satisfies Pick<Hooks, 'batch' | 'callLimit' | 'rateScale'>;

  /** Keeps in checkpoints what was chosen. */
  readonly keeper: Callback = {
    name: 'batchSize',
    state: () => this.#chosen ?? null,
    restore: (state) => {
      this.#chosen = (state as number | null) ?? undefined;
    },
  };

  #wanted(step: number, epoch: number): number {
    const { schedule, rows } = this.#options;
    return Math.min(rows, this.#chosen ?? schedule.at?.(step, epoch) ?? schedule.from);
  }

  #next(left: number): number {
    const wanted = this.#wanted(this.#step, this.#epoch);
    if (left >= wanted) return wanted;
    if (this.#options.dropLast) return 0;
    if (this.#isExact && this.sizes.includes(left)) return left;
    // No plan for what is left as a whole: it is taken in the sizes that there are.
    return Math.max(0, ...this.sizes.filter((size) => size <= left));
  }

  /** The rows of the last batches of all epochs, where sizes are known beforehand; undefined if they are too many. */
  #ends(own: readonly number[]): readonly number[] | undefined {
    const { rows, epochs } = this.#options;
    const found = new Set(own);
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++)
      for (let left = rows; left > 0; step++) {
        const size = Math.min(this.#wanted(step, epoch), left);
        found.add(size);
        if (found.size > MOST_PROGRAMS) return undefined;
        left -= size;
      }
    return [...found];
  }
}
