/** @file Rows from a stream to the device: windows of whole batches, filled from pieces of any size, one after the other. */
import type { Session } from '../backends/backend.ts';
import { SaddlepointError } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import { BLOCKS } from '../engine/step.ts';

/** Rows of a stream, as they are stored. */
export interface Piece {
  readonly rows: number;
  readonly x: Float32Array | Int32Array | Uint8Array;
  readonly y: Float32Array | Int32Array;
  readonly weights: Float32Array | undefined;
}

export interface FeedOptions {
  /** One reading of the data, from the beginning. */
  open(): AsyncIterable<Piece>;
  /** How many rows a reading has. */
  readonly rows: number;
  /** Rows held at a time: whole batches, or all rows. */
  readonly window: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** Where a row of a piece is as long as its part of the window. */
const KEYS = { x: BLOCKS.source, y: BLOCKS.target, weights: BLOCKS.weights } as const;

/** Feeds the training loop. */
export class StreamFeed {
  session: Session | undefined;
  readonly #options: FeedOptions;
  #epoch = -1;
  #reader: AsyncIterator<Piece> | undefined;
  /** What is left of the last piece. */
  #piece: Piece | undefined;
  #used = 0;
  /** The window: its first row in the epoch, how many it has, and their order. */
  #base = 0;
  #order: Int32Array = new Int32Array(0);

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /**
   * Rows of the window for the next steps: at most `wanted`, fewer at its end, none at the end of the epoch. `at` counts the
   * rows of the epoch that are done; a run that goes on from a checkpoint reads over them.
   *
   * @throws SaddlepointError `data` where a reading has another number of rows than the others.
   */
  async next(epoch: number, at: number, wanted: number): Promise<Int32Array> {
    if (this.#epoch !== epoch) await this.#begin(epoch);
    while (at >= this.#base + this.#order.length) {
      this.#base += this.#order.length;
      await this.#fill();
      if (this.#order.length === 0) return this.#order;
    }
    return this.#order.subarray(at - this.#base, at - this.#base + wanted);
  }

  /** Ends the reading under way. */
  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.return?.();
  }

  async #begin(epoch: number): Promise<void> {
    await this.close();
    this.#reader = this.#options.open()[Symbol.asyncIterator]();
    this.#epoch = epoch;
    this.#base = 0;
    this.#order = new Int32Array(0);
    this.#piece = undefined;
  }

  /** The next rows into the blocks, as many as the window has. */
  async #fill(): Promise<void> {
    const { rows, window, shuffle, seed } = this.#options;
    let filled = 0;
    while (filled < window) {
      if (this.#piece === undefined || this.#used === this.#piece.rows) {
        const next = await this.#reader?.next();
        if (next === undefined || next.done) break;
        this.#piece = next.value;
        this.#used = 0;
        continue;
      }
      const count = Math.min(window - filled, this.#piece.rows - this.#used);
      this.#write(this.#piece, this.#used, count, filled);
      this.#used += count;
      filled += count;
    }
    const seen = this.#base + filled;
    if (seen > rows || (filled < window && seen < rows))
      throw new SaddlepointError(
        'data',
        `batches: ${seen > rows ? 'more than' : `${seen} rows instead of`} ${rows} rows in epoch ${this.#epoch + 1}`,
        'each reading must give the same rows; if rows was given, count again',
      );
    const place = streamOf(`shuffle/${this.#base / window}`);
    this.#order = shuffle
      ? randomPermutation(filled, seed, place, this.#epoch)
      : Int32Array.from({ length: filled }, (_, row) => row);
  }

  #write(piece: Piece, from: number, count: number, to: number): void {
    for (const key of ['x', 'y', 'weights'] as const) {
      const data = piece[key];
      if (data === undefined) continue;
      const width = data.length / piece.rows;
      this.session?.write(KEYS[key], data.subarray(from * width, (from + count) * width), to * width);
    }
  }
}
