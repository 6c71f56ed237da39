/** @file Parts of an ablation as files: what `--json part.json` writes, and `--merge` reads. */
import { readFile } from 'node:fs/promises';
import { Ablation, type AblationData, SaddlepointError } from '../index.ts';
import type { AblatedTable } from './ablate-table.ts';

/** As JSON: what `Ablation.merge` of the library takes, and what it is of. */
export function partText({ source, comparison, measuredOn, ablation }: AblatedTable): string {
  return JSON.stringify({ source, comparison, measuredOn, ...ablation.toJSON() });
}

type Part = Omit<AblatedTable, 'ablation'> & AblationData;

/** @throws SaddlepointError `file` for what is no part; `option` for parts of different comparisons, and runs that occur twice. */
export async function mergeParts(paths: readonly string[]): Promise<AblatedTable> {
  const parts = await Promise.all(paths.map(readPart));
  const [first] = parts as [Part];
  const of = ({ comparison }: Part, name: string): string =>
    JSON.stringify((comparison as unknown as Readonly<Record<string, unknown>>)[name]);
  parts.forEach((part, i) => {
    const other = Object.keys(first.comparison).find((name) => of(part, name) !== of(first, name));
    if (other !== undefined)
      throw new SaddlepointError(
        'option',
        `--merge: ${paths[0]} and ${paths[i]} are parts of different comparisons: ${other} is ${of(first, other)} and ${of(part, other)}`,
        'make all parts from the same rows with the same options',
      );
  });
  const { source, comparison, measuredOn } = first;
  return { source, comparison, measuredOn, ablation: Ablation.merge(parts) };
}

async function readPart(path: string): Promise<Part> {
  const fail = (what: string, cause?: unknown): never => {
    throw new SaddlepointError('file', `--merge: ${path} ${what}`, 'parts are written by ablate … --json part.json', {
      cause,
    });
  };
  const text = await readFile(path, 'utf8').catch((cause: Error) => fail(`could not be read: ${cause.message}`, cause));
  let part: Part;
  try {
    part = JSON.parse(text) as Part;
  } catch (cause) {
    return fail(`is no JSON: ${(cause as Error).message}`, cause);
  }
  const { mode, measure, arms, seeds, runs, comparison } = Object(part) as Partial<Part>;
  const isPart =
    [mode, measure].every((one) => typeof one === 'string') &&
    [arms, seeds, runs].every(Array.isArray) &&
    typeof comparison === 'object' &&
    (runs as Part['runs']).every(
      (run) =>
        (arms as Part['arms']).includes(run?.arm) &&
        (seeds as Part['seeds']).includes(run.seed) &&
        [run.value, run.seconds, run.bytes].every(Number.isFinite),
    );
  return isPart ? part : fail('is no part of an ablation');
}
