/** A plan against the library that made it: the same bits, predicting and training on. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load } from '../../src/edge.ts';
import { makePlan } from '../../src/index.ts';
import { dataOf, KINDS, trained } from './models.ts';

describe.each(Object.keys(KINDS))('%s', (name) => {
  test('P3: predicts what the run predicts, bit for bit, one row or many', async () => {
    const run = await trained(name);
    const { file } = await makePlan(run, { predictSizes: [1, 4, 16] });
    const plan = await load(file);
    const { x } = dataOf(name);
    expect(await plan.predict(x)).toEqual(await run.predict(x));
    expect(await plan.predict(x[0])).toEqual(await run.predict(x[0]));
  });

  test('P3: trains on as the run would, bit for bit', async () => {
    const run = await trained(name);
    const { file, summary } = await makePlan(run, { train: true });
    const plan = await load(file);
    expect(summary.notes[0]).toMatch(/goes on from step 10/);
    const { x, y } = dataOf(name);
    const { steps, next } = await plan.train({ x, y }, { epochs: 3 });
    expect([steps, next, plan.step]).toEqual([15, undefined, 25]);
    const further = await trained(name, { epochs: 5, resume: run.checkpoint() });
    expect(await plan.predict(x)).toEqual(await further.predict(x));
    expect(further.steps).toBe(25);
  });
});

test('the file says which version wrote it', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { file } = await makePlan(await trained('yes and no'));
  expect(new TextDecoder().decode(file.subarray(24, 60))).toContain(`"version":"${version}"`);
});
