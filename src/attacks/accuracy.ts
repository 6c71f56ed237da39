/** @file How many rows a model still gets right under an attack. */
import { must } from '../core/errors.ts';
import { equal, float } from '../ops/elementwise.ts';
import { argmax } from '../ops/reduce.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';
import type { Attack } from './attack.ts';
import { labelsOf } from './problem.ts';
import { type AttackRunOptions, runRows } from './run-rows.ts';

/** The share of rows whose class the model still predicts, in [0, 1]; without an attack: of the rows as they are. */
export async function accuracyUnder(
  attack: Attack | undefined,
  model: TrainedModel,
  { x, y }: Pick<Data, 'x' | 'y'>,
  options: AttackRunOptions = {},
): Promise<number> {
  const what = attack?.name ?? 'accuracy';
  const { right } = await runRows(
    { what, model, x, y, ...(attack && { clip: attack.clip }) },
    (problem) => {
      const labels = labelsOf(problem, what);
      return { right: float(equal(argmax(problem.predict(attack?.perturb(problem) ?? problem.x)), labels)) };
    },
    options,
  );
  const { data } = must(right, 'rows');
  return Array.from(data).reduce((total, one) => total + one, 0) / data.length;
}
