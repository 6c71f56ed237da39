/**
 * @file Golden texts: graphs and plans as printed, in goldens/*.txt. After a change that is meant,
 *
 *   UPDATE_GOLDENS=1 npx vitest run --project node test/plan
 *
 * writes them anew; the difference is reviewed like code.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export function expectGolden(name: string, text: string): void {
  const path = fileURLToPath(new URL(`./goldens/${name}.txt`, import.meta.url));
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
  expect(existsSync(path), `goldens/${name}.txt is missing: run with UPDATE_GOLDENS=1`).toBe(true);
  expect(`${text}\n`, `goldens/${name}.txt differs: run with UPDATE_GOLDENS=1 if that is meant`).toBe(
    readFileSync(path, 'utf8'),
  );
}
