/** @file The report on a model of amounts: errors in the user's units with their intervals, beside baselines. */
import { type BootstrapOptions, bootstrap, type Measured } from './report-intervals.ts';
import type { ValueRows } from './report-rows.ts';
import { amounts, interval, shares } from './report-text.ts';
import { textTable } from './table.ts';

/** The errors of predictions, in the units of the target. */
export interface ValueErrors {
  readonly rootMeanSquaredError: Measured;
  readonly meanAbsoluteError: Measured;
}

/** What something simpler reaches on the same rows. */
export interface ValueBaseline extends ValueErrors {
  readonly name: string;
  /** Its root mean squared error minus the model's, by rows drawn in pairs: an interval that holds 0 is no proof of a difference. */
  readonly difference: Measured;
}

/** What `report` says of a model of amounts. */
export interface ValueReport extends ValueErrors {
  readonly task: 'value';
  readonly rows: number;
  /** 1 − squared errors / squared deviations from these rows' mean; 1 is perfect, 0 as good as that mean. Undefined if they are equal. */
  readonly r2: number | undefined;
  /** Quantiles of prediction − truth. */
  readonly errors: {
    readonly least: number;
    readonly quarter: number;
    readonly median: number;
    readonly threeQuarters: number;
    readonly largest: number;
  };
  readonly baselines: readonly ValueBaseline[];
  /** Text for people. */
  toString(): string;
  /** All of the above as plain data. */
  toJSON(): object;
}

/** @param others baselines by name, with the amount that each predicts for each row */
export function valueReport(
  { actual, predicted }: ValueRows,
  others: readonly { readonly name: string; readonly predicted: Float64Array }[],
  options: BootstrapOptions,
): ValueReport {
  const errors = predicted.map((value, row) => value - (actual[row] as number));
  const squares = errors.map((error) => error * error);
  const measured = (of: Float64Array): ValueErrors => ({
    rootMeanSquaredError: bootstrap([of.map((error) => error * error)], ([mean]) => Math.sqrt(mean as number), options),
    meanAbsoluteError: bootstrap([of.map(Math.abs)], ([mean]) => mean as number, options),
  });
  const mean = actual.reduce((sum, value) => sum + value, 0) / actual.length;
  const spread = actual.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sorted = errors.slice().sort();
  const quantile = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] as number;
  const report = {
    task: 'value' as const,
    rows: actual.length,
    ...measured(errors),
    r2: spread === 0 ? undefined : 1 - squares.reduce((sum, value) => sum + value, 0) / spread,
    errors: {
      least: quantile(0),
      quarter: quantile(0.25),
      median: quantile(0.5),
      threeQuarters: quantile(0.75),
      largest: quantile(1),
    },
    baselines: others.map(({ name, predicted: guesses }): ValueBaseline => {
      const own = guesses.map((value, row) => value - (actual[row] as number));
      const difference = bootstrap(
        [own.map((error) => error * error), squares],
        ([a, b]) => Math.sqrt(a as number) - Math.sqrt(b as number),
        options,
      );
      return { name, ...measured(own), difference };
    }),
  };
  return { ...report, toJSON: () => report, toString: () => textOf(report) };
}

function textOf(report: Omit<ValueReport, 'toString' | 'toJSON'>): string {
  const { baselines, errors, r2 } = report;
  const level = `${Number((100 * report.rootMeanSquaredError.level).toPrecision(4))} % interval`;
  const line = (name: string, { rootMeanSquaredError: root, meanAbsoluteError: absolute }: ValueErrors) => [
    name,
    amounts(root.value),
    interval(root, amounts),
    amounts(absolute.value),
    interval(absolute, amounts),
  ];
  const table = textTable(
    ['', 'RMSE', level, 'MAE', level, 'its RMSE minus the model’s'],
    [
      [...line('this model', report), ''],
      ...baselines.map((other) => [...line(other.name, other), interval(other.difference, amounts)]),
    ],
    [''],
  );
  const { least, quarter, median, threeQuarters, largest } = errors;
  const quantiles = [least, quarter, median, threeQuarters, largest].map(amounts).join(', ');
  return [
    table,
    '',
    r2 === undefined ? 'R²: not defined, since all targets are equal' : `R²: ${shares(r2)}`,
    `Prediction minus truth: least, quartiles and largest are ${quantiles}`,
  ].join('\n');
}
