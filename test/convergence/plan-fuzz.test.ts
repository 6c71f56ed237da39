/** As test/fuzz/plans.test.ts, 100,000 times. */
import { expect, test } from 'vitest';
import { fuzzPlans } from '../fuzz/damage-plan.ts';

test('100,000 changed plans are refused or give numbers, leave their code alone, and end', async () => {
  const { refused, ran, slowest } = await fuzzPlans(100_000, 2);
  expect(refused + ran).toBe(100_000);
  // A few steps of at most 10⁷ operations each, and the check: a hang takes for ever.
  expect(slowest).toBeLessThan(5000);
  console.log(`${refused} refused, ${ran} ran, the slowest took ${slowest.toFixed(0)} ms`);
});
