import fc from 'fast-check';
import {
  bucketByLength,
  classBalanced,
  crossEntropy,
  curriculum,
  dense,
  distinctBatches,
  fit,
  type SampledRows,
  type Sampler,
  sequential,
  sgd,
  stratified,
  weightedRows,
  withReplacement,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds, rejection, weightsOf } from '../train/examples.ts';

const sampled = (count: number, more: Partial<SampledRows> = {}): SampledRows => ({
  rows: Int32Array.from({ length: count }, (_, i) => i),
  ...{ labels: undefined, count, batchSize: 4, isScheduled: false, seed: 1, shuffle: true },
  ...more,
});
const sorted = (order: Int32Array): number[] => Array.from(order).sort((a, b) => a - b);
const batches = (order: Int32Array, size: number): number[][] =>
  Array.from({ length: Math.ceil(order.length / size) }, (_, i) => [...order.subarray(i * size, (i + 1) * size)]);

describe('samplers', () => {
  it('stratified: the epoch has each class by its share at any time, and each row comes once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 120 }),
        fc.nat(5),
        (list, epoch) => {
          const labels = Int32Array.from(list);
          const order = stratified().open(sampled(list.length, { labels }))(epoch);
          expect(sorted(order)).toEqual(list.map((_, i) => i));
          for (const label of new Set(list)) {
            const share = list.filter((one) => one === label).length / list.length;
            // Classes stand at equal distances of the epoch; in a prefix of k rows two classes' rounding may meet.
            let seen = 0;
            order.forEach((row, k) => {
              seen += Number(labels[row] === label);
              expect(Math.abs(seen - share * (k + 1))).toBeLessThan(1 + new Set(list).size);
            });
          }
        },
      ),
    );
  });

  it('classBalanced: classes come alike whatever their rows, or by the square root of them', () => {
    const labels = Int32Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : i < 990 ? 1 : 2));
    const share = (power: number, epoch = 0) => {
      const order = classBalanced(power).open(sampled(1000, { labels }))(epoch);
      return [0, 1, 2].map((label) => order.filter((row) => labels[row] === label).length);
    };
    for (const count of share(0)) expect(Math.abs(count - 1000 / 3)).toBeLessThanOrEqual(100);
    const [many = 0, some = 0, few = 0] = share(0.5);
    expect(many).toBeGreaterThan(some);
    expect(some).toBeGreaterThan(few);
    expect(classBalanced(1).isNeutral).toBe(true);
  });

  it('weightedRows: a row comes as often as its weight says, but for one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 2, maxLength: 60 }), fc.nat(4), (weights, epoch) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const order = weightedRows(weights).open(sampled(weights.length))(epoch);
        weights.forEach((weight, row) => {
          const expected = (weights.length * weight) / total;
          const count = order.filter((one) => one === row).length;
          expect(Math.abs(count - expected)).toBeLessThan(1 + 1e-3);
          if (weight === 0) expect(count).toBe(0);
        });
      }),
    );
  });

  it('withReplacement: about 1 − 1/e of the rows come, others each epoch', () => {
    const order = withReplacement().open(sampled(4000));
    const distinct = (epoch: number) => new Set(order(epoch)).size / 4000;
    // Its standard deviation is √((1/e − 2/e²) / 4000) = 0.005.
    expect(Math.abs(distinct(0) - (1 - 1 / Math.E))).toBeLessThan(0.025);
    expect(order(0)).not.toEqual(order(1));
  });

  it('curriculum: the easiest rows at first, all of them from the epoch on that is given', () => {
    const difficulty = Array.from({ length: 100 }, (_, i) => 100 - i);
    const order = curriculum({ difficulty, epochs: 4, from: 0.1, pace: 'linear' }).open(sampled(100));
    expect(Math.min(...order(0))).toBe(90);
    expect(new Set(order(0)).size).toBe(10);
    expect(new Set(order(2)).size).toBe(55);
    expect(sorted(order(4))).toEqual(difficulty.map((_, i) => i));
    expect(curriculum({ difficulty, epochs: 0 }).isNeutral).toBe(true);
  });

  it('bucketByLength: rows of a batch are of like length, each comes once, batches in random order', () => {
    const lengths = Array.from({ length: 203 }, (_, i) => (i * 37) % 101);
    const open = (batches: number) => bucketByLength({ lengths, batches }).open(sampled(203));
    const spread = (order: Int32Array) =>
      batches(order, 4).reduce((sum, rows) => {
        const own = rows.map((row) => lengths[row] as number);
        return sum + Math.max(...own) - Math.min(...own);
      }, 0);
    const [near, far] = [open(50)(0), open(1)(0)];
    expect(sorted(near)).toEqual(lengths.map((_, i) => i));
    expect(spread(near)).toBeLessThan(spread(far) / 5);
    const firsts = batches(near, 4).map(([row = 0]) => lengths[row] as number);
    expect(firsts).not.toEqual([...firsts].sort((a, b) => a - b));
  });

  it('distinctBatches: no batch has a key twice while there are others, and each row comes once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 40, maxLength: 100 }), fc.nat(3), (keys, epoch) => {
        const counts = new Map<number, number>();
        for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
        fc.pre(Math.max(...counts.values()) <= Math.ceil(keys.length / 4));
        const order = distinctBatches(keys).open(sampled(keys.length))(epoch);
        expect(sorted(order)).toEqual(keys.map((_, i) => i));
        const list = batches(order, 4);
        list.forEach((rows, i) => {
          const own = rows.map((row) => keys[row]);
          // A duplicate is there only if no other key was left for it.
          if (new Set(own).size < own.length) {
            const later = new Set(
              list
                .slice(i)
                .flat()
                .map((row) => keys[row]),
            );
            expect(later.size).toBeLessThan(own.length);
          }
        });
      }),
    );
  });

  it('trains with another order, and goes on from a checkpoint in the middle of an epoch bit for bit', async () => {
    const data = clouds(60);
    const samplers: Sampler[] = [
      ...[stratified(), classBalanced(), withReplacement(), weightedRows(data.y.map((label) => label + 1))],
      curriculum({ difficulty: data.y, epochs: 2 }),
      bucketByLength({ lengths: data.y }),
      distinctBatches(data.y.map((_, i) => i % 30)),
    ];
    for (const sampler of samplers) {
      const options = {
        ...{ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), progress: false, batchSize: 8 },
        tricks: [sampler],
      };
      const model = () => sequential([dense(3)]);
      const whole = await fit(model(), data, { ...options, epochs: 3 });
      let kept: Awaited<ReturnType<typeof whole.checkpoint>> | undefined;
      await fit(model(), data, {
        ...{ ...options, epochs: 3 },
        callbacks: [
          {
            every: 1,
            async onStep({ step }, control) {
              if (step === 10) {
                kept = await control.checkpoint();
                control.stop('here');
              }
            },
          },
        ],
      });
      const resumed = await fit(model(), data, { ...options, epochs: 3, resume: kept as never });
      expect(weightsOf(resumed), sampler.name).toEqual(weightsOf(whole));
      const plain = await fit(model(), data, { ...options, tricks: [], epochs: 3 });
      expect(weightsOf(plain), sampler.name).not.toEqual(weightsOf(whole));
    }
  });

  it('is refused where it cannot order the rows: with its name, what was given, and what to do', async () => {
    const run = (sampler: Sampler, more: object = {}) =>
      rejection(
        fit(sequential([dense(3)]), clouds(30), {
          ...{ loss: crossEntropy(), progress: false, epochs: 1, tricks: [sampler], ...more },
        }),
      );
    await expect(run(weightedRows([1, 2]))).resolves.toMatchObject({
      code: 'data',
      message: expect.stringContaining('weightedRows: 2 weights for 30 rows'),
    });
    await expect(run(distinctBatches(Array(30).fill('a')), { batchSize: 4 })).resolves.toMatchObject({
      message: expect.stringContaining("30 rows have the key 'a', but an epoch has 8 batches"),
    });
    await expect(run(stratified(), { tricks: [stratified(), withReplacement()] })).resolves.toMatchObject({
      message: expect.stringContaining('stratified and withReplacement clash: both set the order of the rows'),
    });
    expect(() => stratified().open(sampled(4))).toThrow(/targets are no classes/);
    expect(() => weightedRows([1, -1])).toThrow(/finite number ≥ 0 for each row, got -1 at row 1/);
    expect(() => curriculum({ difficulty: [1], epochs: 1, from: 0 })).toThrow(/curriculum.from.*> 0 and ≤ 1, got 0/);
    expect(() => bucketByLength({ lengths: [1], batches: 0 })).toThrow(/bucketByLength.batches.*≥ 1, got 0/);
    expect(() => classBalanced(2)).toThrow(/classBalanced.*≥ 0 and ≤ 1, got 2/);
  });
});
