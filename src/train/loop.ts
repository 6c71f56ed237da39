/**
 * @file The training loop: feeds rows of steps to a session and reads their pulses. A call runs as many steps as fit a slice
 * of time; the result never depends on how many.
 */
import type { Session, Stop } from '../backends/backend.ts';
import { shuffledRows } from '../data/order.ts';
import { PULSE } from '../engine/step.ts';
import type { Transform } from '../optim/transform.ts';
import { Totals, type TotalsLayout } from './history.ts';
import type { Hooks } from './training.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

/** The most steps in one call; more would win nothing and delay aborts. */
const MAX_CALL = 256;
/** Bytes of row numbers that a session's table may hold. */
const MAX_TABLE_BYTES = 2 ** 20;

/** How many steps of a batch size one call may have. */
export function capacityFor(batchSize: number): number {
  return Math.max(1, Math.min(MAX_CALL, Math.floor(MAX_TABLE_BYTES / (4 * batchSize))));
}

export interface LoopOptions {
  readonly session: Session;
  readonly transform: Transform;
  readonly rows: Int32Array;
  readonly batchSize: number;
  readonly layout: TotalsLayout;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly signal: AbortSignal | undefined;
  readonly hooks: Pick<
    Hooks,
    'callLimit' | 'epochRows' | 'rateScale' | 'afterCall' | 'feed' | 'readings' | 'order' | 'batch'
  >;
  /** Called after each call into the device: steps done in this epoch, what they measured, the program of the last. */
  onSteps(done: number, measures: Record<string, number>, program: string): Promise<void> | void;
}

export type EpochResult =
  | { readonly kind: 'done'; readonly measures: Record<string, number> }
  /** By the signal, or by a hook. */
  | { readonly kind: 'aborted' | 'stopped' }
  /** By the device. */
  | { readonly kind: 'failed'; readonly stop: Stop; readonly program: string; readonly row: number };

/** State that goes on from epoch to epoch. */
export class TrainingLoop {
  /** Steps taken since the run began. */
  step = 0;
  /** Rows of the epoch under way that are done. */
  at = 0;
  /** What the epoch under way has measured so far. */
  totals: Totals;
  /** NaN before the first step. */
  lastLoss = Number.NaN;
  readonly #options: LoopOptions;
  /** When the event loop had its last turn; epochs may be shorter than a slice. */
  #since = performance.now();
  /** Measured milliseconds a step, of whole batches. */
  #stepMs = Number.POSITIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.totals = new Totals(options.layout);
  }

  /** One pass over the rows, or what is left of it; epochs count from 0 and give the order. */
  async epoch(epoch: number): Promise<EpochResult> {
    const { rows, batchSize, seed, shuffle, signal, layout, onSteps, hooks } = this.#options;
    const order = (hooks.order?.(epoch) ?? (shuffle ? shuffledRows(rows, seed, epoch) : rows)).subarray(
      0,
      hooks.epochRows,
    );
    for (;;) {
      const batch = hooks.batch?.(epoch, this.step, order.length - this.at) ?? batchSize;
      const wanted = this.#stepsPerCall() * batch;
      const next = (await hooks.feed?.(epoch, this.at, wanted)) ?? order.subarray(this.at, this.at + wanted);
      if (!next.length) break;
      if (signal?.aborted) return { kind: 'aborted' };
      const size = Math.min(batch, next.length);
      const steps = Math.floor(next.length / size);
      const began = performance.now();
      const program = `train ${size}`;
      const { done, stop } = await this.#call(program, next.subarray(0, steps * size), steps);
      const pulses = await this.#read(program, done, size);
      this.at += done * size;
      if (stop !== undefined) return { kind: 'failed', stop, program, row: done };
      const now = performance.now();
      if (size === batch) this.#stepMs = (now - began) / steps;
      await onSteps(Math.ceil(this.at / batchSize), this.totals.measures(), program);
      if (await hooks.afterCall?.(pulses, this.#width, done)) return { kind: 'stopped' };
      if (now - this.#since > SLICE_MS) {
        await nextTurn();
        this.#since = performance.now();
      }
    }
    const measures = this.totals.measures();
    this.totals = new Totals(layout);
    this.at = 0;
    return { kind: 'done', measures };
  }

  /** Of a pulse. */
  get #width(): number {
    return PULSE.sums + this.totals.width + (this.#options.hooks.readings?.length ?? 0);
  }

  /** As many as fit half a slice, so that a noisy machine still keeps to a whole one. The first call is one step. */
  #stepsPerCall(): number {
    const { session, hooks } = this.#options;
    const limit = hooks.callLimit?.(this.step) ?? session.capacity;
    return Math.max(1, Math.min(limit, session.capacity, Math.floor(SLICE_MS / 2 / this.#stepMs)));
  }

  #call(program: string, indices: Int32Array, steps: number): ReturnType<Session['run']> {
    const { session, transform, seed, hooks } = this.#options;
    const width = Math.max(1, transform.scalarCount);
    const scalars = new Float32Array(steps * width);
    const keys = new Int32Array(steps * 3);
    const rateScale = hooks.rateScale?.();
    for (let i = 0; i < steps; i++) {
      scalars.set(transform.scalars(this.step + i, rateScale), i * width);
      keys[i * 3] = seed;
      keys[i * 3 + 1] = this.step + i;
    }
    session.writeRows(program, 'indices', indices);
    session.writeRows(program, 'scalars', scalars);
    session.writeRows(program, 'key', keys);
    return session.run(program, steps);
  }

  async #read(program: string, done: number, size: number): Promise<ArrayLike<number>> {
    const { session } = this.#options;
    const width = this.#width;
    const pulses = await session.readRows(program, 'pulse', done);
    for (let at = 0; at < done * width; at += width) {
      this.lastLoss = pulses[at + PULSE.loss] as number;
      this.totals.add(size, this.lastLoss, pulses, at + PULSE.sums);
    }
    this.step += done;
    return pulses;
  }
}
