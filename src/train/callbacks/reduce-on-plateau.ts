/** @file A learning rate that falls when nothing improves. */
import { checkKnownOptions } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type PlateauOptions, plateauRate } from '../../optim/schedules/plateau.ts';
import type { Callback } from '../callback.ts';
import { monitorOf } from './monitor.ts';

/** Of `plateauRate`, but for the rate itself: what falls is the scale of the optimizer's own schedule. */
export interface ReduceOnPlateauOptions extends Omit<PlateauOptions, 'learningRate' | 'minimum'> {
  /** A number of the epoch's record: 'loss', a metric's name, or with 'validation.' before it. Default 'validation.loss'. */
  readonly monitor?: string;
}

/**
 * Multiplies the learning rate by `factor` when a number has not improved for more than `patience` epochs. It composes with any
 * schedule, which goes on in proportion.
 *
 * @throws SaddlepointError `option` for options out of range, and after the first epoch for a number that no record has.
 * @see PyTorch's ReduceLROnPlateau.
 * @example callbacks: [reduceOnPlateau({ factor: 0.5, patience: 3 })]
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Callback {
  const known = ['monitor', 'mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown'];
  checkKnownOptions('reduceOnPlateau', options, known);
  const { monitor: watched, ...rest } = options;
  const monitor = monitorOf('reduceOnPlateau', watched === undefined ? {} : { monitor: watched });
  const scale = plateauRate({ ...rest, learningRate: 1 });
  const start = scale.state();
  return {
    name: 'reduceOnPlateau',
    onBegin({ history }) {
      if (history.length === 0) scale.restore(start);
    },
    onEpoch(record, control) {
      const before = scale(0);
      if (scale.report(monitor.valueOf(record))) control.learningRate *= scale(0) / before;
    },
    state: () => scale.state(),
    restore: (state) => scale.restore(state as JsonObject),
  };
}
