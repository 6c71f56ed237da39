/** @file `findBatchSize`: what batch sizes cost in memory, time an example, and time to a target. All weights are thrown away. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Layer } from '../../nn/layer.ts';
import { adam } from '../../optim/adam.ts';
import { scaledRate } from '../../optim/schedules/scaled-rate.ts';
import type { Transform } from '../../optim/transform.ts';
import type { Callback } from '../callback.ts';
import { noiseScale } from '../callbacks/noise-scale.ts';
import { fit } from '../fit.ts';
import { noiseOf } from '../gradient-noise.ts';
import type { TrainedModel } from '../model.ts';
import type { Data, FitOptions } from '../options.ts';
import { type ArrivalEnding, lookout } from './arrival.ts';
import { bytesNeeded } from './bytes-needed.ts';
import { type FindBatchSizeOptions, readOptions, ruleOf, type SearchOptions, sizesTo } from './options.ts';
import { BatchSizeReport, type BatchSizeRow } from './report.ts';
import { type Clock, stopwatch } from './throughput.ts';

/** Shares of the time: for speed, and for the noise of gradients. */
const [SPEED, NOISE] = [1 / 4, 1 / 8];
/** Until a callback ends it. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/**
 * Measures batch sizes, powers of two: the memory of each from its plans, without running them; seconds an example, as the median
 * of timed windows of steps, twice, of which the faster counts; and, with a `target`, the steps and seconds to it in a short run
 * with the learning rate by rule. The noise scale of the gradient, along a run of its own, says beforehand about where larger
 * batches stop saving steps. Model and data stay as they are.
 *
 * A size that does not reach the target with its rate (large ones by the linear rule may diverge) may do so with a warm-up, see
 * `scaledWarmUp`. Schedules of the optimizer count steps, whatever the size; give it a constant rate here.
 *
 * @param data as for `fit`.
 * @param options those that `fit` will get, and `target`, `memory`, `seconds` (60), `from` (1), `to`, `every`, `rule`.
 * @returns which size is largest in `memory`, fastest an example, and soonest at the target, with the table behind them.
 * @throws SaddlepointError `option` for values out of range; `memory` if not even the smallest size fits; `aborted` by the
 *   signal; what `fit` throws.
 * @see McCandlish et al. 2018, "An empirical model of large-batch training"; Goyal et al. 2017 (linear rule); Krizhevsky 2014 (√).
 * @example
 * const found = await findBatchSize(model, data, {
 *   loss: crossEntropy(), metrics: [accuracy()], validation: 0.1, optimizer: sgd({ learningRate: 0.1 }),
 *   target: { metric: 'validation.accuracy', value: 0.94 }, memory: '256MB', seconds: 60,
 * });
 * const { fastestToTarget: batchSize = 32 } = found;
 * await fit(model, data, { batchSize, optimizer: sgd({ learningRate: found.learningRateFor(batchSize) }), … });
 */
export function findBatchSize(
  model: Layer | TrainedModel,
  data: Data,
  options: FindBatchSizeOptions,
): Promise<BatchSizeReport> {
  return searchBatchSizes(model, data, options, () => performance.now());
}

/** `findBatchSize` by any clock. */
export async function searchBatchSizes(
  model: Layer | TrainedModel,
  data: Data,
  options: FindBatchSizeOptions,
  clock: Clock,
): Promise<BatchSizeReport> {
  const search = new Search(model, data, readOptions(options), clock);
  return search.run();
}

/** One search: its runs share the data, the options and the clock. */
class Search {
  readonly #model: Layer | TrainedModel;
  readonly #data: Data;
  readonly #options: SearchOptions;
  readonly #clock: Clock;
  readonly #optimizer: Transform;
  readonly #rule: 'linear' | 'squareRoot' | 'none';
  /** Rows that are trained on. */
  #rows = 0;

  constructor(model: Layer | TrainedModel, data: Data, options: SearchOptions, clock: Clock) {
    this.#model = model;
    this.#data = data;
    this.#options = options;
    this.#clock = clock;
    this.#optimizer = options.fit.optimizer ?? adam();
    this.#rule = options.rule === 'auto' ? ruleOf(this.#optimizer) : options.rule;
  }

  async run(): Promise<BatchSizeReport> {
    const { target, seconds, base } = this.#options;
    const began = this.#clock();
    this.#rows = await this.#countRows();
    const rows = await this.#plan();
    const fitting = rows.filter(({ fits }) => fits);
    // There and back: what slows the machine for longer than a size is timed does not fall on that size alone.
    for (const row of [...fitting, ...fitting.toReversed()]) {
      const measured = await this.#speed(row.batchSize, (SPEED * seconds) / (2 * fitting.length));
      Object.assign(row, { secondsPerExample: Math.min(measured, row.secondsPerExample ?? measured) });
    }
    const noise = await this.#noise(fitting.at(-1)?.batchSize ?? 1, NOISE * seconds);
    for (const [i, row] of target ? fitting.entries() : []) {
      // What earlier sizes left over is for the later ones.
      const left = seconds - (this.#clock() - began) / 1000;
      Object.assign(row, await this.#arrive(row, Math.max(0, left) / (fitting.length - i)));
    }
    const learningRate = this.#optimizer.learningRate?.(0);
    return new BatchSizeReport({
      ...{ table: rows, noiseScale: noise, target },
      rate: learningRate === undefined ? undefined : { learningRate, from: base, rule: this.#rule },
    });
  }

  /** One step of the smallest batch: it says how many rows there are, and loads what all runs need. */
  async #countRows(): Promise<number> {
    let rows = 0;
    const count: Callback = {
      onBegin(control) {
        rows = control.rows.length;
        control.stop('counted');
      },
    };
    await this.#fit({ batchSize: this.#options.from, callbacks: [count], memoryLimit: this.#options.memory });
    return rows;
  }

  /** The sizes and their memory; behind the first that does not fit there is nothing to be known. */
  async #plan(): Promise<BatchSizeRow[]> {
    const { memory } = this.#options;
    const rows: BatchSizeRow[] = [];
    for (const batchSize of sizesTo(this.#rows, this.#options)) {
      const bytes = await bytesNeeded(this.#model, this.#data, { ...this.#options.fit, batchSize });
      const fits = bytes <= memory;
      rows.push({ batchSize, bytes, fits, ...(fits && this.#rateOf(batchSize)) });
      if (!fits) break;
    }
    return rows;
  }

  async #speed(batchSize: number, seconds: number): Promise<number> {
    const watch = stopwatch(seconds, this.#clock);
    // Whole batches alone, nothing between them, and a rate of 0: speed does not depend on it, and no step diverges.
    const whole = { batchSize, last: 'drop' as const, validation: undefined as never, optimizer: this.#scaled(0) };
    const ended = await this.#fit({ ...whole, callbacks: [watch] });
    if (ended === 'diverged')
      throw new SaddlepointError(
        'divergence',
        'findBatchSize: the loss is NaN or infinite with the weights as they start',
        'look for NaN in the data, and for a loss that takes what the model gives',
      );
    return watch.secondsPerStep / batchSize;
  }

  /** Along a run at the size that the rate is meant for: means over the second half of its measurements. */
  async #noise(most: number, seconds: number): Promise<number | undefined> {
    const { base, target, every = this.#rows / 8 } = this.#options;
    const big = Math.min(1024, most);
    if (big < 2) return undefined;
    const batchSize = Math.min(base, most);
    const measuring = noiseScale({
      ...{ big, small: Math.max(1, Math.min(32, big >> 3)) },
      every: Math.max(1, Math.round(this.#rows / 2 / batchSize)),
    });
    const end = lookout(target ?? { metric: 'loss', value: Number.NEGATIVE_INFINITY, mode: 'min' }, {
      ...{ every, batchSize, seconds, clock: this.#clock },
    });
    try {
      await this.#fit({ batchSize, callbacks: [end, measuring] });
    } catch (error) {
      // Tables whose gradients are kept by rows have no gradients beside the run.
      if (error instanceof SaddlepointError && error.message.startsWith('control.gradient')) return undefined;
      throw error;
    }
    const { measurements } = measuring;
    const half = measurements.slice(measurements.length >> 1);
    const mean = (of: 'variance' | 'squaredNorm') => half.reduce((sum, one) => sum + one[of], 0) / half.length;
    return half.length === 0 ? undefined : noiseOf(mean('variance'), mean('squaredNorm')).noiseScale;
  }

  async #arrive(
    { batchSize, secondsPerExample = Number.NaN }: BatchSizeRow,
    seconds: number,
  ): Promise<Partial<BatchSizeRow>> {
    const { target, every = this.#rows / 8 } = this.#options;
    if (target === undefined) return {};
    const watch = lookout(target, { every, batchSize, seconds, clock: this.#clock });
    const ended = await this.#fit({ batchSize, callbacks: [watch], optimizer: this.#scaled(this.#factor(batchSize)) });
    const { steps } = watch;
    if (steps === undefined) return { ending: ended };
    return { ending: 'reached', steps, secondsToTarget: steps * batchSize * secondsPerExample };
  }

  /** Ends by a callback, or by a loss that is no number any more. */
  async #fit(own: Partial<FitOptions>): Promise<ArrivalEnding> {
    try {
      const run = await fit(this.#model, this.#data, {
        ...{ ...this.#options.fit, ...own },
        ...{ epochs: ENDLESS, progress: false },
      });
      if (run.ending === 'aborted') throw new SaddlepointError('aborted', 'findBatchSize: aborted by the signal');
      return 'time';
    } catch (error) {
      if ((error as Partial<SaddlepointError>).code !== 'divergence') throw error;
      return 'diverged';
    }
  }

  #factor(batchSize: number): number {
    const rule = this.#rule;
    return rule === 'none' ? 1 : scaledRate({ learningRate: 1, from: this.#options.base, to: batchSize, rule });
  }

  #rateOf(batchSize: number): Pick<BatchSizeRow, 'learningRate'> {
    const rate = this.#optimizer.learningRate?.(0);
    return rate === undefined ? {} : { learningRate: rate * this.#factor(batchSize) };
  }

  /** The optimizer with all its rates times a factor. */
  #scaled(factor: number): Transform {
    const { learningRate, scalars } = this.#optimizer;
    return {
      ...this.#optimizer,
      learningRate: learningRate && ((step) => factor * learningRate(step)),
      scalars: (step, rateScale = 1) => scalars.call(this.#optimizer, step, factor * rateScale),
    };
  }
}
