/** The contract of tricks on WebGL: what is seen in a run. */
import { describe, expect, it } from 'vitest';
import { POINTS } from '../../contract/tricks/points.ts';
import { rows } from '../../contract/tricks/rows.ts';

it('has a name for each trick', () => {
  expect(rows.every(({ name }) => name !== '')).toBe(true);
});

describe.each(rows)('$name', (row) => {
  const { excused = {} } = row;
  for (const { number, title, check, once } of POINTS)
    if (!once && !(number in excused)) it(`${number} ${title} (webgl)`, () => check(row, 'webgl'));
});
