/** @file A loaded plan: predicts, trains on, gives and takes its state. Everything a call does is done before the next begins. */
import { type Machine, MEMORY_BASE } from '../backends/wasm/machine.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { answers, type Prediction } from '../data/answers.ts';
import { floatOf } from '../plan/format.ts';
import { Status, StatusField } from '../plan/opcodes.ts';
import { indexBoundAt } from '../plan/sizes.ts';
import { type Budget, clock, limitOf } from './budget.ts';
import { damaged } from './damaged.ts';
import { ARRAYS, type Extent, type TrainHeader } from './format.ts';
import type { ReadPlan, ReadProgram } from './read-plan.ts';
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

/**
 * A model at the edge: a plan with its memory. Its answers are those of the library bit for bit, where that runs the same
 * build of the machine (`deterministic: true`). Not shared: each plan has a memory of its own, and calls do not mix.
 */
export class EdgePlan implements Disposable {
  /** Bytes of the memory, all of it from the start; the file's bytes are needed until `load` has returned. */
  readonly bytes: number;
  readonly #plan: ReadPlan;
  readonly #scalars: Float32Array;
  #machine: Machine | undefined;
  #step: number;
  #isStale = false;

  /** @internal Use `load`. */
  constructor(plan: ReadPlan, machine: Machine) {
    const { train } = plan.header;
    this.#plan = plan;
    this.#machine = machine;
    this.bytes = machine.memory.buffer.byteLength;
    this.#step = train?.step ?? 0;
    this.#scalars =
      train === undefined ? new Float32Array() : unpackScalars(plan.scalars, train.scalars.steps, train.scalars.width);
    for (const { address, bytes } of plan.contents) this.#bytes(address, bytes.length).set(bytes);
    this.#isStale = train?.refresh !== undefined;
  }

  /** Training steps taken in all, those before the export included. */
  get step(): number {
    return this.#step;
  }

  /**
   * Answers for one row or for many, as `run.predict` gives them.
   *
   * @param x a row of the shape that the model was trained on, or rows of it: nested arrays, typed arrays, bytes.
   * @returns for classes `{ label, probabilities }`, for values a number or numbers; a list of these for many rows.
   * @throws SaddlepointError `data` for rows of another shape, NaN and infinities; row and value named.
   * @example const { label } = await plan.predict(pixels);
   */
  async predict(x: unknown): Promise<Prediction | Prediction[]> {
    const { header } = this.#plan;
    const { data, rows, single } = readRows('x', x, header.input, 'a finite number');
    const [width, units] = [sizeOf(header.input), sizeOf(header.output)];
    const list: Prediction[] = [];
    this.#refresh();
    for (let at = 0; at < rows; ) {
      // The smallest plan that takes all that is left, or the largest.
      const one = must(header.predict.find((each) => each.rows >= rows - at) ?? header.predict.at(-1), 'a program');
      const count = Math.min(one.rows, rows - at);
      const program = this.#program(one.program);
      this.#write(this.#block(one.block), data.subarray(at * width, (at + count) * width));
      this.#run(program);
      const output = this.#view(must(program.header.tables.prediction, 'a table'));
      for (let row = 0; row < count; row++)
        list.push(answers(Array.from(output.subarray(row * units, (row + 1) * units)), header.output, header));
      at += count;
    }
    return single ? (list[0] as Prediction) : list;
  }

  /**
   * Trains on a batch: steps of as many rows as the plan was made for, in the order given, and a last one of those left over.
   * A budget stops between two steps; `next` says where to go on, in this request or another.
   *
   * @param batch x: rows, as for `predict`; y: a class by name or number, or values, for each row.
   * @returns steps taken, the mean loss, and `next` unless all is done.
   * @throws SaddlepointError `data` before the first step for rows or targets that do not fit; `divergence` where loss or
   *   gradient are not finite: the parameters are then those before that step; `option` if the plan has no training.
   * @example const { next } = await plan.train({ x, y }, { epochs: 5, budgetMs: 20 });
   */
  async train({ x, y }: EdgeBatch, options: EdgeTrainOptions = {}): Promise<EdgeTraining> {
    const { header } = this.#plan;
    const train = this.#training();
    const inputs = readRows('x', x, header.input, 'a finite number');
    const targets = this.#targets(y, train);
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
    for (; at < end && may(at - from, this.#program(train.program).work); at++) {
      const first = (at % perEpoch) * train.rows;
      const count = Math.min(train.rows, inputs.rows - first);
      loss += count * this.#trainStep(train, inputs, targets, first, count);
      rows += count;
    }
    return { steps: at - from, loss: loss / rows, next: at < end ? at : undefined };
  }

  /**
   * All that training has changed, as bytes for a durable store: `restore` goes on from there, in another isolate too.
   * @throws SaddlepointError `option` if the plan has no training.
   */
  state(): Uint8Array {
    this.#training();
    return packState(this.#plan.id, this.#step, this.#renewed());
  }

  /**
   * Goes on from what `state` gave.
   * @throws SaddlepointError `file` if it is damaged, or of another plan: a plan exported anew begins anew.
   */
  restore(state: ArrayBuffer | ArrayBufferView): void {
    this.#training();
    this.#step = unpackState(state, this.#plan.id, this.#renewed());
    this.#isStale = true;
  }

  /** Gives the memory up; the plan cannot be used any more. */
  dispose(): void {
    this.#machine = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #training(): TrainHeader {
    const { train } = this.#plan.header;
    if (train !== undefined) return train;
    throw new SaddlepointError('option', 'this plan only predicts', 'export it with savePlan(run, { train: true }, …)');
  }

  #targets(y: unknown, { target }: TrainHeader): Rows {
    const { classes, target: kind } = this.#plan.header;
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
    const { rows } = train;
    const program = this.#program(count === rows ? train.program : (train.partial as string));
    const put = (name: string, { data, rows: all }: Rows): void => {
      const block = this.#view(this.#block(name));
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
      this.#write(
        this.#block('weights'),
        Array.from({ length: rows }, (_, row) => Number(row < count)),
      );
    const table = (name: string): Extent => must(program.header.tables[name], 'a table');
    const { width, steps } = train.scalars;
    const row = Math.min(this.#step - train.step, steps - 1) * width;
    this.#write(
      table('indices'),
      Array.from({ length: rows }, (_, i) => i),
    );
    this.#write(table('scalars'), this.#scalars.subarray(row, row + width));
    this.#write(table('key'), [train.seed, this.#step, 0]);
    this.#run(program);
    this.#step++;
    this.#isStale = train.refresh !== undefined;
    return this.#view(table('pulse'))[0] as number;
  }

  #refresh(): void {
    const refresh = this.#plan.header.train?.refresh;
    if (this.#isStale && refresh !== undefined) this.#run(this.#program(refresh));
    this.#isStale = false;
  }

  /** @throws SaddlepointError for a step that stopped. */
  #run({ header }: ReadProgram): void {
    const [address, words] = header.code;
    const { exports } = this.#open();
    try {
      if (exports.execute(MEMORY_BASE + address, words, MEMORY_BASE, 0, 1) === 1) return;
    } catch (cause) {
      throw damaged(`${header.name} left its memory: ${cause}`);
    }
    const status = this.#view([0, 4, 1]);
    const [code, at, detail, value] = [StatusField.status, StatusField.at, StatusField.detail, StatusField.value].map(
      (field) => status[field] as number,
    ) as [number, number, number, number];
    if (code === Status.indexOutOfRange) {
      const [, op = 'gather', path = ''] = header.origins.find(([place]) => place === at) ?? [];
      const bound = indexBoundAt(this.#view([address, words, 1]) as Int32Array, at);
      throw new SaddlepointError(
        'data',
        `${op}${path && ` of layer '${path}'`}: index ${value} at position ${detail} is outside 0 … ${bound - 1}`,
      );
    }
    if (code !== Status.nonFinite) throw damaged(`the machine refused instruction ${at} of ${header.name}`);
    throw new SaddlepointError(
      'divergence',
      `train: loss or gradient of step ${this.#step} is ${floatOf(value)}; the parameters are those before it`,
      'look at the rows, or export it with a smaller learning rate',
    );
  }

  #open(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    throw new SaddlepointError('disposed', 'the plan was disposed; its memory is gone', 'load it again');
  }

  #bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#open().memory.buffer, MEMORY_BASE + address, length);
  }

  #view([address, elements, dtype]: Extent): Float32Array | Int32Array | Uint8Array {
    return new ARRAYS[dtype](this.#open().memory.buffer, MEMORY_BASE + address, elements);
  }

  #write(at: Extent, data: ArrayLike<number>): void {
    this.#view(at).set(data);
  }

  #program(name: string): ReadProgram {
    return must(this.#plan.programs.find((one) => one.header.name === name), name);
  }

  #block(name: string): Extent {
    return must(
      this.#plan.header.blocks.find((block) => block.name === name),
      name,
    ).at;
  }

  #renewed(): Uint8Array[] {
    const renewed = this.#plan.header.blocks.filter((block) => block.renewed);
    return renewed.map(({ at }) => new Uint8Array(this.#view(at).buffer, MEMORY_BASE + at[0], this.#view(at).byteLength));
  }
}
