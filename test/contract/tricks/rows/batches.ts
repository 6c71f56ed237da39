/** @file Rows of the tricks of minibatches and gradient updates. */
import {
  bucketByLength,
  classBalanced,
  curriculum,
  distinctBatches,
  microBatches,
  stratified,
  svrg,
  weightedRows,
  withReplacement,
} from 'saddlepoint';
import type { TrickRow } from '../row.ts';

/** For the toy's 48 rows. */
const ROWS = Array.from({ length: 48 }, (_, i) => i);
const noOptions = { excused: { 2: 'has no options', 6: 'has no options' }, illegal: [] };
const section = 'minibatches';

export const rows: readonly TrickRow[] = [
  { name: 'stratified', file: 'src/tricks/stratified.ts', create: stratified, section, ...noOptions },
  { name: 'withReplacement', file: 'src/tricks/with-replacement.ts', create: withReplacement, section, ...noOptions },
  {
    ...{ name: 'classBalanced', file: 'src/tricks/class-balanced.ts', section },
    create: () => classBalanced(),
    neutral: () => classBalanced(1),
    illegal: [[() => classBalanced(2), /classBalanced.*≤ 1, got 2/]],
  },
  {
    ...{ name: 'weightedRows', file: 'src/tricks/weighted-rows.ts', section },
    create: () => weightedRows(ROWS.map((i) => 1 + (i % 3))),
    illegal: [[() => weightedRows([-1]), /≥ 0 for each row, got -1 at row 0/]],
    excused: { 2: 'equal weights still draw in another order' },
  },
  {
    ...{ name: 'curriculum', file: 'src/tricks/curriculum.ts', section },
    create: () => curriculum({ difficulty: ROWS, epochs: 2 }),
    neutral: () => curriculum({ difficulty: ROWS, epochs: 0 }),
    illegal: [[() => curriculum({ difficulty: ROWS, epochs: -1 }), /curriculum.epochs.*≥ 0, got -1/]],
  },
  {
    ...{ name: 'bucketByLength', file: 'src/tricks/bucket-by-length.ts', section },
    create: () => bucketByLength({ lengths: ROWS }),
    illegal: [[() => bucketByLength({ lengths: ROWS, batches: 0 }), /bucketByLength.batches.*≥ 1, got 0/]],
    excused: {
      2: 'one batch at a time still draws in another order',
      11: 'rows of different lengths are in no experiment: batches of whole sequences are padded by hand',
    },
  },
  {
    ...{ name: 'distinctBatches', file: 'src/tricks/distinct-batches.ts', section },
    create: () => distinctBatches(ROWS),
    illegal: [[() => distinctBatches(3 as never), /a key for each row, got 3/]],
    excused: {
      2: 'different keys still draw in another order',
      11: 'of 40 captions no batch of 128 can be distinct; losses of pairs leave duplicates out instead',
    },
  },
  {
    ...{ name: 'microBatches', file: 'src/tricks/micro-batches.ts', section },
    create: () => microBatches(8),
    illegal: [[() => microBatches(0), /microBatches: expected an integer ≥ 1, got 0/]],
    excused: { 2: 'whether it does nothing depends on the batch; test/tricks/micro-batches.test.ts has that' },
  },
  {
    ...{ name: 'svrg', file: 'src/tricks/svrg.ts', section: 'gradient-updates' },
    create: () => svrg(),
    illegal: [[() => svrg({ snapshotEvery: 0 }), /svrg.snapshotEvery.*≥ 1, got 0/]],
    excused: { 2: 'has no option that does nothing' },
  },
];
