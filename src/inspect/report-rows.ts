/** @file What a model answers for rows whose answers are known, beside these answers. */
import { SaddlepointError } from '../core/errors.ts';
import type { ClassPrediction } from '../data/answers.ts';
import { encodedData } from '../train/evaluate-model.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';
import { readSource, readTargets, withRowShape } from '../train/read.ts';
import type { Records } from '../train/records.ts';

/** Rows of classes. */
export interface ClassRows {
  readonly task: 'class';
  readonly classes: readonly string[];
  /** The number of the true class of each row. */
  readonly actual: Int32Array;
  /** The number of the likeliest class of each row. */
  readonly predicted: Int32Array;
  /** [rows × classes] */
  readonly probabilities: Float64Array;
}

/** Rows of one amount each, in the user's units. */
export interface ValueRows {
  readonly task: 'value';
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
}

/** Rows whose target is known, as the report's functions take them. */
export type Judged = ClassRows | ValueRows;

async function read(model: TrainedModel, given: Data | Records) {
  const data = encodedData(given, model.state);
  const source = withRowShape(readSource(data), model.state.inputShape);
  return { x: data.x, rows: source.rows, targets: await readTargets(data, source, model.state) };
}

/** The targets of rows, as `judge` gives them: class numbers, or amounts. */
export async function actualOf(model: TrainedModel, given: Data | Records): Promise<ArrayLike<number>> {
  return (await read(model, given)).targets.data;
}

/** @throws SaddlepointError `option` for models that answer with several values or for each step of a row. */
export async function judge(model: TrainedModel, given: Data | Records): Promise<Judged> {
  const { classes, outputShape, loss } = model.state;
  const { x, rows, targets } = await read(model, given);
  const answers = await model.predict(x);
  const list: readonly unknown[] = Array.isArray(answers) ? answers : [answers];
  if (classes !== undefined && list.every((answer) => typeof (answer as ClassPrediction)?.label === 'string')) {
    const names = classes.map(String);
    const numbers = new Map(names.map((name, i) => [name, i]));
    const probabilities = new Float64Array(rows * names.length);
    list.forEach((answer, row) => {
      const of = (answer as ClassPrediction).probabilities;
      names.forEach((name, i) => {
        probabilities[row * names.length + i] = of[name] as number;
      });
    });
    const predicted = Int32Array.from(list, (answer) => numbers.get((answer as ClassPrediction).label) as number);
    return { task: 'class', classes: names, actual: Int32Array.from(targets.data), predicted, probabilities };
  }
  if (loss.target === 'value' && list.every((answer) => typeof answer === 'number'))
    return { task: 'value', actual: Float64Array.from(targets.data), predicted: Float64Array.from(list as number[]) };
  throw new SaddlepointError(
    'option',
    `report: the model answers a row with values of shape [${outputShape.join(', ')}], one class or one number expected`,
    'model.evaluate(data) measures models of other kinds',
  );
}
