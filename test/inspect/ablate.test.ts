import {
  Ablation,
  ablate,
  accuracy,
  crossEntropy,
  dense,
  ema,
  type FitOptions,
  fit,
  type GradientTrick,
  mul,
  sequential,
  sgd,
  swa,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds, rejection } from '../train/examples.ts';

/** Gradients times a number: with a fifth less is learnt, the more the smaller it is. */
const slower = (factor: number, name = 'slower'): GradientTrick => ({
  ...{ kind: 'gradient', name, options: { factor } },
  wrap: (gradient) => (at) => {
    const { loss, gradients } = gradient(at);
    return { loss, gradients: new Map([...gradients].map(([path, value]) => [path, mul(value, factor)])) };
  },
});
const model = () => sequential([dense(3)]);
const options: FitOptions = {
  ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: sgd({ learningRate: 0.05 }), epochs: 3, batchSize: 15 },
  ...{ validation: 0.2, tricks: [slower(0.1), slower(1, 'same')] },
};

describe('ablate', () => {
  it('sees what helps, beside what does nothing, in pairs of equal seeds', async () => {
    const result = await ablate(model(), clouds(90), options, { seeds: 4, measure: 'loss' });
    expect(result.arms).toEqual(['all', 'without slower', 'without same']);
    const [all, without, same] = result.summary;
    expect(all?.difference).toBe(0);
    expect(without?.sign).toBe(-1);
    expect(without?.interval[1]).toBeLessThan(0);
    // Times 1 changes no bit, so that pairs do not differ at all.
    expect(same).toMatchObject({ difference: 0, differenceError: 0, sign: 0, mean: all?.mean });
    expect(String(result)).toContain('no effect seen');
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ measure: 'loss', seeds: [0, 1, 2, 3] });
  });

  it('adds each alone, or tries all subsets', async () => {
    const names = async (mode: 'add-one-in' | 'factorial') =>
      (await ablate(model(), clouds(90), { ...options, epochs: 1 }, { seeds: [3, 5], mode })).arms;
    expect(await names('add-one-in')).toEqual(['none', 'slower', 'same']);
    expect(await names('factorial')).toEqual(['none', 'slower', 'same', 'slower + same']);
  });

  it('is the same in parts that are put together', async () => {
    const settings = { seeds: 2, measure: 'loss' } as const;
    const parts = [0, 1].map((part) => ablate(model(), clouds(90), options, { ...settings, shard: [part, 2] }));
    const made = await Promise.all(parts);
    expect(() => made[0]?.summary).toThrow(/3 runs of 6 are missing/);
    const plain = made.map((part) => JSON.parse(JSON.stringify(part)));
    const whole = await ablate(model(), clouds(90), options, settings);
    const values = (one: Ablation) => one.summary.map(({ arm, mean, difference }) => ({ arm, mean, difference }));
    expect(values(Ablation.merge(plain))).toEqual(values(whole));
    expect(() => Ablation.merge([plain[0], plain[0]])).toThrow(/occurs twice/);
    expect(() => Ablation.merge([plain[0], { ...plain[1], seeds: [7, 8] }])).toThrow(/different comparisons/);
  });

  it('trains on records, with the options and the model that fit makes of them', async () => {
    const { x, y } = clouds(90);
    const records = x.map(([a, b], i) => ({ a, b, kind: `class ${y[i]}` }));
    const given = { target: 'kind', epochs: 2, tricks: [slower(0.1)] };
    const settings = { seeds: 2, held: records.slice(0, 30) };
    const result = await ablate(records, given, settings);
    expect(result).toMatchObject({ measure: 'accuracy', arms: ['all', 'without slower'] });
    const run = await fit(records, { ...given, tricks: [], seed: 1, progress: false });
    const alone = await run.evaluate(settings.held);
    expect(result.runs.find(({ arm, seed }) => arm === 'without slower' && seed === 1)?.value).toBe(alone.accuracy);
  });

  it('keeps the seeds that are complete where the signal ends it, and no half of a training', async () => {
    const stopAfter = (count: number, shard?: readonly [number, number]) => {
      const controller = new AbortController();
      const onRun = () => void (--count === 0 && controller.abort());
      const settings = { seeds: 4, onRun, ...(shard && { shard }) };
      return ablate(model(), clouds(90), { ...options, signal: controller.signal }, settings);
    };
    const result = await stopAfter(7);
    expect([result.seeds, result.runs.length, result.missing]).toEqual([[0, 1], 6, 0]);
    expect((await rejection(stopAfter(5))).message).toContain('two seeds of 3 arms are the least');
    // Of a part all that was made is kept: what is missing is known when the parts are put together.
    expect((await stopAfter(2, [0, 2])).runs).toHaveLength(2);
  });

  it('names tricks that clash before it trains anything, unless they never meet', async () => {
    const tricks = [slower(0.1), ema(0.9), swa({ from: 1 })];
    let runs = 0;
    const settings = { seeds: 2, onRun: () => void runs++ };
    const both = ablate(model(), clouds(90), { ...options, epochs: 1, tricks }, { ...settings, mode: 'factorial' });
    expect((await rejection(both)).message).toContain('ema and swa clash');
    expect(runs).toBe(0);
    await ablate(model(), clouds(90), { ...options, epochs: 1, tricks }, { ...settings, mode: 'add-one-in' });
    expect(runs).toBe(8);
  });

  it('gives the standard error of paired differences', () => {
    const runs = [1, 2, 4].flatMap((value, seed) => [
      { arm: 'none', seed, value, seconds: 1, bytes: 1 },
      { arm: 'trick', seed, value: value + 0.1 * (seed + 1), seconds: 1, bytes: 1 },
    ]);
    const data = { mode: 'add-one-in', measure: 'accuracy', arms: ['none', 'trick'], seeds: [0, 1, 2], runs };
    const trick = new Ablation(data).summary[1];
    // Differences 0.1, 0.2, 0.3: deviation 0.1 over √3.
    expect(trick?.difference).toBeCloseTo(0.2, 12);
    expect(trick?.differenceError).toBeCloseTo(0.1 / Math.sqrt(3), 12);
    expect(trick?.sign).toBe(1);
  });

  it('refuses what cannot be compared', async () => {
    const said = async (more: object, settings: object = {}) =>
      (await rejection(ablate(model(), clouds(90), { ...options, ...more }, settings))).message;
    expect(await said({ tricks: [] })).toContain('no tricks to leave out');
    expect(await said({ validation: undefined })).toContain('no rows to measure on');
    expect(await said({}, { seeds: 1 })).toContain('ablate.seeds');
    expect(await said({}, { seeds: [1, 1] })).toContain('all different');
    expect(await said({}, { mode: 'all' })).toContain('ablate.mode');
    expect(await said({}, { shard: [2, 2] })).toContain('ablate.shard');
    expect(await said({ epochs: 1 }, { seeds: 2, measure: 'f1' })).toContain("no 'f1'");
  });
});
