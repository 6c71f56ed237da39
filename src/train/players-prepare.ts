/** @file Everything before the first step of players: data read, models made, and what the engine's program is built of. */
import { must } from '../core/errors.ts';
import { checkBatchSize } from '../data/batch-size.ts';
import { noScaling } from '../data/scaling.ts';
import { PLAYER, type Player, type PlayersDescription } from '../engine/players.ts';
import type { ModelGroups } from '../engine/step.ts';
import type { Layer } from '../nn/layer.ts';
import { playerLoss } from '../nn/losses/player.ts';
import { isTrainedModel } from './model.ts';
import { callLoss, lossInputs, modelCalls, underName } from './model-calls.ts';
import type { Players } from './players.ts';
import { type PlayersData, type PlayersSource, readPlayersData } from './players-data.ts';
import { type Draft, draftPlayers } from './players-draft.ts';
import type { PlayersLoopOptions } from './players-loop.ts';
import type { ResolvedPlayersOptions } from './players-options.ts';
import { groupsOf, type ModelState } from './state.ts';

/** One player's model. */
export interface PlayerModel {
  /** With paths of its own, as if the model stood alone. */
  readonly state: ModelState;
  /** With paths that begin with the player's name. */
  readonly parameters: ModelState['parameters'];
  readonly groups: ModelGroups;
}

export interface PreparedPlayers {
  readonly description: PlayersDescription;
  /** The description's, for the loop. */
  readonly players: PlayersLoopOptions['players'];
  readonly models: ReadonlyMap<string, PlayerModel>;
  readonly sources: Readonly<Record<string, PlayersSource>>;
  readonly rows: number;
  readonly batchSize: number;
  /** So many that the player that draws the most rows draws each of them about once. */
  readonly stepsPerEpoch: number;
  readonly notes: readonly string[];
}

/** @throws SaddlepointError before anything is trained: for data, and for losses that do not fit the models or the inputs. */
export function preparePlayers(game: Players, data: PlayersData, options: ResolvedPlayersOptions): PreparedPlayers {
  const { sources, rows, notes } = readPlayersData(data);
  const { batchSize, notes: batchNotes } = checkBatchSize(options.batchSize, rows);
  const named = new Map<string, Layer>();
  const bases = new Map<string, ModelState>();
  for (const [name, model] of Object.entries(game.models)) {
    const base = isTrainedModel(model) ? model.state : undefined;
    named.set(name, underName(name, base?.layer ?? (model as Layer)));
    if (base !== undefined) bases.set(name, base);
  }
  const batch = {
    ...Object.fromEntries(
      Object.entries(sources).map(([name, { spec, scaling }]) => [
        name,
        { shape: [batchSize, ...spec.shape.slice(1)], dtype: scaling === undefined ? spec.dtype : ('f32' as const) },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(options.inputs).map(([name, { shape }]) => [
        name,
        { shape: [batchSize, ...shape], dtype: 'f32' as const },
      ]),
    ),
  };
  const draft = draftPlayers(named, bases, game.roles, batch, options.seed);
  const models = modelsOf(game, draft, bases, sources);
  const description: PlayersDescription = {
    players: Object.entries(game.roles).map(
      ([name, { loss, optimizer, repeat, batch: drawn }]): Player => ({
        ...{ name, repeat, batch: drawn, transform: optimizer, groups: must(models.get(name), name).groups },
        loss({ leaves, batch: tensors, key, updates }) {
          const leavesOf = (player: string) => must(leaves.get(player), player);
          const calls = modelCalls({ models: named, key, updates, player: name, leavesOf });
          return callLoss(name, loss, calls, lossInputs(name, tensors));
        },
      }),
    ),
    sources,
    noise: options.inputs,
  };
  return {
    ...{ description, models, sources, rows, batchSize },
    players: Object.entries(game.roles).map(([name, { optimizer, ...role }]) => ({
      ...{ name, transform: optimizer, repeat: role.repeat, batch: role.batch },
    })),
    stepsPerEpoch: Math.ceil(rows / (batchSize * drawsPerStep(game, draft, Object.keys(sources)))),
    notes: [...notes, ...batchNotes],
  };
}

function modelsOf(
  { models }: Players,
  draft: Draft,
  bases: ReadonlyMap<string, ModelState>,
  sources: Readonly<Record<string, PlayersSource>>,
): Map<string, PlayerModel> {
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const { parameters, inputShape, outputShape, takesData } = must(draft.models.get(name), name);
      const own = new Map([...parameters].map(([path, leaf]) => [path.slice(name.length + 1), leaf]));
      const scaling = takesData ? must(sources.x?.scaling, 'the scaling of x') : noScaling;
      const state: ModelState = bases.get(name) ?? {
        ...{
          layer: model as Layer,
          parameters: own,
          inputShape,
          inputScaling: scaling,
          targetScaling: undefined,
          outputShape,
        },
        ...{ classes: undefined, loss: playerLoss(), metrics: [] },
      };
      return [name, { state, parameters, groups: groupsUnder(name, groupsOf({ parameters })) }];
    }),
  );
}

/** A model's groups as blocks of its player. */
const groupsUnder = (name: string, { parameters, rows, state }: ModelGroups): ModelGroups => ({
  parameters: { ...parameters, name: PLAYER.parameters(name) },
  rows,
  state: state && { ...state, name: PLAYER.state(name) },
});

/** Minibatches that a step draws, at most, for one player that looks at them. */
function drawsPerStep({ roles }: Players, { reads }: Draft, names: readonly string[]): number {
  let most = 1;
  let drawn = 1;
  for (const [name, { repeat, batch }] of Object.entries(roles)) {
    if (batch === 'fresh') drawn = repeat;
    if (names.some((source) => reads.get(name)?.has(source))) most = Math.max(most, drawn);
  }
  return most;
}
