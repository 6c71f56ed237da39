import { describe, expect, it } from 'vitest';
import { rows } from '../contract/tricks/rows/practice.ts';

describe('general training tricks', () => {
  it.each(rows.map((row) => [row.name, row] as const))('%s refuses what is out of range', (_, row) => {
    for (const [make, message] of row.illegal) expect(make).toThrow(message);
    expect(row.create().name).toBe(row.name);
    expect(row.neutral?.().isNeutral ?? true).toBe(true);
  });
});
