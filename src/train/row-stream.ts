/** @file Rows one after the other without an end: pass after pass over the data, each in an order of its own. */
import { randomPermutation } from '../core/philox.ts';

export interface RowStreamOptions {
  /** Rows of the data: 0 … rows − 1. */
  readonly rows: number;
  readonly seed: number;
  /** Names the place of use, see `streamOf`: streams of other names come in other orders. */
  readonly stream: number;
  readonly shuffle: boolean;
}

/** The place of a row in the stream fixes it, so a run can go on anywhere. */
export class RowStream {
  readonly #options: RowStreamOptions;
  #pass = -1;
  #order: Int32Array = new Int32Array(0);

  constructor(options: RowStreamOptions) {
    this.#options = options;
  }

  /** Puts the rows from place `from` on into `out`. */
  read(from: number, out: Int32Array): void {
    const { rows } = this.#options;
    for (let at = 0; at < out.length; ) {
      const place = from + at;
      const within = place % rows;
      const count = Math.min(rows - within, out.length - at);
      out.set(this.#orderOf(Math.floor(place / rows)).subarray(within, within + count), at);
      at += count;
    }
  }

  #orderOf(pass: number): Int32Array {
    if (this.#pass === pass) return this.#order;
    const { rows, seed, stream, shuffle } = this.#options;
    this.#pass = pass;
    this.#order = shuffle
      ? randomPermutation(rows, seed, stream, pass)
      : Int32Array.from({ length: rows }, (_, i) => i);
    return this.#order;
  }
}
