/** @file A learning rate that falls when nothing improves. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import type { Callback } from '../callback.ts';
import { type MonitorOptions, monitorOf } from './monitor.ts';

export interface ReduceOnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by, in (0, 1); default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement that are borne; one more and the rate falls. A whole number ≥ 0, default 10. */
  readonly patience?: number;
  /** Epochs after a fall in which nothing is counted; default 0. */
  readonly cooldown?: number;
  /** The rate never falls below it; ≥ 0, default 0. */
  readonly minimum?: number;
}

/**
 * Multiplies the learning rate by `factor` when a number has not improved for more than `patience` epochs. It composes with any
 * schedule: what falls is the scale of the schedule.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see PyTorch's ReduceLROnPlateau, whose counting this is (threshold_mode 'abs' with `minDelta`).
 * @example callbacks: [reduceOnPlateau({ factor: 0.5, patience: 3 })]
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Callback {
  const where = 'reduceOnPlateau';
  checkKnownOptions(where, options, ['monitor', 'mode', 'minDelta', 'factor', 'patience', 'cooldown', 'minimum']);
  const monitor = monitorOf(where, options);
  const factor = checkNumber(`${where}.factor`, options.factor ?? 0.1, {
    min: 0,
    max: 1,
    openMin: true,
    openMax: true,
  });
  const patience = checkNumber(`${where}.patience`, options.patience ?? 10, { min: 0, integer: true });
  const cooldown = checkNumber(`${where}.cooldown`, options.cooldown ?? 0, { min: 0, integer: true });
  const minimum = checkNumber(`${where}.minimum`, options.minimum ?? 0, { min: 0 });
  let best = Number.NaN;
  let bad = 0;
  let cooling = 0;
  return {
    name: where,
    onBegin({ history }) {
      if (history.length > 0) return;
      best = Number.NaN;
      bad = 0;
      cooling = 0;
    },
    onEpoch(record, control) {
      const value = monitor.valueOf(record);
      if (monitor.isBetter(value, best)) {
        best = value;
        bad = 0;
      } else bad++;
      if (cooling > 0) {
        cooling--;
        bad = 0;
      }
      if (bad <= patience) return;
      bad = 0;
      cooling = cooldown;
      const rate = control.learningRate;
      if (rate > minimum) control.learningRate = Math.max(minimum, rate * factor);
    },
    state: () => ({ best: Number.isNaN(best) ? null : best, bad, cooling }),
    restore(state) {
      const kept = Object(state) as { best?: number | null; bad?: number; cooling?: number };
      best = kept.best ?? Number.NaN;
      bad = kept.bad ?? 0;
      cooling = kept.cooling ?? 0;
    },
  };
}
