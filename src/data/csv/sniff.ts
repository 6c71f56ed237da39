/** @file Guesses from the beginning of a CSV file: its delimiter, and whether its first record names the columns. */
import { MISSING_TOKENS } from '../table/cells.ts';
import { parseDate } from '../table/dates.ts';
import { parseNumber } from '../table/numbers.ts';

/** What parts the fields of a line. */
export type Delimiter = ',' | ';' | '\t' | '|';
/** The rarer in texts and numbers first. */
export const DELIMITERS: readonly Delimiter[] = ['\t', ';', '|', ','];

/** So many lines decide. */
const LINES = 50;

/**
 * The delimiter that most lines have equally often. Of several it is the rarer character: where semicolons part fields, commas
 * are decimal marks, and where tabs do, either may stand in the texts.
 */
export function sniffDelimiter(sample: string): Delimiter {
  const lines = withoutQuoted(sample).split(/\r\n|\n|\r/);
  // The last line of a sample may be cut.
  if (lines.length > 2) lines.pop();
  const full = lines.filter((line) => line.trim() !== '').slice(0, LINES);
  let best: Delimiter = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const tally = new Map<number, number>();
    for (const line of full) {
      const count = line.split(delimiter).length - 1;
      if (count > 0) tally.set(count, (tally.get(count) ?? 0) + 1);
    }
    const agreeing = Math.max(0, ...tally.values());
    if (agreeing > most) [best, most] = [delimiter, agreeing];
  }
  return best;
}

/** Quoted fields may hold anything. */
function withoutQuoted(text: string): string {
  return text.replace(/"(?:[^"]|"")*"/g, '""');
}

function isValue(text: string): boolean {
  const body = text.trim();
  if (!Number.isNaN(parseNumber(body, '.')) || !Number.isNaN(parseNumber(body, ','))) return true;
  return !Number.isNaN(parseDate(body, 'day-first')) || !Number.isNaN(parseDate(body, 'month-first'));
}

/**
 * Whether the first record names the columns: it does if a name stands above numbers or dates, or if it holds neither; it does
 * not if a number stands above numbers.
 */
export function sniffHeader(records: readonly (readonly string[])[]): boolean {
  const [first = [], ...rest] = records.slice(0, LINES);
  let named = false;
  let valued = false;
  first.forEach((name, j) => {
    const below = rest.map((record) => record[j]).filter((cell) => cell !== undefined && !isGap(cell)) as string[];
    const values = below.length > 0 && below.every(isValue);
    if (isGap(name)) valued ||= name.trim() !== '';
    else if (!isValue(name)) named ||= values;
    else valued = true;
  });
  return named || !valued;
}

const isGap = (text: string): boolean => MISSING_TOKENS.includes(text.trim().toLowerCase());
