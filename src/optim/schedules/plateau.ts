/** @file Rates that the host changes while a run is on: by hand, or when a measure gets no better. */
import { checkKnownOptions, checkName, checkNumber } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Schedule, schedule } from './schedule.ts';

/** A schedule with a state: what it gives depends on what it was told, and no more on the step. */
export interface HostSchedule extends Schedule {
  /** The state as plain JSON, for a checkpoint. */
  state(): JsonObject;
  /** Goes on from a state that `state` gave. */
  restore(state: JsonObject): void;
}

/** `plateauRate`'s: it is told a measure. */
export interface PlateauSchedule extends HostSchedule {
  /**
   * Takes the measure that is watched, once for each time it is made, usually an epoch.
   *
   * @returns whether the rate has fallen.
   * @throws SaddlepointError `option` for anything but a number; NaN and infinities are no improvement.
   */
  report(measure: number): boolean;
}

/** `adjustableRate`'s: it is set. */
export interface AdjustableSchedule extends HostSchedule {
  /** @throws SaddlepointError `option` for a number below 0. */
  set(learningRate: number): void;
}

/**
 * A rate that you set while the run is on, from a callback or another part of a page. It counts from the next call into the
 * device on: steps that are under way keep theirs.
 *
 * @param learningRate the first, ≥ 0.
 * @example
 * const rate = adjustableRate(0.1);
 * fit(model, data, { optimizer: sgd({ learningRate: rate }), … });
 * slider.oninput = () => rate.set(Number(slider.value));
 */
export function adjustableRate(learningRate: number): AdjustableSchedule {
  let now = checkNumber('adjustableRate', learningRate, { min: 0 });
  return Object.assign(
    schedule('adjustableRate', { learningRate }, () => now),
    {
      set(next: number): void {
        now = checkNumber('adjustableRate.set', next, { min: 0 });
      },
      state: (): JsonObject => ({ learningRate: now }),
      restore(state: JsonObject): void {
        now = checkNumber('adjustableRate.restore', state.learningRate, { min: 0 });
      },
    },
  );
}

export interface PlateauOptions {
  /** The first rate, ≥ 0; 1 where it is a factor of another schedule. */
  readonly learningRate: number;
  /** Whether smaller ('min', default) or larger ('max') measures are better. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied with, in (0, 1); default 0.1. */
  readonly factor?: number;
  /** How many reports in a row may bring no improvement; the next lowers the rate. A whole number ≥ 0, default 10. */
  readonly patience?: number;
  /** How much better counts as better: ≥ 0, default 1e-4. */
  readonly threshold?: number;
  /** The threshold as a share of the best measure ('relative', default), or as it is ('absolute'). */
  readonly thresholdMode?: 'relative' | 'absolute';
  /** Reports after a fall that count for nothing; a whole number ≥ 0, default 0. */
  readonly cooldown?: number;
  /** Below which the rate does not fall: ≥ 0, default 0. */
  readonly minimum?: number;
}

/**
 * Lowers the rate when a measure has brought no improvement for `patience` reports in a row and one more. Someone must tell it
 * the measure: `report`.
 *
 * @throws SaddlepointError `option` for a value outside its range.
 * @see PyTorch's ReduceLROnPlateau.
 * @example
 * const rate = plateauRate({ learningRate: 0.1, factor: 0.5, patience: 3 });
 * for await (const epoch of train(model, data, { optimizer: sgd({ learningRate: rate }), … })) rate.report(epoch.validation.loss);
 */
export function plateauRate(options: PlateauOptions): PlateauSchedule {
  const where = 'plateauRate';
  const known = ['learningRate', 'mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minimum'];
  checkKnownOptions(where, options, known);
  const learningRate = checkNumber(`${where}.learningRate`, options.learningRate, { min: 0 });
  const mode = checkName(`${where}.mode`, options.mode ?? 'min', ['min', 'max']);
  const factor = checkNumber(`${where}.factor`, options.factor ?? 0.1, {
    min: 0,
    max: 1,
    openMin: true,
    openMax: true,
  });
  const patience = checkNumber(`${where}.patience`, options.patience ?? 10, { min: 0, integer: true });
  const threshold = checkNumber(`${where}.threshold`, options.threshold ?? 1e-4, { min: 0 });
  const thresholdMode = checkName(`${where}.thresholdMode`, options.thresholdMode ?? 'relative', [
    'relative',
    'absolute',
  ]);
  const cooldown = checkNumber(`${where}.cooldown`, options.cooldown ?? 0, { min: 0, integer: true });
  const minimum = checkNumber(`${where}.minimum`, options.minimum ?? 0, { min: 0 });

  /** JSON has no infinity: null is worse than any number. */
  let state = { learningRate, best: null as number | null, bad: 0, cooling: 0 };
  const sign = mode === 'min' ? -1 : 1;
  const better = (measure: number): boolean => {
    if (Number.isNaN(measure)) return false;
    if (state.best === null) return Number.isFinite(measure);
    const margin = thresholdMode === 'relative' ? threshold * Math.abs(state.best) : threshold;
    return sign * (measure - state.best) > margin;
  };
  const json = { learningRate, mode, factor, patience, threshold, thresholdMode, cooldown, minimum };
  return Object.assign(
    schedule(where, json, () => state.learningRate),
    {
      report(measure: number): boolean {
        const improved = better(measure);
        const cooling = Math.max(0, state.cooling - 1);
        const bad = improved || state.cooling > 0 ? 0 : state.bad + 1;
        const falls = bad > patience;
        const before = state.learningRate;
        state = {
          learningRate: falls ? Math.max(minimum, before * factor) : before,
          best: improved ? measure : state.best,
          bad: falls ? 0 : bad,
          cooling: falls ? cooldown : cooling,
        };
        return state.learningRate < before;
      },
      state: (): JsonObject => ({ ...state }),
      restore(given: JsonObject): void {
        const count = { min: 0, integer: true };
        state = {
          learningRate: checkNumber(`${where}.restore: learningRate`, given.learningRate, { min: 0 }),
          best: given.best === null ? null : checkNumber(`${where}.restore: best`, given.best, {}),
          bad: checkNumber(`${where}.restore: bad`, given.bad, count),
          cooling: checkNumber(`${where}.restore: cooling`, given.cooling, count),
        };
      },
    },
  );
}
