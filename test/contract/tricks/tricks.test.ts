/** @file The contract of tricks, on WebAssembly and in double precision; on WebGL see test/webgl/full. */
import { describe, expect, it } from 'vitest';
import { POINTS } from './points.ts';
import { rows } from './rows.ts';
import { checkDocumentation, isUsed, tricksInBundle } from './text-points.ts';

/** No trick is excused from equal bits, checkpoints, one trace, precision, learning, documentation and bundles. */
const EXCUSABLE = [2, 6, 8, 11];
const DEVICES = ['wasm', 'reference'] as const;

/** Vitest wants a suite to have a test. */
it('names each trick once', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

describe.each(rows)('$name', (row) => {
  const { excused = {} } = row;
  it('says why each point that it is excused from does not apply', () => {
    for (const [number, reason] of Object.entries(excused)) {
      expect(EXCUSABLE).toContain(Number(number));
      expect(reason.length).toBeGreaterThan(10);
    }
  });

  for (const { number, title, check, once } of POINTS)
    if (!(number in excused))
      for (const device of once ? (['wasm'] as const) : DEVICES)
        it(`${number} ${title}${once ? '' : ` (${device})`}`, () => check(row, device));

  it('9 says paper, place, deviations, kind and defaults', () => checkDocumentation(row));

  it('10 brings no other trick into a bundle', async () => {
    expect((await tricksInBundle(row.file)).filter((path) => path !== row.file)).toEqual([]);
  });

  if (11 in excused) return;
  it('11 is used by the experiment of its section, or in the table of ablations', async () => {
    const exported = Object.keys((await import(`../../../${row.file}`)) as object);
    expect(isUsed(row, exported)).toBe(true);
  });
});
