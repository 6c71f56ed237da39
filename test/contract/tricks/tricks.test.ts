/** @file The contract of tricks, on WebAssembly and in double precision; on WebGL see test/webgl/full. */
import { describe, expect, it } from 'vitest';
import { POINTS } from './points.ts';
import { rows } from './rows.ts';
import { checkDocumentation, isUsed, tricksInBundle } from './text-points.ts';

const DEVICES = ['wasm', 'reference'] as const;

/** Vitest wants a suite to have a test. */
it('names each trick once', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

describe.each(rows)('$name', (row) => {
  const { excused = {} } = row;
  for (const { number, title, check, once } of POINTS)
    for (const device of once ? (['wasm'] as const) : DEVICES)
      it.skipIf(number in excused)(`${number} ${title}${once ? '' : ` (${device})`}`, () => check(row, device));

  it.skipIf(9 in excused)('9 says paper, place, deviations, kind and defaults', () => checkDocumentation(row));

  it.skipIf(10 in excused)('10 brings no other trick into a bundle', async () => {
    expect((await tricksInBundle(row.file)).filter((path) => path !== row.file)).toEqual([]);
  });

  it.skipIf(11 in excused)('11 is used by the experiment of its section, or in the table of ablations', async () => {
    const exported = Object.keys((await import(`../../../${row.file}`)) as object);
    expect(isUsed(row, exported)).toBe(true);
  });
});
