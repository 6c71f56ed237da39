/** @file Splits that keep the rows of a group together: a person's photos, a patient's visits. */
import { checkNumber, SaddlepointError } from '../../core/errors.ts';
import { randomPermutation, streamOf } from '../../core/philox.ts';

/** The group of each row: any value, compared as a Map does. */
export type Groups = ArrayLike<unknown>;

/** The rows of each group, in the order in which groups first occur. */
export function rowsByGroup(groups: Groups): number[][] {
  const rows = new Map<unknown, number[]>();
  for (let row = 0; row < groups.length; row++) {
    const found = rows.get(groups[row]);
    if (found === undefined) rows.set(groups[row], [row]);
    else found.push(row);
  }
  return [...rows.values()];
}

export interface Sides {
  /** Row numbers in ascending order. */
  readonly train: Int32Array;
  /** Row numbers in ascending order. */
  readonly validation: Int32Array;
}

/** The rows on both sides of a choice. */
export function sidesOf(n: number, validates: (row: number) => boolean): Sides {
  const all = Int32Array.from({ length: n }, (_, row) => row);
  return { train: all.filter((row) => !validates(row)), validation: all.filter(validates) };
}

/**
 * Splits rows so that no group is on both sides. Whole groups are drawn until about the fraction of the rows validates; at
 * least one group stays on each side.
 *
 * @param fraction share of the rows that validate, between 0 and 1
 * @throws SaddlepointError `option` for a fraction outside, `data` for fewer than two groups
 * @example splitByGroups(patients, 0.2, { seed: 1 }); // no patient trains and validates
 */
export function splitByGroups(groups: Groups, fraction: number, options: { seed: number }): Sides {
  checkNumber('validation', fraction, { min: 0, max: 1, openMin: true, openMax: true });
  const members = rowsByGroup(groups);
  if (members.length < 2) throw tooFewGroups(members.length, 2);
  const wanted = groups.length * fraction;
  const chosen = new Uint8Array(groups.length);
  let [rows, taken] = [0, 0];
  for (const at of randomPermutation(members.length, options.seed, streamOf('split/groups'))) {
    const group = members[at] as number[];
    // The side nearer to the wanted count, and never all of them.
    const closer = Math.abs(rows + group.length - wanted) < Math.abs(rows - wanted);
    if ((!closer && taken > 0) || taken === members.length - 1) continue;
    for (const row of group) chosen[row] = 1;
    rows += group.length;
    taken++;
  }
  return sidesOf(groups.length, (row) => chosen[row] === 1);
}

export function tooFewGroups(found: number, wanted: number): SaddlepointError {
  return new SaddlepointError(
    'data',
    `split: there ${found === 1 ? 'is 1 group' : `are ${found} groups`}, at least ${wanted} needed`,
    'give more groups, ask for fewer folds, or split without groups',
  );
}
