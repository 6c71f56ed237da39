/** @file `crossValidate`: as many trainings as folds, each measured on rows that it has not seen. */
import { checkName, SaddlepointError, show } from '../core/errors.ts';
import { kFold, type TimeFoldOptions, timeSeriesFolds } from '../data/split/folds.ts';
import type { Sides } from '../data/split/groups.ts';
import type { Layer } from '../nn/layer.ts';
import { CrossValidation, type Fold } from './cross-validation.ts';
import { evaluateModel } from './evaluate-model.ts';
import { arrayFolds, type FoldData, recordFolds } from './fold-data.ts';
import type { Measures, Totals } from './history.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';
import type { RecordOptions, Records } from './records.ts';

export interface FoldingOptions {
  /** How many: 2 (by time: 1) to the number of rows; default 5, so that 80 % of the rows train. */
  readonly folds?: number;
  /** Each fold gets its share of every class; default true where targets are classes and there are neither groups nor time. */
  readonly stratified?: boolean;
  /** The group of each row: no group is on both sides. Of records also the name of a column, which then is no input. */
  readonly groups?: ArrayLike<unknown> | string | undefined;
  /** Rows are in the order of time: each fold trains on what came before; `size`, `gap` and `window` as `timeSeriesFolds`. */
  readonly time?: boolean | Omit<TimeFoldOptions, 'folds'>;
}

/**
 * Options of `fit`, and the folds. `validation` holds out a share of a fold's training rows, for early stopping and the best
 * epoch; the fold's own rows choose nothing.
 */
export interface CrossValidateOptions<Name extends string = string>
  extends Omit<FitOptions<Name>, 'validation' | 'resume' | 'resumable'>,
    FoldingOptions {
  readonly validation?: number;
}

/** As those of `fit` of records, and the folds. */
export interface CrossValidateRecordOptions<Name extends string = string>
  extends Omit<RecordOptions<Name>, 'resume' | 'resumable'>,
    FoldingOptions {}

/**
 * Trains a model once for each fold, from the same weights, and measures it on the fold's rows, which it has not seen: scaling,
 * encoders and weights of classes come from training rows alone.
 *
 * @param model a layer or a trained model, which stays as it is: each fold begins with it.
 * @param data x, y and weights, as for `fit`. Measures count all rows alike.
 * @returns measures of each fold, pooled, their mean and standard deviation; `String(result)` is a table.
 * @throws SaddlepointError `option` for folds that cannot be made, `aborted` when the signal stops a fold; what `fit` throws.
 * @see Kohavi 1995, "A study of cross-validation and bootstrap for accuracy estimation and model selection".
 * @example const { mean, standardDeviation } = await crossValidate(model, { x, y }, { loss: crossEntropy(), folds: 10 });
 */
export async function crossValidate<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: CrossValidateOptions<Name>,
): Promise<CrossValidation<Name>>;
/**
 * As `crossValidate`, of records: each fold builds its model as `fit(records, options)` does, its own rows held out for early
 * stopping among the fold's training rows.
 *
 * @throws SaddlepointError `data` too where a class has no row among a fold's training rows.
 * @example console.log(String(await crossValidate(records, { target: 'species' })));
 */
export async function crossValidate<Name extends string = 'accuracy' | 'meanAbsoluteError'>(
  records: Records,
  options: CrossValidateRecordOptions<Name>,
): Promise<CrossValidation<Name>>;
export async function crossValidate(
  model: Layer | TrainedModel | Records,
  data: Data | CrossValidateRecordOptions,
  options?: CrossValidateOptions,
): Promise<CrossValidation> {
  if (options === undefined && 'target' in Object(data)) {
    const { folding, rest } = optionsOf(data as CrossValidateRecordOptions);
    return validated(recordFolds(model as Records, rest as RecordOptions, folding.groups), folding, rest);
  }
  const { folding, rest } = optionsOf(options as CrossValidateOptions);
  if (typeof folding.groups === 'string')
    throw new SaddlepointError('option', 'crossValidate: groups: a column name needs records', 'give a group a row');
  const { validation } = rest as FitOptions;
  if (validation !== undefined && typeof validation !== 'number')
    throw new SaddlepointError(
      'option',
      `crossValidate: validation: expected a share of the training rows, got ${show(validation)}`,
      'the folds hold out rows themselves; a share in (0, 1) is for early stopping',
    );
  const folds = await arrayFolds(model as Layer, data as Data, rest as FitOptions, folding.groups);
  return validated(folds, folding, rest);
}

function optionsOf<T extends FoldingOptions>(options: T) {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `crossValidate: expected options, got ${show(options)}`, '{ loss } is needed');
  for (const name of ['resume', 'resumable'])
    if (name in options) throw new SaddlepointError('option', `crossValidate: '${name}' is for one run of fit`);
  const { folds, stratified, groups, time, ...rest } = options;
  return { folding: { folds, stratified, groups, time }, rest };
}

type Folding = ReturnType<typeof optionsOf>['folding'];

function foldsOf(data: FoldData, { folds, stratified, time }: Folding, seed: number): Sides[] {
  const { rows, groups, labels } = data;
  const only = (what: string, other: string): SaddlepointError =>
    new SaddlepointError('option', `crossValidate: ${what} together with ${other}`, 'give one of them');
  if (stratified !== undefined) checkName('crossValidate: stratified', String(stratified), ['true', 'false']);
  if (time !== undefined && time !== false) {
    if (groups !== undefined) throw only('time', 'groups');
    if (stratified) throw only('time', 'stratified');
    return timeSeriesFolds(rows, { ...(time === true ? {} : time), ...(folds === undefined ? {} : { folds }) });
  }
  if (stratified && groups !== undefined) throw only('stratified', 'groups');
  if (stratified && labels === undefined)
    throw new SaddlepointError('option', 'crossValidate: stratified: the targets are no classes, one a row');
  const byClass = groups === undefined && stratified !== false && labels !== undefined;
  return kFold(rows, {
    ...{ seed, ...(folds === undefined ? {} : { folds }) },
    ...(groups === undefined ? {} : { groups }),
    ...(byClass ? { labels } : {}),
  });
}

async function validated(
  data: FoldData,
  folding: Folding,
  { seed = 0, device = 'auto' }: Pick<FitOptions, 'seed' | 'device'>,
): Promise<CrossValidation> {
  const sides = foldsOf(data, folding, seed);
  sides.forEach(({ train, validation }, i) => {
    data.check?.(train, validation, i + 1);
  });
  const pool = new Pool();
  const folds: Fold[] = [];
  for (const { train, validation } of sides) {
    const run = await data.fit(train);
    if (run.ending === 'aborted')
      throw new SaddlepointError('aborted', `crossValidate: aborted in fold ${folds.length + 1} of ${sides.length}`);
    const measures = await evaluateModel(run.state, data.part(validation), { device }, (totals, kept) =>
      pool.add(totals, kept),
    );
    folds.push({ train, validation, measures, model: data.model(run), history: run.history });
  }
  return new CrossValidation(folds, pool.measures(), data.notes);
}

/** Sums and kept rows of all folds. */
class Pool {
  #totals: Totals | undefined;
  readonly #kept = new Map<string, number[]>();

  add(totals: Totals, kept: ReadonlyMap<string, number[]>): void {
    const before = this.#totals?.values;
    if (before !== undefined) totals.values = totals.values.map((value, i) => value + (before[i] as number));
    this.#totals = totals;
    for (const [metric, rows] of kept) this.#kept.set(metric, (this.#kept.get(metric) ?? []).concat(rows));
  }

  measures(): Measures {
    const kept = new Map([...this.#kept].map(([metric, rows]) => [metric, Float64Array.from(rows)]));
    return this.#totals?.measures(kept) as Measures;
  }
}
