/** @file How much rows count: weights of rows and of classes, as one number a row. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Targets } from '../data/targets.ts';
import { BLOCKS } from '../engine/step.ts';
import type { Tensor } from '../graph/tensor.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import type { Weighing } from './describe.ts';

/**
 * The weights of all rows: those of `given` (default 1) times those of the rows' classes.
 *
 * @param rows how many rows the targets have.
 * @throws SaddlepointError `data` for a weight that is no finite number ≥ 0, or another count of weights than rows; `option`
 *   for classes that the data do not have, or class weights without classes.
 */
export function weightsOf(
  given: ArrayLike<number> | undefined,
  classWeights: Readonly<Record<string, number>> | 'balanced' | undefined,
  targets: Targets,
  rows: number,
): Float32Array {
  const weights = given === undefined ? new Float32Array(rows).fill(1) : rowWeights(given, rows);
  if (classWeights === undefined) return weights;
  const { data, classes } = targets;
  if (classes === undefined || data.length !== rows)
    throw new SaddlepointError(
      'option',
      'fit: classWeights: the targets are no classes, one a row',
      'give weights a row: data { x, y, weights }',
    );
  const factors = factorsOf(classWeights, classes.map(String), data);
  return weights.map((weight, row) => weight * (factors[data[row] as number] as number));
}

function rowWeights(given: ArrayLike<number>, rows: number): Float32Array {
  if (given.length !== rows)
    throw new SaddlepointError('data', `weights: ${given.length} weights for ${rows} rows`, 'one weight a row');
  const weights = Float32Array.from(given);
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad >= 0)
    throw new SaddlepointError(
      'data',
      `weights: row ${bad} (counted from 0) is ${show(given[bad])}, a number ≥ 0 expected`,
    );
  if (weights.every((weight) => weight === 0))
    throw new SaddlepointError('data', 'weights: all are 0, so no row would count');
  return weights;
}

function factorsOf(
  wanted: Readonly<Record<string, number>> | 'balanced',
  classes: readonly string[],
  numbers: ArrayLike<number>,
): number[] {
  if (wanted === 'balanced') {
    const counts = new Array<number>(classes.length).fill(0);
    for (let row = 0; row < numbers.length; row++) counts[numbers[row] as number]!++;
    const present = counts.filter((count) => count > 0).length;
    return counts.map((count) => (count === 0 ? 1 : numbers.length / (present * count)));
  }
  if (typeof wanted !== 'object' || wanted === null)
    throw new SaddlepointError(
      'option',
      `fit: classWeights: expected weights by class or 'balanced', got ${show(wanted)}`,
    );
  for (const [name, weight] of Object.entries(wanted)) {
    if (!classes.includes(name))
      throw new SaddlepointError('option', `fit: classWeights: no class '${name}'`, suggest(name, classes));
    if (!(Number.isFinite(weight) && weight >= 0))
      throw new SaddlepointError('option', `fit: classWeights: '${name}': expected a number ≥ 0, got ${show(weight)}`);
  }
  return classes.map((name) => (Object.hasOwn(wanted, name) ? (wanted[name] as number) : 1));
}

/** The weights as rows that a step picks beside x and y; those of a sequence's steps are their row's. */
export const weighingOf = (weights: Float32Array): Weighing => ({
  sources: { [BLOCKS.weights]: { spec: { shape: [weights.length], dtype: 'f32' } } },
  weigh(count, batch) {
    const own = batch[BLOCKS.weights] as Tensor;
    const [rows] = own.shape as [number];
    return count === rows ? own : reshape(broadcastTo(reshape(own, [rows, 1]), [rows, count / rows]), [count]);
  },
});
