/**
 * @file What the engine asks of a backend: open a session for some programs, write and read its memory, run rows of steps. A
 * backend knows programs; it does not know models, data sets, losses or gradients.
 */
import type { HostArray } from '../core/dtype.ts';
import type { Program } from '../graph/program.ts';
import type { PipelineOptions } from '../passes/pipeline.ts';

/** Why a run stopped before its last row. */
export interface Stop {
  readonly reason: 'nonFinite' | 'indexOutOfRange';
  /** The op that stopped it, and the layer it belongs to. */
  readonly op: string;
  readonly path: string;
  /** For an index: its position among the indices, and the index, which should be in 0 … rows − 1. */
  readonly position: number;
  readonly value: number;
  readonly rows: number;
}

export interface RunResult {
  /** Rows completed; the row of this number is the one that stopped. */
  readonly done: number;
  readonly stop: Stop | undefined;
}

/** The first op of a step whose result was not finite. */
export interface BadValue {
  readonly op: string;
  readonly path: string;
  readonly value: number;
}

/** What one instruction of a plan takes. */
export interface InstructionProfile {
  /** The instruction, the op that it came from, and the layer's path. */
  readonly name: string;
  readonly op: string;
  readonly path: string;
  /** Runs a step: 1, or in a loop the turns. */
  readonly runs: number;
  /** A step, all runs together. */
  readonly microseconds: number;
  /** Floating-point operations of one run of it, for products; else 0. */
  readonly operations: number;
  /** Read and written by one run of it, each operand once. */
  readonly bytes: number;
}

export interface SessionProfile {
  /** A whole step in one call: less than the sum, since no clock is read in between. */
  readonly microseconds: number;
  /** The first step that the session ran at all. */
  readonly coldMicroseconds: number;
  readonly instructions: readonly InstructionProfile[];
  /** GFLOP/s that one core reaches at best, measured beside it. */
  readonly peak: number;
}

/** What runs the plans of a session. */
export interface MachineFacts {
  /** How many threads may share a step. */
  readonly threads: number;
  /** `relaxed` multiplies and adds with one rounding; `simd` gives the same bits on every machine; `tfjs` what the GPU gives. */
  readonly build: 'simd' | 'relaxed' | 'double' | 'tfjs';
  /** Why so, to stand behind the reason for the device; empty where nothing was asked for. */
  readonly reason: string;
}

/** What a device answers at once, or later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Memory and plans of one run. Not shared, not thread-safe, freed by `dispose`. What is written counts for every later call;
 * a call is awaited before the next.
 */
export interface Session extends Disposable {
  readonly device: 'wasm' | 'webgl' | 'webgpu' | 'reference';
  readonly machine: MachineFacts;
  /** All memory that the session holds on the device. */
  readonly bytes: number;
  /** The most rows one call can run. */
  readonly capacity: number;
  /** Overwrites a block, from `offset` elements on. */
  write(block: string, data: ArrayLike<number>, offset?: number): void;
  /** A copy of a block. */
  read(block: string): Awaitable<HostArray>;
  /** Fills rows of a program's table, from row 0 on: as many as the data hold. Rows of bytes are written one at a time. */
  writeRows(program: string, table: string, data: ArrayLike<number>): void;
  /** A copy of the first `rows` rows of a program's table. */
  readRows(program: string, table: string, rows: number): Awaitable<HostArray>;
  /** Runs rows 0 … rows − 1, one step each, in one call into the device. */
  run(program: string, rows: number): Awaitable<RunResult>;
  /** Runs a row op by op, without committing anything, up to the first result that is not finite. */
  locate(program: string, row: number): Promise<BadValue | undefined>;
  /**
   * Times the instructions of a program's first row for so many milliseconds. Blocks change as by so many steps. Undefined on
   * backends that have no instructions.
   */
  profile?(program: string, milliseconds: number): Promise<SessionProfile>;
  dispose(): void;
}

/** A session on a device that works while it is called. */
export interface DirectSession extends Session {
  read(block: string): HostArray;
  readRows(program: string, table: string, rows: number): HostArray;
  run(program: string, rows: number): RunResult;
}

export interface SessionOptions extends Pick<PipelineOptions, 'without'> {
  /** Check graphs after every pass, and plans: for tests and for finding faults. Default false. */
  readonly verify?: boolean;
  /** The most steps in one call; tables have as many rows. Default 1. */
  readonly capacity?: number;
  /** How many threads run a step together, or 'auto'; default 1. The bits are the same. */
  readonly threads?: number | 'auto';
  /** The same bits on every machine and engine; default true. False: relaxed SIMD, where it is there and passes its test. */
  readonly deterministic?: boolean;
  /** Bytes; a session that needs more is refused before anything is allocated. Default 2 GiB. */
  readonly memoryLimit?: number | undefined;
  /** Awaited between programs while they are planned, so that a page stays alive. Default: they are planned in one go. */
  readonly turn?: (() => Promise<void>) | undefined;
}

export interface Backend<S extends Session = Session> {
  readonly device: Session['device'];
  open(programs: readonly Program[], options?: SessionOptions): Promise<S>;
}
