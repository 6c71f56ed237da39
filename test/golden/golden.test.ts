import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compare } from './format.ts';
import { runGolden } from './golden.ts';
import { readGolden } from './read.ts';

const folder = fileURLToPath(new URL('data', import.meta.url));

/** How many cases of each file are expressed: raise a number when the library learns to express more. */
const EXPRESSED = {
  activations: 34,
  attention: 9,
  clipping: 6,
  conv: 22,
  curvature: 4,
  dense: 12,
  elementwise: 53,
  embeddings: 6,
  gan: 9,
  initializers: 7,
  losses: 72,
  metrics: 8,
  multimodal: 4,
  norms: 11,
  optimizers: 41,
  pooling: 18,
  prep: 7,
  recurrent: 4,
  schedules: 27,
  training: 6,
  tricks: 8,
};

const countByFile = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) {
    const file = name.split('/')[0] as string;
    counts[file] = (counts[file] ?? 0) + 1;
  }
  return counts;
};

describe('golden cases', () => {
  it('all agree that can be expressed, on both backends', async () => {
    const report = await runGolden(readGolden(folder), ['wasm', 'reference']);
    expect(report.failures).toEqual([]);
    expect(report.failed).toBe(0);
    expect(countByFile(report.expressed)).toEqual(EXPRESSED);
    expect(report.passed).toBe(2 * report.expressed.length);
  });

  it('fail for a single wrong element, a missing one, NaN and infinity', () => {
    const check = (got: number[], expected: number[]) => compare({ what: 'y', got, expected }, undefined);
    expect(check([1, 2], [1, 2.0001])).toContain('y[1]: got 2, expected 2.0001');
    expect(check([1], [1, 2])).toContain('got 1 elements, expected 2');
    expect(check([Number.NaN], [1])).toContain('got NaN');
    expect(check([Number.POSITIVE_INFINITY], [1])).toContain('got Infinity');
    expect(check([1], [Number.POSITIVE_INFINITY])).toContain('expected Infinity');
    expect(
      check([Number.NaN, Number.POSITIVE_INFINITY, 2.00001], [Number.NaN, Number.POSITIVE_INFINITY, 2]),
    ).toBeUndefined();
  });

  it('may carry a tolerance of their own', () => {
    const check = { what: 'y', got: [1.00005], expected: [1] };
    expect(compare(check, undefined)).toBeDefined();
    expect(compare(check, { rtol: 1e-4 })).toBeUndefined();
    expect(compare(check, { rtol: 0, atol: 1e-3 })).toBeUndefined();
  });
});
