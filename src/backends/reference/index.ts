/**
 * @file The reference backend: each op's own definition, in double precision, in plain TypeScript. Slow and exact; what the
 * others are measured against, and what runs where there is no WebAssembly SIMD.
 */
import type { HostArray } from '../../core/dtype.ts';
import { hostArray } from '../../core/dtype.ts';
import { must, SaddlepointError, unreachable } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { evaluateGraph } from '../../graph/evaluate.ts';
import type { HostTensor, Node, Spec } from '../../graph/node.ts';
import type { Binding, Program } from '../../graph/program.ts';
import { verify } from '../../graph/verify.ts';
import { badIndexOf } from '../../ops/indexing.ts';
import { loopPasses } from '../../passes/loops.ts';
import { runPasses } from '../../passes/pipeline.ts';
import type { Backend, BadValue, DirectSession, RunResult, SessionOptions } from '../backend.ts';

/**
 * No composite is taken apart beforehand: each is evaluated through its decomposition, which is its definition, so that
 * errors name the op that was asked for. And none is made of parts.
 */
const TARGET = { fused: { has: () => true }, loops: loopPasses };

export const referenceBackend: Backend<DirectSession> = {
  device: 'reference',
  open(programs, options = {}) {
    return Promise.resolve(new ReferenceSession(programs, options));
  },
};

interface Slot {
  readonly spec: Spec;
  data: HostArray;
}

class ReferenceSession implements DirectSession {
  readonly device = 'reference';
  readonly machine = { threads: 1, build: 'double', reason: '' } as const;
  readonly capacity: number;
  readonly #programs = new Map<string, Program>();
  readonly #blocks = new Map<string, Slot>();
  readonly #rows = new Map<string, Slot>();
  #disposed = false;

  constructor(programs: readonly Program[], options: SessionOptions) {
    this.capacity = options.capacity ?? 1;
    for (const program of programs) {
      const graph = runPasses(program.graph, TARGET, {
        check: options.verify ? verify : undefined,
        without: ['fuse', ...(options.without ?? [])],
      });
      this.#programs.set(program.name, { ...program, graph });
      const bind = (bindings: readonly Binding[], values: readonly Spec[]): void =>
        bindings.forEach(({ kind, name }, i) => {
          const { shape, dtype } = must(values[i], 'a bound value');
          const slot = (): Slot => ({ spec: { shape, dtype }, data: hostArray(dtype, sizeOf(shape)) });
          if (kind === 'block' && !this.#blocks.has(name)) this.#blocks.set(name, slot());
          if (kind === 'row')
            for (let row = 0; row < this.capacity; row++) this.#rows.set(rowKey(program.name, name, row), slot());
        });
      bind(program.inputs, graph.inputs);
      bind(program.outputs, graph.outputs);
    }
  }

  get bytes(): number {
    return [...this.#blocks.values(), ...this.#rows.values()].reduce((total, { data }) => total + data.byteLength, 0);
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    this.#block(block).data.set(data, offset);
  }

  read(block: string): HostArray {
    return this.#block(block).data.slice();
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    const values = Array.from(data);
    const size = this.#row(program, table, 0).data.length;
    for (let row = 0; row * size < values.length; row++)
      this.#row(program, table, row).data.set(values.slice(row * size, (row + 1) * size));
  }

  readRows(program: string, table: string, rows: number): HostArray {
    const first = this.#row(program, table, 0);
    const size = first.data.length;
    const all = hostArray(first.spec.dtype, rows * size);
    for (let row = 0; row < rows; row++) all.set(this.#row(program, table, row).data, row * size);
    return all;
  }

  run(name: string, rows: number): RunResult {
    const program = this.#programs.get(name) ?? this.#missing(`program ${name}`);
    for (let row = 0; row < rows; row++) {
      let at = { op: '', path: '' };
      const before = (node: Node): void => {
        at = { op: node.op.name, path: node.path };
      };
      try {
        const outputs = evaluateGraph(program.graph, this.#inputs(program, row), undefined, before);
        program.outputs.forEach((binding, i) => {
          const slot = binding.kind === 'block' ? this.#block(binding.name) : this.#row(name, binding.name, row);
          slot.data = must(outputs[i], 'an output').data.slice();
        });
      } catch (error) {
        const bad = badIndexOf(error);
        if (bad !== undefined) return { done: row, stop: { reason: 'indexOutOfRange', ...at, ...bad } };
        if (!(error instanceof SaddlepointError) || error.code !== 'divergence') throw error;
        const { position = 0, value = 0 } = (error.cause ?? {}) as { position?: number; value?: number };
        return { done: row, stop: { reason: 'nonFinite', ...at, position, value, rows: 0 } };
      }
    }
    return { done: rows, stop: undefined };
  }

  async locate(name: string, row: number): Promise<BadValue | undefined> {
    const program = this.#programs.get(name) ?? this.#missing(`program ${name}`);
    let found: BadValue | undefined;
    try {
      evaluateGraph(program.graph, this.#inputs(program, row), (node, outputs) => {
        const value = outputs
          .flatMap(({ data, dtype }) => (dtype === 'f32' ? Array.from(data) : []))
          .find((x) => !Number.isFinite(Math.fround(x)));
        if (value === undefined) return;
        found = { op: node.op.name, path: node.path, value };
        throw new SaddlepointError('divergence', 'found');
      });
    } catch (error) {
      const isStop = error instanceof SaddlepointError && error.code === 'divergence';
      if (!isStop && badIndexOf(error) === undefined) throw error;
    }
    return found;
  }

  dispose(): void {
    this.#disposed = true;
    this.#programs.clear();
    this.#blocks.clear();
    this.#rows.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #inputs(program: Program, row: number): HostTensor[] {
    return program.inputs.map(({ kind, name }, i) => {
      const { shape, dtype } = must(program.graph.inputs[i], 'an input');
      return { shape, dtype, data: (kind === 'block' ? this.#block(name) : this.#row(program.name, name, row)).data };
    });
  }

  #block(name: string): Slot {
    return this.#blocks.get(name) ?? this.#missing(`block ${name}`);
  }

  #row(program: string, table: string, row: number): Slot {
    return this.#rows.get(rowKey(program, table, row)) ?? this.#missing(`table ${table} of ${program}`);
  }

  #missing(what: string): never {
    if (this.#disposed)
      throw new SaddlepointError(
        'disposed',
        'the run was disposed; its memory is gone',
        'load the saved model, or fit again',
      );
    return unreachable(`no ${what}`);
  }
}

const rowKey = (program: string, table: string, row: number): string => `${program}/${table}/${row}`;
