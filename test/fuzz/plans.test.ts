/** Plan files as an attacker would send them: refused, or wrong numbers, never more. `npm run test:full` changes 100,000. */
import { expect, test } from 'vitest';
import { fuzzPlans } from './damage-plan.ts';

test('a changed plan is refused or gives numbers, leaves its code alone, and ends', async () => {
  const { refused, ran } = await fuzzPlans(800, 1);
  expect(refused).toBeGreaterThan(80);
  expect(ran).toBeGreaterThan(80);
});
