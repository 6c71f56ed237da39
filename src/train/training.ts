/** @file A run under way: its session, its epochs, its best weights. What most runs do not ask for reaches it as hooks. */
import { createProgress, describeEpoch } from '#progress';
import { deviceRecord, openSession, type Opened as Place } from '../backends/select.ts';
import type { HostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import type { Evaluated } from '../engine/evaluated.ts';
import { renewalOf } from '../engine/renewal.ts';
import { BLOCKS, type ModelGroups, trainingProgram } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Program } from '../graph/program.ts';
import type { Transform } from '../optim/transform.ts';
import type { Checkpoint } from './checkpoint.ts';
import { describeStep, targetSpec, type Weighing } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import type { EpochRecord, Measures } from './history.ts';
import { capacityFor, TrainingLoop } from './loop.ts';
import type { ResolvedOptions } from './options.ts';
import type { Prepared } from './prepare.ts';
import { type Ending, Run } from './run.ts';
import { groupsOf, leavesIn, readBlocks, writeLeaves } from './state.ts';
import { nextTurn } from './yield.ts';

/** Rows that a step of validation looks at. */
const VALIDATION_BATCH = 256;
/** Elements of rows that are written in one turn of the event loop: memory that is new costs some 6 ms a megabyte in virtual machines. */
const WRITE_ELEMENTS = 2 ** 19;

/** What a run may have besides; see extension.ts. */
export interface Hooks {
  /** Which leaves stay as they are. */
  isFrozen?(path: string): boolean;
  readonly weighing?: Weighing | undefined;
  /** Makes the description of a step in place of `describeStep`. */
  readonly describe?: typeof describeStep;
  /** What is minimized, where it is not the mean loss as it is. */
  readonly method?: Parameters<typeof trainingProgram>[4];
  /** The optimizer as the step has it, if that is not the run's own. */
  readonly optimizer?: Transform;
  /** What a step's pulse has behind all else, by name; filled while programs are traced. */
  readonly readings?: readonly string[];
  /** Where evaluation reads other parameters than those that are trained. */
  evaluated?(groups: ModelGroups): Evaluated | undefined;
  /** How many rows of an epoch's order are trained on; default: all. */
  readonly epochRows?: number;
  /** The rows of an epoch (from 0) in order, as many as there are training rows; default: shuffled by the seed. */
  order?(epoch: number): Int32Array;
  /** Rows of all programs there are, where batches have several sizes; see batch-run.ts. */
  readonly sizes?: readonly number[];
  /** Rows of the next step, given what is left of the epoch: one of `sizes`, or 0 to end the epoch. */
  batch?(epoch: number, step: number, left: number): number;
  /** Programs besides those of the run; see probe.ts. */
  probes?(description: ReturnType<typeof describeStep>): readonly Program[];
  /** Blocks of rows besides x and y. */
  readonly blocks?: Readonly<Record<string, HostArray>>;
  /** The next rows of an epoch where they are not all in memory; `epochRows` says how many there are. See `stream-feed.ts`. */
  feed?(epoch: number, at: number, wanted: number): Promise<Int32Array>;
  /** The most steps in one call, given the steps taken so far. */
  callLimit?(step: number): number;
  /** What the learning rate is multiplied by from here on. */
  rateScale?(): number;
  /** Once, before the first step; may set the training back to where it was. */
  begin?(training: Training<string>): Promise<void> | void;
  /** After each call, with the pulses of its steps; true ends the run. */
  afterCall?(pulses: ArrayLike<number>, width: number, done: number): Promise<boolean>;
  /** After each epoch; true ends the run. */
  afterEpoch?(record: EpochRecord): Promise<boolean>;
  end?(run: Run): Promise<void>;
  /** The run between two steps, if it shall be kept at the end. */
  checkpoint?(): Promise<Checkpoint>;
  /** Why a hook ended the run. */
  note?(): string | undefined;
}

export async function openTraining<Name extends string>(
  prepared: Prepared,
  options: ResolvedOptions<Name>,
  hooks: Hooks = {},
): Promise<Training<Name>> {
  const { state, source, targets, trainRows, validationRows, batchSize } = prepared;
  const groups = groupsOf(state, hooks.isFrozen);
  const { weighing } = hooks;
  const describe = (of: ModelGroups) =>
    (hooks.describe ?? describeStep)({
      ...{ ...state, layer: prepared.trainedLayer ?? state.layer, groups: of, source, weighing },
      targets: targetSpec(targets, source.rows),
    });
  const description = describe(groups);
  const renewal = await renewalOf(groups);
  const programsOf = (size: number) => {
    const rest = (hooks.epochRows ?? trainRows.length) % size;
    return (hooks.sizes ?? [size, ...(rest === 0 ? [] : [rest])]).map((rows) =>
      trainingProgram(description, hooks.optimizer ?? options.optimizer, rows, renewal, hooks.method),
    );
  };
  const programs = programsOf(batchSize);
  const evaluated = hooks.evaluated?.(groups);
  const validation =
    validationRows === undefined
      ? undefined
      : evaluateRows(
          evaluated ? describe(evaluated.groups) : description,
          validationRows,
          Math.min(VALIDATION_BATCH, validationRows.length),
        );
  const isTapped = (programs[0]?.taps.length ?? 0) > 0;
  const probes = hooks.probes?.(description) ?? [];
  const held = [...(validation?.programs ?? []), ...(evaluated ? [evaluated.program] : []), ...probes];
  // Values that are tapped are delivered step by step.
  const optionsOf = (size: number) => ({
    ...{ capacity: isTapped ? 1 : capacityFor(Math.max(size, ...(hooks.sizes ?? []))), turn: nextTurn },
    ...options.place,
  });
  await nextTurn();
  const place = await openSession([...programs, ...held], optionsOf(batchSize)).catch(async (error) => {
    if (hooks.sizes) throw error;
    const { refusal } = await import('./batch-that-fits.ts');
    throw await refusal(error, batchSize, (size) => [[...programsOf(size), ...held], optionsOf(size)]);
  });
  const { session } = place;
  writeLeaves(session, groups, state.parameters);
  for (const [name, data] of Object.entries({
    ...{ [BLOCKS.source]: source.data, [BLOCKS.target]: targets.data },
    ...hooks.blocks,
  }))
    for (let at = 0; at < data.length; at += WRITE_ELEMENTS) {
      session.write(name, data.subarray(at, at + WRITE_ELEMENTS), at);
      await nextTurn();
    }
  const deliver = isTapped ? (await import('../engine/taps.ts')).tapsOf(session, programs, options.onTap) : undefined;
  return new Training(prepared, options, {
    ...{ ...place, groups, evaluated, programs, validation, layout: description, deliver, hooks },
    probes: probes.map(({ name }) => name),
  });
}

interface Opened extends Place {
  readonly groups: ReturnType<typeof groupsOf>;
  readonly evaluated: Evaluated | undefined;
  readonly programs: readonly ReturnType<typeof trainingProgram>[];
  /** Names of programs besides. */
  readonly probes: readonly string[];
  readonly validation: ReturnType<typeof evaluateRows> | undefined;
  readonly layout: ConstructorParameters<typeof TrainingLoop>[0]['layout'];
  readonly deliver: ((program: string, step: number) => Promise<void>) | undefined;
  readonly hooks: Hooks;
}

/** The best weights so far, by validation loss. */
export interface Best {
  readonly loss: number;
  readonly epoch: number;
  readonly blocks: ReadonlyMap<string, HostArray>;
}

/** A run under way. */
export class Training<Name extends string> {
  readonly prepared: Prepared;
  readonly options: ResolvedOptions<Name>;
  readonly opened: Opened;
  readonly loop: TrainingLoop;
  readonly history: EpochRecord<Name>[] = [];
  best: Best | undefined;
  readonly #progress: ReturnType<typeof createProgress>;

  constructor(prepared: Prepared, options: ResolvedOptions<Name>, opened: Opened) {
    this.prepared = prepared;
    this.options = options;
    this.opened = opened;
    const { trainRows, batchSize } = prepared;
    const { session, layout, hooks, deliver } = opened;
    const rows = hooks.epochRows ?? trainRows.length;
    const { epochs, metrics, progress: enabled, seed, shuffle, signal, optimizer } = options;
    this.#progress = createProgress({
      stepsPerEpoch: Math.ceil(rows / batchSize),
      examplesPerEpoch: rows,
      ...{ epochs, metricNames: metrics.map(({ name }) => name), enabled },
    });
    this.loop = new TrainingLoop({
      ...{
        session,
        seed,
        shuffle,
        signal,
        transform: hooks.optimizer ?? optimizer,
        layout,
        rows: trainRows,
        batchSize,
        hooks,
      },
      onSteps: async (done, measures, program) => {
        await deliver?.(program, this.loop.step - 1);
        this.#progress.step(done, measures);
      },
    });
  }

  async *epochs(): AsyncGenerator<EpochRecord<Name>, Run<Name>, void> {
    const { loop, history } = this;
    const { session, validation, hooks } = this.opened;
    await hooks.begin?.(this as unknown as Training<string>);
    let ending: Ending = 'completed';
    while (ending === 'completed' && history.length < this.options.epochs) {
      const epoch = history.length + 1;
      const began = performance.now();
      const result = await loop.epoch(epoch - 1);
      if (result.kind === 'failed') {
        if (result.stop.reason !== 'nonFinite') throw stopError(result.stop);
        const bad = await session.locate(result.program, result.row);
        // Most runs never need it.
        const { DivergenceError } = await import('./divergence.ts');
        const at = { step: loop.step, epoch, lastLoss: loop.lastLoss };
        throw new DivergenceError(at, result.stop, bad, await this.#finish('diverged'));
      }
      if (result.kind !== 'done') {
        ending = result.kind;
        break;
      }
      if (validation !== undefined) await this.#evaluate();
      const measured = await validation?.run(session);
      if (measured !== undefined) await this.#keepBest(must(measured.loss, 'a loss'), epoch);
      const record = this.#record(epoch, result.measures, measured, (performance.now() - began) / 1000);
      const ends = await hooks.afterEpoch?.(record as unknown as EpochRecord);
      yield record;
      if (ends) ending = 'stopped';
    }
    return this.#finish(ending);
  }

  close(): void {
    this.#progress.stop();
    this.opened.session.dispose();
  }

  async #keepBest(loss: number, epoch: number): Promise<void> {
    // A loss that is NaN is worse than any other, also as the first.
    if (this.best === undefined || loss < this.best.loss || Number.isNaN(this.best.loss))
      this.best = { loss, epoch, blocks: await readBlocks(this.opened.session, await this.#evaluate()) };
  }

  /** The groups that evaluation reads, as they are now. */
  async #evaluate(): Promise<ModelGroups> {
    const { evaluated, groups, session } = this.opened;
    if (evaluated !== undefined) await session.run(evaluated.program.name, 1);
    return evaluated?.groups ?? groups;
  }

  #record(
    epoch: number,
    measures: Readonly<Record<string, number>>,
    validation: Readonly<Record<string, number>> | undefined,
    seconds: number,
  ): EpochRecord<Name> {
    const { metrics, epochs } = this.options;
    const held = validation === undefined ? {} : { validation: Object.freeze(validation) as Measures<Name> };
    const record = Object.freeze({ epoch, ...measures, ...held, seconds }) as unknown as EpochRecord<Name>;
    this.history.push(record);
    const names = metrics.map(({ name }) => name);
    this.#progress.epochEnd(epoch, describeEpoch(record, epochs, names));
    return record;
  }

  async #finish(ending: Ending): Promise<Run<Name>> {
    const { session, hooks } = this.opened;
    const groups = await this.#evaluate();
    const blocks = this.best?.blocks ?? (await readBlocks(session, groups));
    const { parameters } = this.prepared.state;
    const state = { ...this.prepared.state, parameters: leavesIn(blocks, groups, parameters) };
    const { source, targets, batchSize, notes } = this.prepared;
    const { dtype, shape } = targetSpec(targets, source.rows);
    const run = new Run<Name>(
      state,
      {
        history: this.history,
        bestEpoch: this.best?.epoch ?? this.history.length,
        ending,
        steps: this.loop.step,
        device: deviceRecord(this.opened),
        notes: [...notes, ...(ending === 'stopped' ? [`stopped: ${hooks.note?.()}`] : [])],
        bytes: session.bytes,
      },
      {
        optimizer: this.options.optimizer,
        batchSize,
        inputType: source.dtype,
        target: { dtype, shape: shape.slice(1) },
      },
      await hooks.checkpoint?.(),
    );
    await hooks.end?.(run as unknown as Run);
    return run;
  }
}
