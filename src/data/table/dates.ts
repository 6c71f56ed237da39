/** @file Dates as people write them, read as milliseconds of UTC. Knows nothing of columns. */

/** Which comes first where a date is three numbers with the year last. */
export type DateOrder = 'day-first' | 'month-first';

const TIME = String.raw`(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${TIME}$`, 'i');
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${TIME}$`, 'i');
const YEAR_MONTH = /^(\d{4})-(\d{2})$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = String.raw`(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`;
const DAY_NAMED = new RegExp(String.raw`^(\d{1,2})(?:st|nd|rd|th)?[ -]${MONTH}[ ,-]+(\d{4})${TIME}$`, 'i');
const NAMED_DAY = new RegExp(String.raw`^${MONTH} (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})${TIME}$`, 'i');

/** Milliseconds of UTC, NaN for a day or an hour that does not exist. */
function instant(year: number, month: number, day: number, time: readonly (string | undefined)[]): number {
  const [hours = '0', minutes = '0', seconds = '0', fraction = '0', half, zone] = time;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  }
  if (hour > 24 || Number(minutes) > 59 || Number(seconds) > 60) return Number.NaN;
  const date = new Date(0);
  // setUTCFullYear, since Date.UTC takes the years 0 … 99 for 1900 … 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN;
  const milliseconds = Math.trunc(Number(`0.${fraction}`) * 1000);
  date.setUTCHours(hour, Number(minutes), Number(seconds), milliseconds);
  return date.getTime() - offsetOf(zone);
}

function offsetOf(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

/**
 * Milliseconds of UTC since 1970, NaN for what is no date. ISO 8601 (`2024-01-31`, `2024-01-31T12:30:00+01:00`, `2024-01`), the
 * year first or last with `-`, `/` or `.`, English names of months; a time of day may follow. Without a zone it is UTC, so that
 * a model reads the same date everywhere.
 *
 * @param order decides where only the year's place is known: 3/4/2024
 * @example parseDate('31.12.2024', 'day-first'); // 1735603200000
 */
export function parseDate(text: string, order: DateOrder): number {
  const body = text.trim();
  let match = YEAR_FIRST.exec(body);
  if (match !== null) return instant(Number(match[1]), Number(match[3]), Number(match[4]), match.slice(5));
  match = YEAR_LAST.exec(body);
  if (match !== null) {
    const [first, second] = [Number(match[1]), Number(match[3])];
    const [day, month] = order === 'day-first' ? [first, second] : [second, first];
    return instant(Number(match[4]), month, day, match.slice(5));
  }
  match = YEAR_MONTH.exec(body);
  if (match !== null) return instant(Number(match[1]), Number(match[2]), 1, []);
  match = DAY_NAMED.exec(body);
  if (match !== null) return instant(Number(match[3]), monthOf(match[2]), Number(match[1]), match.slice(4));
  match = NAMED_DAY.exec(body);
  if (match !== null) return instant(Number(match[3]), monthOf(match[1]), Number(match[2]), match.slice(4));
  return Number.NaN;
}

function monthOf(name: string | undefined): number {
  return MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1;
}

/** What a text says about the order of its column. */
export type OrderEvidence = DateOrder | 'either' | 'ambiguous' | 'none';

/** @example orderOf('31/12/2024'); // 'day-first' — and 3/4/2024 is ambiguous */
export function orderOf(text: string): OrderEvidence {
  const day = parseDate(text, 'day-first');
  const month = parseDate(text, 'month-first');
  if (Number.isNaN(day)) return Number.isNaN(month) ? 'none' : 'month-first';
  if (Number.isNaN(month)) return 'day-first';
  return day === month ? 'either' : 'ambiguous';
}
