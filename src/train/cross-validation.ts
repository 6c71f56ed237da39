/** @file What cross-validation found: measures of each fold, of all held-out rows together, and how much the folds differ. */
import type { Json } from '../core/json.ts';
import type { EpochRecord, Measures } from './history.ts';
import type { TrainedModel } from './model.ts';

/** One fold: a model trained without its rows, and what it makes of them. */
export interface Fold<Name extends string = string> {
  /** Row numbers of the data, ascending: trained on (early stopping's own held-out rows among them), and measured on. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  /** Over the rows of `validation`. */
  readonly measures: Measures<Name>;
  readonly model: TrainedModel<Name>;
  /** Of its training. */
  readonly history: readonly EpochRecord<Name>[];
}

/** The result of `crossValidate`. */
export class CrossValidation<Name extends string = string> {
  readonly folds: readonly Fold<Name>[];
  /**
   * Over all held-out rows together, each answered by the model that has not seen it: exact, also for measures that are no
   * means over rows (AUC, F1, R²).
   */
  readonly pooled: Measures<Name>;
  /** The mean of the folds' measures, each fold counting alike. */
  readonly mean: Measures<Name>;
  /**
   * The standard deviation of the folds' measures (n − 1); NaN for one fold. Folds share training rows, so it says how much a
   * result depends on the rows, and is no standard error of the mean (Bengio & Grandvalet 2004).
   */
  readonly standardDeviation: Measures<Name>;
  /** What was done to the data, for people to read. */
  readonly notes: readonly string[];

  /** @internal Use `crossValidate`. */
  constructor(folds: readonly Fold<Name>[], pooled: Measures<Name>, notes: readonly string[]) {
    this.folds = Object.freeze([...folds]);
    this.pooled = Object.freeze({ ...pooled });
    this.notes = Object.freeze([...notes]);
    const all = folds.map(({ measures }) => measures as Readonly<Record<string, number>>);
    const over = (f: (values: readonly number[]) => number): Measures<Name> =>
      Object.freeze(
        Object.fromEntries(Object.keys(pooled).map((name) => [name, f(all.map((one) => one[name] as number))])),
      ) as unknown as Measures<Name>;
    this.mean = over(meanOf);
    this.standardDeviation = over((values) => {
      const mean = meanOf(values);
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    });
  }

  /** A line a fold, then mean ± standard deviation and the pooled measures. */
  toString(): string {
    const names = Object.keys(this.pooled);
    const line = (title: string, rows: string, measures: Measures<Name>) => [
      title,
      rows,
      ...names.map((name) => digits((measures as Readonly<Record<string, number>>)[name] as number)),
    ];
    const table = [
      ['fold', 'rows', ...names],
      ...this.folds.map(({ validation, measures }, i) => line(String(i + 1), String(validation.length), measures)),
      line('mean', '', this.mean),
      line('±', '', this.standardDeviation),
      line('pooled', String(this.folds.reduce((sum, { validation }) => sum + validation.length, 0)), this.pooled),
    ];
    const widths = (table[0] as string[]).map((_, j) => Math.max(...table.map((row) => (row[j] as string).length)));
    return table
      .map((row) =>
        row.map((text, j) => (j === 0 ? text.padEnd(widths[0] as number) : text.padStart(widths[j] as number))),
      )
      .map((row) => row.join('  '))
      .join('\n');
  }

  /** Everything but the models; numbers that JSON does not have are null. */
  toJSON(): { readonly [key: string]: Json } {
    const plain = (measures: Measures): { readonly [key: string]: Json } =>
      Object.fromEntries(
        Object.entries(measures).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
      );
    return {
      folds: this.folds.map(({ train, validation, measures, history }) => ({
        train: Array.from(train),
        validation: Array.from(validation),
        measures: plain(measures),
        epochs: history.length,
      })),
      pooled: plain(this.pooled),
      mean: plain(this.mean),
      standardDeviation: plain(this.standardDeviation),
      notes: [...this.notes],
    };
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const digits = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '–');
