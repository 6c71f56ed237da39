/** @file Every line that users ask for has a test that names it, or stands in docs/status.md with who else has it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CASES, LINES } from './lines.ts';

const root = new URL('../../', import.meta.url);
const files = readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules') && !path.startsWith('ask/coverage'))
  .map((path) => readFileSync(new URL(`test/${path}`, root), 'utf8'));

/** Names of tests and of groups of tests: the first text after `it(…`, `test(…`, `describe(…`, also behind `.each(…)`. */
const names = files.flatMap((text) =>
  [...text.matchAll(/^\s*(?:\](?: as const)?\)|(?:it|test|describe)\b.*?)?\(?\s*(['"`])((?:(?!\1).)*)\1,/gm)].map(
    ([, , name]) => name as string,
  ),
);
const isNamed = (id: string): boolean => names.some((name) => new RegExp(`(^|: |\\s)${id}: `).test(name));
const status = readFileSync(new URL('docs/status.md', root), 'utf8');

describe('what users ask for', () => {
  test.each([...LINES, ...CASES].filter(({ whole }) => !whole).map(({ id }) => [id]))(
    '%s has a test that names it',
    (id) => {
      expect(isNamed(id)).toBe(true);
    },
  );

  test('whatever is elsewhere stands in docs/status.md', () => {
    const rows = [...LINES, ...CASES].flatMap(({ id, elsewhere }) =>
      elsewhere === undefined ? [] : [[id, elsewhere]],
    );
    expect(rows.filter(([id, elsewhere]) => !status.includes(`| ${id} | ${elsewhere} |`))).toEqual([]);
    expect(isNamed('D99')).toBe(false);
  });

  test('no id is there twice, and all numbers are', () => {
    const ids = [...LINES, ...CASES].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [letter, most] of Object.entries({ D: 13, M: 9, T: 14, G: 6, B: 6, P: 10, S: 6, E: 3, U: 3 }))
      expect(ids.filter((id) => id.startsWith(letter))).toEqual(
        Array.from({ length: most }, (_, i) => `${letter}${i + 1}`),
      );
  });
});
