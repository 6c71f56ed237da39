import { dense, fit, type Run, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { hashOf, PARAMETERS_OF_42, scenario } from '../browser/scenario.ts';
import { classes, clouds, still, weightsOf } from './examples.ts';
import { runScript } from './process/run.ts';

describe('case 09: the seed fixes everything', () => {
  it('case 09: M8: two processes give the same parameters to the bit, and another seed gives others', async () => {
    const [first, second, other] = await Promise.all(
      ['42', '42', '43'].map((seed) => runScript('parameters', { args: [seed] })),
    );
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(await hashOf(await scenario(42))).toBe(first);
  });

  it('case 09: the parameters are those that are written down, as they are in Chromium', async () => {
    expect(await hashOf(await scenario(42))).toBe(PARAMETERS_OF_42);
  });

  it('case 09: first weights are within the bound of Glorot, and layers of equal shape differ', async () => {
    const model = sequential([dense(2, { name: 'a' }), dense(2, { name: 'b' }), dense(16), dense(3)]);
    const start = await fit(model, clouds(9), { ...classes, ...still, seed: 42 });
    const kernel = (path: string) => Array.from(start.parameters.get(`${path}/kernel`)?.data ?? []);
    expect(kernel('2')).toHaveLength(32);
    expect(Math.max(...kernel('2').map(Math.abs))).toBeLessThanOrEqual(0.5773503);
    expect(kernel('a')).not.toEqual(kernel('b'));
  });

  it.each<[what: string, of: (run: Run<'accuracy'>) => unknown]>([
    ['weights', weightsOf],
    ['losses', ({ history }) => history.map(({ loss }) => loss)],
    ['validation', ({ history }) => history.map(({ validation }) => validation?.loss)],
  ])('%s are the same for one seed, and differ for another', async (_, of) => {
    const [one, again, other] = await Promise.all([1, 1, 2].map((seed) => scenario(seed)));
    expect(of(again as Run<'accuracy'>)).toEqual(of(one as Run<'accuracy'>));
    expect(of(other as Run<'accuracy'>)).not.toEqual(of(one as Run<'accuracy'>));
  });

  it.each([0, 1, 2 ** 31, 2 ** 32 - 1])('seed %d is as good as any other', async (seed) => {
    expect((await scenario(seed)).history.at(-1)?.accuracy).toBeGreaterThan(0.9);
  });
});
