/** @file The confusion matrix, and what follows from it. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { matmul } from '../../ops/matmul.ts';
import { reshape, transpose } from '../../ops/movement.ts';
import { classRows } from './predicted-classes.ts';
import type { StreamingMetric } from './streaming.ts';

/** matrix[actual][predicted]: how many rows. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Counts [classes · classes], by which class a row is of and which was predicted; whole numbers. */
function counting<Name extends string, Result>(
  name: Name,
  finish: (matrix: ConfusionMatrix) => Result,
): StreamingMetric<Name, Result> {
  return {
    name,
    targets: ['class', 'binary'],
    sums(prediction, target, threshold) {
      const { predicted, actual, classes } = classRows(name, prediction, target, threshold);
      return reshape(matmul(transpose(actual), predicted), [classes * classes]);
    },
    finish: ({ sums }) => finish(matrixOf(sums)),
  };
}

function matrixOf(counts: Float64Array): number[][] {
  const classes = Math.sqrt(counts.length);
  return Array.from({ length: classes }, (_, row) => Array.from(counts.subarray(row * classes, (row + 1) * classes)));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
/** 0 where nothing was counted. */
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * How many rows of each class were predicted as which: `matrix[actual][predicted]`, whole numbers.
 *
 * @example measure(confusionMatrix(), logits, classes);
 */
export const confusionMatrix = (): StreamingMetric<'confusionMatrix', ConfusionMatrix> =>
  counting('confusionMatrix', (matrix) => matrix);

/** What a class was found with. */
export interface ClassScores {
  /** Of the rows that were predicted as it, the share that is; 0 where there are none. */
  readonly precision: number;
  /** Of the rows that are of it, the share that was predicted so; 0 where there are none. */
  readonly recall: number;
  /** Their harmonic mean, 2TP / (2TP + FP + FN); 0 where all three are 0. */
  readonly f1: number;
  /** How many rows are of it. */
  readonly support: number;
}

/** The scores of each class of a confusion matrix. */
export function classScores(matrix: ConfusionMatrix): ClassScores[] {
  return matrix.map((row, i) => {
    const hits = row[i] as number;
    const predicted = total(matrix.map((other) => other[i] as number));
    const support = total(row);
    return {
      precision: share(hits, predicted),
      recall: share(hits, support),
      f1: share(2 * hits, predicted + support),
      support,
    };
  });
}

/**
 * How classes become one number: 'macro', the mean over the classes that occur, in targets or predictions; 'weighted', the same
 * by how often they occur in targets; 'micro', of all decisions together, which for one class a row is the accuracy; or the
 * number of one class. Default: for two classes that of class 1, the yes; for more 'macro'.
 */
export type Average = 'macro' | 'weighted' | 'micro' | number;

function averaged<Name extends 'precision' | 'recall' | 'f1'>(
  name: Name,
  options: { readonly average?: Average },
): StreamingMetric<Name> {
  checkKnownOptions(name, options, ['average']);
  const { average } = options;
  if (typeof average === 'number') checkNumber(`${name}.average`, average, { min: 0, integer: true });
  else if (![undefined, 'macro', 'weighted', 'micro'].includes(average))
    throw new SaddlepointError(
      'option',
      `${name}.average: expected 'macro', 'weighted', 'micro' or the number of a class, got ${show(average)}`,
    );
  return counting(name, (matrix) => {
    const scores = classScores(matrix);
    const how = average ?? (matrix.length === 2 ? 1 : 'macro');
    const count = total(matrix.flat());
    if (typeof how === 'number') {
      const chosen = scores[how];
      if (chosen !== undefined) return chosen[name];
      throw new SaddlepointError('option', `${name}.average: there is no class ${how}, but ${scores.length} classes`);
    }
    if (how === 'micro') return share(total(matrix.map((row, i) => row[i] as number)), count);
    if (how === 'weighted') return share(total(scores.map((score) => score[name] * score.support)), count);
    const occurring = scores.filter(({ support }, i) => support > 0 || matrix.some((row) => (row[i] as number) > 0));
    return share(total(occurring.map((score) => score[name])), occurring.length);
  });
}

/** Of what was predicted as a class, the share that is of it. @param options average: see `Average`. */
export const precision = (options: { readonly average?: Average } = {}) => averaged('precision', options);

/** Of what is of a class, the share that was predicted as it. @param options average: see `Average`. */
export const recall = (options: { readonly average?: Average } = {}) => averaged('recall', options);

/** The harmonic mean of precision and recall, by class, then averaged. @param options average: see `Average`. */
export const f1 = (options: { readonly average?: Average } = {}) => averaged('f1', options);

/** The mean recall of the classes that occur in targets: accuracy as if all classes were equally frequent. */
export const balancedAccuracy = (): StreamingMetric<'balancedAccuracy'> =>
  counting('balancedAccuracy', (matrix) => {
    const occurring = classScores(matrix).filter(({ support }) => support > 0);
    return share(total(occurring.map(({ recall: found }) => found)), occurring.length);
  });

/**
 * (p − e) / (1 − e): the accuracy p beside e, that of guesses with the same frequencies; 1 is perfect, 0 is guessing. 0 where
 * e = 1 (all rows of one class and predicted so).
 *
 * @see Cohen 1960, "A coefficient of agreement for nominal scales".
 */
export const cohenKappa = (): StreamingMetric<'cohenKappa'> =>
  counting('cohenKappa', (matrix) => {
    const count = total(matrix.flat());
    const hits = total(matrix.map((row, i) => row[i] as number));
    const expected = total(matrix.map((row, i) => total(row) * total(matrix.map((other) => other[i] as number))));
    return share(hits * count - expected, count * count - expected);
  });

/**
 * The correlation of predicted and true classes: 1 is perfect, 0 is chance, −1 (of two classes) the opposite; 0 where one of
 * both is constant.
 *
 * @see Matthews 1975; Gorodkin 2004 for more than two classes.
 */
export const matthewsCorrelation = (): StreamingMetric<'matthewsCorrelation'> =>
  counting('matthewsCorrelation', (matrix) => {
    const count = total(matrix.flat());
    const hits = total(matrix.map((row, i) => row[i] as number));
    const actual = matrix.map((row) => total(row));
    const predicted = matrix.map((_, i) => total(matrix.map((row) => row[i] as number)));
    const products = total(actual.map((n, i) => n * (predicted[i] as number)));
    const spread = (counts: readonly number[]): number => count * count - total(counts.map((n) => n * n));
    return share(hits * count - products, Math.sqrt(spread(actual)) * Math.sqrt(spread(predicted)));
  });
