/**
 * @file A session that outlives its device. A GPU's context can be taken back at any time, with all that lay in it: this session
 * keeps on the host how its memory was a moment ago and what was done since, opens the device again when it is lost, and does that
 * again; the second time it goes on somewhere safe. Knows nothing of any particular device.
 */
import type { HostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';
import type { Awaitable, BadValue, MachineFacts, RunResult, Session } from './backend.ts';
import type { DeviceEvent } from './select.ts';

/** Where a session goes on. */
export interface Refuges {
  /** Opens the device anew. */
  again(): Promise<LosableSession>;
  /** Opens what cannot be lost. */
  safe(): Promise<Session>;
}

export interface RecoverOptions {
  /** Told when the device is lost, and when the run has gone on. */
  readonly onDevice?: ((event: DeviceEvent) => void) | undefined;
  /** Milliseconds between two copies of the memory; default 1000: a copy takes a few, and more work is never done twice. */
  readonly interval?: number;
}

/** Bytes of what was written since the last copy; beyond them a new one is made. */
const MOST_BYTES = 2 ** 26;

/** Libraries fail in many ways on a context that is gone; a session that knows says so. */
const isLoss = (error: unknown, session: LosableSession): boolean =>
  (error instanceof SaddlepointError && error.code === 'deviceLost') || session.isLost?.() === true;

/** What is wrapped. */
export interface LosableSession extends Session {
  /** Whether the device is gone, whatever an error says. */
  isLost?(): boolean;
}

/** Milliseconds between two looks at a device that has not answered yet. */
const LOOK = 50;

/** What a device answers; an error once it is lost, since libraries wait for a fence that a lost context never passes. */
async function orLost<T>(answer: Awaitable<T>, session: LosableSession): Promise<T> {
  if (session.isLost === undefined || !(answer instanceof Promise)) return answer;
  let timer: ReturnType<typeof setInterval> | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (session.isLost?.()) reject(new SaddlepointError('deviceLost', 'the context of the GPU was lost'));
    }, LOOK);
  });
  try {
    return await Promise.race([answer, lost]);
  } finally {
    clearInterval(timer);
  }
}

/** Something that was done to the memory, and can be done again. */
interface Deed {
  readonly act: (session: Session) => Awaitable<unknown>;
  readonly bytes: number;
  /** To a block that no program writes: the session itself still has it after a loss. */
  readonly isGiven?: boolean;
}

interface Rows {
  readonly program: string;
  readonly table: string;
  readonly data: HostArray;
}

const copyOf = (data: ArrayLike<number>): HostArray =>
  ArrayBuffer.isView(data) ? (data as HostArray).slice() : Float32Array.from(data);

/**
 * Wraps a session that may be lost: one whose calls then fail with an error of code `deviceLost`, before their results count, and
 * which still can read, after that, the blocks that no program writes. Without a loss the wrapped session does all that it would
 * have done, in the same order.
 */
export class RecoveringSession implements Session {
  readonly capacity: number;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #refuges: Refuges;
  readonly #options: RecoverOptions;
  /** Blocks that programs write, and those that the host alone writes. */
  readonly #changing: readonly string[];
  readonly #given: ReadonlySet<string>;
  /** How the memory was when the log began: blocks, and rows of tables. */
  #blocks: ReadonlyMap<string, HostArray> = new Map();
  #tables: readonly Rows[] = [];
  /** What was done since, in order. */
  #log: Deed[] = [];
  /** Writes that wait for the next call. */
  #queue: Deed[] = [];
  /** Programs whose tables hold anything. */
  readonly #touched = new Set<string>();
  /** Calls since the log began. */
  #calls = 0;
  #hasRun = false;
  #copiedAt = performance.now();
  #session: LosableSession;
  #losses = 0;
  #isDisposed = false;

  constructor(session: LosableSession, programs: readonly Program[], refuges: Refuges, options: RecoverOptions = {}) {
    this.#session = session;
    this.#programs = new Map(programs.map((program) => [program.name, program]));
    this.#refuges = refuges;
    this.#options = options;
    this.capacity = session.capacity;
    const blocks = (of: 'inputs' | 'outputs') =>
      programs.flatMap((program) => program[of].filter(({ kind }) => kind === 'block').map(({ name }) => name));
    const changing = new Set(blocks('outputs'));
    this.#changing = [...changing];
    this.#given = new Set(blocks('inputs').filter((name) => !changing.has(name)));
  }

  get device(): Session['device'] {
    return this.#session.device;
  }

  /** How often the device was lost. */
  get losses(): number {
    return this.#losses;
  }

  get machine(): MachineFacts {
    const { machine, device } = this.#session;
    const story = ['', `; its context was lost once, it went on on ${device}`][this.#losses];
    return { ...machine, reason: machine.reason + (story ?? `; the context of the GPU was lost twice`) };
  }

  get bytes(): number {
    return this.#session.bytes;
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    const isGiven = this.#given.has(block);
    // Data are large, and until something has run nothing is on the device.
    if (isGiven && !this.#hasRun) {
      this.#session.write(block, data, offset);
      return;
    }
    const copy = copyOf(data);
    this.#do({ act: (session) => session.write(block, copy, offset), bytes: copy.byteLength, isGiven });
  }

  async read(block: string): Promise<HostArray> {
    return this.#attempt((session) => session.read(block));
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    const copy = copyOf(data);
    this.#touched.add(program);
    this.#do({ act: (session) => session.writeRows(program, table, copy), bytes: copy.byteLength });
  }

  async readRows(program: string, table: string, rows: number): Promise<HostArray> {
    return this.#attempt((session) => session.readRows(program, table, rows));
  }

  async run(program: string, rows: number): Promise<RunResult> {
    if (this.#isDue()) await this.#copy();
    this.#hasRun = true;
    this.#touched.add(program);
    const act = (session: Session) => session.run(program, rows);
    const result = await this.#attempt(act);
    this.#log.push({ act, bytes: 0 });
    this.#calls++;
    return result;
  }

  async locate(program: string, row: number): Promise<BadValue | undefined> {
    return this.#attempt((session) => session.locate(program, row));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#log = [];
    this.#queue = [];
    this.#session.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Does a write, or, once the device may be gone, has it wait for the next call, which can recover. */
  #do(deed: Deed): void {
    if (this.#hasRun) {
      this.#queue.push(deed);
      return;
    }
    deed.act(this.#session);
    this.#log.push(deed);
  }

  #isDue(): boolean {
    if (this.#calls === 0) return false;
    const bytes = this.#log.reduce((sum, deed) => sum + deed.bytes, 0);
    return bytes > MOST_BYTES || performance.now() - this.#copiedAt > (this.#options.interval ?? 1000);
  }

  /** Does what waits, then something that has a result; on another device if this one is lost meanwhile. */
  async #attempt<T>(act: (session: Session) => Awaitable<T>): Promise<T> {
    // What a block was before it is written is nowhere else: what came before must not have to be done again.
    if (this.#calls > 0 && this.#queue.some(({ isGiven }) => isGiven)) await this.#copy(this.#queue.splice(0));
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      await this.#persist(next.act);
      this.#queue.shift();
      if (!next.isGiven) this.#log.push(next);
    }
    return this.#persist(act);
  }

  async #persist<T>(act: (session: Session) => Awaitable<T>): Promise<T> {
    for (;;) {
      const session = this.#session;
      try {
        return await orLost(act(session), session);
      } catch (error) {
        if (!isLoss(error, session) || this.#isDisposed) throw error;
        await this.#recover(error as Error);
      }
    }
  }

  /** Copies the memory to the host; the log begins anew. `waiting` comes after it. */
  async #copy(waiting: readonly Deed[] = []): Promise<void> {
    const { blocks, tables } = await this.#attempt(async (session) => {
      const read = await Promise.all(this.#changing.map(async (name) => [name, await session.read(name)] as const));
      return { blocks: new Map(read), tables: await this.#copyTables(session) };
    });
    this.#blocks = blocks;
    this.#tables = tables;
    this.#log = [];
    this.#queue.unshift(...waiting);
    this.#calls = 0;
    this.#copiedAt = performance.now();
  }

  async #copyTables(session: Session): Promise<readonly Rows[]> {
    const tables: Rows[] = [];
    for (const name of this.#touched) {
      const { inputs, outputs, graph } = this.#programs.get(name) as Program;
      const specs = [...graph.inputs, ...graph.outputs];
      for (const [i, { kind, name: table }] of [...inputs, ...outputs].entries()) {
        if (kind !== 'row') continue;
        // Rows of bytes go to and fro one at a time.
        const rows = specs[i]?.dtype === 'u8' ? 1 : this.capacity;
        tables.push({ program: name, table, data: await session.readRows(name, table, rows) });
      }
    }
    return tables;
  }

  /** Goes on elsewhere, with everything as it was before the act that failed. */
  async #recover(cause: Error): Promise<void> {
    const lost = this.#session;
    this.#tell('lost', lost.device, cause.message.split('\n')[0] ?? '');
    const given = await Promise.all([...this.#given].map(async (name) => [name, await lost.read(name)] as const));
    lost.dispose();
    for (;;) {
      const isSafe = ++this.#losses > 1;
      let session: LosableSession | undefined;
      try {
        session = await (isSafe ? this.#refuges.safe() : this.#refuges.again());
        await this.#restore(session, given);
        if (this.#isDisposed) throw new SaddlepointError('disposed', 'the run was disposed while its device was lost');
        this.#session = session;
        break;
      } catch (error) {
        session?.dispose();
        if (isSafe || this.#isDisposed) throw error;
      }
    }
    const why = this.#losses > 1 ? 'the second time it goes on where nothing can be lost' : 'it was opened again';
    this.#tell('resumed', this.#session.device, why);
  }

  async #restore(session: Session, given: readonly (readonly [string, HostArray])[]): Promise<void> {
    for (const [name, data] of [...given, ...this.#blocks]) session.write(name, data);
    for (const { program, table, data } of this.#tables) session.writeRows(program, table, data);
    for (const { act } of this.#log) await act(session);
  }

  #tell(kind: DeviceEvent['kind'], device: Session['device'], reason: string): void {
    this.#options.onDevice?.({ kind, device, reason });
  }
}
