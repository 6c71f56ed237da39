/** @file The honest report: what a model reaches on rows that it has not seen, how sure that is, and what simpler means reach. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';
import type { Records } from '../train/records.ts';
import { type ClassReport, classReport } from './report-classes.ts';
import { actualOf, type Judged, judge } from './report-rows.ts';
import { type ValueReport, valueReport } from './report-values.ts';

export interface ReportOptions {
  /** The rows that the model learnt from: what is known without a model, the commonest class or the mean, is a baseline then. */
  readonly training?: Data | Records | undefined;
  /** Other models that are measured on the same rows, by what they are called, such as `{ 'linear model': … }`. */
  readonly baselines?: Readonly<Record<string, TrainedModel>> | undefined;
  /** Of the confidence intervals, in (0, 1); default 0.95. */
  readonly level?: number | undefined;
  /** Samples that the bootstrap draws: ≥ 200, default 2000; fewer, but at least 200, of more than 2000 rows. */
  readonly resamples?: number | undefined;
  /** Fixes the bootstrap's draws; default 0. */
  readonly seed?: number | undefined;
  /** Of the calibration of classes, of equal width, 1 to 1000; default 10. Guo et al. 2017 take 15. */
  readonly bins?: number | undefined;
}

/**
 * Measures a model on rows with known targets. The numbers are honest only for rows that had no part in the training: not in its
 * steps, not in its choice of the best epoch.
 *
 * @param model what `fit` returned or `loadModel` read: one class, or one amount, a row.
 * @param data rows with targets, as `model.evaluate` takes them.
 * @returns of classes: accuracy (Wilson's interval), confusion matrix, precision and recall of each class, calibration; of
 *   amounts: RMSE and MAE (bootstrap intervals), R². Each beside the baselines, with the interval of the difference.
 *   `toString()` is text for people, `toJSON()` plain data.
 * @throws SaddlepointError `option` for options out of range and for models that answer in another form; `data` for rows that do
 *   not fit the model.
 * @example
 * const run = await fit(training, { target: 'species' });
 * console.log(String(await report(run, held, { training })));
 */
export async function report(
  model: TrainedModel,
  data: Data | Records,
  options: ReportOptions = {},
): Promise<ClassReport | ValueReport> {
  checkKnownOptions('report', options, ['training', 'baselines', 'level', 'resamples', 'seed', 'bins']);
  const settings = {
    level: checkNumber('report: level', options.level ?? 0.95, { min: 0, max: 1, openMin: true, openMax: true }),
    resamples: checkNumber('report: resamples', options.resamples ?? 2000, { min: 200, max: 1e6, integer: true }),
    seed: checkNumber('report: seed', options.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true }),
    bins: checkNumber('report: bins', options.bins ?? 10, { min: 1, max: 1000, integer: true }),
  };
  const rows = await judge(model, data);
  const others: { name: string; rows: Judged }[] = [];
  for (const [name, other] of Object.entries(options.baselines ?? {}))
    others.push({ name, rows: comparable(name, rows, await judge(other, data)) });
  const known = options.training === undefined ? [] : [simplest(rows, await actualOf(model, options.training))];
  const guesses = [...others.map(({ name, rows: { predicted } }) => ({ name, predicted })), ...known];
  return rows.task === 'class'
    ? classReport(rows, guesses as never, settings)
    : valueReport(rows, guesses as never, settings);
}

function comparable(name: string, rows: Judged, other: Judged): Judged {
  const classes = (judged: Judged): string => (judged.task === 'class' ? judged.classes.join('\n') : '');
  if (rows.task === other.task && classes(rows) === classes(other)) return other;
  throw new SaddlepointError(
    'option',
    `report: baselines: '${name}' predicts something else than the model`,
    'baselines must have the classes of the model, or predict amounts as it does',
  );
}

/** What is predicted without looking at a row: the commonest class of the training rows, or their mean. */
function simplest(rows: Judged, training: ArrayLike<number>): { name: string; predicted: Int32Array | Float64Array } {
  if (rows.task === 'class') {
    const counts = rows.classes.map(() => 0);
    for (let i = 0; i < training.length; i++)
      counts[training[i] as number] = (counts[training[i] as number] as number) + 1;
    const commonest = counts.indexOf(Math.max(...counts));
    return { name: `always ${rows.classes[commonest]}`, predicted: rows.actual.map(() => commonest) as Int32Array };
  }
  let total = 0;
  for (let i = 0; i < training.length; i++) total += training[i] as number;
  const mean = total / training.length;
  return {
    name: `always ${Number(mean.toPrecision(4))} (mean)`,
    predicted: rows.actual.map(() => mean) as Float64Array,
  };
}
