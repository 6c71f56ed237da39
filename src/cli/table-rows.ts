/** @file A table as it is learnt from: read, in order, split, with the options that `fit` gets. */
import { type ColumnKind, completeRows, selectRows, splitRows, type Table, targetOf } from '../data.ts';
import { adam, dense, type RecordOptions, SaddlepointError } from '../index.ts';
import { columnList, hiddenLayers, kindsOf } from './columns.ts';
import type { LearningGiven } from './learning-options.ts';
import { readTable } from './read-table.ts';
import type { Given } from './spec.ts';

/** Rows by what they are for, and how they are learnt from. */
export interface TableRows {
  /** As read. */
  readonly whole: Table;
  readonly learning: Table;
  /** Rows that take no part in training; undefined where there are none. */
  readonly held: Table | undefined;
  readonly target: string;
  readonly task: 'class' | 'value';
  readonly order: 'shuffle' | 'time';
  /** The share of the learning rows that decides when to stop. */
  readonly validation: number;
  readonly counts: { readonly training: number; readonly validation: number; readonly test: number };
  /** What was done to the rows. */
  readonly notes: readonly string[];
  /** For `fit` of the learning rows. */
  readonly options: RecordOptions;
}

/**
 * @param command whose words they are, for errors.
 * @param options of `TABLES`, `LEARNING` and `READING`.
 * @throws SaddlepointError `option` for columns that are not there, a target that is not said; what reading throws.
 */
export async function readRows(command: string, place: string, options: Given): Promise<TableRows> {
  const given = options as LearningGiven;
  const kinds = kindsOf(given.kind ?? []);
  const whole = await readTable(place, options, kinds as Record<string, ColumnKind>);
  const names = whole.columns.map(({ name }) => name);
  const target = given.target ?? askTarget(command, names);
  const exclude = columnList('--exclude', given.exclude ?? [], names);
  const texts = columnList('--text', given.text ?? [], names);
  const { seed = 0, missing = 'error', time, task } = given;
  const { table, notes } = prepared(whole, { target, exclude, missing, time, ...(task && { task }) });
  const found = targetOf(table, target, { ...(task && { task }) });
  const labels = found.task === 'class' ? { labels: numbered(found.values) } : {};
  const order = time === undefined ? ('shuffle' as const) : ('time' as const);
  const split = (rows: Table, share: number, own: { labels?: Int32Array }) =>
    share === 0 ? undefined : splitRows(rows.rows, share, { ...own, seed, order });

  const outer = split(table, given.test ?? (table.rows < 20 ? 0 : 0.2), labels);
  const learning = outer === undefined ? table : selectRows(table, outer.train);
  const held = outer === undefined ? undefined : selectRows(table, outer.validation);
  const validation = given.validation ?? (learning.rows < 40 ? 0 : 0.2);
  const ofLearning = labels.labels && {
    labels: outer === undefined ? labels.labels : outer.train.map((row) => labels.labels[row] as number),
  };
  const inner = split(learning, validation, ofLearning ?? {});
  const hidden = hiddenLayers(given.hidden);
  return {
    ...{ whole, learning, held, target, task: found.task, order, validation },
    counts: {
      training: inner?.train.length ?? learning.rows,
      validation: inner?.validation.length ?? 0,
      test: held?.rows ?? 0,
    },
    notes: [...whole.notes, ...notes, ...(outer?.notes ?? [])],
    options: {
      ...{ target, task: found.task, exclude: time === undefined ? exclude : [...new Set([...exclude, time])] },
      ...{ missing, validation, seed, split: order },
      ...(texts.length > 0 && { text: Object.fromEntries(texts.map((name) => [name, 'auto' as const])) }),
      epochs: given.epochs as number,
      batchSize: given.batchSize as number,
      classWeights: given.classWeights,
      threads: given.threads as number,
      maxSeconds: given.maxSeconds,
      ...(given.learningRate !== undefined && { optimizer: adam({ learningRate: given.learningRate }) }),
      ...(hidden && { model: hidden.map((units) => dense(units, { activation: 'relu' })) }),
    },
  };
}

/** The rows to learn from and to be measured on: in their order, and without gaps where gaps are dropped. */
function prepared(
  whole: Table,
  {
    target,
    exclude,
    missing,
    time,
    task,
  }: {
    target: string;
    exclude: readonly string[];
    missing: string;
    time?: string | undefined;
    task?: 'class' | 'value';
  },
): { table: Table; notes: string[] } {
  const notes: string[] = [];
  let table = whole;
  if (missing === 'drop') {
    // Asked for first: a target that is not there is to be named, not a column.
    targetOf(whole, target, { missing: 'drop', ...(task && { task }) });
    const used = whole.columns.map(({ name }) => name).filter((name) => !exclude.includes(name));
    const complete = completeRows(whole, used);
    table = selectRows(whole, complete.rows);
    notes.push(...complete.notes);
  }
  if (time === undefined) return { table, notes };
  const column = table.columns.find(({ name }) => name === time);
  if (column === undefined || (column.kind !== 'number' && column.kind !== 'date'))
    throw new SaddlepointError(
      'option',
      `--time: '${time}' is ${column === undefined ? 'no column' : `a column of kind ${column.kind}`}, a column of numbers or dates expected`,
      `columns of that kind: ${
        table.columns
          .filter(({ kind }) => kind === 'number' || kind === 'date')
          .map(({ name }) => name)
          .join(', ') || 'none'
      }`,
    );
  const { values } = column as { values: Float64Array };
  const order = Int32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  return {
    table: selectRows(table, order),
    notes: [...notes, `rows are in the order of column '${time}', which is no input`],
  };
}

/** Class numbers for the split: which number is which class does not matter to it. */
function numbered(values: readonly (string | boolean | number)[]): Int32Array {
  const numbers = new Map<string | boolean | number, number>();
  return Int32Array.from(values, (value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}

function askTarget(command: string, names: readonly string[]): never {
  const shown = names.slice(0, 30).map((name) => `'${name}'`);
  throw new SaddlepointError(
    'option',
    `${command}: which column is to be predicted? --target says it`,
    `the columns are ${shown.join(', ')}${names.length > shown.length ? ' …' : ''}`,
  );
}
