/** @file Numbers and tables of reports as text. */
import type { Measured } from './report-intervals.ts';
import { textTable } from './table.ts';

/** A share with three decimals. */
export const shares = (value: number): string => value.toFixed(3);

/** An amount with four digits, without an exponent where that stays readable. */
export function amounts(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e7 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** `0.833 … 0.994` */
export const interval = ({ interval: [low, high] }: Measured, show: (value: number) => string): string =>
  `${show(low)} … ${show(high)}`;

/** More classes than these do not fit the width of a terminal. */
const WIDEST = 12;
const LONGEST = 14;

/** The confusion matrix; of many classes, the pairs that were taken for one another most often. */
export function matrixText(classes: readonly string[], matrix: readonly (readonly number[])[]): string {
  const short = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);
  if (classes.length <= WIDEST)
    return textTable(
      ['', ...classes.map(short)],
      matrix.map((line, i) => [short(classes[i] as string), ...line.map(String)]),
      [''],
    );
  const pairs = matrix
    .flatMap((line, i) => line.map((count, j) => ({ count, i, j })))
    .filter(({ count, i, j }) => count > 0 && i !== j)
    .sort((a, b) => b.count - a.count || a.i - b.i || a.j - b.j)
    .slice(0, WIDEST);
  if (pairs.length === 0) return `no row of the ${classes.length} classes is taken for another`;
  return textTable(
    ['is', 'taken for', 'rows'],
    pairs.map(({ count, i, j }) => [short(classes[i] as string), short(classes[j] as string), String(count)]),
    ['is', 'taken for'],
  );
}
