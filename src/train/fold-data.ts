/** @file Data that a fold takes rows of: arrays, whose targets are numbered once for all folds, or records. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { cellOf } from '../data/table/column.ts';
import { completeRows } from '../data/table/missing.ts';
import { columnOf, selectRows, tableOf } from '../data/table/table.ts';
import { targetOf } from '../data/table/target.ts';
import { hostTensor } from '../graph/tensor.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import { fit } from './fit.ts';
import { isTrainedModel, TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';
import { readSource, readTargets, withRowShape } from './read.ts';
import type { RecordOptions, Records } from './records.ts';
import type { Run } from './run.ts';

/** Rows that can be trained on and measured in part. */
export interface FoldData {
  readonly rows: number;
  /** The class of each row; undefined where targets are amounts. */
  readonly labels: ArrayLike<unknown> | undefined;
  readonly groups: ArrayLike<unknown> | undefined;
  /** What was done to all rows, for people to read. */
  readonly notes: readonly string[];
  /** Trains on some rows. */
  fit(rows: Int32Array): Promise<Run>;
  /** Some rows, as evaluation of that run takes them. */
  part(rows: Int32Array): Data | Records;
  /** The model of that run, with the classes of all rows. */
  model(run: Run): TrainedModel;
  /** @throws SaddlepointError `data` where some rows cannot be measured by a model of others. */
  check?(train: Int32Array, validation: Int32Array, fold: number): void;
}

type Values = Float32Array | Int32Array | Uint8Array;

/** The rows of a flat array. */
function take<T extends Values>(data: T, rows: Int32Array, width: number): T {
  const taken = new (data.constructor as new (length: number) => T)(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}

/**
 * x and y: targets become class numbers over all rows, so that a class that a fold lacks keeps its number.
 *
 * @throws SaddlepointError `data` for rows and targets that cannot be used.
 */
export async function arrayFolds(
  model: Layer | TrainedModel,
  data: Data,
  options: FitOptions,
  groups: ArrayLike<unknown> | undefined,
): Promise<FoldData> {
  const base = isTrainedModel(model) ? model.state : undefined;
  const read = readSource(data);
  const source = base === undefined ? read : withRowShape(read, base.inputShape);
  const outputShape =
    base?.outputShape ??
    initialize(model as Layer, { shape: [1, ...source.rowShape], dtype: 'f32' }, 0).output.shape.slice(1);
  const { loss, classWeights } = options;
  const targets = await readTargets(data, source, { loss, outputShape, classes: base?.classes });
  const { classes } = targets;
  const width = targets.data.length / source.rows;
  const numbered = targets.data instanceof Int32Array;
  const targetShape: Shape = width === 1 ? [] : !numbered && outputShape.length > 1 ? outputShape : [width];
  const rowWidth = source.data.length / source.rows;
  const weights = data.weights;
  const part = (rows: Int32Array): Data => ({
    x: hostTensor({ shape: [rows.length, ...source.rowShape], dtype: source.dtype }, take(source.data, rows, rowWidth)),
    y: hostTensor(
      { shape: [rows.length, ...targetShape], dtype: numbered ? 'i32' : 'f32' },
      take(targets.data, rows, width),
    ),
    ...(weights && { weights: Float32Array.from(rows, (row) => weights[row] as number) }),
  });
  // Inside the folds, classes are numbers; those of the models that come out are the user's.
  const numbers = <T extends { readonly classes: readonly (string | number)[] | undefined }>(state: T): T => ({
    ...state,
    classes: state.classes?.map((_, i) => i),
  });
  const start = base === undefined ? model : new TrainedModel(numbers(base));
  const byNumber = (given: FitOptions['classWeights']): FitOptions['classWeights'] => {
    if (given === undefined || typeof given !== 'object' || classes === undefined) return given;
    const names = classes.map(String);
    const unknown = Object.keys(given).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw new SaddlepointError(
        'option',
        `crossValidate: classWeights: no class '${unknown}'`,
        suggest(unknown, names),
      );
    return Object.fromEntries(Object.entries(given).map(([name, weight]) => [names.indexOf(name), weight]));
  };
  return {
    rows: source.rows,
    labels: width === 1 && targets.kind !== 'value' ? targets.data : undefined,
    groups,
    notes: targets.notes,
    part,
    fit: (rows) => fit(start, part(rows), { ...options, classWeights: byNumber(classWeights) }),
    model: ({ state }) => new TrainedModel({ ...state, classes }),
  };
}

/** Records: columns are read once, encoders are fitted anew on each fold's training rows. */
export function recordFolds(
  records: Records,
  options: RecordOptions,
  given: string | ArrayLike<unknown> | undefined,
): FoldData {
  const { target, columns, missing, exclude = [], ...rest } = options;
  if (typeof target !== 'string')
    throw new SaddlepointError('option', `crossValidate: target: expected the name of a column, got ${show(target)}`);
  const all = tableOf(records, columns === undefined ? {} : { columns });
  const grouping = typeof given === 'string' ? given : undefined;
  const excluded = grouping === undefined ? exclude : [...exclude, grouping];
  const found = targetOf(all, target, {
    ...(rest.task && { task: rest.task }),
    missing: missing === 'drop' ? 'drop' : 'error',
  });
  const used = all.columns.map(({ name }) => name).filter((name) => !excluded.includes(name));
  const kept = missing === 'drop' ? completeRows(all, used) : { rows: found.rows, notes: [] };
  const table = selectRows(all, kept.rows);
  const groupOf = (): ArrayLike<unknown> | undefined => {
    if (typeof given !== 'string') return given === undefined ? undefined : Array.from(kept.rows, (row) => given[row]);
    const column = columnOf(table, given, 'groups');
    return Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
  };
  if (given !== undefined && typeof given !== 'string' && given.length !== all.rows)
    throw new SaddlepointError('data', `crossValidate: ${given.length} groups for ${all.rows} rows`);
  const labels = found.task === 'class' ? Array.from(kept.rows, (row) => found.values[row]) : undefined;
  return {
    rows: table.rows,
    labels,
    groups: groupOf(),
    notes: [...all.notes, ...found.notes, ...kept.notes],
    part: (rows) => selectRows(table, rows),
    fit: (rows) =>
      fit(selectRows(table, rows), {
        ...rest,
        target,
        ...{ exclude: excluded, task: found.task },
        ...(missing === undefined ? {} : { missing }),
      }),
    model: (run) => run,
    check(train, validation, fold) {
      if (labels === undefined) return;
      const known = new Set(Array.from(train, (row) => labels[row]));
      const row = validation.find((one) => !known.has(labels[one]));
      if (row === undefined) return;
      throw new SaddlepointError(
        'data',
        `crossValidate: fold ${fold}: no training row has class ${show(labels[row])} of row ${row} (counted from 0)`,
        'leave out or merge classes of a single row or group, or ask for fewer folds',
      );
    },
  };
}
