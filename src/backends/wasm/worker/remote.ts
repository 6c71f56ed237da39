/** @file A session whose memory and machine are in a worker: calls go there as messages, and what they answer comes back later. */
import { ARRAYS, type DType, type HostArray } from '../../../core/dtype.ts';
import { must, SaddlepointError } from '../../../core/errors.ts';
import type { BadValue, DirectSession, MachineFacts, RunResult, Session, SessionProfile } from '../../backend.ts';
import { panelOrder } from '../block-order.ts';
import type { SessionImage } from '../image.ts';
import { type Compile, compileBuild, type Machine, type MachineExports } from '../machine.ts';
import { type StartOptions, sessionOver } from '../session.ts';
import { openWorker, type WorkerPlace, type WorkerPort } from './port.ts';
import {
  errorFrom,
  type FromWorker,
  type Method,
  type OpenedSession,
  type Opening,
  plainError,
  type ToWorker,
} from './protocol.ts';

/** Starts a worker and opens a session there; `compile` runs here, since the builds come with the library. */
export async function startRemote(
  image: SessionImage,
  { capacity = 1, threads, deterministic, compile = compileBuild }: StartOptions,
  place: WorkerPlace = {},
): Promise<Session> {
  const calls = new Calls(await openWorker(place), compile);
  try {
    const opened = await calls.open({ image, capacity, threads, deterministic, script: calls.script });
    return new RemoteSession(image, capacity, calls, opened as OpenedSession);
  } catch (error) {
    calls.end();
    throw error;
  }
}

/** Milliseconds after which a worker that should leave is ended. */
const LEAVE_MS = 2000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls into a worker that wait for their answers. */
class Calls {
  readonly #port: WorkerPort;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: SaddlepointError | undefined;

  constructor(port: WorkerPort, compile: Compile) {
    this.#port = port;
    port.onMessage = (message) => this.#hear(message as FromWorker, compile);
    port.onEnd = (cause) => this.#fail(cause);
  }

  get script(): WorkerPort['script'] {
    return this.#port.script;
  }

  open(opening: Opening): Promise<unknown> {
    return this.#ask((id) => ({ open: opening, id }));
  }

  call(method: Method, ...given: readonly unknown[]): Promise<unknown> {
    return this.#ask((id) => ({ method, with: given, id }));
  }

  /** A call that answers nothing; if it fails, the next one that does is told. */
  tell(method: Method, given: readonly unknown[], transfer: readonly ArrayBuffer[]): void {
    this.#check();
    this.#post({ method, with: given, id: undefined }, transfer);
  }

  end(): void {
    const port = this.#port;
    port.onEnd = () => undefined;
    if (this.#waiting.size > 0 || this.#ended !== undefined) port.end();
    else {
      // By itself it leaves at once, and its threads with it; one that is ended from here may take seconds to give up its memory.
      this.#post({ leave: true });
      const timer: { unref?(): void } | number = setTimeout(() => port.end(), LEAVE_MS);
      if (typeof timer === 'object') timer.unref?.();
    }
    this.#ended ??= new SaddlepointError(
      'disposed',
      'the run was disposed; its memory is gone',
      'load the saved model, or fit again',
    );
    this.#rejectAll(this.#ended);
  }

  #ask(message: (id: number) => ToWorker): Promise<unknown> {
    this.#check();
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      // A process that waits for an answer must not end before.
      this.#port.hold(true);
      this.#post(message(id));
    });
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.post(message, transfer);
  }

  #check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #hear(message: FromWorker, compile: Compile): void {
    if ('wanted' in message) {
      const { wanted: build } = message;
      compile(build).then(
        (module) => this.#post({ build, module }),
        (error) => this.#post({ build, refused: plainError(error) }),
      );
      return;
    }
    const waiting = must(this.#waiting.get(message.id), `call ${message.id}`);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#port.hold(false);
    if ('error' in message) waiting.reject(errorFrom(message.error));
    else waiting.resolve(message.value);
  }

  #fail(cause: unknown): void {
    this.#ended ??= new SaddlepointError(
      'internal',
      `the worker of the run has ended: ${cause instanceof Error ? cause.message : String(cause)}`,
      'the run cannot go on; train again, from a checkpoint if there is one',
      { cause },
    );
    this.#port.end();
    this.#rejectAll(this.#ended);
  }

  #rejectAll(error: SaddlepointError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** A copy in the type that the memory has, to be handed over. */
const copyAs = (dtype: DType, data: ArrayLike<number>): HostArray & ArrayBufferView<ArrayBuffer> =>
  new ARRAYS[dtype](data);

/** Nobody may dispose of a session that was left: its worker then ends with it. */
const forgotten = new FinalizationRegistry<Calls>((calls) => calls.end());

class RemoteSession implements Session {
  readonly device = 'wasm';
  readonly machine: MachineFacts;
  readonly bytes: number;
  readonly capacity: number;
  readonly #image: SessionImage;
  readonly #calls: Calls;
  /** Where the memory is shared, its blocks and tables are read and written from here; only calls go to the worker. */
  readonly #here: DirectSession | undefined;

  constructor(image: SessionImage, capacity: number, calls: Calls, { facts, bytes, memory, panels }: OpenedSession) {
    this.#image = image;
    this.#calls = calls;
    this.machine = facts;
    this.bytes = bytes;
    this.capacity = capacity;
    // Its exports are the worker's: this one never runs anything.
    const machine = memory && ({ memory, exports: {} as MachineExports } satisfies Machine);
    this.#here = machine && sessionOver(image, capacity, { machine, facts, order: panelOrder(panels) });
    forgotten.register(this, calls, this);
  }

  write(block: string, data: ArrayLike<number>, offset = 0): void {
    this.#here?.write(block, data, offset);
    if (this.#here !== undefined) return;
    const copy = copyAs(must(this.#image.blocks.get(block), `block ${block}`).spec.dtype, data);
    this.#calls.tell('write', [block, copy, offset], [copy.buffer]);
  }

  async read(block: string): Promise<HostArray> {
    return this.#here?.read(block) ?? ((await this.#calls.call('read', block)) as HostArray);
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    this.#here?.writeRows(program, table, data);
    if (this.#here !== undefined) return;
    const { spec } = must(this.#image.programs.get(program)?.tables.get(table), `table ${table} of ${program}`);
    const copy = copyAs(spec.dtype, data);
    this.#calls.tell('writeRows', [program, table, copy], [copy.buffer]);
  }

  async readRows(program: string, table: string, rows: number): Promise<HostArray> {
    const here = this.#here?.readRows(program, table, rows);
    return here ?? ((await this.#calls.call('readRows', program, table, rows)) as HostArray);
  }

  async run(program: string, rows: number): Promise<RunResult> {
    return (await this.#calls.call('run', program, rows)) as RunResult;
  }

  async locate(program: string, row: number): Promise<BadValue | undefined> {
    return (await this.#calls.call('locate', program, row)) as BadValue | undefined;
  }

  async profile(program: string, milliseconds: number): Promise<SessionProfile> {
    return (await this.#calls.call('profile', program, milliseconds)) as SessionProfile;
  }

  dispose(): void {
    forgotten.unregister(this);
    this.#here?.dispose();
    this.#calls.end();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
