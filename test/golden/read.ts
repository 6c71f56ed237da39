/** @file Reading golden files from a folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoldenFile, parseGolden } from './format.ts';

/** The case files of a folder, in alphabetical order. */
export function readGolden(folder: string): GoldenFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'index.json');
  return names
    .sort()
    .map((name) => parseGolden(readFileSync(join(folder, name), 'utf8'), name.slice(0, -'.json'.length)));
}
