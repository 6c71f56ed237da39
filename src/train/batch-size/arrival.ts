/** @file A run that ends where it has reached what was wanted, or when its time is over. */
import type { Callback, Control } from '../callback.ts';
import type { SearchOptions } from './options.ts';
import type { Clock } from './throughput.ts';

/** How such a run ended: at the target, by its time, or by a loss that became NaN or infinite. */
export type ArrivalEnding = 'reached' | 'time' | 'diverged';

/** A callback that looks at the target, and ends the run. */
export interface Lookout extends Callback {
  /** Steps at the first look that saw it; undefined while none has. */
  readonly steps: number | undefined;
}

/**
 * Looks every so many examples (or after each step, where a step has more of them), and at the ends of epochs, where `fit` has
 * measured already.
 *
 * @param every examples between two looks. @param seconds after which it gives up.
 */
export function lookout(
  { metric, value, mode }: NonNullable<SearchOptions['target']>,
  { every, batchSize, seconds, clock }: { every: number; batchSize: number; seconds: number; clock: Clock },
): Lookout {
  const steps = Math.max(1, Math.round(every / batchSize));
  const held = metric.startsWith('validation.') ? metric.slice('validation.'.length) : undefined;
  let began = Number.NaN;
  let [sum, count] = [0, 0];
  let arrived: number | undefined;
  const look = (seen: number | undefined, control: Control): void => {
    if (seen === undefined || !(mode === 'min' ? seen <= value : seen >= value)) return;
    arrived ??= control.step;
    control.stop(`${metric} is ${seen}`);
  };
  return {
    name: 'findBatchSize',
    every: steps,
    get steps() {
      return arrived;
    },
    onBegin() {
      began = clock();
    },
    async onStep({ step, loss }, control) {
      sum += loss;
      count++;
      // Of a call of several steps the clock belongs to the last.
      if (step + 1 === control.step && clock() - began > 1000 * seconds) control.stop('the time is over');
      if ((step + 1) % steps !== 0) return;
      if (held === undefined) look(sum / count, control);
      else if (control.step % Math.ceil(control.rows.length / batchSize) !== 0)
        look(((await control.validate()) as Record<string, number>)[held], control);
      [sum, count] = [0, 0];
    },
    onEpoch({ validation }, control) {
      if (held !== undefined) look((validation as Record<string, number> | undefined)?.[held], control);
    },
  };
}
