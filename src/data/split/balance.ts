/** @file Against classes of uneven size: rows drawn more or less often, or weights. */
import { checkName, SaddlepointError } from '../../core/errors.ts';
import { randomPermutation, streamOf } from '../../core/philox.ts';
import { rowsByGroup } from './groups.ts';

/**
 * Rows in which every class occurs equally often. `over` repeats rows of the smaller classes until they are as many as the
 * largest: each row as often as the others of its class, the remainder drawn. `under` draws as many of each class as the
 * smallest has. Only for training rows: repeated rows in validation would be counted twice.
 *
 * @param rows the training rows
 * @param labels the class of each row of the data; `labels[rows[i]]` counts
 * @returns row numbers in ascending order, repeated under `over`
 * @throws SaddlepointError `data` for no rows or a row without a label
 * @example balanceRows(train, labels, { by: 'over', seed: 1 });
 */
export function balanceRows(
  rows: ArrayLike<number>,
  labels: ArrayLike<unknown>,
  options: { by: 'over' | 'under'; seed?: number },
): Int32Array {
  const by = checkName('by', options.by, ['over', 'under']);
  const classes = rowsByGroup(labelsOf(rows, labels));
  const sizes = classes.map((members) => members.length);
  const wanted = by === 'over' ? Math.max(...sizes) : Math.min(...sizes);
  const chosen = classes.flatMap((members, c) => {
    const whole = Math.floor(wanted / members.length);
    const drawn = randomPermutation(members.length, options.seed ?? 0, streamOf('balance', c)).subarray(
      0,
      wanted % members.length,
    );
    return [
      ...Array.from({ length: whole }, () => members).flat(),
      ...Array.from(drawn, (at) => members[at] as number),
    ];
  });
  return Int32Array.from(chosen, (at) => rows[at] as number).sort();
}

function labelsOf(rows: ArrayLike<number>, labels: ArrayLike<unknown>): unknown[] {
  if (rows.length === 0) throw new SaddlepointError('data', 'balance: there are no rows');
  return Array.from({ length: rows.length }, (_, i) => {
    const row = rows[i] as number;
    if (Number.isInteger(row) && row >= 0 && row < labels.length) return labels[row];
    throw new SaddlepointError('data', `balance: row ${row} at position ${i}, but there are ${labels.length} labels`);
  });
}

/**
 * The weight of each class by which all count alike: n / (classes × rows of the class), so that the mean over the rows is 1
 * (scikit-learn's `balanced`; King & Zeng 2001).
 *
 * @param labels class numbers 0 … classes − 1 of the training rows
 * @returns a weight a class; 0 for a class without rows
 * @example balancedWeights([0, 0, 0, 1], 2); // [2/3, 2]
 */
export function balancedWeights(labels: ArrayLike<number>, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new SaddlepointError('data', `balancedWeights: label ${label} at row ${i}, allowed 0 … ${classes - 1}`);
    }
    counts[label] = (counts[label] as number) + 1;
  }
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
}
