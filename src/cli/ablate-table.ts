/** @file An ablation of tricks on a table: the runs of one part of it, and what makes parts ones of the same comparison. */
import { createHash } from 'node:crypto';
import { recordsOf, type Table } from '../data.ts';
import { type Ablation, type AblationMode, type ArmRun, ablate, SaddlepointError } from '../index.ts';
import type { Given } from './spec.ts';
import { readRows } from './table-rows.ts';
import { readTricksList } from './tricks-list.ts';
import { version } from './version.ts';

/** What is compared on what: parts in which this differs are not of one comparison. Plain JSON. */
export interface Comparison {
  readonly saddlepoint: string;
  readonly target: string;
  readonly task: 'class' | 'value';
  readonly rows: { readonly learning: number; readonly test: number };
  /** SHA-256 of the rows as they were read. */
  readonly data: string;
  readonly tricks: readonly { readonly name: string; readonly options: unknown }[];
  /** Options of the training that were given. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface AblatedTable {
  readonly source: string;
  readonly comparison: Comparison;
  /** What the numbers were measured on. */
  readonly measuredOn: string;
  readonly ablation: Ablation;
}

/** Options that change no number, or are part of the ablation itself. */
const OTHERS = ['tricks', 'seeds', 'mode', 'measure', 'shard', 'jobs', 'json', 'quiet', 'figure', 'merge', 'threads'];

/**
 * @param shard the part, of how many.
 * @throws SaddlepointError `option` for a list of tricks that cannot be read; as `readRows` and `ablate`.
 */
export async function ablateTable(
  source: string,
  given: Given,
  shard: readonly [number, number],
  more: { readonly signal?: AbortSignal; readonly onRun?: (run: ArmRun) => void } = {},
): Promise<AblatedTable> {
  const tricks = readTricksList(given.tricks as string);
  const { whole, learning, held, target, task, validation, options } = await readRows('ablate', source, given);
  if (held === undefined && validation === 0)
    throw new SaddlepointError(
      'option',
      `ablate: of ${learning.rows} rows none is left to measure on`,
      'give more rows, or --test 0.2',
    );
  const { signal, onRun } = more;
  const ablation = await ablate(
    learning,
    { ...options, tricks, ...(signal && { signal }) },
    {
      ...{ shard, seeds: seedsOf(given.seeds as string | undefined) },
      ...(given.mode !== undefined && { mode: given.mode as AblationMode }),
      ...(given.measure !== undefined && { measure: given.measure as string }),
      ...(held && { held }),
      ...(onRun && { onRun }),
    },
  );
  const own = Object.entries(given).filter(([name]) => !OTHERS.includes(name));
  const comparison: Comparison = {
    ...{ saddlepoint: version(), target, task, data: checksum(whole) },
    rows: { learning: learning.rows, test: held?.rows ?? 0 },
    tricks: tricks.map(({ name, options }) => ({ name, options })),
    options: Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const measuredOn =
    held === undefined
      ? 'the validation rows, by the weights of the best epoch'
      : `${held.rows} rows that took no part in training`;
  return { source, comparison, measuredOn, ablation };
}

/** `5`: seeds 0 to 4; `3,7,9`: these. */
function seedsOf(text: string | undefined): number | readonly number[] {
  if (text === undefined) return 5;
  const seeds = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const isRight = seeds.every((seed) => Number.isInteger(seed) && seed >= 0);
  if (!isRight)
    throw new SaddlepointError(
      'option',
      `--seeds: expected how many, or which ones, got '${text}'`,
      '--seeds 5, or --seeds 3,7,9',
    );
  return seeds.length === 1 ? (seeds[0] as number) : seeds;
}

function checksum(table: Table): string {
  const hash = createHash('sha256');
  for (const record of recordsOf(table)) hash.update(JSON.stringify(record));
  return hash.digest('hex');
}
