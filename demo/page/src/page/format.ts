/** @file Numbers as people read them. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const count = (n: number): string => (Number.isFinite(n) ? whole.format(n) : '–');

export const percent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–';

/** Four significant digits, without an exponent where that is readable. */
export function significant(n: number): string {
  if (!Number.isFinite(n)) return String(n);
  if (n !== 0 && (Math.abs(n) < 1e-4 || Math.abs(n) >= 1e7)) return n.toExponential(2);
  return String(Number(n.toPrecision(4)));
}
