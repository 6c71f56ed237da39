import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCode, markOf, parseNumber } from '../../../src/data/table/numbers.ts';

describe('numbers as people write them', () => {
  test.each([
    ['1234.5', '.', 1234.5],
    ['1,234.5', '.', 1234.5],
    ['1.234,5', ',', 1234.5],
    ['1 234,5', ',', 1234.5],
    ["1'234'567", '.', 1234567],
    ['-.5', '.', -0.5],
    ['−3', '.', -3],
    ['+2e-3', '.', 0.002],
    ['12.5%', '.', 0.125],
    ['12,5 %', ',', 0.125],
    [' 7 ', '.', 7],
  ] as const)('%s with %s is %d', (text, mark, value) => {
    expect(parseNumber(text, mark)).toBe(value);
  });

  test.each(['', ' ', '.', '-', 'e5', '1,23,4', '0x10', 'Infinity', 'NaN', '1e', '12 34', '1.2.3', '%', '1,2345.6'])(
    '%j is none',
    (text) => {
      expect(parseNumber(text, '.')).toBeNaN();
    },
  );

  test('are read back from every double that JavaScript prints', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(parseNumber(String(x), '.')).toBe(Number(String(x)));
        expect(parseNumber(String(x).replace('.', ','), ',')).toBe(Number(String(x)));
      }),
    );
  });

  test('say which decimal mark they prove', () => {
    expect(['1', '1,5', '1.5', '1,234', '1.234', '1.234,5', 'x'].map(markOf)).toEqual([
      ...['either', ',', '.', 'ambiguous', 'ambiguous', ',', 'none'],
    ]);
  });

  test('with leading zeros are codes', () => {
    expect(['01', '0', '10', '0.5', '007'].map(isCode)).toEqual([true, false, false, false, true]);
  });
});
