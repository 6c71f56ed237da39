/**
 * @file The training loop of players: feeds the turns of steps to a session and reads their pulses. A call runs as many steps
 * as fit a slice of time; the result never depends on how many.
 */
import type { Session, Stop } from '../backends/backend.ts';
import { streamOf } from '../core/philox.ts';
import { PLAYER, type Player } from '../engine/players.ts';
import type { Transform } from '../optim/transform.ts';
import { RowStream } from './row-stream.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

export interface PlayersLoopOptions {
  readonly session: Session;
  readonly program: string;
  readonly players: readonly (Pick<Player, 'name' | 'repeat' | 'batch'> & { readonly transform: Transform })[];
  readonly rows: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly signal: AbortSignal | undefined;
  /** Called after each call into the device: steps done in this epoch, what each player showed in them on average. */
  onSteps(done: number, means: PlayersMeans): void | Promise<void>;
  /** Told of each step, if it is given. */
  readonly onStep: ((step: number, values: PlayersMeans) => void | Promise<void>) | undefined;
  /** Whether to end now. */
  isStopped(): boolean;
}

/** By player. */
export interface PlayersMeans {
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorms: Readonly<Record<string, number>>;
}

export type PlayersEpoch =
  | { readonly kind: 'done' | 'aborted'; readonly means: PlayersMeans }
  | { readonly kind: 'stopped'; readonly stop: Stop; readonly row: number };

/** State that goes on from epoch to epoch. */
export class PlayersLoop {
  /** Steps taken since the run began. */
  step = 0;
  /** By player, of the last step; empty before the first. */
  lastLosses: Readonly<Record<string, number>> = {};
  readonly #options: PlayersLoopOptions;
  readonly #streams: ReadonlyMap<string, RowStream>;
  #since = performance.now();
  #stepMs = Number.POSITIVE_INFINITY;

  constructor(options: PlayersLoopOptions) {
    this.#options = options;
    this.#streams = new Map(
      options.players.map(({ name }) => [name, new RowStream({ ...options, stream: streamOf(`shuffle/${name}`) })]),
    );
  }

  /** So many steps. */
  async epoch(steps: number): Promise<PlayersEpoch> {
    const { session, program, players, signal, onSteps } = this.#options;
    const sums = players.flatMap(() => [0, 0]);
    let done = 0;
    const means = () => this.#means(sums.map((sum) => sum / done));
    while (done < steps) {
      if (signal?.aborted || this.#options.isStopped()) return { kind: 'aborted', means: means() };
      const count = Math.min(steps - done, session.capacity, Math.max(1, Math.floor(SLICE_MS / 2 / this.#stepMs)));
      const began = performance.now();
      players.reduce((turn, player) => this.#write(player, count, turn), 0);
      const { done: ran, stop } = await session.run(program, count);
      await this.#read(ran, sums);
      if (stop !== undefined) return { kind: 'stopped', stop, row: ran };
      done += count;
      const now = performance.now();
      this.#stepMs = (now - began) / count;
      await onSteps(done, means());
      if (now - this.#since > SLICE_MS) {
        await nextTurn();
        this.#since = performance.now();
      }
    }
    return { kind: 'done', means: means() };
  }

  /** The tables of one player for so many steps; `turn` counts the turns of a step before its own. Returns those after. */
  #write(player: PlayersLoopOptions['players'][number], steps: number, turn: number): number {
    const { session, program, seed, batchSize } = this.#options;
    const { name, repeat, batch, transform } = player;
    const turns = steps * repeat;
    const first = this.step * repeat;
    const width = Math.max(1, transform.scalarCount);
    const scalars = new Float32Array(turns * width);
    const keys = new Int32Array(turns * 3);
    for (let i = 0; i < turns; i++) {
      scalars.set(transform.scalars(first + i), i * width);
      keys.set([seed, this.step + Math.floor(i / repeat), turn + (i % repeat)], i * 3);
    }
    session.writeRows(program, PLAYER.scalars(name), scalars);
    session.writeRows(program, PLAYER.key(name), keys);
    if (batch === 'fresh') {
      const indices = new Int32Array(turns * batchSize);
      this.#streams.get(name)?.read(first * batchSize, indices);
      session.writeRows(program, PLAYER.indices(name), indices);
    }
    return turn + repeat;
  }

  async #read(done: number, sums: number[]): Promise<void> {
    const { session, program, players } = this.#options;
    if (done === 0) return;
    // A loss and the norm of a gradient for each player.
    const width = 2 * players.length;
    const pulses = await session.readRows(program, 'pulse', done);
    for (let at = 0; at < done * width; at++) sums[at % width] = (sums[at % width] as number) + (pulses[at] as number);
    const valuesOf = (row: number) => this.#means(Array.from(pulses.subarray(row * width, (row + 1) * width)));
    this.lastLosses = valuesOf(done - 1).losses;
    const first = this.step;
    this.step += done;
    if (this.#options.onStep === undefined) return;
    for (let row = 0; row < done; row++) await this.#options.onStep(first + row, valuesOf(row));
  }

  /** Of a loss and a norm for each player. */
  #means(values: readonly number[]): PlayersMeans {
    const named = (offset: number) =>
      Object.freeze(
        Object.fromEntries(this.#options.players.map(({ name }, i) => [name, values[2 * i + offset] as number])),
      );
    return { losses: named(0), gradientNorms: named(1) };
  }
}
