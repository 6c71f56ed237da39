/**
 * @file A session that finds out where its programs run faster: it does the first calls on WebAssembly and on a GPU alike, times
 * them, keeps the faster session and disposes of the other. Whichever is kept has done every step itself.
 */
import type { HostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import type { Program } from '../graph/program.ts';
import type { Awaitable, BadValue, MachineFacts, RunResult, Session } from './backend.ts';

/** Calls that are not counted: a GPU compiles its shaders, WebAssembly its better code. */
const WARM_CALLS = 2;
/** Calls that are; the fastest of each device is compared. */
const TIMED_CALLS = 3;
/** Once one of the two has taken so long in all, what was timed decides. Milliseconds. */
const PATIENCE = 3000;
/** The share of their size by which numbers of the first call may differ: rounding changes far less, and a fault far more. */
const TOLERANCE = 0.1;

type Side = 'safe' | 'gpu';

/** Milliseconds, as a reason shows them. */
const showMilliseconds = (time: number): string => `${Number(time.toPrecision(2))} ms`;

export class TrialSession implements Session {
  readonly capacity: number;
  readonly #sides: Readonly<Record<Side, Session>>;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #now: () => number;
  /** The program that is timed: the first that is run. */
  #timed: string | undefined;
  #calls = 0;
  readonly #best: Record<Side, number> = { safe: Number.POSITIVE_INFINITY, gpu: Number.POSITIVE_INFINITY };
  readonly #spent: Record<Side, number> = { safe: 0, gpu: 0 };
  #kept: Side | undefined;
  #why: string;

  /**
   * @param safe where the numbers come from until there is a choice, and what is kept if the other fails.
   * @param now milliseconds.
   */
  constructor(safe: Session, gpu: Session, programs: readonly Program[], now: () => number = () => performance.now()) {
    this.#sides = { safe, gpu };
    this.#programs = new Map(programs.map((program) => [program.name, program]));
    this.#now = now;
    this.#why = `${gpu.device} was being tried beside it`;
    this.capacity = safe.capacity;
  }

  get device(): Session['device'] {
    return this.#current.device;
  }

  get machine(): MachineFacts {
    const { machine } = this.#current;
    return { ...machine, reason: this.#why + machine.reason };
  }

  get bytes(): number {
    return this.#kept === undefined ? this.#sides.safe.bytes + this.#sides.gpu.bytes : this.#current.bytes;
  }

  get #current(): Session {
    return this.#sides[this.#kept ?? 'safe'];
  }

  write(block: string, data: ArrayLike<number>, offset?: number): void {
    this.#mirror((session) => session.write(block, data, offset));
  }

  read(block: string): Awaitable<HostArray> {
    return this.#current.read(block);
  }

  writeRows(program: string, table: string, data: ArrayLike<number>): void {
    this.#mirror((session) => session.writeRows(program, table, data));
  }

  readRows(program: string, table: string, rows: number): Awaitable<HostArray> {
    return this.#current.readRows(program, table, rows);
  }

  async run(program: string, rows: number): Promise<RunResult> {
    if (this.#kept !== undefined) return this.#current.run(program, rows);
    this.#timed ??= program;
    const isTimed = this.#timed === program;
    const [result, safeTime] = await this.#time('safe', program, rows);
    try {
      const [other, gpuTime] = await this.#time('gpu', program, rows);
      const wrong = this.#calls === 0 ? await this.#difference(program, rows, result, other) : undefined;
      if (wrong !== undefined) this.#keep('safe', `${this.#sides.gpu.device} counts wrong here: ${wrong}`);
      else if (isTimed) this.#record({ safe: safeTime / rows, gpu: gpuTime / rows });
      return this.#kept === 'gpu' ? other : result;
    } catch (error) {
      this.#keep('safe', `${this.#sides.gpu.device} failed: ${firstLine(error)}`);
      return result;
    }
  }

  locate(program: string, row: number): Promise<BadValue | undefined> {
    return this.#current.locate(program, row);
  }

  dispose(): void {
    if (this.#kept !== 'gpu') this.#sides.safe.dispose();
    if (this.#kept !== 'safe') this.#sides.gpu.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Does it to what is kept, or to both; what the GPU cannot take decides against it. */
  #mirror(act: (session: Session) => void): void {
    act(this.#current);
    if (this.#kept !== undefined) return;
    try {
      act(this.#sides.gpu);
    } catch (error) {
      this.#keep('safe', `${this.#sides.gpu.device} failed: ${firstLine(error)}`);
    }
  }

  async #time(side: Side, program: string, rows: number): Promise<[RunResult, number]> {
    const from = this.#now();
    const result = await this.#sides[side].run(program, rows);
    const time = this.#now() - from;
    this.#spent[side] += time;
    return [result, time];
  }

  #record(times: Readonly<Record<Side, number>>): void {
    const isWarm = this.#calls++ >= WARM_CALLS;
    if (!isWarm) return;
    for (const side of ['safe', 'gpu'] as const) this.#best[side] = Math.min(this.#best[side], times[side]);
    if (this.#calls < WARM_CALLS + TIMED_CALLS && Math.max(...Object.values(this.#spent)) < PATIENCE) return;
    const { safe, gpu } = this.#sides;
    const compared = `${gpu.device}: ${showMilliseconds(this.#best.gpu)} a step, ${safe.device}: ${showMilliseconds(this.#best.safe)}`;
    this.#keep(this.#best.gpu < this.#best.safe && gpu.device !== safe.device ? 'gpu' : 'safe', compared);
  }

  #keep(side: Side, why: string): void {
    this.#kept = side;
    this.#why = why;
    this.#sides[side === 'gpu' ? 'safe' : 'gpu'].dispose();
  }

  /** What is wrong with the GPU's first call, beside the other's. */
  async #difference(name: string, rows: number, safe: RunResult, gpu: RunResult): Promise<string | undefined> {
    if (safe.done !== gpu.done) return `it did ${gpu.done} of ${rows} steps, where ${safe.done} can be done`;
    const { outputs, graph } = must(this.#programs.get(name), 'a program');
    for (const [i, binding] of outputs.entries()) {
      if (binding.kind !== 'row' || graph.outputs[i]?.dtype !== 'f32') continue;
      const [expected, given] = await Promise.all(
        [this.#sides.safe, this.#sides.gpu].map((session) => session.readRows(name, binding.name, safe.done)),
      );
      const share = differenceOf(must(expected, 'rows'), must(given, 'rows'));
      if (!(share <= TOLERANCE)) return `its first results differ by ${Number((100 * share).toPrecision(2))} %`;
    }
    return undefined;
  }
}

/** ‖a − b‖ / ‖a‖ over the elements that are finite in `a`. */
function differenceOf(a: HostArray, b: HostArray): number {
  let [difference, size] = [0, 0];
  for (const [i, value] of a.entries()) {
    if (!Number.isFinite(value)) continue;
    difference += (value - (b[i] as number)) ** 2;
    size += value ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
