/** @file Early stopping. */
import { checkKnownOptions, checkNumber } from '../../core/errors.ts';
import type { Callback } from '../callback.ts';
import { type MonitorOptions, monitorOf } from './monitor.ts';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement after which the run ends: a whole number ≥ 0, default 5. */
  readonly patience?: number;
  /** Epochs at the beginning that do not count; default 0. */
  readonly startFrom?: number;
}

/**
 * Ends the run when a number has not improved for `patience` epochs. With validation the run holds the weights of its best epoch
 * however it ends, so there is nothing to restore.
 *
 * @throws SaddlepointError `option` for options out of range, and after the first epoch for a number that no record has.
 * @see Prechelt 1998, "Early stopping — but when?".
 * @example fit(model, data, { validation: 0.2, epochs: 200, callbacks: [earlyStopping({ patience: 10 })], … })
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkKnownOptions('earlyStopping', options, ['monitor', 'mode', 'minDelta', 'patience', 'startFrom']);
  const monitor = monitorOf('earlyStopping', options);
  const patience = checkNumber('earlyStopping.patience', options.patience ?? 5, { min: 0, integer: true });
  const startFrom = checkNumber('earlyStopping.startFrom', options.startFrom ?? 0, { min: 0, integer: true });
  let best = Number.NaN;
  let waited = 0;
  return {
    name: 'earlyStopping',
    onBegin({ history }) {
      if (history.length > 0) return;
      best = Number.NaN;
      waited = 0;
    },
    onEpoch(record, control) {
      const value = monitor.valueOf(record);
      if (record.epoch <= startFrom) return;
      if (monitor.isBetter(value, best)) {
        best = value;
        waited = 0;
        return;
      }
      waited++;
      if (waited >= Math.max(1, patience))
        control.stop(`earlyStopping: ${monitor.name} has not improved for ${waited} epochs`);
    },
    state: () => ({ best: Number.isNaN(best) ? null : best, waited }),
    restore(state) {
      const kept = Object(state) as { best?: number | null; waited?: number };
      best = kept.best ?? Number.NaN;
      waited = kept.waited ?? 0;
    },
  };
}
