import { expect, test } from 'vitest';
import { powInteger, root } from '../../src/core/math.ts';

test('root ends within a few units in the last place, for steep and for flat powers', () => {
  for (const x of [1, 0.5, 1e-4, 1e-12]) {
    for (const n of [1, 2, 3, 32, 257, 4096]) {
      const found = root(x, n);
      expect(Math.abs(found / x ** (1 / n) - 1)).toBeLessThan(8 * 2 ** -53 + 2 ** -52);
      // n powers of it multiply the error by n.
      expect(Math.abs(powInteger(found, n) / x - 1)).toBeLessThan(n * 16 * 2 ** -53);
    }
  }
});
