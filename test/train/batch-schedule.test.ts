import {
  type BatchSchedule,
  batchSchedule,
  type Callback,
  crossEntropy,
  dense,
  fit,
  multiStepDecay,
  sequential,
  sgd,
  stepDecay,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { BatchRun } from '../../src/train/batch-run.ts';
import { clouds, rejection, weightsOf } from './examples.ts';

const data = clouds(100);
const model = () => sequential([dense(3)]);
const options = { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), progress: false, epochs: 4 } as const;
const run = (batchSize: number | BatchSchedule, more: object = {}) =>
  fit(model(), data, { ...options, batchSize, ...more });
/** The sizes of all steps. */
function sizesOf(schedule: BatchSchedule, rows: number, epochs: number, dropLast = false): number[][] {
  const { sizes, hooks } = new BatchRun({ schedule, rows, epochs, dropLast });
  let step = 0;
  return Array.from({ length: epochs }, (_, epoch) => {
    const taken: number[] = [];
    for (let left = rows; left > 0; step++) {
      const size = hooks.batch(epoch, step, left);
      if (size === 0) break;
      expect(sizes).toContain(size);
      taken.push(size);
      left -= size;
    }
    return taken;
  });
}
const one = batchSchedule.grow({ from: 7, max: 7 });

describe('batchSchedule', () => {
  it('of one size is bit for bit the run with a number', async () => {
    expect(weightsOf(await run(one))).toEqual(weightsOf(await run(7)));
    expect(weightsOf(await run(one, { last: 'drop' }))).toEqual(weightsOf(await run(7, { last: 'drop' })));
  });

  it('grow: by epochs and by steps, each row once an epoch, up to all rows', () => {
    expect(sizesOf(batchSchedule.grow({ from: 20, factor: 2, max: 1000 }), 100, 4)).toEqual([
      [20, 20, 20, 20, 20],
      [40, 40, 20],
      [80, 20],
      [100],
    ]);
    expect(sizesOf(batchSchedule.grow({ from: 10, factor: 3, every: 2, max: 90 }), 100, 2)).toEqual([
      [10, 10, 30, 30, 20],
      [90, 10],
    ]);
    expect(sizesOf(batchSchedule.grow({ from: 30, max: 60 }), 100, 2, true)).toEqual([[30, 30, 30], [60]]);
  });

  it('steps: sizes from given steps on', () => {
    const schedule = batchSchedule.steps([
      [0, 50],
      [3, 20],
    ]);
    expect(sizesOf(schedule, 100, 2)).toEqual([
      [50, 50],
      [50, 20, 20, 10],
    ]);
  });

  it('instead: the size grows as the rate would fall, and beyond its maximum the rate falls', () => {
    const decay = multiStepDecay({ learningRate: 0.05, milestones: [6, 11], factor: 0.2 });
    const grown = batchSchedule.instead(decay, { from: 32, max: 800 });
    expect(grown.sizes).toEqual([32, 160, 800]);
    const updates = sizesOf(grown, 8000, 15).reduce((sum, { length }) => sum + length, 0);
    expect(updates).toBe(1790);
    expect([0, 6, 11].map((epoch) => grown.rateAt?.(0, epoch))).toEqual([1, 1, 1].map((x) => expect.closeTo(x, 12)));
    const held = batchSchedule.instead(decay, { from: 32, max: 160 });
    expect(sizesOf(held, 8000, 15).reduce((sum, { length }) => sum + length, 0)).toBe(1950);
    expect(held.rateAt?.(0, 11)).toBeCloseTo(0.2, 12);
  });

  it('lowers the learning rate of the steps, not of the schedule', async () => {
    const halved = batchSchedule.instead(stepDecay({ learningRate: 1, every: 2, factor: 0.5 }), { from: 20, max: 20 });
    const plain = sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 10, factor: 0.5 }) });
    expect(weightsOf(await run(halved))).toEqual(weightsOf(await run(20, { optimizer: plain })));
  });

  it('adaBatch: size and rate change together', () => {
    const schedule = batchSchedule.adaBatch({ from: 10, every: 2, max: 40 });
    expect([0, 1, 2, 3, 4, 9].map((epoch) => schedule.at?.(0, epoch))).toEqual([10, 10, 20, 20, 40, 40]);
    expect(schedule.rateAt?.(0, 4)).toBeCloseTo(0.75 ** 2, 12);
  });

  it('manual: callbacks choose among the sizes, for the very next step, and a checkpoint keeps the choice', async () => {
    const sizes: number[] = [];
    const choose: Callback = {
      every: 1,
      onStep({ step }, control) {
        sizes.push(control.batchSize);
        if (step === 1) control.batchSize = 50;
      },
    };
    const schedule = batchSchedule.manual([10, 50]);
    const whole = await run(schedule, { callbacks: [choose], epochs: 3 });
    // 10 10 50 and the 30 that are left in the sizes there are.
    expect(sizes.slice(0, 2)).toEqual([10, 10]);
    expect(whole.steps).toBe(2 + 1 + 3 + 2 + 2);
    const first = await run(schedule, { callbacks: [choose], epochs: 1, resumable: true });
    const resumed = await run(schedule, { callbacks: [choose], epochs: 3, resume: first.checkpoint() });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });

  it('normTest and byNoise grow the batch when the gradient is mostly noise, and never shrink it', async () => {
    for (const schedule of [
      batchSchedule.normTest({ theta: 0.5, from: 2, max: 32, every: 10, sample: 64 }),
      batchSchedule.byNoise({ from: 2, max: 32, every: 10, sample: 64 }),
    ]) {
      const sizes: number[] = [];
      await run(schedule, {
        epochs: 20,
        callbacks: [
          { every: 1, onStep: (_: unknown, { batchSize }: { batchSize: number }) => void sizes.push(batchSize) },
        ],
      });
      expect(sizes[0]).toBe(2);
      expect(sizes.at(-1)).toBeGreaterThan(2);
      expect(sizes.every((size, i) => i === 0 || size >= (sizes[i - 1] as number))).toBe(true);
    }
  });

  it('is refused for sizes without a plan, more than 16 sizes, and values out of range', async () => {
    expect(() => batchSchedule.grow({ from: 1, factor: 1.1, max: 8000 })).toThrow(/more than 16 sizes/);
    expect(() => batchSchedule.grow({ from: 0, max: 10 })).toThrow(/grow.from.*≥ 1, got 0/);
    expect(() => batchSchedule.grow({ from: 20, max: 10 })).toThrow(/grow.max.*≥ 20, got 10/);
    expect(() => batchSchedule.grow({ max: 10, factor: 1 })).toThrow(/grow.factor.*> 1, got 1/);
    expect(() => batchSchedule.steps([[1, 4]])).toThrow(/ascending steps/);
    expect(() => batchSchedule.normTest({ theta: 1 })).toThrow(/normTest.theta.*< 1, got 1/);
    expect(() => batchSchedule.normTest({ sample: 33 })).toThrow(/sample: expected a multiple of 16, got 33/);
    const choose = (size: number): Callback => ({
      onBegin(control) {
        control.batchSize = size;
      },
    });
    await expect(rejection(run(10, { callbacks: [choose(20)] }))).resolves.toMatchObject({
      message: expect.stringContaining('the run has plans for 10 rows alone'),
    });
    await expect(rejection(run(batchSchedule.manual([10, 20]), { callbacks: [choose(15)] }))).resolves.toMatchObject({
      message: expect.stringContaining('15 has no plan\n  help: sizes of this run: 10, 20'),
    });
    await expect(rejection(run({ name: 'x' } as never))).resolves.toMatchObject({ code: 'option' });
  });
});
