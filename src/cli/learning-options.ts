/** @file Options about tables and about learning, as every command that trains takes them. */
import type { OptionSpec } from './spec.ts';

/** The learning, whatever is learnt from. */
export const LEARNING: readonly OptionSpec[] = [
  {
    name: 'test',
    value: { kind: 'number', placeholder: 'share', min: 0, max: 0.9 },
    description: 'rows set aside for the report, never trained on; default 0.2, of less than 20 rows none',
  },
  {
    name: 'validation',
    value: { kind: 'number', placeholder: 'share', min: 0, max: 0.9 },
    description: 'of the other rows, those that decide when to stop; default 0.2, of less than 40 rows none',
  },
  {
    name: 'epochs',
    value: { kind: 'number', placeholder: 'n', min: 1, integer: true },
    description: 'passes over the rows at most; default: some 4000 steps, 20 to 300 passes',
  },
  {
    name: 'batch-size',
    value: { kind: 'number', placeholder: 'n', min: 1, integer: true },
    description: 'rows a step; default 16, from 1000 rows on 32',
  },
  {
    name: 'learning-rate',
    value: { kind: 'number', placeholder: 'rate', min: 0, max: 10, open: true },
    description: 'of Adam; default 0.003',
  },
  {
    name: 'class-weights',
    value: { kind: 'choice', choices: ['balanced'] },
    description: 'rare classes count as much as frequent ones; default: all rows count alike',
  },
  {
    name: 'seed',
    value: { kind: 'number', placeholder: 'n', min: 0, max: 2 ** 32 - 1, integer: true },
    description: 'fixes split, weights and order; default 0',
  },
  {
    name: 'max-seconds',
    value: { kind: 'number', placeholder: 's', min: 0, open: true },
    description: 'end the training after so long; the best weights stay',
  },
  {
    name: 'threads',
    value: { kind: 'number', placeholder: 'n', min: 1, max: 64, integer: true },
    description: 'that share each step; default 1',
  },
  {
    name: 'no-baseline',
    value: { kind: 'flag' },
    description: 'do not train a linear model to compare with',
  },
];

/** Which column is predicted from which, and how columns are read. */
export const TABLES: readonly OptionSpec[] = [
  {
    name: 'target',
    short: 't',
    value: { kind: 'text', placeholder: 'column' },
    description: 'the column to be predicted',
  },
  {
    name: 'task',
    value: { kind: 'choice', choices: ['class', 'value'] },
    description:
      'what the target is; default: names and yes/no are classes, numbers are values unless they are 0 … k − 1',
  },
  {
    name: 'exclude',
    value: { kind: 'texts', placeholder: 'column' },
    description: 'a column that is no input; may be repeated',
  },
  {
    name: 'kind',
    value: { kind: 'texts', placeholder: 'column=kind' },
    description: 'number, category, boolean, date or text, where the kind found is not right; may be repeated',
  },
  {
    name: 'text',
    value: { kind: 'texts', placeholder: 'column' },
    description:
      'a column that is read word by word (names and codes by runs of characters); default: those of free text',
  },
  {
    name: 'missing',
    value: { kind: 'choice', choices: ['error', 'drop', 'mean', 'median', 'indicator'] },
    description: 'what becomes of gaps; default error: a gap is named and nothing is trained',
  },
  {
    name: 'time',
    value: { kind: 'text', placeholder: 'column' },
    description:
      'rows are in the order of this column: the last ones are held out, none is shuffled in from the future',
  },
  {
    name: 'hidden',
    value: { kind: 'text', placeholder: 'units' },
    description:
      'units of the hidden layers, such as 64 or 64,32, or none for a linear model; default: one layer by the count of rows',
  },
];

/** What was given of them. */
export interface LearningGiven {
  readonly target?: string;
  readonly task?: 'class' | 'value';
  readonly exclude?: readonly string[];
  readonly kind?: readonly string[];
  readonly text?: readonly string[];
  readonly missing?: 'error' | 'drop' | 'mean' | 'median' | 'indicator';
  readonly time?: string;
  readonly hidden?: string;
  readonly test?: number;
  readonly validation?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly classWeights?: 'balanced';
  readonly seed?: number;
  readonly maxSeconds?: number;
  readonly threads?: number;
  readonly baseline?: boolean;
}
