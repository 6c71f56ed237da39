/** The golden cases on WebGL in Chromium: all that WebAssembly passes. */
/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import { parseGolden } from '../../golden/format.ts';
import { runGolden } from '../../golden/golden.ts';

const files = import.meta.glob<string>(['../../golden/data/*.json', '!**/index.json'], {
  query: '?raw',
  import: 'default',
});

describe('golden cases on WebGL', () => {
  it.each(Object.keys(files))('%s', async (path) => {
    const text = (await files[path]?.()) as string;
    const { failures, passed } = await runGolden([parseGolden(text, path.replace(/^.*\/|\.json$/g, ''))], ['webgl']);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });
});
