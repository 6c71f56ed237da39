/**
 * @file Several threads for one session: shared memory, workers, the words of each thread, and when to use them. The bits are
 * those of one thread, so a run goes from one to several and back as the machine allows.
 */
import { SaddlepointError } from '../../core/errors.ts';
import { align } from '../../plan/format.ts';
import type { Matrix } from '../../plan/matrix.ts';
import { Constant, Halt, Status, StatusField, TeamField } from '../../plan/opcodes.ts';
import { estimateMicroseconds, indexOffset, teamWords, threadBytes } from '../../plan/team.ts';
import type { ProgramImage, SessionImage } from './image.ts';
import { type Compile, compileBuild, type Machine, type MachineExports, MEMORY_BASE, openMachine } from './machine.ts';
import { Pace } from './pace.ts';
import { panelImage } from './panel-image.ts';
import type { WorkerScript } from './worker/port.ts';
import { startThread, type Thread } from './worker/thread.ts';

interface TeamExports extends MachineExports {
  setThread(thread: number, threads: number, team: number, area: number): void;
  executeTogether(): number;
  halt(reason: Halt): void;
}

/** Steps that take one thread less than so many microseconds are not shared: meeting would cost what it gains. */
const SHORTEST_STEP = 20;
/** Seconds at one barrier after which the others are given up. */
const PATIENCE = 60;

/** Where a program's words for the threads lie; undefined if its steps are too short to share. */
interface SharedProgram {
  readonly code: number;
  readonly codeBytes: number;
  readonly words: number;
  readonly own: readonly Int32Array[];
  readonly pace: Pace;
}

/** Rows done, and the status words of what stopped the run before the last. */
interface Ran {
  readonly done: number;
  readonly stop: readonly number[] | undefined;
}

export interface TeamOptions {
  readonly capacity: number;
  /** Seconds. */
  readonly patience?: number;
  readonly build?: 'threads' | 'relaxedThreads';
  readonly compile?: Compile | undefined;
  readonly script?: WorkerScript | undefined;
}

/** A team that nobody disposed of is dismissed when its session is gone, and its memory with it. */
const forgotten = new FinalizationRegistry<() => void>((dismiss) => dismiss());

export class Team {
  readonly machine: Machine;
  /** What the threads run: the session's image, or one with weights in panels. */
  readonly image: SessionImage;
  /** What of its blocks lies in panels. */
  readonly panels: readonly Matrix[];
  readonly threads: number;
  readonly #exports: TeamExports;
  readonly #block: Int32Array;
  readonly #areas: readonly number[];
  readonly #programs: ReadonlyMap<string, SharedProgram>;
  #workers: readonly Thread[] = [];
  /** Why there are no workers to share with: one thread goes on. */
  #failure: unknown;
  /** Why the run cannot go on at all. */
  #ended: SaddlepointError | undefined;

  /** Undefined if no program's steps are worth sharing. */
  static async open(
    plain: SessionImage,
    threads: number,
    { capacity, patience = PATIENCE, build = 'threads', compile = compileBuild, script }: TeamOptions,
  ): Promise<Team | undefined> {
    const isLong = ({ plan }: ProgramImage): boolean => estimateMicroseconds(plan.words) >= SHORTEST_STEP;
    if (![...plain.programs.values()].some(isLong)) return undefined;
    let end = plain.bytes;
    const take = (bytes: number): number => {
      const address = end;
      end += align(bytes + Constant.slackBytes);
      return address;
    };
    const panels = panelImage(plain, threads, capacity, take);
    const image = panels?.image ?? plain;
    const shared = [...image.programs].filter(([, program]) => isLong(program));
    const block = take(4 * TeamField.length);
    const areas = Array.from({ length: threads - 1 }, () => take(Constant.threadBytes));
    const cutOptions = (name: string) => ({ grains: panels?.grains.get(name) ?? new Map() });
    const memory = Array.from({ length: threads }, (_, thread) =>
      take(
        Math.max(
          ...shared.map(([name, { plan }]) => threadBytes(plan.words, thread, threads, capacity, cutOptions(name))),
        ),
      ),
    );
    const programs = new Map<string, SharedProgram>();
    for (const [name, { plan }] of shared) {
      const own = teamWords(plan.words, threads, capacity, (thread) => memory[thread] as number, cutOptions(name));
      const codeBytes = align(plan.words.byteLength);
      programs.set(name, {
        code: take(codeBytes * threads),
        codeBytes,
        words: plan.words.length,
        own,
        pace: new Pace(),
      });
    }
    const machine = await openMachine(end, build, compile, true);
    const team = new Team(image, panels?.lasting ?? [], machine, threads, block, areas, programs);
    team.#block[TeamField.patience] = patience;
    team.#recruit(await compile(build), script);
    return team;
  }

  private constructor(
    image: SessionImage,
    panels: readonly Matrix[],
    machine: Machine,
    threads: number,
    block: number,
    areas: readonly number[],
    programs: ReadonlyMap<string, SharedProgram>,
  ) {
    this.image = image;
    this.panels = panels;
    this.machine = machine;
    this.#exports = machine.exports as TeamExports;
    this.threads = threads;
    this.#block = new Int32Array(machine.memory.buffer, MEMORY_BASE + block, TeamField.length);
    this.#areas = areas;
    this.#programs = programs;
    for (const { code, codeBytes, own } of programs.values()) {
      own.forEach((words, thread) => {
        new Int32Array(machine.memory.buffer, MEMORY_BASE + code + thread * codeBytes, words.length).set(words);
      });
    }
    this.#exports.setThread(0, threads, MEMORY_BASE + block, 0);
    // Writes the machine's constants before others read them.
    this.#exports.execute(MEMORY_BASE, 0, MEMORY_BASE, 0, 0);
  }

  /** The workers start by themselves; until all are there, the run goes on with one thread. */
  #recruit(module: WebAssembly.Module, script: WorkerScript | undefined): void {
    const { memory } = this.machine;
    const team = this.#block.byteOffset;
    const block = this.#block;
    const dismiss = (): void => {
      Atomics.store(block, TeamField.quit, 1);
      Atomics.add(block, TeamField.doorbell, 1);
      Atomics.notify(block, TeamField.doorbell);
    };
    forgotten.register(this, dismiss, this);
    const self = new WeakRef(this);
    const onError = (error: unknown): void => {
      const alive = self.deref();
      if (alive !== undefined) alive.#failure ??= error;
    };
    this.#workers = this.#areas.map((area, i) => {
      const task = { module, memory, thread: i + 1, threads: this.threads, team, area: MEMORY_BASE + area };
      return startThread(task, script, onError);
    });
  }

  /** Whether all threads wait for calls. */
  get isComplete(): boolean {
    return this.#failure === undefined && Atomics.load(this.#block, TeamField.ready) === this.threads - 1;
  }

  /** A thread's words of a program, in the memory: for tests and profiles. */
  wordsOf(name: string, thread: number): Int32Array {
    const { code, codeBytes, words } = this.#programs.get(name) as SharedProgram;
    return new Int32Array(this.machine.memory.buffer, MEMORY_BASE + code + thread * codeBytes, words);
  }

  /**
   * Runs rows of a program by the way that is faster now; returns the rows done, and the status words if an instruction stopped it.
   *
   * @throws SaddlepointError `internal` if a thread failed or did not come; the run cannot go on then.
   */
  run(name: string, rows: number): Ran {
    if (this.#ended !== undefined) throw this.#ended;
    const program = this.#programs.get(name);
    if (program === undefined || !this.isComplete) return this.#alone(name, rows);
    const way = program.pace.next();
    const from = performance.now();
    const ran = way === 'together' ? this.#together(name, program, rows) : this.#alone(name, rows);
    if (ran.done === rows) program.pace.record(way, (performance.now() - from) / rows);
    return ran;
  }

  #alone(name: string, rows: number): Ran {
    const { plan, code } = this.image.programs.get(name) as ProgramImage;
    const done = this.#exports.execute(MEMORY_BASE + code, plan.words.length, MEMORY_BASE, 0, rows);
    const { buffer } = this.machine.memory;
    return { done, stop: done === rows ? undefined : [...new Int32Array(buffer, MEMORY_BASE, 4)] };
  }

  #together(name: string, program: SharedProgram, rows: number): Ran {
    const { code, codeBytes, words } = program;
    const block = this.#block;
    block.set([MEMORY_BASE + code, codeBytes, words, MEMORY_BASE, 0, rows], TeamField.code);
    let done: number;
    try {
      done = this.#exports.executeTogether();
    } catch (cause) {
      this.#exports.halt(Halt.failed);
      throw this.#end('a thread failed', cause);
    }
    const halted = Atomics.load(block, TeamField.halted);
    if (halted === Halt.failed) throw this.#end('a thread failed', this.#failure);
    if (halted === Halt.stalled) throw this.#end('a thread did not answer', undefined);
    return { done, stop: done === rows ? undefined : this.#stop(name, program) };
  }

  /**
   * The status words of the first thread that stopped, an index's position counted in the whole: slices are in order, so it is
   * what one thread would have met first.
   */
  #stop(name: string, { own }: SharedProgram): readonly number[] {
    const { buffer } = this.machine.memory;
    const statusAt = [0, ...this.#areas.map((area) => area + Constant.threadStatus)];
    for (const [thread, address] of statusAt.entries()) {
      const words = [...new Int32Array(buffer, MEMORY_BASE + address, 4)];
      const status = words[StatusField.status] as number;
      if (status === Status.ok) continue;
      const at = words[StatusField.at] as number;
      const whole = this.image.programs.get(name)?.plan.words as Int32Array;
      const offset = status === Status.indexOutOfRange ? indexOffset(whole, own[thread] as Int32Array, at) : 0;
      words[StatusField.detail] = (words[StatusField.detail] as number) + offset;
      return words;
    }
    throw this.#end('the threads stopped without a reason', undefined);
  }

  #end(what: string, cause: unknown): SaddlepointError {
    this.#failure ??= cause ?? new Error(what);
    for (const worker of this.#workers) worker.end();
    this.#ended = new SaddlepointError(
      'internal',
      `${what}; the run has ended`,
      'train again, with threads: 1 if it happens again',
      { cause },
    );
    return this.#ended;
  }

  dispose(): void {
    Atomics.store(this.#block, TeamField.quit, 1);
    Atomics.add(this.#block, TeamField.doorbell, 1);
    Atomics.notify(this.#block, TeamField.doorbell);
    forgotten.unregister(this);
    // What does not leave by itself, since it never came or has failed.
    if (!this.isComplete) for (const worker of this.#workers) worker.end();
  }
}
