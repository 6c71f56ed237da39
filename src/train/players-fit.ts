/** @file `fit` and `train` for players: from models, roles and data to a run. */
import { createProgress, describeEpoch } from '#progress';
import type { Session } from '../backends/backend.ts';
import { deviceRecord, openSession, type Opened as Place } from '../backends/select.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { evaluatedPlayer, PLAYER, playersProgram } from '../engine/players.ts';
import { stopError } from '../engine/stop-error.ts';
import { tapsOf } from '../engine/taps.ts';
import { refusal } from './batch-that-fits.ts';
import { DivergenceError } from './divergence.ts';
import { capacityFor } from './loop.ts';
import { TrainedModel } from './model.ts';
import type { Players } from './players.ts';
import type { PlayersControl } from './players-callback.ts';
import type { PlayersData } from './players-data.ts';
import { PlayersLoop } from './players-loop.ts';
import { type PlayersOptions, type ResolvedPlayersOptions, resolvePlayersOptions } from './players-options.ts';
import { type PreparedPlayers, preparePlayers } from './players-prepare.ts';
import { type PlayersRecord, PlayersRun } from './players-run.ts';
import { callbacksOf, withTricks } from './players-tricks.ts';
import type { Ending } from './run.ts';
import { leavesIn, readBlocks, writeLeaves } from './state.ts';

/** What `train` does for players; see there. */
export async function* trainPlayers<Name extends string>(
  game: Players<Name>,
  data: PlayersData,
  options?: PlayersOptions,
): AsyncGenerator<PlayersRecord<Name>, PlayersRun<Name>, void> {
  const resolved = await resolvePlayersOptions(options);
  if (resolved.signal?.aborted)
    throw new SaddlepointError('aborted', 'fit: the signal was aborted before the run began');
  const changed = withTricks(game as unknown as Players, resolved.tricks);
  const prepared = preparePlayers(changed, data, resolved);
  const opened = await open(prepared, resolved);
  try {
    return yield* epochs<Name>(changed, prepared, resolved, opened);
  } finally {
    opened.session.dispose();
  }
}

interface Opened extends Place {
  readonly program: string;
  /** Delivers what a step tapped, if it taps. */
  readonly deliver: ((program: string, step: number) => Promise<void>) | undefined;
}

async function open(prepared: PreparedPlayers, options: ResolvedPlayersOptions): Promise<Opened> {
  const { description, models, sources, batchSize } = prepared;
  const program = playersProgram(description, batchSize);
  const isTapped = program.taps.length > 0;
  const turns = description.players.reduce((sum, { repeat }) => sum + repeat, 0);
  // Values that are tapped are delivered step by step.
  const optionsOf = (size: number) => ({
    capacity: isTapped ? 1 : capacityFor(size * turns),
    ...options.place,
  });
  const evaluated = description.players.flatMap((player) => evaluatedPlayer(player) ?? []);
  const place = await openSession([program, ...evaluated], optionsOf(batchSize)).catch(async (error) => {
    throw await refusal(error, batchSize, (size) => [[playersProgram(description, size)], optionsOf(size)]);
  });
  const { session } = place;
  for (const { groups, parameters } of models.values()) writeLeaves(session, groups, parameters);
  for (const name of Object.keys(sources)) session.write(name, must(sources[name], name).data);
  const deliver = isTapped ? tapsOf(session, [program], options.onTap) : undefined;
  return { ...place, program: program.name, deliver };
}

async function* epochs<Name extends string>(
  game: Players,
  prepared: PreparedPlayers,
  options: ResolvedPlayersOptions,
  { program, deliver, ...place }: Opened,
): AsyncGenerator<PlayersRecord<Name>, PlayersRun<Name>, void> {
  const { description, stepsPerEpoch } = prepared;
  const { session } = place;
  const names = description.players.map(({ name }) => name);
  const history: PlayersRecord<Name>[] = [];
  const callbacks = callbacksOf(options.tricks, options.callbacks);
  let reason: string | undefined;
  const progress = createProgress({
    ...{ stepsPerEpoch, epochs: options.epochs, metricNames: names, enabled: options.progress },
  });
  const loop = new PlayersLoop({
    ...{ session, program, players: prepared.players, rows: prepared.rows, batchSize: prepared.batchSize },
    ...{ seed: options.seed, shuffle: options.shuffle, signal: options.signal },
    isStopped: () => reason !== undefined,
    onStep: callbacks.some(({ onStep }) => onStep)
      ? async (step, values) => {
          const record = Object.freeze({ step, epoch: history.length + 1, ...values });
          for (const callback of callbacks) await callback.onStep?.(record, control);
        }
      : undefined,
    async onSteps(done, { losses }) {
      await deliver?.(program, loop.step - 1);
      progress.step(done, losses);
    },
  });
  const look =
    callbacks.length === 0 ? undefined : (await import('./players-look.ts')).looker(game, prepared, options, session);
  const control: PlayersControl = {
    get step() {
      return loop.step;
    },
    epochs: options.epochs,
    history,
    stop(why) {
      reason ??= String(why);
    },
    models: ({ averages = true } = {}) => trained(prepared, session, averages),
    look: (f) => must(look, 'a callback')(f as never, loop.step) as never,
  };
  const finish = async (ending: Ending): Promise<PlayersRun<Name>> => {
    const notes = reason === undefined ? prepared.notes : [...prepared.notes, `stopped: ${reason}`];
    const run = new PlayersRun<Name>((await trained(prepared, session)) as PlayersRun<Name>['models'], {
      ...{ history, ending, steps: loop.step, notes, bytes: session.bytes },
      device: deviceRecord(place),
    });
    for (const callback of callbacks) await callback.onEnd?.(run as unknown as PlayersRun);
    return run;
  };
  try {
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      const began = performance.now();
      const result = await loop.epoch(stepsPerEpoch);
      if (result.kind === 'aborted') return finish(reason === undefined ? 'aborted' : 'stopped');
      if (result.kind === 'stopped') {
        const { stop, row } = result;
        if (stop.reason !== 'nonFinite') throw stopError(stop);
        const bad = await session.locate(program, row);
        const [player = ''] = stop.path.split('/');
        const lastLoss = loop.lastLosses[player] ?? Number.NaN;
        throw new DivergenceError({ step: loop.step, epoch, lastLoss, player }, stop, bad, await finish('diverged'));
      }
      const { losses, gradientNorms } = result.means as Pick<PlayersRecord<Name>, 'losses' | 'gradientNorms'>;
      const record = Object.freeze({ epoch, losses, gradientNorms, seconds: (performance.now() - began) / 1000 });
      history.push(record);
      progress.epochEnd(epoch, describeEpoch({ ...losses, epoch, seconds: record.seconds }, options.epochs, names));
      for (const callback of callbacks) await callback.onEpoch?.(record, control);
      yield record;
      if (reason !== undefined) return finish('stopped');
    }
    return finish('completed');
  } finally {
    progress.stop();
  }
}

/** The models as the session has them, each with paths of its own. */
async function trained(
  { models, description }: PreparedPlayers,
  session: Session,
  withAverages = true,
): Promise<Record<string, TrainedModel>> {
  const averaged = new Set<string>();
  for (const { name, transform } of description.players)
    if (withAverages && transform.evaluationParameters !== undefined) {
      await session.run(PLAYER.evaluated(name), 1);
      averaged.add(name);
    }
  const entries = await Promise.all(
    [...models].map(async ([name, { state, parameters, groups: trained }]) => {
      const groups = averaged.has(name)
        ? { ...trained, parameters: { ...trained.parameters, name: PLAYER.evaluated(name) } }
        : trained;
      const leaves = leavesIn(await readBlocks(session, groups), groups, parameters);
      const own = new Map([...leaves].map(([path, leaf]) => [path.slice(name.length + 1), leaf]));
      return [name, new TrainedModel({ ...state, parameters: own })] as const;
    }),
  );
  return Object.fromEntries(entries);
}
