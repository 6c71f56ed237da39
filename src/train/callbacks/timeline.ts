/** @file The callback that records a run for any x-axis: steps, epochs, examples, gradient evaluations, seconds. */
import {
  checkKnownOptions,
  checkName,
  checkNumber,
  checkSwitch,
  SaddlepointError,
  suggest,
} from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Callback, Control } from '../callback.ts';
import type { Measures } from '../history.ts';

export interface TimelineOptions {
  /** Steps between two records: a whole number ≥ 1, default 10. */
  readonly every?: number;
  /** Whether each has loss and metrics over the rows held out, which costs a pass over them; default false. */
  readonly validate?: boolean;
}

/** What a curve may be drawn over. */
export const TIMELINE_AXES = ['step', 'epoch', 'examples', 'gradientEvaluations', 'seconds'] as const;
/** One of `TIMELINE_AXES`. */
export type TimelineAxis = (typeof TIMELINE_AXES)[number];

/** A place of the run, after so many steps. */
export interface TimelineRecord extends Readonly<Record<TimelineAxis, number>> {
  /** Of the training rows since the last record, as means over the steps. */
  readonly loss: number;
  /** As the weights are there. */
  readonly validation?: Measures;
}

/** A run's places. */
export interface Timeline extends Callback {
  readonly records: readonly TimelineRecord[];
  /**
   * A curve, for `pointsFigure` of `saddlepoint/plot`.
   *
   * @param x the axis. @param y 'loss', or 'validation.' and what is measured there.
   * @throws SaddlepointError `option` for names that are not there.
   */
  points(x: TimelineAxis, y: string): readonly (readonly [x: number, y: number])[];
}

interface Totals {
  examples: number;
  gradientEvaluations: number;
  /** Passes over the training rows: examples by their number. */
  epoch: number;
  milliseconds: number;
}

/**
 * Records, every so many steps, how far a run has come by each measure of effort: steps, epochs (examples over training rows),
 * examples, gradient evaluations (examples times the gradients that a step takes of each: see `StepRecord`), and seconds. Seconds
 * are those of the steps: what this callback measures, and validation at the ends of epochs, is left out. A checkpoint keeps the
 * totals, so that a run that goes on does so in its timeline.
 *
 * @throws SaddlepointError `option` for values out of range.
 * @example
 * const small = timeline({ validate: true });
 * await fit(model, data, { ...options, batchSize: 8, validation: 0.1, callbacks: [small] });
 * pointsFigure([{ name: '8', points: small.points('seconds', 'validation.accuracy') }], { …, line: true });
 */
export function timeline(options: TimelineOptions = {}): Timeline {
  return timelineBy(options, () => performance.now());
}

/** `timeline` by any clock, in milliseconds. */
export function timelineBy(options: TimelineOptions, clock: () => number): Timeline {
  checkKnownOptions('timeline', options, ['every', 'validate']);
  const every = checkNumber('timeline.every', options.every ?? 10, { min: 1, integer: true });
  const validate = checkSwitch('timeline.validate', options.validate ?? false);
  const records: TimelineRecord[] = [];
  let totals: Totals = { examples: 0, gradientEvaluations: 0, epoch: 0, milliseconds: 0 };
  let since = 0;
  let [sum, rows] = [0, 0];
  const add = async (control: Control): Promise<void> => {
    const { milliseconds, ...rest } = totals;
    records.push(
      Object.freeze({
        ...{ step: control.step, ...rest, seconds: milliseconds / 1000, loss: sum / rows },
        ...(validate && { validation: Object.freeze(await control.validate()) }),
      }),
    );
    [sum, rows] = [0, 0];
  };
  return {
    ...{ name: 'timeline', every, records },
    points(x, y) {
      checkName('timeline.points', x, TIMELINE_AXES);
      const held = y.startsWith('validation.') ? y.slice('validation.'.length) : undefined;
      const measured = ({ loss, validation }: TimelineRecord): number | undefined =>
        held === undefined ? loss : (validation as Readonly<Record<string, number>> | undefined)?.[held];
      const names = ['loss', ...Object.keys(records[0]?.validation ?? {}).map((name) => `validation.${name}`)];
      if (records.length > 0 && !names.includes(y))
        throw new SaddlepointError('option', `timeline.points: there is no '${y}'`, suggest(y, names));
      return records.map((record) => [record[x], measured(record) as number] as const);
    },
    onBegin() {
      since = clock();
    },
    async onStep(record, control) {
      totals.examples += record.rows;
      totals.gradientEvaluations += record.gradientEvaluations;
      totals.epoch = totals.examples / control.rows.length;
      sum += record.loss * record.rows;
      rows += record.rows;
      if (record.step + 1 !== control.step) return;
      totals.milliseconds += clock() - since;
      if (control.step % every === 0) await add(control);
      since = clock();
    },
    onEpoch() {
      since = clock();
    },
    state: () => ({ ...totals, sum, rows, records: records as unknown as Json[] }),
    restore(state) {
      const kept = state as unknown as Totals & { sum: number; rows: number; records: readonly TimelineRecord[] };
      const { examples, gradientEvaluations, epoch, milliseconds } = kept;
      totals = { examples, gradientEvaluations, epoch, milliseconds };
      [sum, rows] = [kept.sum, kept.rows];
      records.splice(0, records.length, ...kept.records);
    },
  };
}
