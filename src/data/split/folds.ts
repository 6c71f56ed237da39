/** @file Folds of cross-validation: every row validates once, by chance, by class, by group, or in the order of time. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { randomPermutation, streamOf } from '../../core/philox.ts';
import { type Groups, rowsByGroup, type Sides, sidesOf, tooFewGroups } from './groups.ts';

export interface FoldOptions {
  /** How many folds, from 2 to the count of rows; default 5, which leaves 80 % to train on. */
  readonly folds?: number;
  /** Default 0. */
  readonly seed?: number;
  /** The class of each row: each fold gets its share of every class. */
  readonly labels?: ArrayLike<unknown>;
  /** The group of each row: no group is on both sides. */
  readonly groups?: Groups;
}

/**
 * Folds of k-fold cross-validation over rows 0 … n − 1: plain, stratified with `labels`, by group with `groups` (largest groups
 * first, each to the smallest fold). Sizes differ by one row at most, or by what groups and classes leave no choice about.
 *
 * @throws SaddlepointError `option` for folds outside 2 … n; `data` for labels or groups of another count than n, fewer groups
 *   than folds, labels together with groups
 * @example for (const { train, validation } of kFold(100, { folds: 5, seed: 1, labels })) …
 */
export function kFold(n: number, options: FoldOptions = {}): Sides[] {
  checkKnownOptions('kFold', options, ['folds', 'seed', 'labels', 'groups']);
  checkNumber('kFold: rows', n, { min: 2, integer: true });
  const { seed = 0, labels, groups } = options;
  const folds = checkNumber('folds', options.folds ?? Math.min(5, n), { min: 2, max: n, integer: true });
  checkCount('labels', labels, n);
  checkCount('groups', groups, n);
  if (labels !== undefined && groups !== undefined) {
    throw new SaddlepointError(
      'option',
      'kFold: labels and groups together',
      'give one of them: groups decide which rows stay together',
    );
  }
  const foldOf = new Int32Array(n);
  if (groups !== undefined) assignGroups(foldOf, groups, folds, seed);
  else {
    // One deal over all classes in turn: the remainder of one class goes where that of the last one ended.
    const classes = labels === undefined ? [Array.from({ length: n }, (_, row) => row)] : rowsByGroup(labels);
    let next = 0;
    classes.forEach((rows, c) => {
      for (const at of randomPermutation(rows.length, seed, streamOf('folds', c)))
        foldOf[rows[at] as number] = next++ % folds;
    });
  }
  return Array.from({ length: folds }, (_, fold) => sidesOf(n, (row) => foldOf[row] === fold));
}

function checkCount(name: string, values: ArrayLike<unknown> | undefined, n: number): void {
  if (values === undefined || values.length === n) return;
  throw new SaddlepointError('data', `kFold: ${values.length} ${name} for ${n} rows`, `give one of the ${name} a row`);
}

function assignGroups(foldOf: Int32Array, groups: Groups, folds: number, seed: number): void {
  const members = rowsByGroup(groups);
  if (members.length < folds) throw tooFewGroups(members.length, folds);
  const order = [...randomPermutation(members.length, seed, streamOf('folds/groups'))];
  // Stable: among groups of one size, chance decides.
  order.sort((a, b) => (members[b] as number[]).length - (members[a] as number[]).length);
  const sizes = new Int32Array(folds);
  for (const at of order) {
    const smallest = sizes.indexOf(Math.min(...sizes));
    const rows = members[at] as number[];
    for (const row of rows) foldOf[row] = smallest;
    sizes[smallest] = (sizes[smallest] as number) + rows.length;
  }
}

/** Each row validates alone; for few rows only: n runs. @example leaveOneOut(3).length; // 3 */
export function leaveOneOut(n: number): Sides[] {
  checkNumber('leaveOneOut: rows', n, { min: 2, integer: true });
  return Array.from({ length: n }, (_, fold) => sidesOf(n, (row) => row === fold));
}

export interface TimeFoldOptions {
  /** How many folds; default 5. */
  readonly folds?: number;
  /** Rows that validate in each; default n / (folds + 1), rounded down. */
  readonly size?: number;
  /** Rows left out between training and validation, for windows that would reach over; default 0. */
  readonly gap?: number;
  /** At most so many rows train, the latest; default all before. */
  readonly window?: number;
}

/**
 * Folds for rows in the order of time: each trains on what came before and validates on the rows right after, the last fold on
 * the last rows.
 *
 * @throws SaddlepointError `option` where the rows do not suffice
 * @example timeSeriesFolds(12, { folds: 3 }); // trains on 0…2, 0…5, 0…8; validates on 3…5, 6…8, 9…11
 */
export function timeSeriesFolds(n: number, options: TimeFoldOptions = {}): Sides[] {
  checkKnownOptions('timeSeriesFolds', options, ['folds', 'size', 'gap', 'window']);
  checkNumber('timeSeriesFolds: rows', n, { min: 2, integer: true });
  const folds = checkNumber('folds', options.folds ?? 5, { min: 1, max: n - 1, integer: true });
  const size = checkNumber('size', options.size ?? Math.floor(n / (folds + 1)), { min: 1, integer: true });
  const gap = checkNumber('gap', options.gap ?? 0, { min: 0, integer: true });
  const window = options.window === undefined ? n : checkNumber('window', options.window, { min: 1, integer: true });
  const first = n - folds * size - gap;
  if (first < 1) {
    throw new SaddlepointError(
      'option',
      `timeSeriesFolds: ${folds} folds of ${size} rows and a gap of ${gap} leave nothing to train on in ${n} rows`,
      'ask for fewer or smaller folds',
    );
  }
  const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
  return Array.from({ length: folds }, (_, fold) => {
    const from = n - (folds - fold) * size;
    return { train: range(Math.max(0, from - gap - window), from - gap), validation: range(from, from + size) };
  });
}
