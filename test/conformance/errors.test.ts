/** What is refused, is refused in the same words on every backend. */
import { describe, expect, test } from 'vitest';
import { tensor } from '../../src/graph/tensor.ts';
import { gather, gatherRows, oneHot } from '../../src/ops/indexing.ts';
import { BACKENDS } from './harness.ts';
import { errorsOn, messageOf, TABLE } from './suites/errors.ts';

describe.each(BACKENDS)('on %s', errorsOn);

describe('eager ops', () => {
  test.each([4, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    'case 05: refuse index %s at once',
    async (value) => {
      const range = Number.isInteger(value) ? 'is outside' : 'is no integer in';
      expect(await messageOf(() => gather(TABLE, [0, 3, value]))).toBe(
        `data: gather: index ${value} at position 2 ${range} 0 … 3`,
      );
      expect(await messageOf(() => oneHot([0, 3, value], 4))).toBe(
        `data: oneHot: index ${value} at position 2 ${range} 0 … 3`,
      );
    },
  );

  test('gatherRows takes integers, and parameters of different rank', () => {
    const source = tensor(Int32Array.of(1, 2, 3, 4), [2, 2]);
    expect(gatherRows(source, [1, 0], 1, [10, 100]).toArray()).toEqual([
      [20, 300],
      [0, 100],
    ]);
  });
});
