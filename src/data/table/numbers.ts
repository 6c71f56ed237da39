/** @file Numbers as people write them: decimal point or comma, groups of thousands, percent. Knows nothing of columns. */

/** What stands between the whole part and the fraction. */
export type DecimalMark = '.' | ',';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Sign, whole part in groups or without, fraction, exponent; groups are parted by the other mark, a space or an apostrophe. */
const FORMS: Readonly<Record<DecimalMark, RegExp>> = {
  '.': /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,3}(?:['’]\d{3})+|)(?:\.(\d*))?(e[+-]?\d+)?$/i,
  ',': /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,3}(?:['’]\d{3})+|)(?:,(\d*))?(e[+-]?\d+)?$/i,
};

export function isPercent(text: string): boolean {
  return text.trimEnd().endsWith('%');
}

/**
 * The number that a text says, NaN if it says none. `12.5%` is 0.125; Unicode's minus sign counts as one.
 *
 * @example parseNumber('1.234,5', ','); // 1234.5
 */
export function parseNumber(text: string, mark: DecimalMark): number {
  let body = text.trim();
  const percent = body.endsWith('%');
  if (percent) body = body.slice(0, -1).trimEnd();
  if (body.startsWith('−')) body = `-${body.slice(1)}`;
  let value: number;
  if (mark === '.' && PLAIN.test(body)) value = Number(body);
  else {
    const match = FORMS[mark].exec(body);
    if (match === null) return Number.NaN;
    const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
    if (whole === '' && fraction === '') return Number.NaN;
    value = Number(`${sign}${whole.replace(/\D/g, '') || '0'}.${fraction || '0'}${exponent}`);
  }
  return percent ? value / 100 : value;
}

/** What a text says about the mark of its column: only one reading, both with one value, both with two values, or no number. */
export type MarkEvidence = DecimalMark | 'either' | 'ambiguous' | 'none';

/** @example markOf('1,5'); // ',' — and '1,234' is ambiguous: 1234 or 1.234 */
export function markOf(text: string): MarkEvidence {
  const point = parseNumber(text, '.');
  if (!/[.,]/.test(text)) return Number.isNaN(point) ? 'none' : 'either';
  const comma = parseNumber(text, ',');
  if (Number.isNaN(point)) return Number.isNaN(comma) ? 'none' : ',';
  if (Number.isNaN(comma)) return '.';
  return point === comma ? 'either' : 'ambiguous';
}

/** Digits with a zero before them, such as a postal code: a name, not an amount. */
export function isCode(text: string): boolean {
  return /^0\d+$/.test(text.trim());
}
