/** @file Training on plain records: columns read, encoded and split, a model of a fitting size built. */
import { SaddlepointError, show } from '../core/errors.ts';
import { type EncoderOptions, fitEncoder } from '../data/encode/fit-encoder.ts';
import type { RowEncoder } from '../data/encode/row-encoder.ts';
import { splitRows } from '../data/split.ts';
import { completeRows } from '../data/table/missing.ts';
import {
  selectRows,
  type Table,
  type TableColumns,
  type TableOptions,
  type TableRecord,
  tableOf,
} from '../data/table/table.ts';
import { type TableTarget, targetOf } from '../data/table/target.ts';
import { encodeTargets, type Targets } from '../data/targets.ts';
import { tensor } from '../graph/tensor.ts';
import { dense } from '../nn/dense.ts';
import type { Layer } from '../nn/layer.ts';
import { crossEntropy } from '../nn/losses/cross-entropy.ts';
import { meanAbsoluteError, meanSquaredError } from '../nn/losses/regression.ts';
import { accuracy } from '../nn/metrics.ts';
import { sequential } from '../nn/sequential.ts';
import { adam } from '../optim/adam.ts';
import { earlyStopping } from './callbacks/early-stopping.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';

/** Rows with names: records, columns, or a table that a reader made. */
export type Records = readonly TableRecord[] | TableColumns | Table;

export interface RecordOptions<Name extends string = string>
  extends Omit<Partial<FitOptions<Name>>, 'validation'>,
    Pick<TableOptions, 'columns'>,
    Pick<EncoderOptions, 'missing' | 'categories' | 'text'> {
  /** The column to be predicted. */
  readonly target: string;
  /** Classes or amounts; default: by what the column holds. */
  readonly task?: 'class' | 'value' | undefined;
  /** Columns that are no inputs. */
  readonly exclude?: readonly string[] | undefined;
  /** The share of rows to hold out, in (0, 1), or 0 for none; default 0.2 from 50 rows on, else 0. */
  readonly validation?: number | undefined;
  /** Default: one hidden layer of relu units, 16 to 128 of them: the power of 2 at or above √rows. The output layer is added. */
  readonly model?: readonly Layer[] | undefined;
}

/** What a model that was trained on records knows of its columns. */
export interface Columns {
  readonly encoder: RowEncoder;
  /** The column that it predicts; none where targets came apart from the records. */
  readonly target?: string | undefined;
}

/** Data and options for `fit` of arrays. */
export interface ReadRecords {
  readonly layer: Layer;
  readonly data: Data & { readonly columns: Columns; readonly notes: readonly string[] };
  readonly options: FitOptions;
}

/** Steps that a small table is trained for at most; early stopping ends most runs sooner. */
const STEPS = 4000;
/** Steps without an improvement after which a run ends: 5 to 20 epochs. */
const PATIENCE = 1250;

/** @throws SaddlepointError for records and columns that cannot be used; see `tableOf`, `targetOf`, `fitEncoder`. */
export function readRecords(records: Records, given: RecordOptions): ReadRecords {
  const { target: name, task, exclude = [], columns, missing, categories, text = 'auto', model, ...rest } = given;
  if (typeof name !== 'string')
    throw new SaddlepointError('option', `fit: target: expected the name of a column, got ${show(name)}`);
  const whole = tableOf(records, columns === undefined ? {} : { columns });
  const found = targetOf(whole, name, { ...(task && { task }), missing: missing === 'drop' ? 'drop' : 'error' });
  const used = whole.columns.map((column) => column.name).filter((column) => !exclude.includes(column));
  const complete = missing === 'drop' ? completeRows(whole, used) : { rows: found.rows, notes: [] };
  const kept = complete.rows;
  const table = selectRows(whole, kept);
  const y = Array.from(kept, (row) => found.values[row]) as TableTarget['values'];
  const { seed = 0, split = 'shuffle' } = rest;
  const validation = rest.validation ?? (table.rows < 50 ? 0 : 0.2);
  const targets = encodeTargets(y, found.task, { name: 'y' });
  const classes = targets.classes?.length ?? 1;
  const rows = validation === 0 ? undefined : trainingRows(table.rows, validation, targets, { seed, split });
  const { encoder, notes } = fitEncoder(table, rows, {
    exclude: [name, ...exclude],
    text,
    ...(missing === undefined ? {} : { missing }),
    ...(categories === undefined ? {} : { categories }),
  });
  const encoded = encoder.encode(table);
  const hidden = model ?? [dense(hiddenUnits(table.rows), { activation: 'relu' })];
  const size = rest.batchSize ?? (table.rows < 1000 ? 16 : 32);
  const batchSize = typeof size === 'object' ? size.from : size;
  const trained = rows?.length ?? table.rows;
  // Some 1250 steps, so that large tables do not wait for hours.
  const patience = Math.min(20, Math.max(5, Math.ceil((PATIENCE * batchSize) / trained)));
  return {
    layer: sequential([...hidden, dense(classes)]),
    data: {
      x: tensor(encoded.data, [encoded.rows, encoded.width]),
      y,
      columns: { encoder, target: name },
      notes: [...whole.notes, ...found.notes, ...complete.notes, ...notes],
    },
    options: {
      loss: found.task === 'class' ? crossEntropy() : meanSquaredError(),
      metrics: found.task === 'class' ? [accuracy()] : [meanAbsoluteError()],
      optimizer: adam({ learningRate: 3e-3 }),
      epochs: Math.min(300, Math.max(20, Math.ceil((STEPS * batchSize) / trained))),
      callbacks: validation === 0 ? [] : [earlyStopping({ patience })],
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
      batchSize: typeof size === 'object' ? size : Math.min(size, trained),
      ...(validation === 0 ? { validation: undefined } : { validation }),
    } as FitOptions,
  };
}

/** The same split as the training's own, by the same seed: an encoder may look at training rows alone. */
function trainingRows(
  count: number,
  validation: number,
  { data }: Targets,
  { seed, split }: { readonly seed: number; readonly split: 'shuffle' | 'time' },
): Int32Array {
  const labels = data instanceof Int32Array && data.length === count ? { labels: data } : {};
  return splitRows(count, validation, { ...labels, seed, order: split }).train;
}

/** Data whose x are records as rows of numbers: by the model's own encoder, or by one fitted on the training rows. */
export function encodeRecords(model: Layer | TrainedModel, data: Data, options: FitOptions): Data {
  const known = 'state' in model ? model.state.columns : undefined;
  const table = tableOf(data.x as Records);
  const { validation, seed = 0, split = 'shuffle', loss } = options;
  const targets = encodeTargets(data.y, loss.target, { name: 'y', rows: table.rows });
  const rows =
    typeof validation === 'number' ? trainingRows(table.rows, validation, targets, { seed, split }) : undefined;
  const fitted = known === undefined ? fitEncoder(table, rows) : { encoder: known.encoder, notes: [] };
  const { encoder } = fitted;
  const encoded = encoder.encode(table);
  return {
    ...data,
    x: tensor(encoded.data, [encoded.rows, encoded.width]),
    columns: known ?? { encoder },
    notes: [...table.notes, ...fitted.notes, ...encoded.notes],
  };
}

const hiddenUnits = (rows: number): number => Math.min(128, Math.max(16, 2 ** Math.ceil(Math.log2(Math.sqrt(rows)))));
