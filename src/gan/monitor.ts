/**
 * @file What a game of a critic and a generator shows of itself on the way: who is ahead, and whether samples still differ. It
 * only reads; what the numbers mean is for others to say.
 */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LossInputs, ModelCalls } from '../train/model-calls.ts';
import type { PlayersCallback } from '../train/players-callback.ts';

/** What a monitor looks at. */
export interface GanView {
  /** Scores of data, and of samples. */
  readonly real: Tensor;
  readonly fake: Tensor;
  /** Rows of data, and samples. */
  readonly data: Tensor;
  readonly samples: Tensor;
}

/** What was read after an epoch. Plain numbers. */
export interface GanReading {
  /** From 1; steps taken. */
  readonly epoch: number;
  readonly step: number;
  /** The share of scores on the right side: data above the threshold, samples below. 0.5: the critic guesses. */
  readonly criticAccuracy: number;
  /** Mean losses of the epoch, and the critic's by the generator's. */
  readonly criticLoss: number;
  readonly generatorLoss: number;
  readonly lossRatio: number;
  /** Mean norms of the gradients in the epoch. */
  readonly criticGradientNorm: number;
  readonly generatorGradientNorm: number;
  /** Mean score of data − mean score of samples: of a Wasserstein critic it estimates the distance, in its own units. */
  readonly wasserstein: number;
  /** The mean distance of two rows of one batch: of samples, and of data. */
  readonly fakeDistance: number;
  readonly realDistance: number;
  /** fakeDistance / realDistance: near 0 where samples are all alike. */
  readonly spread: number;
}

/** How often `ganMonitor` looks, and at what. */
export interface GanMonitorOptions {
  /** Epochs between two readings: a whole number ≥ 1, default 1. */
  readonly every?: number;
  /** Scores above it say 'real': default 0, as of logits; 0.5 for least squares. */
  readonly threshold?: number;
  /** How rows are scored, where the players are not named critic and generator, or are told more: default `(m, { x, z }) => …`. */
  readonly view?: (models: ModelCalls, inputs: LossInputs<'x' | 'y' | 'z'>) => GanView;
  /** The players' names; default critic and generator. */
  readonly critic?: string;
  readonly generator?: string;
}

/** A callback for `fit` of players that keeps what it read. */
export interface GanMonitor extends PlayersCallback {
  /** So far, in order. */
  readonly readings: readonly GanReading[];
}

/** The mean distance of two different rows. */
function pairwise({ data, shape }: Tensor): number {
  const n = shape[0] as number;
  const width = sizeOf(shape.slice(1));
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let k = 0; k < width; k++)
        square += ((data[i * width + k] as number) - (data[j * width + k] as number)) ** 2;
      sum += Math.sqrt(square);
    }
  return n < 2 ? Number.NaN : (2 * sum) / (n * (n - 1));
}

const meanOf = ({ data }: Tensor): number => Array.from(data).reduce((sum, value) => sum + value, 0) / data.length;

/** The share of values for which it holds. */
const shareOf = ({ data }: Tensor, holds: (score: number) => boolean): number =>
  Array.from(data).filter(holds).length / data.length;

/**
 * Reads after each epoch how a game stands, on a minibatch that no turn has had: the critic's accuracy, losses and gradients, the
 * Wasserstein estimate, and how far samples lie from each other beside how far data do (Salimans et al. 2016, section 3: a
 * generator that collapses makes samples that are all alike). The run is what it would be without.
 *
 * @param options every, threshold, view, names.
 * @returns a callback; its `readings` are plain records.
 * @throws SaddlepointError `option` for values out of range; in the run, for players of other names without `view`.
 * @example
 * const monitor = ganMonitor({ every: 5 });
 * await fit(gan, { x }, { inputs: { z: normal([64]) }, tricks: [monitor] });
 * console.log(monitor.readings.at(-1)?.spread);
 */
export function ganMonitor(options: GanMonitorOptions = {}): GanMonitor {
  checkKnownOptions('ganMonitor', options, ['every', 'threshold', 'view', 'critic', 'generator']);
  const every = checkNumber('ganMonitor.every', options.every ?? 1, { min: 1, integer: true });
  const threshold = checkNumber('ganMonitor.threshold', options.threshold ?? 0, {});
  const { critic = 'critic', generator = 'generator' } = options;
  const readings: GanReading[] = [];
  const usual = (m: ModelCalls, { x, z }: LossInputs<'x' | 'y' | 'z'>): GanView => {
    const judge = m[critic] as (rows: Tensor) => Tensor;
    const samples = (m[generator] as (rows: Tensor) => Tensor)(z);
    return { real: judge(x), fake: judge(samples), data: x, samples };
  };
  const view = (options.view ?? usual) as (
    m: ModelCalls,
    inputs: LossInputs<'x' | 'y' | 'z'>,
  ) => Record<keyof GanView, Tensor>;
  return {
    name: 'ganMonitor',
    readings,
    async onEpoch({ epoch, losses, gradientNorms }, control) {
      if (epoch % every !== 0) return;
      for (const name of [critic, generator])
        if (losses[name] === undefined)
          throw new SaddlepointError(
            'option',
            `ganMonitor: there is no player '${name}', but ${Object.keys(losses).join(', ')}`,
            "say who is who: ganMonitor({ critic: 'judge', generator: 'artist' })",
          );
      const { real, fake, data, samples } = await control.look(view);
      const [criticLoss, generatorLoss] = [losses[critic] as number, losses[generator] as number];
      const [fakeDistance, realDistance] = [pairwise(samples), pairwise(data)];
      readings.push(
        Object.freeze({
          ...{ epoch, step: control.step, criticLoss, generatorLoss, lossRatio: criticLoss / generatorLoss },
          criticAccuracy: (shareOf(real, (s) => s > threshold) + shareOf(fake, (s) => s < threshold)) / 2,
          criticGradientNorm: gradientNorms[critic] as number,
          generatorGradientNorm: gradientNorms[generator] as number,
          wasserstein: meanOf(real) - meanOf(fake),
          ...{ fakeDistance, realDistance, spread: fakeDistance / realDistance },
        }),
      );
    },
  };
}
