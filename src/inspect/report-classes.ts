/** @file The report on a model of classes: accuracy with its interval, baselines, confusion, classes, calibration. */
import { type ClassScores, type ConfusionMatrix, classScores } from '../nn/metrics/confusion.ts';
import { type BootstrapOptions, bootstrap, type Measured, wilson } from './report-intervals.ts';
import type { ClassRows } from './report-rows.ts';
import { interval, matrixText, shares } from './report-text.ts';
import { textTable } from './table.ts';

/** What something simpler reaches on the same rows. */
export interface ClassBaseline {
  readonly name: string;
  readonly accuracy: Measured;
  /** The model's accuracy minus this one, by rows drawn in pairs: an interval that holds 0 is no proof of a difference. */
  readonly difference: Measured;
}

/** Rows whose largest probability lies in (from, to]. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** The mean of the largest probability. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** What `report` says of a model of classes. */
export interface ClassReport {
  readonly task: 'class';
  readonly rows: number;
  readonly classes: readonly string[];
  readonly accuracy: Measured;
  /** −log of the probability of the true class, mean over the rows; lower is better. */
  readonly logLoss: Measured;
  readonly baselines: readonly ClassBaseline[];
  /** [actual][predicted] */
  readonly confusion: ConfusionMatrix;
  readonly perClass: readonly (ClassScores & { readonly label: string })[];
  readonly calibration: {
    /** Guo et al. 2017, eq. 3: the mean gap between confidence and accuracy, over bins of equal width. */
    readonly expectedError: number;
    /** Bins that hold rows. */
    readonly bins: readonly CalibrationBin[];
  };
  /** Text for people. */
  toString(): string;
  /** All of the above as plain data. */
  toJSON(): object;
}

/** Whether each row is right, 1 or 0. */
export const rightOf = ({ actual, predicted }: Pick<ClassRows, 'actual' | 'predicted'>): Float64Array =>
  Float64Array.from(actual, (label, row) => Number(label === predicted[row]));

/** @param others baselines by name: the class that each predicts for each row */
export function classReport(
  rows: ClassRows,
  others: readonly { readonly name: string; readonly predicted: Int32Array }[],
  options: BootstrapOptions & { readonly bins: number },
): ClassReport {
  const { classes, actual, predicted, probabilities } = rows;
  const count = actual.length;
  const right = rightOf(rows);
  const share = (hits: Float64Array): Measured => wilson(Math.round(sum(hits)), count, options.level);
  const confusion = classes.map(() => classes.map(() => 0));
  actual.forEach((label, row) => {
    const line = confusion[label] as number[];
    line[predicted[row] as number] = (line[predicted[row] as number] as number) + 1;
  });
  // The smallest positive f32 stands for a probability that was rounded to 0.
  const losses = Float64Array.from(
    actual,
    (label, row) => -Math.log(Math.max(probabilities[row * classes.length + label] as number, 1.4e-45)),
  );
  const report = {
    task: 'class' as const,
    rows: count,
    classes,
    accuracy: share(right),
    logLoss: bootstrap([losses], ([mean]) => mean as number, options),
    baselines: others.map(({ name, predicted: guesses }): ClassBaseline => {
      const guessed = rightOf({ actual, predicted: guesses });
      const difference = bootstrap([right, guessed], ([a, b]) => (a as number) - (b as number), options);
      return { name, accuracy: share(guessed), difference };
    }),
    confusion,
    perClass: classScores(confusion).map((scores, i) => ({ label: classes[i] as string, ...scores })),
    calibration: calibrationOf(rows, right, options.bins),
  };
  return { ...report, toJSON: () => report, toString: () => textOf(report) };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function calibrationOf(
  { classes, probabilities }: ClassRows,
  right: Float64Array,
  count: number,
): ClassReport['calibration'] {
  const bins = Array.from({ length: count }, () => ({ rows: 0, confidence: 0, right: 0 }));
  right.forEach((hit, row) => {
    const confidence = Math.max(...probabilities.subarray(row * classes.length, (row + 1) * classes.length));
    const bin = bins[Math.min(count, Math.max(1, Math.ceil(confidence * count))) - 1] as (typeof bins)[number];
    bin.rows++;
    bin.confidence += confidence;
    bin.right += hit;
  });
  const gap = bins.reduce((total, bin) => total + Math.abs(bin.right - bin.confidence), 0);
  return {
    expectedError: gap / right.length,
    bins: bins.flatMap(({ rows, confidence, right: hits }, i) =>
      rows === 0
        ? []
        : [{ from: i / count, to: (i + 1) / count, rows, confidence: confidence / rows, accuracy: hits / rows }],
    ),
  };
}

function textOf(report: Omit<ClassReport, 'toString' | 'toJSON'>): string {
  const { classes, accuracy, baselines, confusion, perClass, calibration, rows } = report;
  const level = `${Number((100 * accuracy.level).toPrecision(4))} % interval`;
  const table = textTable(
    ['', 'accuracy', level, 'model minus it'],
    [
      ['this model', shares(accuracy.value), interval(accuracy, shares), ''],
      ...baselines.map((other) => [
        other.name,
        shares(other.accuracy.value),
        interval(other.accuracy, shares),
        interval(other.difference, shares),
      ]),
    ],
    [''],
  );
  const scores = textTable(
    ['class', 'rows', 'precision', 'recall', 'F1'],
    perClass.map(({ label, support, precision, recall, f1 }) => [
      label,
      String(support),
      ...[precision, recall, f1].map(shares),
    ]),
    ['class'],
  );
  const lines = [
    table,
    '',
    'Confusion (a line is what a row is, a column what it is taken for)',
    matrixText(classes, confusion),
  ];
  lines.push('', scores, '');
  lines.push(
    `Probabilities: they differ from what came true by ${shares(calibration.expectedError)} on average (calibration error over ${rows} rows).`,
  );
  return lines.join('\n');
}
