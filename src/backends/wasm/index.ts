/** @file The WebAssembly backend: plans over one linear memory, a call a run of steps. */
import type { DType, HostArray } from '../../core/dtype.ts';
import { must, SaddlepointError, unreachable } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph } from '../../graph/node.ts';
import { fuseLogistic, loopPasses, type PipelineOptions, rulesFor, runPasses } from '../../passes/pipeline.ts';
import { floatOf, type Plan } from '../../plan/format.ts';
import { Constant, Opcode, Status, StatusField } from '../../plan/opcodes.ts';
import { indexBoundAt } from '../../plan/sizes.ts';
import type {
  Backend,
  BadValue,
  DirectSession,
  MachineFacts,
  RunResult,
  SessionOptions,
  SessionProfile,
  Stop,
} from '../backend.ts';
import { layoutSession, type ProgramLayout, type SessionLayout } from './layout.ts';
import { fusedOps, tableFor } from './lower/table.ts';
import { type Build, type Machine, MEMORY_BASE, openMachine, RELAXED_PROBE, validates } from './machine.ts';
import type { Table } from './placement.ts';
import type { Team } from './team.ts';

const DEFAULT_LIMIT = 2 ** 31;
/** With fewer elements operands stay in the caches, and a group gains nothing (measured: docs/adr/012). */
const LARGE_ELEMENTS = 2 ** 19;

export const wasmBackend: Backend<DirectSession> = {
  device: 'wasm',
  async open(programs, options = {}) {
    const { capacity = 1, memoryLimit = DEFAULT_LIMIT } = options;
    const check = options.verify ? (await import('../../graph/verify.ts')).verify : undefined;
    const layout = await planSession(programs, { ...options, check, capacity, memoryLimit });
    if (options.verify) {
      const { validate } = await import('../../plan/validate.ts');
      for (const { plan } of layout.programs.values()) validate(plan, capacity);
    }
    return new WasmSession(layout, capacity, await start(layout, capacity, options));
  },
};

/**
 * The layout and plans of a session, without opening it: for tests, printing and memory estimates. Elementwise ops on at least
 * `largeElements` stand in groups.
 */
export async function planSession(
  programs: Parameters<Backend['open']>[0],
  options: Omit<SessionOptions, 'verify'> & PipelineOptions & { readonly largeElements?: number } = {},
): Promise<SessionLayout> {
  const { largeElements = LARGE_ELEMENTS } = options;
  const without = options.without?.filter((name) => name !== 'group') ?? [];
  const graphs = programs.map(({ graph }) => graph);
  const target = { fused: fusedOps, loops: await loopPasses(graphs), rules: await rulesFor(graphs) };
  const simplified = (await fuseLogistic(graphs, target.loops)).map((graph) =>
    runPasses(graph, target, { ...options, without }),
  );
  const isGrouped = !options.without?.includes('group') && simplified.some((graph) => hasLarge(graph, largeElements));
  const groups = isGrouped ? await import('./groups.ts') : undefined;
  const grouped = (graph: Graph): Graph => groups?.groupElementwise(graph, largeElements) ?? graph;
  const passed = programs.map((program, i) => ({ ...program, graph: grouped(simplified[i] as Graph) }));
  const table = await tableFor(passed.map(({ graph }) => graph));
  return layoutSession(passed, options.capacity ?? 1, options.memoryLimit ?? DEFAULT_LIMIT, table);
}

/** Whether there are elementwise ops, or loops that may hold some, on data that outgrow the caches: groups.ts is for them. */
const hasLarge = ({ nodes }: Graph, least: number): boolean =>
  nodes.some(
    ({ op, outputs }) => op.kind === 'loop' || (op.kind === 'elementwise' && sizeOf(outputs[0]?.shape ?? []) >= least),
  );

const FIRST_EXTENDED: Readonly<Partial<Record<number, number>>> = {
  [Opcode.unary]: Constant.firstExtendedUnary,
  [Opcode.binary]: Constant.firstExtendedBinary,
  [Opcode.reduce]: Constant.firstExtendedReduce,
};

/** The smallest build that has every instruction of the plans. */
function buildFor({ programs }: SessionLayout): Build {
  const isCore = [...programs.values()].every(({ plan: { words, origins } }) =>
    origins.every(({ at }) => {
      const opcode = (words[at] as number) & 0xffff;
      const first = FIRST_EXTENDED[opcode];
      return first === undefined
        ? opcode < Constant.firstExtended
        : (words[at + Constant.functionField] as number) < first;
    }),
  );
  return isCore ? 'core' : 'simd';
}

/** The machine of a session. */
export interface Started {
  readonly machine: Machine;
  readonly facts: MachineFacts;
  /** If there are several threads. */
  readonly team?: Team | undefined;
}

/** One thread and the same bits everywhere, unless there is more, and it was asked for. */
async function start(
  layout: SessionLayout,
  capacity: number,
  { threads = 1, deterministic = true }: SessionOptions,
): Promise<Started> {
  const isRelaxed = !deterministic && validates(RELAXED_PROBE);
  if (threads !== 1 || isRelaxed)
    return (await import('./builds.ts')).startBest(layout, capacity, threads, isRelaxed, buildFor(layout));
  return {
    machine: await openMachine(layout.bytes, buildFor(layout)),
    facts: { threads: 1, build: 'simd', reason: '' },
  };
}

const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

class WasmSession implements DirectSession {
  readonly device = 'wasm';
  readonly bytes: number;
  readonly capacity: number;
  readonly machine: MachineFacts;
  readonly #layout: SessionLayout;
  readonly #team: Team | undefined;
  #machine: Machine | undefined;

  constructor(layout: SessionLayout, capacity: number, { machine, facts, team }: Started) {
    this.#layout = layout;
    this.#team = team;
    this.machine = facts;
    this.#machine = machine;
    this.capacity = capacity;
    this.bytes = machine.memory.buffer.byteLength;
    for (const { storage, plan, code } of layout.programs.values()) {
      this.#view('i32', code, plan.words.length).set(plan.words);
      for (const { storage: constant, value } of storage.constants) {
        this.#view(value.dtype, constant.address, sizeOf(value.shape)).set(
          must(value.node, 'a constant').attributes.data as HostArray,
        );
      }
    }
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    const { storage, spec } = this.#block(block);
    const size = sizeOf(spec.shape);
    if (offset + data.length > size) unreachable(`${data.length} elements at ${offset} for block ${block} of ${size}`);
    this.#view(spec.dtype, storage.address, size).set(data, offset);
  }

  read(block: string): HostArray {
    const { storage, spec } = this.#block(block);
    return this.#view(spec.dtype, storage.address, sizeOf(spec.shape)).slice();
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    this.#rows(program, table, data.length).set(data);
  }

  readRows(program: string, table: string, rows: number): HostArray {
    const { spec } = this.#table(program, table);
    return this.#rows(program, table, rows * sizeOf(spec.shape)).slice();
  }

  run(program: string, rows: number): RunResult {
    const { plan, code } = this.#program(program);
    if (rows > this.capacity) unreachable(`${rows} rows for a capacity of ${this.capacity}`);
    const { exports } = this.#open();
    const together = this.#team?.run(program, rows);
    const done = together?.done ?? exports.execute(MEMORY_BASE + code, plan.words.length, MEMORY_BASE, 0, rows);
    return { done, stop: done === rows ? undefined : this.#stop(plan, together?.stop ?? this.#view('i32', 0, 4)) };
  }

  async locate(program: string, row: number): Promise<BadValue | undefined> {
    const { firstBadValue } = await import('./locate.ts');
    const blocks = [...this.#layout.blocks.values()].map(({ storage }) => storage);
    return firstBadValue(this.#program(program), blocks, this.#open(), row);
  }

  async profile(program: string, milliseconds: number): Promise<SessionProfile> {
    const { profileProgram } = await import('./measure.ts');
    return profileProgram(this.#program(program), this.#open(), milliseconds);
  }

  dispose(): void {
    this.#team?.dispose();
    this.#machine = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): Machine {
    if (this.#machine === undefined)
      throw new SaddlepointError(
        'disposed',
        'the run was disposed; its memory is gone',
        'load the saved model, or fit again',
      );
    return this.#machine;
  }

  /** Made anew at each use: views of a memory must not be kept. */
  #view(dtype: DType, address: number, length: number): Float32Array | Int32Array | Uint8Array {
    return new ARRAYS[dtype](this.#open().memory.buffer, MEMORY_BASE + address, length);
  }

  #block(name: string): { storage: { address: number }; spec: { shape: readonly number[]; dtype: DType } } {
    return this.#layout.blocks.get(name) ?? unreachable(`no block ${name}`);
  }

  #program(name: string): ProgramLayout {
    return this.#layout.programs.get(name) ?? unreachable(`no program ${name}`);
  }

  #table(program: string, name: string): Table {
    return this.#program(program).tables.get(name) ?? unreachable(`no table ${name} of ${program}`);
  }

  /** The first `length` elements of a table; several rows are contiguous, but for bytes, whose rows are padded. */
  #rows(program: string, name: string, length: number): Float32Array | Int32Array | Uint8Array {
    const { spec, address } = this.#table(program, name);
    const size = sizeOf(spec.shape);
    if (length > size * (spec.dtype === 'u8' ? 1 : this.capacity))
      unreachable(`${length} elements for table ${name} of ${program}`);
    return this.#view(spec.dtype, address, length);
  }

  #stop(plan: Plan, status: ArrayLike<number>): Stop {
    const code = status[StatusField.status];
    const origin = plan.origins.find(({ at }) => at === status[StatusField.at]);
    if (origin === undefined || (code !== Status.nonFinite && code !== Status.indexOutOfRange))
      unreachable(`the machine stopped with status ${code}`);
    const reason = code === Status.nonFinite ? 'nonFinite' : 'indexOutOfRange';
    return {
      reason,
      op: origin.op,
      path: origin.path,
      position: status[StatusField.detail] as number,
      value:
        reason === 'nonFinite' ? floatOf(status[StatusField.value] as number) : (status[StatusField.value] as number),
      rows: indexBoundAt(plan.words, origin.at),
    };
  }
}
