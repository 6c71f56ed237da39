/** @file Calls a run's callbacks, and does what they ask for; holds the learning rate's scale, and takes checkpoints. */
import { SaddlepointError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { PULSE } from '../engine/step.ts';
import type { BatchRun } from './batch-run.ts';
import type { Callback, Control } from './callback.ts';
import { Checkpoint, checkSettings, renewedBlocks } from './checkpoint.ts';
import type { EpochRecord, Measures } from './history.ts';
import { type ProbedByRow, type ProbedRows, probe, probePrograms } from './probe.ts';
import { leavesIn, readAll, readBlocks } from './state.ts';
import type { Hooks, Training } from './training.ts';

interface RunnerOptions {
  readonly callbacks: readonly Callback[];
  readonly maxSeconds: number | undefined;
  readonly settings: JsonObject;
  readonly resume: Checkpoint | undefined;
  /** Gradients of a minibatch in a step; default 1. */
  readonly gradientsAt?: ((step: number) => number) | undefined;
  /** Makes the steps of `control.rowGradients`, where a callback wants them. */
  readonly rowGradientStep?: ProbedRows['method'];
  /** Of runs whose batches have several sizes. */
  readonly batches?: BatchRun | undefined;
}

export class CallbackRunner {
  readonly #options: RunnerOptions;
  #training: Training<string> | undefined;
  #rateScale = 1;
  #stop: string | undefined;
  #began = 0;
  /** Rows of the epoch that were done before the call under way. */
  #at = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** What the training calls. */
  get hooks(): Hooks {
    const { callbacks, batches } = this.#options;
    const wanted = {
      gradient: callbacks.flatMap((callback) => callback.gradientRows ?? []),
      rowGradients: callbacks.flatMap((callback) => callback.rowGradientRows ?? []),
      method: this.#options.rowGradientStep,
    };
    const isProbed = wanted.gradient.length + wanted.rowGradients.length > 0;
    const stepping = callbacks.filter(({ onStep }) => onStep !== undefined);
    // Asked before each call: a callback may want single steps now and then.
    const every = () => Math.min(...stepping.map((callback) => callback.every ?? Number.POSITIVE_INFINITY));
    return {
      rateScale: () => this.#rateScale * (batches?.hooks.rateScale() ?? 1),
      ...(Number.isFinite(every()) || batches
        ? {
            callLimit: (step) =>
              Math.min(stepsTo(every(), step), batches?.hooks.callLimit(step) ?? Number.POSITIVE_INFINITY),
          }
        : {}),
      ...(batches && { batch: batches.hooks.batch, sizes: batches.sizes }),
      ...(isProbed && { probes: (description) => probePrograms(description, wanted) }),
      begin: (training) => this.#begin(training),
      afterCall: (pulses, width, done) => this.#afterCall(stepping, pulses, width, done),
      afterEpoch: (record) => this.#afterEpoch(record),
      end: (run) => this.#each((callback) => callback.onEnd?.(run)),
      note: () => this.#stop,
    };
  }

  async #begin(training: Training<string>): Promise<void> {
    this.#training = training;
    this.#began = performance.now();
    const { resume } = this.#options;
    if (resume !== undefined) await this.#restore(training, resume);
    this.#at = training.loop.at;
    await this.#each((callback) => callback.onBegin?.(this.#control));
  }

  async #afterCall(
    stepping: readonly Callback[],
    pulses: ArrayLike<number>,
    width: number,
    done: number,
  ): Promise<boolean> {
    const { loop, history, opened, prepared } = this.#live;
    const { readings } = opened.hooks;
    // An epoch begins anew at 0; all steps of a call have as many rows, of which those at its end may be padding.
    const from = loop.at > this.#at ? this.#at : 0;
    const size = (loop.at - from) / Math.max(1, done);
    const all = opened.hooks.feed ? Number.POSITIVE_INFINITY : prepared.trainRows.length;
    this.#at = loop.at;
    for (let i = 0; i < (stepping.length === 0 ? 0 : done); i++) {
      const rows = Math.min(size, all - from - i * size);
      const record = Object.freeze({
        step: loop.step - done + i,
        rows,
        gradientEvaluations: rows * (this.#options.gradientsAt?.(loop.step - done + i) ?? 1),
        epoch: history.length + 1,
        loss: pulses[i * width + PULSE.loss] as number,
        gradientNorm: pulses[i * width + PULSE.gradientNorm] as number,
        ...(readings?.length && { readings: readingsAt(readings, pulses, (i + 1) * width) }),
      });
      for (const callback of stepping) await callback.onStep?.(record, this.#control);
    }
    const { maxSeconds } = this.#options;
    if (maxSeconds !== undefined && performance.now() - this.#began > maxSeconds * 1000)
      this.#stop ??= `the time of ${maxSeconds} s is over`;
    return this.#stop !== undefined;
  }

  async #afterEpoch(record: EpochRecord): Promise<boolean> {
    await this.#each((callback) => callback.onEpoch?.(record, this.#control));
    return this.#stop !== undefined;
  }

  async #each(call: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.#options.callbacks) await call(callback);
  }

  get #live(): Training<string> {
    if (this.#training !== undefined) return this.#training;
    throw new SaddlepointError('disposed', 'control: the run has not begun', 'use it inside a callback');
  }

  readonly #control: Control = this.#makeControl();

  #makeControl(): Control {
    const runner = this;
    return {
      get step() {
        return runner.#live.loop.step;
      },
      get epoch() {
        const { history, loop } = runner.#live;
        return history.length + (loop.at > 0 || history.length === 0 ? 1 : 0);
      },
      get epochs() {
        return runner.#live.options.epochs;
      },
      get prepared() {
        return runner.#live.prepared;
      },
      get history() {
        return runner.#live.history as unknown as readonly EpochRecord[];
      },
      get learningRate() {
        return runner.#baseRate() * runner.#rateScale;
      },
      set learningRate(value: number) {
        const base = runner.#baseRate();
        if (!(Number.isFinite(value) && value >= 0) || base === 0) {
          throw new SaddlepointError(
            'option',
            `control.learningRate: expected a number ≥ 0, got ${value}${base === 0 ? ', where the schedule is at 0' : ''}`,
            'a rate is set in proportion to what the schedule gives at this step',
          );
        }
        runner.#rateScale = value / base;
      },
      get batchSize() {
        return runner.#options.batches?.size ?? runner.#live.prepared.batchSize;
      },
      set batchSize(value: number) {
        const { batches } = runner.#options;
        if (batches === undefined)
          throw new SaddlepointError(
            'option',
            `control.batchSize: the run has plans for ${runner.#live.prepared.batchSize} rows alone`,
            `fit(…, { batchSize: batchSchedule.manual([${runner.#live.prepared.batchSize}, ${value}]) })`,
          );
        batches.size = value;
      },
      get rows() {
        return runner.#live.prepared.trainRows;
      },
      gradient: (rows) => probe(runner.#live, rows),
      rowGradients: (rows) => runner.#rowGradients(rows),
      validate: () => runner.#validate(),
      stop(reason) {
        runner.#stop ??= String(reason);
      },
      checkpoint: () => runner.checkpoint(),
      async parameters() {
        const { opened, prepared } = runner.#live;
        return leavesIn(await readBlocks(opened.session, opened.groups), opened.groups, prepared.state.parameters);
      },
    };
  }

  #rowGradients(rows: Int32Array): Promise<ProbedByRow> {
    const { loss } = this.#live.prepared.state;
    if (loss.comparesRows)
      throw new SaddlepointError(
        'option',
        `control.rowGradients: ${loss.name} compares the rows of a minibatch, so none has a gradient of its own`,
      );
    return probe(this.#live, rows, 'rowGradients');
  }

  async #validate(): Promise<Measures> {
    const { validation, evaluated, session } = this.#live.opened;
    if (validation === undefined)
      throw new SaddlepointError('option', 'control.validate: no rows are held out', 'fit(…, { validation: 0.1 })');
    if (evaluated !== undefined) await session.run(evaluated.program.name, 1);
    return (await validation.run(session)) as Measures;
  }

  #baseRate(): number {
    const { loop, options } = this.#live;
    const rate = options.optimizer.learningRate?.(loop.step);
    if (rate !== undefined) return rate;
    throw new SaddlepointError('option', `control.learningRate: ${options.optimizer.name} has no learning rate`);
  }

  /** The run between two steps. */
  async checkpoint(): Promise<Checkpoint> {
    const { loop, history, best, opened, prepared } = this.#live;
    const { session, groups } = opened;
    const blocks = await readAll(session, renewedBlocks(this.#live));
    const parameters = leavesIn(await readBlocks(session, groups), groups, prepared.state.parameters);
    return new Checkpoint(
      { ...prepared.state, parameters },
      {
        ...{ step: loop.step, at: loop.at, totals: loop.totals.values, rateScale: this.#rateScale },
        lastLoss: Number.isNaN(loop.lastLoss) ? null : loop.lastLoss,
        best: best === undefined ? null : { loss: Number.isFinite(best.loss) ? best.loss : null, epoch: best.epoch },
        history: [...history] as unknown as JsonObject[],
        callbacks: this.#states(),
        settings: this.#options.settings,
      },
      blocks,
      best?.blocks ?? new Map(),
    );
  }

  #states(): JsonObject {
    return Object.fromEntries(
      this.#options.callbacks.flatMap(({ name, state }, i) =>
        state === undefined || name === undefined ? [] : [[name, this.#options.callbacks[i]?.state?.() ?? null]],
      ),
    );
  }

  async #restore(training: Training<string>, { progress, blocks, best }: Checkpoint): Promise<void> {
    checkSettings(this.#options.settings, progress.settings);
    const { session } = training.opened;
    for (const name of renewedBlocks(training)) {
      const data = blocks.get(name);
      if (data === undefined || data.length !== (await session.read(name)).length)
        throw new SaddlepointError(
          'file',
          `fit: resume: the checkpoint's block '${name}' is missing or of another size`,
        );
      session.write(name, data);
    }
    const { loop } = training;
    loop.step = progress.step;
    loop.at = progress.at;
    loop.totals.values = progress.totals;
    loop.lastLoss = progress.lastLoss ?? Number.NaN;
    training.history.push(...(progress.history.map((record) => Object.freeze(record)) as unknown as EpochRecord[]));
    if (progress.best !== null)
      training.best = { loss: progress.best.loss ?? Number.NaN, epoch: progress.best.epoch, blocks: new Map(best) };
    this.#rateScale = progress.rateScale;
    for (const callback of this.#options.callbacks) {
      const kept = callback.name === undefined ? undefined : progress.callbacks[callback.name];
      if (kept !== undefined) callback.restore?.(kept);
    }
  }
}

/** The readings that end there, by name. */
const readingsAt = (names: readonly string[], pulses: ArrayLike<number>, end: number): Record<string, number> =>
  Object.fromEntries(names.map((name, i) => [name, pulses[end - names.length + i] as number]));

/** Steps until the next multiple of `every`. */
const stepsTo = (every: number, step: number): number =>
  Number.isFinite(every) ? every - (step % every) : Number.POSITIVE_INFINITY;
