import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderOf, parseDate } from '../../../src/data/table/dates.ts';

describe('dates as people write them', () => {
  test.each([
    ['2024-01-31', '2024-01-31T00:00:00.000Z'],
    ['2024-01-31T12:30:15.25+01:00', '2024-01-31T11:30:15.250Z'],
    ['2024-01-31 12:30', '2024-01-31T12:30:00.000Z'],
    ['2024/1/5', '2024-01-05T00:00:00.000Z'],
    ['1958-03', '1958-03-01T00:00:00.000Z'],
    ['31.12.2024', '2024-12-31T00:00:00.000Z'],
    ['3/4/2024', '2024-04-03T00:00:00.000Z'],
    ['1 Jan 2024', '2024-01-01T00:00:00.000Z'],
    ['2-Feb-2024', '2024-02-02T00:00:00.000Z'],
    ['March 3rd, 2024', '2024-03-03T00:00:00.000Z'],
    ['31.12.2024 1:05 pm', '2024-12-31T13:05:00.000Z'],
  ])('%s', (text, iso) => {
    expect(new Date(parseDate(text, 'day-first')).toISOString()).toBe(iso);
  });

  test.each([
    '2024',
    '2023-02-29',
    '2024-13-01',
    '32.1.2024',
    '1/2/24',
    '12:30',
    'May',
    '2024-01-31T25:00',
    '13:00 pm',
  ])('%s is none', (text) => {
    expect(parseDate(text, 'day-first')).toBeNaN();
  });

  test('are what JavaScript prints in ISO form, for every date of four-digit years', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => parseDate(date.toISOString(), 'day-first') === date.getTime()));
  });

  test('say which order they prove', () => {
    expect(['31/12/2024', '12/31/2024', '3/4/2024', '2024-01-02', '3/3/2024', 'x'].map(orderOf)).toEqual([
      ...['day-first', 'month-first', 'ambiguous', 'either', 'either', 'none'],
    ]);
  });
});
