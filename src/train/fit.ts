/** @file `fit` and `train`: from a model and data to a run. */
import { createProgress, describeEpoch } from '#progress';
import { selectBackend } from '../backends/select.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { renewalOf } from '../engine/renewal.ts';
import { BLOCKS, trainingProgram } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Layer } from '../nn/layer.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import { type EpochRecord, type Measures, named } from './history.ts';
import { capacityFor, TrainingLoop } from './loop.ts';
import type { TrainedModel } from './model.ts';
import { type Data, type FitOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import type { Players } from './players.ts';
import type { PlayersData } from './players-data.ts';
import type { PlayersOptions } from './players-options.ts';
import type { PlayersRecord, PlayersRun } from './players-run.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type Ending, Run } from './run.ts';
import { groupsOf, leavesIn, readBlocks, writeLeaves } from './state.ts';

/** Rows that a step of validation looks at. */
const VALIDATION_BATCH = 256;

/**
 * Trains a model.
 *
 * The input size is inferred; weights start by the layers' initializers; bytes are divided by 255, f32 columns and regression
 * targets are standardized; rows are shuffled each epoch and split in strata; the last partial batch counts; with validation
 * the weights of the best epoch are kept, however the run ends; a bar is shown where there is a terminal.
 *
 * @param model a layer, such as `sequential([...])`, or a trained model to go on from.
 * @param data x: rows; y: a target for each row. See `Data`.
 * @param options see `FitOptions`; only `loss` is needed.
 * @returns the run: it predicts, evaluates, saves, and holds the history.
 * @throws SaddlepointError before training for data or options that cannot be used; `DivergenceError` (code `divergence`)
 *   when loss or gradient become NaN or infinite, with step, op, likely cause and the last good parameters.
 * @example
 * const run = await fit(model, { x: images, y: labels }, { loss: crossEntropy(), metrics: [accuracy()], epochs: 5 });
 */
export async function fit<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions<Name>,
): Promise<Run<Name>>;
/**
 * Trains several players, each by its own loss; see `players`.
 *
 * @param game what `players` returned.
 * @param data x: rows; y: a class or values for each row, if the losses want them. Bytes are divided by 255; nothing is
 *   standardized, so that what players make is in the units of the data.
 * @param options see `PlayersOptions`.
 * @returns the run: `run.models` has a trained model for each player, the history a loss.
 * @throws SaddlepointError before training for data, options and losses that cannot be used; `DivergenceError` with the player
 *   in whose turn loss or gradient became NaN or infinite.
 * @example const run = await fit(gan, { x }, { inputs: { z: normal([100]) }, epochs: 20 });
 */
export async function fit<Name extends string>(
  game: Players<Name>,
  data: PlayersData,
  options?: PlayersOptions,
): Promise<PlayersRun<Name>>;
export async function fit(
  model: Layer | TrainedModel | Players,
  data: Data | PlayersData,
  options?: FitOptions | PlayersOptions,
): Promise<Run | PlayersRun> {
  const epochs = train(model as Layer, data as Data, options as FitOptions);
  for (;;) {
    const next = await epochs.next();
    if (next.done) return next.value;
  }
}

/**
 * As `fit`, an epoch at a time: yields each epoch's record, and returns the run. Leaving the loop early frees the run.
 * @example for await (const epoch of train(model, data, options)) draw(epoch);
 */
export function train<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void>;
/**
 * As `fit` of players, an epoch at a time.
 * @example for await (const { losses } of train(gan, { x }, { inputs: { z: normal([100]) } })) draw(losses);
 */
export function train<Name extends string>(
  game: Players<Name>,
  data: PlayersData,
  options?: PlayersOptions,
): AsyncGenerator<PlayersRecord<Name>, PlayersRun<Name>, void>;
export function train(
  model: Layer | TrainedModel | Players,
  data: Data | PlayersData,
  options?: FitOptions | PlayersOptions,
): AsyncGenerator<EpochRecord | PlayersRecord, Run | PlayersRun, void> {
  const play = ((model as Partial<Players> | undefined)?.play ?? trainModel) as typeof trainModel;
  return play(model as Layer, data as Data, options as FitOptions);
}

async function* trainModel<Name extends string>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions<Name>,
): AsyncGenerator<EpochRecord<Name>, Run<Name>, void> {
  const resolved = await resolveOptions(options);
  if (resolved.signal?.aborted)
    throw new SaddlepointError('aborted', 'fit: the signal was aborted before the run began');
  const prepared = await prepare(model, data, resolved);
  const training = await openTraining(prepared, resolved);
  try {
    return yield* training.epochs();
  } finally {
    training.close();
  }
}

async function openTraining<Name extends string>(
  prepared: Prepared,
  options: ResolvedOptions<Name>,
): Promise<Training<Name>> {
  const { state, source, targets, trainRows, validationRows, batchSize } = prepared;
  const groups = groupsOf(state);
  const description = describeStep({ ...state, groups, source, targets: targetSpec(targets, source.rows) });
  const renewal = await renewalOf(groups);
  const programsOf = (size: number) => {
    const rest = trainRows.length % size;
    return [size, ...(rest === 0 ? [] : [rest])].map((rows) =>
      trainingProgram(description, options.optimizer, rows, renewal),
    );
  };
  const programs = programsOf(batchSize);
  const validation =
    validationRows === undefined
      ? undefined
      : evaluateRows(description, validationRows, Math.min(VALIDATION_BATCH, validationRows.length));
  const { backend, reason } = selectBackend(options.device);
  const isTapped = (programs[0]?.taps.length ?? 0) > 0;
  const held = validation?.programs ?? [];
  // Values that are tapped are delivered step by step.
  const optionsOf = (size: number) => ({
    capacity: isTapped ? 1 : capacityFor(size),
    threads: options.threads,
    deterministic: options.deterministic,
    memoryLimit: options.memoryLimit,
  });
  const session = await backend.open([...programs, ...held], optionsOf(batchSize)).catch(async (error) => {
    const { refusal } = await import('./batch-that-fits.ts');
    throw await refusal(error, batchSize, (size) => [[...programsOf(size), ...held], optionsOf(size)]);
  });
  writeLeaves(session, groups, state.parameters);
  session.write(BLOCKS.source, source.data);
  session.write(BLOCKS.target, targets.data);
  const deliver = isTapped ? (await import('../engine/taps.ts')).tapsOf(session, programs, options.onTap) : undefined;
  return new Training(prepared, options, { session, groups, reason, validation, deliver });
}

interface Opened {
  readonly session: Awaited<ReturnType<ReturnType<typeof selectBackend>['backend']['open']>>;
  readonly groups: ReturnType<typeof groupsOf>;
  readonly reason: string;
  readonly validation: ReturnType<typeof evaluateRows> | undefined;
  readonly deliver: ((program: string, step: number) => void) | undefined;
}

/** A run under way. */
class Training<Name extends string> {
  readonly #prepared: Prepared;
  readonly #options: ResolvedOptions<Name>;
  readonly #opened: Opened;
  readonly #progress: ReturnType<typeof createProgress>;
  readonly #history: EpochRecord<Name>[] = [];
  /** The best weights so far, by validation loss. */
  #best: { readonly loss: number; readonly epoch: number; readonly blocks: ReturnType<typeof readBlocks> } | undefined;

  constructor(prepared: Prepared, options: ResolvedOptions<Name>, opened: Opened) {
    this.#prepared = prepared;
    this.#options = options;
    this.#opened = opened;
    this.#progress = createProgress({
      stepsPerEpoch: Math.ceil(prepared.trainRows.length / prepared.batchSize),
      examplesPerEpoch: prepared.trainRows.length,
      epochs: options.epochs,
      metricNames: options.metrics.map(({ name }) => name),
      enabled: options.progress,
    });
  }

  async *epochs(): AsyncGenerator<EpochRecord<Name>, Run<Name>, void> {
    const { metrics, epochs, signal, seed, shuffle, optimizer } = this.#options;
    const { session, validation, deliver } = this.#opened;
    const loop = new TrainingLoop({
      ...{ session, seed, shuffle, signal, transform: optimizer, metrics: metrics.length },
      rows: this.#prepared.trainRows,
      batchSize: this.#prepared.batchSize,
      onSteps: (done, means, program) => {
        deliver?.(program, loop.step - 1);
        this.#progress.step(done, named(means, metrics));
      },
    });
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const began = performance.now();
      const result = await loop.epoch(epoch - 1);
      if (result.kind === 'aborted') return this.#finish('aborted', loop.step);
      if (result.kind === 'stopped') {
        if (result.stop.reason !== 'nonFinite') throw stopError(result.stop);
        const bad = await session.locate(result.program, result.row);
        // Most runs never need it.
        const { DivergenceError } = await import('./divergence.ts');
        const at = { step: loop.step, epoch, lastLoss: loop.lastLoss };
        throw new DivergenceError(at, result.stop, bad, this.#finish('diverged', loop.step));
      }
      const measured = validation === undefined ? undefined : named(await validation.run(session), metrics);
      if (measured !== undefined) this.#keepBest(must(measured.loss, 'a loss'), epoch);
      const record = this.#record(
        epoch,
        result.means,
        measured as Measures<Name> | undefined,
        (performance.now() - began) / 1000,
      );
      yield record;
    }
    return this.#finish('completed', loop.step);
  }

  close(): void {
    this.#progress.stop();
    this.#opened.session.dispose();
  }

  #keepBest(loss: number, epoch: number): void {
    // A loss that is NaN is worse than any other, also as the first.
    if (this.#best === undefined || loss < this.#best.loss || Number.isNaN(this.#best.loss))
      this.#best = { loss, epoch, blocks: readBlocks(this.#opened.session, this.#opened.groups) };
  }

  #record(
    epoch: number,
    means: readonly number[],
    validation: Measures<Name> | undefined,
    seconds: number,
  ): EpochRecord<Name> {
    const { metrics, epochs } = this.#options;
    const held = validation === undefined ? {} : { validation: Object.freeze(validation) };
    const record = Object.freeze({ epoch, ...named(means, metrics), ...held, seconds }) as unknown as EpochRecord<Name>;
    this.#history.push(record);
    const names = metrics.map(({ name }) => name);
    this.#progress.epochEnd(epoch, describeEpoch(record, epochs, names));
    return record;
  }

  #finish(ending: Ending, steps: number): Run<Name> {
    const { session, groups, reason } = this.#opened;
    const blocks = this.#best?.blocks ?? readBlocks(session, groups);
    const { parameters } = this.#prepared.state;
    const state = { ...this.#prepared.state, parameters: leavesIn(blocks, groups, parameters) };
    const { source, targets, batchSize } = this.#prepared;
    const { dtype, shape } = targetSpec(targets, 1);
    const recipe = {
      optimizer: this.#options.optimizer,
      batchSize,
      inputType: source.dtype,
      target: { dtype, shape: shape.slice(1) },
    };
    return new Run<Name>(
      state,
      {
        history: this.#history,
        bestEpoch: this.#best?.epoch ?? this.#history.length,
        ending,
        steps,
        device: { ...session.machine, name: session.device, reason: reason + session.machine.reason },
        notes: this.#prepared.notes,
        bytes: session.bytes,
      },
      recipe,
    );
  }
}
