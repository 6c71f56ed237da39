/**
 * @file A session: an image in a memory of its own, and the machine that runs it. Knows nothing of graphs and passes, so that it
 * also runs where there is no tracer.
 */
import { ARRAYS, type DType, type HostArray } from '../../core/dtype.ts';
import { SaddlepointError, unreachable } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { isExtended } from '../../plan/extended.ts';
import { floatOf, type Plan } from '../../plan/format.ts';
import { Status, StatusField } from '../../plan/opcodes.ts';
import { indexBoundAt } from '../../plan/sizes.ts';
import type {
  BadValue,
  DirectSession,
  MachineFacts,
  RunResult,
  SessionOptions,
  SessionProfile,
  Stop,
} from '../backend.ts';
import type { BlockOrder } from './block-order.ts';
import type { BlockImage, ProgramImage, SessionImage } from './image.ts';
import {
  type Build,
  type Compile,
  type Machine,
  MEMORY_BASE,
  openMachine,
  RELAXED_PROBE,
  validates,
} from './machine.ts';
import type { Table } from './placement.ts';
import type { Team } from './team.ts';
import type { WorkerScript } from './worker/port.ts';

/** The smallest build that has every instruction of the plans. */
function buildFor({ programs }: SessionImage): Build {
  const needsMore = [...programs.values()].some(({ plan: { words, origins } }) =>
    origins.some(({ at }) => isExtended(words, at)),
  );
  return needsMore ? 'simd' : 'core';
}

/** The machine of a session. */
export interface Started {
  readonly machine: Machine;
  readonly facts: MachineFacts;
  /** If there are several threads. */
  readonly team?: Team | undefined;
  /** If blocks may lie otherwise than the host knows them. */
  readonly order?: BlockOrder | undefined;
}

export interface StartOptions extends Pick<SessionOptions, 'capacity' | 'threads' | 'deterministic'> {
  /** Default: the builds that come with the library. */
  readonly compile?: Compile | undefined;
  /** What further threads run; default: what comes with the library. */
  readonly script?: WorkerScript | undefined;
}

/** A session over memory of its own, with the plans and constants in their places. */
export const startSession = async (image: SessionImage, options: StartOptions): Promise<DirectSession> =>
  sessionOver(image, options.capacity, await startMachine(image, options));

/** A session over a machine that is there. */
export const sessionOver = (image: SessionImage, capacity = 1, started: Started): DirectSession =>
  new WasmSession(image, capacity, started);

/** One thread and the same bits everywhere, unless there is more, and it was asked for. */
export async function startMachine(image: SessionImage, options: StartOptions): Promise<Started> {
  const { threads = 1, deterministic = true } = options;
  const isRelaxed = !deterministic && validates(RELAXED_PROBE);
  if (threads !== 1 || isRelaxed)
    return (await import('./builds.ts')).startBest(image, options, isRelaxed, buildFor(image));
  return {
    machine: await openMachine(image.bytes, buildFor(image), options.compile),
    facts: { threads: 1, build: 'simd', reason: '' },
  };
}

class WasmSession implements DirectSession {
  readonly device = 'wasm';
  readonly bytes: number;
  readonly capacity: number;
  readonly machine: MachineFacts;
  readonly #image: SessionImage;
  readonly #team: Team | undefined;
  readonly #order: BlockOrder | undefined;
  #machine: Machine | undefined;

  constructor(image: SessionImage, capacity: number, { machine, facts, team, order }: Started) {
    this.#image = team?.image ?? image;
    this.#team = team;
    this.#order = order;
    this.machine = facts;
    this.#machine = machine;
    this.capacity = capacity;
    this.bytes = machine.memory.buffer.byteLength;
    for (const { constants, plan, code } of this.#image.programs.values()) {
      this.#view('i32', code, plan.words.length).set(plan.words);
      for (const { address, dtype, data } of constants) this.#view(dtype, address, data.length).set(data);
    }
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    const image = this.#block(block);
    const { address, spec } = image;
    const size = sizeOf(spec.shape);
    if (offset + data.length > size) unreachable(`${data.length} elements at ${offset} for block ${block} of ${size}`);
    const memory = this.#view(spec.dtype, address, size);
    if (!this.#order?.write(image, memory, data, offset)) memory.set(data, offset);
  }

  read(block: string): HostArray {
    const image = this.#block(block);
    const copy = this.#view(image.spec.dtype, image.address, sizeOf(image.spec.shape)).slice();
    return this.#order?.read(image, copy) ?? copy;
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
    return firstBadValue(this.#program(program), [...this.#image.blocks.values()], this.#open(), row);
  }

  async profile(program: string, milliseconds: number): Promise<SessionProfile> {
    const { profileProgram } = await import('./measure.ts');
    return profileProgram(this.#program(program), [...this.#image.blocks.values()], this.#open(), milliseconds);
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

  #block(name: string): BlockImage {
    return this.#image.blocks.get(name) ?? unreachable(`no block ${name}`);
  }

  #program(name: string): ProgramImage {
    return this.#image.programs.get(name) ?? unreachable(`no program ${name}`);
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
