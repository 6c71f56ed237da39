/** @file What callbacks watch: one number of each epoch's record, and whether it has become better. */
import { checkName, checkNumber, SaddlepointError, suggest } from '../../core/errors.ts';
import type { EpochRecord } from '../history.ts';

export interface MonitorOptions {
  /** A number of the epoch's record: 'loss', a metric's name, or with 'validation.' before it. Default 'validation.loss'. */
  readonly monitor?: string;
  /** Whether less is better (default) or more. */
  readonly mode?: 'min' | 'max';
  /** An improvement is more than this; ≥ 0, default 0. */
  readonly minDelta?: number;
}

/** Watches one number. */
export interface Monitor {
  readonly name: string;
  /** The number in a record. @throws SaddlepointError `option` with the names that the record has. */
  valueOf(record: EpochRecord): number;
  /** Whether a value is better than the best so far; anything is better than nothing or NaN, and NaN than nothing. */
  isBetter(value: number, best: number): boolean;
}

export function monitorOf(where: string, options: MonitorOptions): Monitor {
  const { monitor = 'validation.loss', mode = 'min', minDelta = 0 } = options;
  checkName(`${where}.mode`, mode, ['min', 'max']);
  checkNumber(`${where}.minDelta`, minDelta, { min: 0 });
  const sign = mode === 'min' ? 1 : -1;
  return {
    name: monitor,
    valueOf(record) {
      const values = numbersOf(record);
      const found = values.get(monitor);
      if (found !== undefined) return found;
      const help =
        monitor.startsWith('validation.') && record.validation === undefined
          ? 'the run has no validation: give fit { validation: 0.1 }, or monitor the training loss'
          : suggest(monitor, [...values.keys()]);
      throw new SaddlepointError('option', `${where}.monitor: the record has no '${monitor}'`, help);
    },
    isBetter: (value, best) => (Number.isNaN(best) ? !Number.isNaN(value) : sign * value < sign * best - minDelta),
  };
}

/** All numbers of a record by name, those of held-out rows with 'validation.' before them. */
export function numbersOf({ validation, ...record }: EpochRecord): Map<string, number> {
  const own = Object.entries(record).filter(([name]) => name !== 'epoch');
  const held = Object.entries(validation ?? {}).map(([name, value]) => [`validation.${name}`, value] as const);
  return new Map([...own, ...held]);
}
