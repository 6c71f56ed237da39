/**
 * @file The training loop: feeds rows of steps to a session and reads their pulses. A call runs as many steps as fit a slice
 * of time; the result never depends on how many.
 */
import type { Session, Stop } from '../backends/backend.ts';
import { shuffledRows } from '../data/order.ts';
import { PULSE } from '../engine/step.ts';
import type { Transform } from '../optim/transform.ts';
import { EpochTotals } from './history.ts';
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
  readonly metrics: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly signal: AbortSignal | undefined;
  /** Called after each call into the device: steps done in this epoch, means over their rows, the program of the last. */
  onSteps(done: number, means: readonly number[], program: string): void;
}

export type EpochResult =
  | { readonly kind: 'done' | 'aborted'; readonly means: readonly number[] }
  | { readonly kind: 'stopped'; readonly stop: Stop; readonly program: string; readonly row: number };

/** State that goes on from epoch to epoch. */
export class TrainingLoop {
  /** Steps taken since the run began. */
  step = 0;
  /** NaN before the first step. */
  lastLoss = Number.NaN;
  readonly #options: LoopOptions;
  /** When the event loop had its last turn; epochs may be shorter than a slice. */
  #since = performance.now();
  /** Measured milliseconds a step, of whole batches. */
  #stepMs = Number.POSITIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** One pass over the rows; epochs count from 0 and give the order. */
  async epoch(epoch: number): Promise<EpochResult> {
    const { rows, batchSize, seed, shuffle, signal, metrics, onSteps } = this.#options;
    const order = shuffle ? shuffledRows(rows, seed, epoch) : rows;
    const totals = new EpochTotals(1 + metrics);
    for (let at = 0; at < order.length; ) {
      if (signal?.aborted) return { kind: 'aborted', means: totals.means() };
      const size = Math.min(batchSize, order.length - at);
      const steps = size < batchSize ? 1 : Math.min(this.#stepsPerCall(), Math.floor((order.length - at) / batchSize));
      const began = performance.now();
      const program = `train ${size}`;
      const { done, stop } = this.#call(program, order.subarray(at, at + steps * size), steps);
      this.#read(program, done, size, totals);
      if (stop !== undefined) return { kind: 'stopped', stop, program, row: done };
      at += steps * size;
      const now = performance.now();
      if (size === batchSize) this.#stepMs = (now - began) / steps;
      onSteps(Math.ceil(at / batchSize), totals.means(), program);
      if (now - this.#since > SLICE_MS) {
        await nextTurn();
        this.#since = performance.now();
      }
    }
    return { kind: 'done', means: totals.means() };
  }

  /** As many as fit half a slice, so that a noisy machine still keeps to a whole one. The first call is one step. */
  #stepsPerCall(): number {
    const { session } = this.#options;
    return Math.max(1, Math.min(session.capacity, Math.floor(SLICE_MS / 2 / this.#stepMs)));
  }

  #call(program: string, indices: Int32Array, steps: number): ReturnType<Session['run']> {
    const { session, transform, seed } = this.#options;
    const width = Math.max(1, transform.scalarCount);
    const scalars = new Float32Array(steps * width);
    const keys = new Int32Array(steps * 3);
    for (let i = 0; i < steps; i++) {
      scalars.set(transform.scalars(this.step + i), i * width);
      keys[i * 3] = seed;
      keys[i * 3 + 1] = this.step + i;
    }
    session.writeRows(program, 'indices', indices);
    session.writeRows(program, 'scalars', scalars);
    session.writeRows(program, 'key', keys);
    return session.run(program, steps);
  }

  #read(program: string, done: number, size: number, totals: EpochTotals): void {
    const { session, metrics } = this.#options;
    const width = PULSE.metrics + metrics;
    const pulses = session.readRows(program, 'pulse', done);
    for (let at = 0; at < done * width; at += width) {
      this.lastLoss = pulses[at + PULSE.loss] as number;
      totals.add(size, this.lastLoss, pulses, at + PULSE.metrics);
    }
    this.step += done;
  }
}
