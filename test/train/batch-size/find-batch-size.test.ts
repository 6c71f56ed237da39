import {
  accuracy,
  adam,
  type Callback,
  chain,
  clipByGlobalNorm,
  crossEntropy,
  dense,
  type FindBatchSizeOptions,
  findBatchSize,
  fit,
  meanSquaredError,
  rprop,
  sequential,
  sgd,
} from 'saddlepoint';
import { pointsFigure } from 'saddlepoint/plot';
import { describe, expect, it } from 'vitest';
import { searchBatchSizes } from '../../../src/train/batch-size/find-batch-size.ts';
import { readOptions } from '../../../src/train/batch-size/options.ts';
import { classes, classifier, clouds, line, rejection, weightsOf } from '../examples.ts';

/** A clock that only steps move: 1 ms each, and 0.01 ms a row up to 32 rows, 0.1 ms a row beyond. */
function steppedClock() {
  let now = 0;
  const cost = (size: number) => 1 + 0.01 * Math.min(size, 32) + 0.1 * Math.max(0, size - 32);
  const steps: number[] = [];
  const tick: Callback = {
    onStep(_, { batchSize }) {
      now += cost(batchSize);
      steps.push(batchSize);
    },
  };
  return { clock: () => now, tick, steps, secondsPerExample: (size: number) => cost(size) / size / 1000 };
}

const data = clouds(300);
const shared = { ...classes, optimizer: sgd({ learningRate: 0.02 }), batchSize: 8 } as const;
const search = (options: FindBatchSizeOptions, time = steppedClock()) =>
  searchBatchSizes(classifier(), data, { ...options, tricks: [time.tick] }, time.clock);
const sizesOf = ({ table }: { readonly table: readonly { readonly batchSize: number }[] }) =>
  table.map(({ batchSize }) => batchSize);

describe('findBatchSize', () => {
  it('times an example by the clock alone, and finds where it is cheapest', async () => {
    const time = steppedClock();
    const found = await search({ ...shared, seconds: 4 }, time);
    expect(sizesOf(found)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    for (const { batchSize, secondsPerExample } of found.table)
      expect(secondsPerExample).toBeCloseTo(time.secondsPerExample(batchSize), 12);
    expect(found.fastestPerExample).toBe(32);
    expect(found).toMatchObject({ memoryLimit: 256, fastestToTarget: undefined, target: undefined });
    expect(found.table.every(({ ending, steps }) => ending === undefined && steps === undefined)).toBe(true);
  });

  it('states the memory that fit needs to the byte, without running what does not fit', async () => {
    const whole = { ...shared, validation: 0.2 };
    const time = steppedClock();
    const found = await search({ ...whole, seconds: 1, from: 4, to: 64 }, time);
    const { bytes } = found.table.at(-2) as { bytes: number };
    const less = await search({ ...whole, seconds: 1, from: 4, memory: bytes }, time);
    expect(sizesOf(less)).toEqual([4, 8, 16, 32, 64]);
    expect(less.table.map(({ fits }) => fits)).toEqual([true, true, true, true, false]);
    expect(less.memoryLimit).toBe(32);
    expect(less.table.at(-1)).not.toHaveProperty('secondsPerExample');
    const run = (memoryLimit: number) =>
      fit(classifier(), data, { ...whole, batchSize: 32, epochs: 1, memoryLimit, tricks: [time.tick] });
    await expect(run(bytes)).resolves.toMatchObject({ ending: 'completed' });
    expect((await rejection(run(bytes - 1))).code).toBe('memory');
    const [a, b] = found.table.slice(-2) as unknown as [{ bytes: number }, { bytes: number }];
    expect(found.bytesPerExample).toBe((b.bytes - a.bytes) / 32);
  });

  it.each([
    ['linear', sgd({ learningRate: 0.02 }), (size: number) => 0.02 * (size / 8)],
    ['linear', chain(clipByGlobalNorm(1), sgd({ learningRate: 0.02 })), (size: number) => 0.02 * (size / 8)],
    ['square root', adam({ learningRate: 0.02 }), (size: number) => 0.02 * Math.sqrt(size / 8)],
  ])('takes the %s rule for its optimizer', async (_, optimizer, rate) => {
    const found = await search({ ...shared, optimizer, seconds: 1, from: 2, to: 32 });
    for (const { batchSize, learningRate } of found.table) {
      expect(learningRate).toBeCloseTo(rate(batchSize), 12);
      expect(found.learningRateFor(batchSize)).toBeCloseTo(rate(batchSize), 12);
    }
    expect(found.learningRateFor(24)).toBeCloseTo(rate(24), 12);
  });

  it('reaches the target in the steps of fit with that size and rate, and counts them by the measured time', async () => {
    const time = steppedClock();
    const target = { metric: 'validation.accuracy', value: 0.97 };
    const options = { ...shared, validation: 0.2, target, every: 16, seconds: 60, from: 4, to: 64 };
    const found = await search(options, time);
    const reached = found.table.filter(({ ending }) => ending === 'reached');
    expect(reached.length).toBeGreaterThan(1);
    for (const { batchSize, steps = 0, secondsToTarget, learningRate = 0 } of reached) {
      expect(secondsToTarget).toBeCloseTo(steps * batchSize * time.secondsPerExample(batchSize), 12);
      // A run of its own: below the target at every earlier look, at it then.
      const seen = new Map<number, number>();
      const looks: Callback = {
        every: 1,
        async onStep({ step }, control) {
          seen.set(step + 1, ((await control.validate()) as Record<string, number>).accuracy ?? Number.NaN);
          if (step + 1 === steps) control.stop('there');
        },
      };
      await fit(classifier(), data, {
        ...{ ...classes, validation: 0.2, batchSize, epochs: 1000, callbacks: [looks] },
        optimizer: sgd({ learningRate }),
      });
      expect(seen.get(steps)).toBeGreaterThanOrEqual(0.97);
      const every = Math.max(1, 16 / batchSize);
      for (const [step, value] of seen) if (step < steps && step % every === 0) expect(value).toBeLessThan(0.97);
    }
    const soonest = reached.reduce((a, b) => ((b.secondsToTarget ?? 0) < (a.secondsToTarget ?? 0) ? b : a));
    expect(found.fastestToTarget).toBe(soonest.batchSize);
  });

  it('says which sizes diverged by the rule, and which had no time', async () => {
    const time = steppedClock();
    const target = { metric: 'loss', value: 1e-9 };
    const options = {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.4 }),
      batchSize: 4,
      standardize: false,
    };
    const found = await searchBatchSizes(
      sequential([dense(1)]),
      line(16),
      { ...options, target, seconds: 1, from: 2, to: 16, tricks: [time.tick] },
      time.clock,
    );
    // x goes up to 16, so that a rate above 2 / 16² diverges.
    expect(found.table.map(({ ending }) => ending)).toEqual(['diverged', 'diverged', 'diverged', 'diverged']);
    const slow = await search({ ...shared, target, seconds: 0.5, from: 8, to: 16 });
    expect(slow.table.map(({ ending }) => ending)).toEqual(['time', 'time']);
    expect(slow.fastestToTarget).toBeUndefined();
    expect(String(slow).split('\n').at(-1)).toBe('loss 1e-9: no size reached it in its share of the time');
  });

  it('measures the noise scale along a run at the size that the rate is meant for', async () => {
    const found = await search({ ...shared, seconds: 2, from: 4 });
    // The three clouds are far apart: gradients of rows differ at first by class alone.
    expect(found.noiseScale).toBeGreaterThan(0);
    expect((await search({ ...shared, seconds: 2, from: 1, to: 1 })).noiseScale).toBeUndefined();
  });

  it('leaves model, data and optimizer as they are', async () => {
    const copy = structuredClone(data);
    const base = await fit(classifier(), data, shared);
    const weights = weightsOf(base);
    const time = steppedClock();
    const options = { ...shared, tricks: [time.tick], target: { metric: 'loss', value: 0.5 }, seconds: 1, from: 8 };
    const first = await searchBatchSizes(base, data, options, time.clock);
    expect(weightsOf(base)).toEqual(weights);
    expect(data).toEqual(copy);
    expect((await search({ ...shared, seconds: 1, from: 8 })).table.map(({ bytes }) => bytes)).toEqual(
      first.table.map(({ bytes }) => bytes),
    );
    expect(weightsOf(await fit(classifier(), data, shared))).toEqual(weights);
  });

  it('draws its table, is JSON, and gives a figure its points', async () => {
    const target = { metric: 'validation.loss', value: 0.3 };
    const found = await search({
      ...shared,
      metrics: [accuracy()],
      validation: 0.2,
      target,
      seconds: 20,
      from: 8,
      to: 32,
    });
    const lines = String(found).split('\n');
    expect(lines[0]).toBe('batch   memory  µs an example  rate  steps  seconds to target');
    expect(lines[1]).toMatch(/^ {4}8 {2}\d\.\d MiB {12}135 {2}0\.02 +\d+ +[\d.]+$/);
    expect(lines.at(-1)).toMatch(/^validation\.loss 0\.3: soonest with \d+$/);
    const json = JSON.parse(JSON.stringify(found));
    expect(json).toMatchObject({
      fastestPerExample: 32,
      fastestToTarget: found.fastestToTarget,
      target: { mode: 'min' },
    });
    expect(json.table).toEqual(found.table);
    const [series, options] = found.toFigure();
    expect(series[0]?.points).toEqual([8, 16, 32].map((size) => [size, expect.closeTo((1 + 0.01 * size) / size, 12)]));
    expect(series.map(({ name }) => name)).toEqual(['1,000 examples', 'to the target', 'noise scale']);
    const svg = pointsFigure(series, options);
    expect(svg).toMatch(/<svg/);
    expect(svg).not.toMatch(/NaN/);
  });

  it('runs by itself, in about the time it is given', async () => {
    const found = await findBatchSize(classifier(), data, { ...shared, seconds: 0.5, from: 16, to: 32 });
    expect(found.table.every(({ secondsPerExample = 0 }) => secondsPerExample > 0)).toBe(true);
  });

  it('refuses what it cannot do, with what would do', async () => {
    const refused = async (options: object, of = data) =>
      (await rejection(findBatchSize(classifier(), of, { ...shared, ...options }))).message;
    expect(await refused({ from: 3 })).toMatch(
      /findBatchSize\.from: expected a power of two, got 3\n {2}help: such as 4/,
    );
    expect(await refused({ from: 8, to: 4 })).toMatch(/findBatchSize\.to: expected an integer ≥ 8, got 4/);
    expect(await refused({ from: 512 })).toMatch(/from: 512 rows a step of 300 rows/);
    expect(await refused({ memory: '12 apples' })).toMatch(/memory: expected bytes, .*got '12 apples'\n.*'256MB'/);
    expect(await refused({ memory: 0 })).toMatch(/memory: expected a finite number ≥ 1, got 0/);
    expect(await refused({ memory: 1000 })).toMatch(/no batchSize would fit/);
    expect(await refused({ seconds: 0 })).toMatch(/seconds: expected a finite number > 0, got 0/);
    expect(await refused({ rule: 'cubic' })).toMatch(/rule: unknown value 'cubic'/);
    expect(await refused({ size: 3 })).toMatch(/unknown option 'size'/);
    expect(await refused({ resume: {} })).toMatch(/'resume' is for one run/);
    expect(await refused({ batchSize: {} })).toMatch(/batchSize: expected an integer ≥ 1/);
    expect(await refused({ target: { metric: 'validation.acuracy', value: 1 }, validation: 0.2 })).toMatch(
      /target\.metric: unknown value 'validation\.acuracy'\n.*did you mean 'validation\.accuracy'/,
    );
    expect(await refused({ target: { metric: 'validation.accuracy', value: 1 } })).toMatch(/needs rows held out/);
    expect(await refused({ target: { metric: 'loss', value: Number.NaN } })).toMatch(/value: expected a finite number/);
    expect(await refused({ signal: AbortSignal.abort() })).toMatch(/aborted/);
    const none = await search({ ...shared, optimizer: rprop(), seconds: 1, from: 16, to: 32 });
    expect(none.table[0]).not.toHaveProperty('learningRate');
    expect(() => none.learningRateFor(8)).toThrow(/the optimizer has no learning rate/);
    expect(() => none.learningRateFor(0.5)).toThrow(/expected an integer ≥ 1, got 0.5/);
  });

  it('sixteen sizes are the most', async () => {
    const many = { x: new Float32Array(2 ** 16), y: new Float32Array(2 ** 16) };
    const options = { loss: meanSquaredError(), seconds: 1 };
    await expect(rejection(findBatchSize(sequential([dense(1)]), many, options))).resolves.toMatchObject({
      message: expect.stringMatching(/from 1 to 65536 there are 17 sizes, 16 at most: each is a plan\n.*from: 2 }/),
    });
  });

  it('takes memory in bytes, and in decimal and binary units', () => {
    const memoryOf = (memory?: number | string, memoryLimit?: number) =>
      readOptions({ loss: crossEntropy(), memoryLimit, ...(memory !== undefined && { memory }) }).memory;
    expect(['256MB', '1.5GiB', '2 KiB', '7B', 4096].map((given) => memoryOf(given))).toEqual([
      256e6,
      1.5 * 2 ** 30,
      2048,
      7,
      4096,
    ]);
    expect([memoryOf(), memoryOf(undefined, 1e6)]).toEqual([2 ** 31, 1e6]);
  });
});
