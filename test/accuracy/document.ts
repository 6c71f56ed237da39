/** @file What docs/accuracy.md promises: tests hold the kernels to it. */
import { readFileSync } from 'node:fs';

/** The largest error of each function of the page's table, in ulp. */
export function promisedErrors(): Readonly<Record<string, number>> {
  const page = readFileSync(new URL('../../docs/accuracy.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| `(\w+)` \| ([\d.]+) \|/gm);
  return Object.fromEntries([...rows].map(([, name, ulp]) => [name as string, Number(ulp)]));
}
