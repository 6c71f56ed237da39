/** @file Which rows train and which validate, by the seed. */
import { checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';

/** How `splitRows` draws the rows to hold out. */
export interface SplitOptions {
  /** Class numbers of all rows: each class gives its share to both sides. Left out: rows are drawn without regard to them. */
  readonly labels?: Int32Array | undefined;
  /** Names of the classes, for notes. */
  readonly names?: readonly (string | number)[] | undefined;
  readonly seed: number;
  /** `shuffle` (default) draws the validation rows; `time` takes the last ones, as sequences need. */
  readonly order?: 'shuffle' | 'time' | undefined;
}

export interface Split {
  /** Row numbers in ascending order. */
  readonly train: Int32Array;
  /** Row numbers in ascending order. */
  readonly validation: Int32Array;
  readonly notes: string[];
}

/**
 * Splits rows 0 … n − 1. Round(n × fraction) rows validate, at least 1 and at most n − 1. With labels each class gives its
 * share (the rest by largest remainder) and keeps at least one row in training, so a class of one row only trains; with many
 * such classes fewer rows validate.
 *
 * @param fraction share of the rows that validate, between 0 and 1
 * @throws SaddlepointError `option` for a fraction outside, `data` if one side would be empty
 * @example splitRows(100, 0.2, { labels, seed: 1 }); // 5 classes of 20 rows: 4 of each validate
 */
export function splitRows(n: number, fraction: number, options: SplitOptions): Split {
  checkNumber('validation', fraction, { min: 0, max: 1, openMin: true, openMax: true });
  const order = checkName('split', options.order ?? 'shuffle', ['shuffle', 'time']);
  const wanted = Math.round(n * fraction);
  const count = Math.min(Math.max(wanted, 1), n - 1);
  if (count < 1) throw emptySide(`${n} ${n === 1 ? 'row' : 'rows'} cannot be split`);
  const notes: string[] = [];
  if (count !== wanted)
    notes.push(`validation: ${fraction} of ${n} rows is rounded to ${count}, so that neither side is empty`);

  const validates = new Uint8Array(n);
  if (order === 'time') validates.fill(1, n - count);
  else if (options.labels === undefined) {
    const drawn = randomPermutation(n, options.seed, streamOf('split'), 0);
    for (const row of drawn.subarray(0, count)) validates[row] = 1;
  } else drawByClass(validates, count, fraction, options.labels, options, notes);

  const size = validates.reduce((sum, flag) => sum + flag, 0);
  if (size === 0) throw emptySide('every class has a single row, and a class must keep a row in training');
  return { train: rowsWhere(validates, 0, n - size), validation: rowsWhere(validates, 1, size), notes };
}

function emptySide(what: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `validation: ${what}, so there are not both rows that train and rows that validate`,
    'give more rows, or leave out validation',
  );
}

function rowsWhere(flags: Uint8Array, value: number, count: number): Int32Array {
  const rows = new Int32Array(count);
  let k = 0;
  for (let row = 0; row < flags.length; row++) if (flags[row] === value) rows[k++] = row;
  return rows;
}

function drawByClass(
  validates: Uint8Array,
  count: number,
  fraction: number,
  labels: Int32Array,
  { seed, names }: SplitOptions,
  notes: string[],
): void {
  if (labels.length !== validates.length) {
    throw new SaddlepointError('internal', `split: ${labels.length} labels for ${validates.length} rows`);
  }
  const rowsOf = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = rowsOf.get(label);
    if (rows === undefined) rowsOf.set(label, [row]);
    else rows.push(row);
  });
  const classes = [...rowsOf].map(([label, rows]) => {
    // Below the floor of an exact share lies rounding only: 0.29 × 100 is 28.999999999999996.
    const share = rows.length * fraction;
    const take = Math.min(Math.floor(share + 1e-9), rows.length - 1);
    return { label, rows, take, rest: share - take };
  });
  classes.sort((a, b) => a.label - b.label);
  let missing = classes.reduce((left, { take }) => left - take, count);
  const byRest = classes.filter(({ rows }) => rows.length > 1).sort((a, b) => b.rest - a.rest || a.label - b.label);
  for (const entry of byRest) {
    if (missing > 0 && entry.take < entry.rows.length - 1) {
      entry.take++;
      missing--;
    }
  }
  for (const { label, rows, take } of classes) {
    const drawn = randomPermutation(rows.length, seed, streamOf(`split/${label}`), 0);
    for (const at of drawn.subarray(0, take)) validates[rows[at] as number] = 1;
  }
  const single = classes.filter(({ rows }) => rows.length === 1).map(({ label }) => show(names?.[label] ?? label));
  if (single.length > 0) {
    const shown = single.slice(0, 5).join(', ') + (single.length > 5 ? ` and ${single.length - 5} more` : '');
    const subject =
      single.length === 1
        ? `class ${shown} has a single row, which stays`
        : `classes ${shown} have a single row each, which stays`;
    notes.push(`y: ${subject} in training: validation says nothing about it`);
  }
}
