/** @file Training on, and what it has changed. Loaded with plans that can. */
import { must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { type Budget, clock, limitOf } from './budget.ts';
import { checkTrainHeader } from './check-train-header.ts';
import { damaged } from './damaged.ts';
import type { Extent, TrainHeader } from './format.ts';
import type { PlanMemory } from './memory.ts';
import type { ReadPlan } from './read-plan.ts';
import { numberOf, type Rows, readRows } from './rows.ts';
import { unpackScalars } from './scalars.ts';
import { packState, unpackState } from './state.ts';

export interface EdgeTrainOptions extends Budget {
  /** Passes over the batch, ≥ 1; default 1. */
  readonly epochs?: number;
  /** Where to go on: `next` of the call before, with the same batch and epochs. Default: at the beginning. */
  readonly from?: number | undefined;
}

/** What a call of `train` did. */
export interface EdgeTraining {
  /** Steps of this call. */
  readonly steps: number;
  /** The mean loss over the rows of this call's steps, each before its step. NaN if no step was left. */
  readonly loss: number;
  /** Give it as `from` to go on; undefined: all is done. */
  readonly next: number | undefined;
}

/** Rows and their targets. */
export interface EdgeBatch {
  readonly x: unknown;
  readonly y: unknown;
}

export class Trainer {
  readonly #memory: PlanMemory;
  readonly #train: TrainHeader;
  /** Until it is asked for: no longer than needed, since the file's bytes hang on it. */
  #plan: ReadPlan | undefined;
  #packed: Uint8Array = new Uint8Array();
  #unpacked: Float32Array | undefined;
  step: number;
  /** Whether what prediction reads is to be renewed first. */
  isStale: boolean;

  constructor(memory: PlanMemory, plan: ReadPlan, train: TrainHeader) {
    checkTrainHeader(memory.header, train);
    this.#memory = memory;
    this.#plan = plan;
    this.#train = train;
    this.step = train.step;
    this.isStale = train.refresh !== undefined;
  }

  /** Before a prediction. */
  refresh(): void {
    const { refresh } = this.#train;
    if (this.isStale && refresh !== undefined) {
      this.#prepare();
      this.#memory.run(this.#memory.program(refresh));
    }
    this.isStale = false;
  }

  /** Checks and reads what prediction did not need. @throws SaddlepointError `file` */
  #prepare(): void {
    if (this.#plan === undefined) return;
    const { open, rest } = this.#plan;
    // Of a buffer that was handed over to another thread nothing is left.
    const isThere = open.file.length > 0;
    if (!(isThere && this.#memory.checksum(open.sums[0], open.file.subarray(open.from)) === this.#memory.id))
      throw damaged(
        "the plan's bytes are no longer those that were loaded",
        'leave them as they are until training has begun, or give a copy: load(bytes.slice())',
      );
    const { scalars, ...part } = rest();
    this.#memory.take(part);
    this.#packed = scalars;
    this.#plan = undefined;
  }

  train({ x, y }: EdgeBatch, options: EdgeTrainOptions = {}): EdgeTraining {
    this.#prepare();
    const train = this.#train;
    const { header } = this.#memory;
    const inputs = readRows('x', x, header.input, 'a finite number');
    const targets = this.#targets(y);
    if (inputs.rows !== targets.rows)
      throw new SaddlepointError('data', `train: x has ${inputs.rows} rows, y has ${targets.rows}`);
    const [rest, perEpoch] = [inputs.rows % train.rows, Math.ceil(inputs.rows / train.rows)];
    if (rest > 0 && train.partial === undefined)
      throw new SaddlepointError(
        'data',
        `train: ${inputs.rows} rows; this plan takes multiples of ${train.rows}, since its rows depend on each other`,
        'collect more rows, or export it with another train.batchSize',
      );
    const end = perEpoch * Math.min(limitOf('train: epochs', options.epochs ?? 1, true), 2 ** 31);
    const may = clock(options);
    const from = options.from ?? 0;
    if (!(Number.isInteger(from) && from >= 0 && from <= end))
      throw new SaddlepointError('option', `train: from: expected next of the call before, got ${from}`);
    let [loss, rows, at] = [0, 0, from];
    for (; at < end && may(at - from, this.#memory.program(train.program).work); at++) {
      const first = (at % perEpoch) * train.rows;
      const count = Math.min(train.rows, inputs.rows - first);
      loss += count * this.#trainStep(train, inputs, targets, first, count);
      rows += count;
    }
    return { steps: at - from, loss: loss / rows, next: at < end ? at : undefined };
  }

  state(): Uint8Array {
    this.#prepare();
    return packState(this.#memory.id, this.step, this.#renewed(), (value, bytes) =>
      this.#memory.checksum(value, bytes),
    );
  }

  restore(state: ArrayBuffer | ArrayBufferView): void {
    this.#prepare();
    this.step = unpackState(state, this.#memory.id, this.#renewed(), (value, bytes) =>
      this.#memory.checksum(value, bytes),
    );
    this.isStale = true;
  }

  /** A cold engine takes some milliseconds for them, which a first prediction need not wait for. */
  get #scalars(): Float32Array {
    const { steps, width } = this.#train.scalars;
    this.#unpacked ??= unpackScalars(this.#packed, steps, width);
    return this.#unpacked;
  }

  #targets(y: unknown): Rows {
    const { target } = this.#train;
    const { classes, target: kind } = this.#memory.header;
    const isNamed = classes !== undefined && (target.dtype === 1 || sizeOf(target.shape) === 1);
    if (!isNamed) return readRows('y', y, target.shape, kind === 'binary' ? '0 or 1' : 'a finite number');
    const numbers = new Map<unknown, number>(classes.map((name, i) => [String(name), i]));
    const shown = classes.slice(0, 8).join(', ') + (classes.length > 8 ? ', …' : '');
    const shape: Shape = kind === 'binary' ? [] : target.shape;
    return readRows('y', y, shape, `one of ${shown}`, (label) => {
      const number = typeof label === 'object' ? undefined : numbers.get(String(label));
      // Of two names, false and true are the first and the second.
      return number ?? (typeof label === 'boolean' ? numbers.get(String(numberOf(label))) : undefined);
    });
  }

  /** One step; returns its loss. */
  #trainStep(train: TrainHeader, x: Rows, y: Rows, first: number, count: number): number {
    const memory = this.#memory;
    const { rows } = train;
    const program = memory.program(count === rows ? train.program : (train.partial as string));
    const put = (name: string, { data, rows: all }: Rows): void => {
      const block = memory.view(memory.block(name));
      const width = data.length / all;
      // What is left over is filled up with its own rows, which then count 0: they are legal, and finite where those are.
      for (let row = 0; row < rows; row++) {
        const from = (first + (row % count)) * width;
        block.set(data.subarray(from, from + width), row * width);
      }
    };
    put('x', x);
    put('y', y);
    if (count < rows)
      memory.write(
        memory.block('weights'),
        Array.from({ length: rows }, (_, row) => Number(row < count)),
      );
    const table = (name: string): Extent => must(program.header.tables[name], 'a table');
    const { width, steps } = train.scalars;
    const row = Math.min(this.step - train.step, steps - 1) * width;
    memory.write(
      table('indices'),
      Array.from({ length: rows }, (_, i) => i),
    );
    memory.write(table('scalars'), this.#scalars.subarray(row, row + width));
    memory.write(table('key'), [train.seed, this.step, 0]);
    memory.run(program);
    this.step++;
    this.isStale = train.refresh !== undefined;
    return memory.view(table('pulse'))[0] as number;
  }

  #renewed(): Uint8Array[] {
    const renewed = this.#memory.header.blocks.filter((block) => block.renewed);
    return renewed.map(({ at }) => this.#memory.bytes(at[0], this.#memory.view(at).byteLength));
  }
}
