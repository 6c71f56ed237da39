/** @file Requests about memory: nothing to free by hand, nothing that stays behind, one model's end is not another's. */
import { fit, train } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection, weightsOf } from '../train/examples.ts';
import { runScript } from '../train/process/run.ts';

describe('G2: dispose', () => {
  it('G2: is never needed, may come twice, and leaves parameters and files as they were', async () => {
    const run = await fit(classifier(), clouds(30), classes);
    const before = await run.predict([4.5, 0.5]);
    run.dispose();
    run.dispose();
    expect(weightsOf(run).every(Number.isFinite)).toBe(true);
    // What prediction held is taken anew.
    expect(await run.predict([4.5, 0.5])).toEqual(before);
  });
});

it('G3: after 100 rounds of create, fit, predict and dispose a process is within 5 % of round 3', async () => {
  const { third, last } = JSON.parse(await runScript('rounds', { node: ['--expose-gc', '--max-semi-space-size=1'] }));
  expect(last.memories).toBeLessThanOrEqual(third.memories);
  expect(last.outside / third.outside).toBeLessThan(1.05);
  expect(last.resident / third.resident).toBeLessThan(1.05);
});

describe.each(['wasm', 'reference'] as const)('G4: on %s', (device) => {
  it('G4: a second model works when the first is gone, and one that is under way goes on', async () => {
    const options = { ...classes, device };
    const alone = await fit(classifier(), clouds(60), { ...options, seed: 2 });
    const first = await fit(classifier(), clouds(60), options);
    await first.predict([1, 1], { device });
    const second = train(classifier(), clouds(60), { ...options, seed: 2 });
    let next = await second.next();
    first.dispose();
    const left = train(classifier(), clouds(60), options);
    await left.next();
    await left.return(undefined as never);
    while (!next.done) next = await second.next();
    expect(weightsOf(next.value)).toEqual(weightsOf(alone));
    const answer = await alone.predict([4.5, 0.5], { device });
    next.value.dispose();
    expect(await alone.predict([4.5, 0.5], { device })).toEqual(answer);
  });

  it('G4: a run that failed leaves the device to the next', async () => {
    const bad = { ...classes, device, callbacks: [() => Promise.reject(new Error('chart broke'))] };
    expect((await rejection(fit(classifier(), clouds(30), bad))).message).toBe('chart broke');
    expect((await fit(classifier(), clouds(30), { ...classes, device })).ending).toBe('completed');
  });
});
