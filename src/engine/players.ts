/**
 * @file The training step of several players: each has parameters and an optimizer of its own, and takes one or more turns a
 * step, one player after the other. Several turns are a loop within the step.
 */
import { must, SaddlepointError } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import type { Shape } from '../core/shape.ts';
import type { Spec } from '../graph/node.ts';
import { type Group, type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { Trace } from '../graph/trace.ts';
import { gather, gatherRows } from '../ops/indexing.ts';
import { scan } from '../ops/loops.ts';
import { reshape, slice } from '../ops/movement.ts';
import { normalWithKey, uniformWithKey } from '../ops/random.ts';
import { mean } from '../ops/reduce.ts';
import { type OpenGroup, openGroup, renew, renewStates, type StepTransform } from './renew.ts';
import { blockSpec, listOf, type ModelGroups, pulse, type StepScaling } from './step.ts';

/** What a player's loss is computed from. */
export interface PlayerInputs {
  /** Of every player, by its name: the leaves by path. */
  readonly leaves: ReadonlyMap<string, ReadonlyMap<string, Tensor>>;
  /** The minibatch: rows of the sources, and noise. */
  readonly batch: Readonly<Record<string, Tensor>>;
  /** i32 [seed, step, turn]; turns count through all players. */
  readonly key: Tensor;
  /** Gets the new values of this player's states. */
  readonly updates: Map<string, Tensor>;
}

export interface Player {
  readonly name: string;
  /** Groups are blocks of the session, so their names differ from player to player: see `playerGroup`. */
  readonly groups: ModelGroups;
  readonly transform: StepTransform;
  /** Turns a step, 1 or more. */
  readonly repeat: number;
  /** Whether each turn draws rows of its own, or goes on with the last that were drawn. */
  readonly batch: 'fresh' | 'same';
  /** A scalar. */
  loss(inputs: PlayerInputs): Tensor;
}

export interface PlayersDescription {
  readonly players: readonly Player[];
  /** Data sets of equally many rows, by the name of the block and of the input; without scaling they keep their type. */
  readonly sources: Readonly<Record<string, { readonly spec: Spec; readonly scaling: StepScaling | undefined }>>;
  /** Inputs that are drawn anew for every row: their shape without the rows. */
  readonly noise: Readonly<Record<string, { readonly shape: Shape; readonly distribution: 'normal' | 'uniform' }>>;
}

/** Names of blocks and tables that belong to one player. */
export const PLAYER = {
  parameters: (player: string): string => `parameters ${player}`,
  state: (player: string): string => `state ${player}`,
  slot: (player: string, slot: string): string => `slot ${player} ${slot}`,
  indices: (player: string): string => `indices ${player}`,
  scalars: (player: string): string => `scalars ${player}`,
  /** What evaluation reads in place of the parameters, where an optimizer keeps others. */
  evaluated: (player: string): string => `evaluated ${player}`,
  key: (player: string): string => `key ${player}`,
} as const;

/** What a turn changes. */
interface Carry {
  readonly [key: string]: Tensor | { readonly [slot: string]: Tensor };
  readonly parameters: Tensor;
  readonly slots: { readonly [slot: string]: Tensor };
  readonly states: { readonly [block: string]: Tensor };
}

/** What differs from turn to turn: `key`, `scalars`, and where rows are drawn `indices`. */
type Turn = Readonly<Record<string, Tensor>>;

/**
 * One step of all players on minibatches of `rows` rows. Reads for each player rows `indices` i32 [repeat, rows] (fresh
 * batches), `key` i32 [repeat, 3] and `scalars` f32 [repeat, …]; writes `pulse`: for each player the mean of its losses and the
 * norm of its last gradient. If one is not finite, the step stops before anything is committed.
 */
export function playersProgram(description: PlayersDescription, rows: number): Program {
  const builder = new ProgramBuilder();
  const sources = Object.entries(description.sources).map(
    ([name, { spec, scaling }]) => [name, builder.block(name, spec), scaling] as const,
  );
  const batchAt = (indices: Tensor, key: Tensor): Record<string, Tensor> => ({
    ...Object.fromEntries(
      sources.map(([name, block, scaling]) => [
        name,
        scaling === undefined
          ? gather(block, indices)
          : gatherRows(block, indices, scalar(scaling.shift), scalar(scaling.scale)),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(description.noise).map(([name, { shape, distribution }]) => {
        const draw = distribution === 'normal' ? normalWithKey : uniformWithKey;
        return [name, draw(key, [rows, ...shape], streamOf(`inputs/${name}`))];
      }),
    ),
  });

  const held = new Map(description.players.map((player) => [player.name, openPlayer(builder, player)] as const));
  const signs: Tensor[] = [];
  let lastIndices: Tensor | undefined;
  for (const player of description.players) {
    const { name, repeat, transform } = player;
    const scalars = builder.row(PLAYER.scalars(name), {
      shape: [repeat, Math.max(1, transform.scalarCount)],
      dtype: 'f32',
    });
    const keys = builder.row(PLAYER.key(name), { shape: [repeat, 3], dtype: 'i32' });
    const drawn =
      player.batch === 'fresh' ? builder.row(PLAYER.indices(name), { shape: [repeat, rows], dtype: 'i32' }) : undefined;
    const same = drawn === undefined ? sameRows(name, lastIndices) : undefined;
    const turn = (carry: Carry, x: Turn, trace: Trace) => {
      const key = must(x.key, 'a key');
      // A step that stops says by the path whose turn it was.
      return trace.within(name, () => {
        const batch = batchAt(same ?? must(x.indices, 'indices'), key);
        return takeTurn(trace, player, held, carry, batch, key, must(x.scalars, 'scalars'));
      });
    };

    const before = must(held.get(name), 'a player');
    const turns: Turn = { key: keys, scalars, ...(drawn === undefined ? {} : { indices: drawn }) };
    let carry: Carry;
    let losses: Tensor;
    let norms: Tensor;
    if (repeat === 1) {
      const only = Object.fromEntries(Object.entries(turns).map(([key, x]) => [key, rowOf(x, 0)]));
      [carry, [losses, norms]] = turn(before.carry, only, builder.trace);
    } else {
      const [last, results] = scan(
        (c: Carry, x: Turn) => turn(c, x, must(c.parameters.traced, 'a traced carry').trace),
        before.carry,
        turns,
      );
      carry = last as Carry;
      losses = mean(results[0] as Tensor);
      norms = reshape(rowOf(results[1] as Tensor, repeat - 1), []);
    }
    held.set(name, { ...before, carry });
    signs.push(losses, norms);
    if (drawn !== undefined) lastIndices = rowOf(drawn, repeat - 1);
  }

  builder.emit('pulse', pulse(signs));
  for (const { name, groups } of description.players) {
    const { carry } = must(held.get(name), 'a player');
    builder.commit(groups.parameters.name, carry.parameters);
    for (const [slot, value] of Object.entries(carry.slots)) builder.commit(PLAYER.slot(name, slot), value);
    for (const [block, value] of Object.entries(carry.states)) builder.commit(block, value);
  }
  return builder.finish(
    `players ${rows}`,
    description.players.flatMap(({ groups }) => listOf(groups)),
    builder.trace.taps,
  );
}

/** Renews the block that evaluation reads, from parameters and slots as they are; undefined where it reads the parameters. */
export function evaluatedPlayer({ name, groups, transform }: Player): Program | undefined {
  if (transform.evaluationParameters === undefined) return undefined;
  const { parameters } = groups;
  const builder = new ProgramBuilder();
  const spec = blockSpec(parameters);
  const slots = Object.fromEntries(
    transform.slots.map((slot) => [slot, builder.block(PLAYER.slot(name, slot), spec)] as const),
  );
  const block = builder.block(parameters.name, spec);
  builder.block(PLAYER.evaluated(name), spec);
  builder.commit(
    PLAYER.evaluated(name),
    transform.evaluationParameters({ parameters: block, slots, segments: parameters.segments }),
  );
  return builder.finish(PLAYER.evaluated(name));
}

interface Held {
  readonly player: Player;
  readonly carry: Carry;
}

function openPlayer(builder: ProgramBuilder, player: Player): Held {
  const { groups, name, transform } = player;
  const { parameters, rows, state } = groups;
  if (rows.length > 0) {
    throw new SaddlepointError(
      'option',
      `players.${name}: has row tables (${rows.map(({ segments }) => segments[0]?.path).join(', ')}), which steps of several players cannot train`,
      'make them ordinary parameters: embedding(…, { rows: false })',
    );
  }
  const open = (group: Group): Tensor => builder.block(group.name, blockSpec(group));
  const slots = transform.slots.map(
    (slot) => [slot, builder.block(PLAYER.slot(name, slot), blockSpec(parameters))] as const,
  );
  return {
    player,
    carry: {
      parameters: open(parameters),
      slots: Object.fromEntries(slots),
      states: state === undefined ? {} : { [state.name]: open(state) },
    },
  };
}

function openCarry({ groups }: Player, carry: Carry): { parameters: OpenGroup; states: OpenGroup | undefined } {
  const { parameters, state } = groups;
  return {
    parameters: openGroup(carry.parameters, parameters),
    states: state === undefined ? undefined : openGroup(must(carry.states[state.name], 'a state'), state),
  };
}

/** One turn: the loss with everybody's leaves, the player's own step, and its states. */
function takeTurn(
  trace: Trace,
  player: Player,
  held: ReadonlyMap<string, Held>,
  carry: Carry,
  batch: Record<string, Tensor>,
  key: Tensor,
  scalars: Tensor,
): [Carry, [Tensor, Tensor]] {
  const own = openCarry(player, carry);
  const leaves = new Map<string, ReadonlyMap<string, Tensor>>();
  for (const [name, other] of held) {
    const { parameters, states } = name === player.name ? own : openCarry(other.player, other.carry);
    leaves.set(name, new Map([...parameters.leaves, ...(states?.leaves ?? [])]));
  }
  const updates = new Map<string, Tensor>();
  const loss = player.loss({ leaves, batch, key, updates });
  if (loss.shape.length > 0) {
    throw new SaddlepointError(
      'shape',
      `players.${player.name}.loss: expected a scalar, got shape [${loss.shape}]`,
      'reduce it with mean',
    );
  }
  const { transform } = player;
  const renewed = renew(trace, loss, own.parameters, { transform, slots: carry.slots, scalars });
  const states = own.states === undefined ? {} : { [own.states.group.name]: renewStates(own.states, updates) };
  return [{ parameters: renewed.parameters, slots: renewed.slots, states }, [loss, renewed.gradientNorm]];
}

function sameRows(name: string, last: Tensor | undefined): Tensor {
  if (last !== undefined) return last;
  throw new SaddlepointError(
    'option',
    `players.${name}.batch: 'same' asks for the rows of the player before it, and it is the first`,
    "the first player draws: batch: 'fresh'",
  );
}

const scalar = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);

/** Row i of a table. */
function rowOf(x: Tensor, i: number): Tensor {
  const [, ...rest] = x.shape;
  return reshape(slice(x, [i, ...rest.map(() => 0)], [1, ...rest]), rest);
}
