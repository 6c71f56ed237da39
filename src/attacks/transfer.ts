/** @file Whether examples made for one model fool another (Szegedy et al. 2013, §4.2). */
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';
import { accuracyUnder } from './accuracy.ts';
import type { Attack } from './attack.ts';
import type { AttackRunOptions } from './run-rows.ts';

/** accuracy[made for][asked]: of the model of the column on rows made for the model of the row. */
export interface TransferMatrix {
  readonly names: readonly string[];
  readonly accuracy: readonly (readonly number[])[];
}

/**
 * The accuracy of each model on examples that were made for each: on the diagonal the attack knows the model it is judged by.
 *
 * @param models by name, of the same classes and rows.
 * @example (await attacks.transferMatrix({ small, large }, test, attacks.pgd({ epsilon: 0.1 }))).accuracy;
 */
export async function transferMatrix(
  models: Readonly<Record<string, TrainedModel>>,
  { x, y }: Pick<Data, 'x' | 'y'>,
  attack: Attack,
  options: AttackRunOptions = {},
): Promise<TransferMatrix> {
  const names = Object.keys(models);
  const accuracy: number[][] = [];
  for (const from of Object.values(models)) {
    const rows = await attack(from, x, y, options);
    const line: number[] = [];
    for (const model of Object.values(models))
      line.push(await accuracyUnder(undefined, model, { x: rows, y }, options));
    accuracy.push(line);
  }
  return { names, accuracy };
}
