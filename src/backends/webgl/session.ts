/**
 * @file A session over TensorFlow.js. A call enqueues its rows one after the other without waiting, and reads once what they gave;
 * a step that must not count is noted on the device, which from then on keeps the blocks as they are.
 */
import { ARRAYS, type HostArray } from '../../core/dtype.ts';
import { must, SaddlepointError, unreachable } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, Node, Spec } from '../../graph/node.ts';
import type { Binding, Program } from '../../graph/program.ts';
import type { BadValue, RunResult, Session, SessionOptions, Stop } from '../backend.ts';
import { Block } from './block.ts';
import { evaluate, RowStop, type Walk, type Walking } from './evaluate.ts';
import { Held } from './held.ts';
import { elementwise } from './lower/elementwise.ts';
import { fromDevice, Results } from './results.ts';
import type { Tfjs } from './tfjs.ts';

const DEFAULT_LIMIT = 2 ** 31;
const BYTES = 4;

export class TfjsSession implements Session {
  readonly device: 'webgl' | 'webgpu';
  readonly machine = { threads: 1, build: 'tfjs', reason: '' } as const;
  readonly capacity: number;
  readonly bytes: number;
  readonly #tfjs: Tfjs;
  readonly #programs = new Map<string, Program>();
  readonly #blocks = new Map<string, Block>();
  /** By program and name. */
  readonly #tables = new Map<string, { readonly spec: Spec; data: HostArray }>();
  readonly #shared: Pick<Walk, 'tfjs' | 'constants' | 'parts' | 'simplify'>;
  #disposed = false;

  constructor(
    tfjs: Tfjs,
    programs: readonly Program[],
    simplify: (graph: Graph) => Graph,
    { capacity = 1, memoryLimit = DEFAULT_LIMIT, keepOnHost }: SessionOptions & { keepOnHost: boolean },
  ) {
    this.device = tfjs.name === 'webgpu' ? 'webgpu' : 'webgl';
    this.#tfjs = tfjs;
    this.capacity = capacity;
    this.#shared = { tfjs, constants: new Map<Node, Held>(), parts: new Map<Node, Graph>(), simplify };
    const bind = (name: string, bindings: readonly Binding[], values: readonly Spec[]): void =>
      bindings.forEach((binding, i) => {
        const { shape, dtype } = must(values[i], 'a bound value');
        const spec = { shape, dtype };
        if (binding.kind === 'block' && !this.#blocks.has(binding.name))
          this.#blocks.set(binding.name, new Block(tfjs, spec, keepOnHost));
        if (binding.kind === 'row')
          this.#tables.set(rowKey(name, binding.name), { spec, data: new ARRAYS[dtype](capacity * sizeOf(shape)) });
      });
    for (const program of programs) {
      this.#programs.set(program.name, program);
      bind(program.name, program.inputs, program.graph.inputs);
      bind(program.name, program.outputs, program.graph.outputs);
    }
    const elements = [...this.#blocks.values()].reduce((total, { spec }) => total + sizeOf(spec.shape), 0);
    const rows = [...this.#tables.values()].reduce((total, { data }) => total + data.byteLength, 0);
    this.bytes = elements * BYTES + rows;
    if (this.bytes > memoryLimit)
      throw new SaddlepointError(
        'memory',
        `the blocks and tables of this run need ${this.bytes} bytes, the limit is ${memoryLimit}`,
        'raise memoryLimit, or use less data or a smaller model',
      );
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    this.#tfjs.with(() => this.#block(block).write(data, offset));
  }

  async read(block: string): Promise<HostArray> {
    const held = this.#block(block).current();
    if (held.host !== undefined) return held.host.slice();
    const data = await this.#tfjs.with(() => held.data());
    this.#checkAlive();
    return fromDevice(held.spec.dtype, data);
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    this.#table(program, table).data.set(data);
  }

  readRows(program: string, table: string, rows: number): HostArray {
    const { spec, data } = this.#table(program, table);
    return data.slice(0, rows * sizeOf(spec.shape));
  }

  async run(name: string, rows: number): Promise<RunResult> {
    const program = this.#program(name);
    if (rows > this.capacity) unreachable(`${rows} rows for a capacity of ${this.capacity}`);
    const results = new Results(
      this.#tfjs,
      program.outputs.map(({ name: table, kind }) => (kind === 'row' ? this.#table(name, table) : undefined)),
    );
    const pending = this.#tfjs.with(() => this.#enqueue(program, rows, results));
    const done = await results.accept(pending);
    this.#checkAlive();
    if (done === rows) return { done, stop: undefined };
    const stop = await this.#search(program, done);
    return { done, stop: stop ?? unreachable(`row ${done} of ${name} stopped, and does not again`) };
  }

  async locate(name: string, row: number): Promise<BadValue | undefined> {
    let found: BadValue | undefined;
    const onBadValue = ({ op, path }: Node, value: number): never => {
      found = { op: op.name, path, value };
      throw new RowStop({ reason: 'nonFinite', op: op.name, path, position: 0, value, rows: 0 });
    };
    await this.#search(this.#program(name), row, onBadValue);
    return found;
  }

  /** Whether the device's context is gone, and with it what lay there. */
  isLost(): boolean {
    return this.#tfjs.isLost();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const block of this.#blocks.values()) block.dispose();
    for (const constant of this.#shared.constants.values()) constant.release();
    this.#blocks.clear();
    this.#tables.clear();
    this.#programs.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #walk(more: Partial<Walk> = {}): Walk {
    return { ...this.#shared, search: false, onBadValue: undefined, flags: [], within: undefined, ...more };
  }

  /** Runs rows until one is known to stop; the others are enqueued. */
  #enqueue(program: Program, rows: number, results: Results): ReturnType<Results['enqueue']> {
    let bad: Held | undefined;
    for (let row = 0; row < rows; row++) {
      const walk = this.#walk();
      const inputs = this.#inputs(program, row);
      try {
        const walking = evaluate(program.graph, inputs, walk).next();
        const outputs = walking.done ? walking.value : unreachable('a step that waits');
        const flagged = this.#flagged(bad, walk.flags);
        this.#commit(program, outputs, flagged);
        results.add(outputs, flagged);
        bad?.release();
        bad = flagged;
        for (const output of outputs) output.release();
      } catch (error) {
        if (error instanceof RowStop) break;
        results.dispose();
        throw error;
      } finally {
        for (const held of [...inputs, ...walk.flags]) held.release();
      }
    }
    bad?.release();
    return results.enqueue();
  }

  /** Not 0 from the first step on that must not count. */
  #flagged(bad: Held | undefined, flags: readonly Held[]): Held | undefined {
    if (flags.length === 0) return bad?.retain();
    const all = [...(bad ? [bad] : []), ...flags];
    const tensor = this.#tfjs.core.tidy(() =>
      all
        .map((flag) => flag.tensor([1]))
        .reduce((total, flag) => elementwise(this.#tfjs, 'maximum', [total, flag], [1])),
    );
    return Held.onDevice(this.#tfjs, { shape: [1], dtype: 'f32' }, all.length === 1 ? tensor.clone() : tensor);
  }

  #commit(program: Program, outputs: readonly Held[], bad: Held | undefined): void {
    const changes = program.outputs.flatMap(({ kind, name }, i) =>
      kind === 'block' ? [[this.#block(name), must(outputs[i], 'an output')] as const] : [],
    );
    const chosen = changes.map(([block, output]) => {
      if (bad === undefined) return output.retain();
      const size = sizeOf(block.spec.shape);
      const made = this.#tfjs.core.tidy(() =>
        elementwise(
          this.#tfjs,
          'select',
          [bad.tensor([1]), block.current().tensor([size]), output.tensor([size])],
          [size],
        ),
      );
      return Held.onDevice(this.#tfjs, block.spec, made);
    });
    changes.forEach(([block], i) => {
      block.replace(must(chosen[i], 'a block'));
    });
  }

  /** Why a row stops, by running it once more, waiting at every condition; undefined if it does not. */
  async #search(program: Program, row: number, onBadValue?: Walk['onBadValue']): Promise<Stop | undefined> {
    const walk = this.#walk({ search: true, onBadValue });
    const inputs = this.#inputs(program, row);
    const walking: Walking = evaluate(program.graph, inputs, walk);
    try {
      let next = this.#tfjs.with(() => walking.next());
      while (!next.done) {
        const asked = next.value;
        const data = await this.#tfjs.with(() => asked.data());
        this.#checkAlive();
        next = this.#tfjs.with(() => walking.next(fromDevice(asked.spec.dtype, data)));
      }
      for (const output of next.value) output.release();
      return undefined;
    } catch (error) {
      if (!(error instanceof RowStop)) throw error;
      return error.stop;
    } finally {
      for (const held of [...inputs, ...walk.flags]) held.release();
    }
  }

  #inputs({ name, inputs }: Program, row: number): Held[] {
    return inputs.map((binding) => {
      if (binding.kind === 'block') return this.#block(binding.name).current().retain();
      const { spec, data } = this.#table(name, binding.name);
      const size = sizeOf(spec.shape);
      return Held.onHost(this.#tfjs, spec, data.slice(row * size, (row + 1) * size));
    });
  }

  #checkAlive(): void {
    if (!this.isLost()) return;
    throw new SaddlepointError(
      'deviceLost',
      `device '${this.device}': the context was lost, and with it what lay there`,
      "resume from the last checkpoint, or train with device: 'wasm'",
    );
  }

  #block(name: string): Block {
    return this.#blocks.get(name) ?? this.#missing(`block ${name}`);
  }

  #program(name: string): Program {
    return this.#programs.get(name) ?? this.#missing(`program ${name}`);
  }

  #table(program: string, name: string): { readonly spec: Spec; data: HostArray } {
    return this.#tables.get(rowKey(program, name)) ?? this.#missing(`table ${name} of ${program}`);
  }

  #missing(what: string): never {
    if (!this.#disposed) return unreachable(`no ${what}`);
    throw new SaddlepointError(
      'disposed',
      'the run was disposed; its memory is gone',
      'load the saved model, or fit again',
    );
  }
}

const rowKey = (program: string, table: string): string => `${program}/${table}`;
