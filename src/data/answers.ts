/** @file From the numbers that a model gives to answers in the user's terms. */
import type { Shape } from '../core/shape.ts';
import type { ClassName } from './labels.ts';

/** The answer for one row that belongs to a class. */
export interface ClassPrediction {
  /** The name of the likeliest class. */
  readonly label: string;
  /** Of each class by its name; they add up to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/**
 * The answer for one row: a class, one number, or several (values, or the probabilities of several yes–no answers). Of a model
 * that answers for each step of a row, a list of these; of more axes, lists of lists.
 */
export type Prediction = ClassPrediction | number | readonly number[] | readonly Prediction[] | NamedPrediction;

/** The answers of a model of several outputs. */
export interface NamedPrediction {
  readonly [output: string]: Prediction;
}

/** What the numbers of a row mean. */
export interface Meaning {
  readonly classes?: readonly ClassName[] | undefined;
  readonly target: 'class' | 'binary' | 'value';
}

/** The answer of each step, or the one. @param shape of the output for one row */
export function answers(output: readonly number[], [steps = 1, ...shape]: Shape, of: Meaning): Prediction {
  if (shape.length === 0) return answer(output, of);
  const size = output.length / steps;
  return Array.from({ length: steps }, (_, i) => answers(output.slice(i * size, (i + 1) * size), shape, of));
}

function answer(output: readonly number[], { classes, target }: Meaning): Prediction {
  if (classes !== undefined && (target === 'class' || output.length === 1)) {
    const values = target === 'class' ? output : [1 - (output[0] as number), output[0] as number];
    // No prototype: any string is a legal class name.
    const probabilities: Record<string, number> = Object.create(null);
    values.forEach((value, i) => {
      probabilities[String(classes[i])] = value;
    });
    return { label: String(classes[values.indexOf(Math.max(...values))]), probabilities };
  }
  return output.length === 1 ? (output[0] as number) : output;
}
