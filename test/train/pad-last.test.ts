import {
  accuracy,
  adam,
  batchNorm,
  batchSchedule,
  type Callback,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  f1,
  fit,
  flatten,
  ghostBatchNorm,
  gradientCache,
  infoNce,
  type Layer,
  l2,
  layer,
  masking,
  meanSquaredError,
  microBatches,
  minibatchDeviation,
  mixup,
  type Run,
  residual,
  sam,
  sequential,
  stratified,
  svrg,
  type Trick,
  timeline,
  trades,
  weightNorm,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { bytesNeeded } from '../../src/train/batch-size/bytes-needed.ts';
import { classifier, clouds, line, rejection, weightsOf } from './examples.ts';

/** 50 rows by 16: three batches and one of 2. */
const data = clouds(50);
const options = {
  ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 0.02 }) },
  ...{ batchSize: 16, epochs: 3, progress: false, device: 'reference' as const },
};
type Given = Partial<FitOptions>;
const run = (more: Given = {}, of: Layer = classifier(), rows: object = data): Promise<Run> =>
  fit(of, rows as typeof data, { ...options, ...more });

/** Computed in doubles; parameters, of about 1, are kept as singles. */
function same(a: Run, b: Run, digits = 6): void {
  const [first, second] = [weightsOf(a), weightsOf(b)];
  expect(first).toHaveLength(second.length);
  first.forEach((value, i) => {
    expect(value).toBeCloseTo(second[i] as number, digits);
  });
  expect(a.steps).toBe(b.steps);
  a.history.forEach((record, epoch) => {
    expect(record.loss).toBeCloseTo(b.history[epoch]?.loss as number, digits);
    expect(record.accuracy).toBe(b.history[epoch]?.accuracy);
    expect(record.validation?.loss ?? 0).toBeCloseTo(b.history[epoch]?.validation?.loss ?? 0, digits);
    expect(record.validation?.accuracy).toBe(b.history[epoch]?.validation?.accuracy);
  });
}

const weights = data.y.map((_, i) => i % 3);
const cases: [string, Given, (Layer | undefined)?, object?][] = [
  ['as they come', {}],
  ['with rows held out', { validation: 0.3 }],
  ['with data held out', { validation: clouds(9) }],
  ['with weights, some of them 0', {}, undefined, { ...data, weights }],
  ['with weights of classes', { classWeights: 'balanced' }],
  ['with frozen leaves', { freeze: ['0'] }],
  ['with a penalty, and the gradient of another place', { tricks: [l2(0.01), sam(0.05)] }],
  ['in parts', { tricks: [microBatches(5)] }],
  ['from cached gradients', { tricks: [gradientCache(5)] }],
  ['in an order of their own', { tricks: [stratified()] }],
  ['in values that are scaled', { loss: meanSquaredError(), metrics: [] }, sequential([dense(4), dense(1)]), line(50)],
];

describe("last: 'pad'", () => {
  it.each(cases)('learns and reports as the smaller last batch does: %s', async (_, more, of, rows) => {
    same(await run({ ...more, last: 'pad' }, of, rows), await run(more, of, rows));
  });

  it('does so on the machine, with one plan', async () => {
    const [padded, kept] = [await run({ last: 'pad', device: 'wasm' }), await run({ device: 'wasm' })];
    // In singles; a sum over 16 rows, of which 14 are 0, is cut otherwise than one over 2.
    same(padded, kept, 4);
    const needed = (last: 'keep' | 'pad') => bytesNeeded(classifier(), data, { ...options, last });
    expect(await needed('pad')).toBeLessThan(await needed('keep'));
  });

  it('is bit for bit the run without it where no rows are left over', async () => {
    const whole = { batchSize: 25 };
    expect(weightsOf(await run({ ...whole, last: 'pad' }))).toEqual(weightsOf(await run(whole)));
  });

  it('tells callbacks the rows that there are', async () => {
    const seen: number[] = [];
    const watch: Callback = { onStep: ({ rows }) => void seen.push(rows) };
    const time = timeline({ every: 1 });
    await run({ last: 'pad', epochs: 2, callbacks: [watch, time] });
    expect(seen).toEqual([16, 16, 16, 2, 16, 16, 16, 2]);
    expect(time.points('examples', 'loss').at(-1)?.[0]).toBe(100);
  });

  it('goes on from a checkpoint in the middle of an epoch, and refuses to go on without', async () => {
    const padded = { last: 'pad', epochs: 3 } as const;
    const whole = await run(padded);
    const stop: Callback = {
      every: 1,
      onStep: ({ step }, control) => (step === 5 ? control.stop('there') : undefined),
    };
    const first = await run({ ...padded, resumable: true, callbacks: [stop] });
    expect(weightsOf(await run({ ...padded, resume: first.checkpoint() }))).toEqual(weightsOf(whole));
    expect((await rejection(run({ epochs: 3, resume: first.checkpoint() }))).message).toMatch(/last: "?pad"?/);
  });

  it('takes batch normalization whose statistics are frozen, since its rows do not meet', async () => {
    const of = sequential([sequential([dense(6), batchNorm()], { name: 'body' }), dense(3)]);
    const frozen = { freeze: ['body/1'] } as const;
    same(await run({ ...frozen, last: 'pad' }, of), await run(frozen, of));
  });

  it('draws the same for the same seed', async () => {
    const of = () => sequential([dense(8), dropout(0.5), dense(3)]);
    const [first, second] = [await run({ last: 'pad' }, of()), await run({ last: 'pad' }, of())];
    expect(weightsOf(first)).toEqual(weightsOf(second));
  });

  it('refuses what rows of a batch have to do with each other, and says what to take', async () => {
    const message = async (more: Given, of?: Layer, rows?: object) =>
      (await rejection(run({ ...more, last: 'pad' }, of, rows))).message;
    expect(await message({}, sequential([dense(4), batchNorm(), dense(3)]))).toMatch(
      /last: 'pad': batchNorm \(layer '1'\) takes statistics over the rows.*\n.*'keep' \(a smaller last batch\) or 'drop'/,
    );
    const tricks: [Trick, RegExp][] = [
      [mixup(0.2), /mixup mixes rows/],
      [svrg(), /svrg weighs minibatches/],
      [trades({ epsilon: 0.1 }), /trades takes a mean over the rows/],
    ];
    for (const [trick, expected] of tricks) expect(await message({ tricks: [trick] })).toMatch(expected);
    expect(await message({ loss: infoNce(), metrics: [] }, dense(10))).toMatch(/infoNce compares the rows/);
    expect(await message({ metrics: [f1()] as never })).toMatch(/f1 is no mean over rows/);
    expect(await message({ batchSize: batchSchedule.manual([16, 32]) })).toMatch(/batchSize is a schedule/);
    const steps = { x: data.x.map(([a, b]) => [[a], [b], [0]]), y: data.y.map((y) => [y, y, y]) };
    expect(await message({}, sequential([masking(), dense(3)]), steps)).toMatch(/sequences that are padded themselves/);
    const images = { x: data.x.map(([a, b]) => [[[a], [b]]]), y: data.y };
    expect(await message({}, sequential([minibatchDeviation(), flatten(), dense(3)]), images)).toMatch(
      /minibatchDeviation \(layer '0'\) compares/,
    );
    const sorted = { ...layer('sorted', {}, (x) => x), meetingRows: 'sorts the rows' };
    for (const [part, name] of [
      [sequential([dense(4), sorted], { name: 'body' }), /sorted \(layer 'body\/1'\) sorts the rows, so padded/],
      [residual([dense(2), ghostBatchNorm({ size: 8 })]), /ghostBatchNorm \(layer '0\/1'\) takes statistics/],
      [weightNorm(batchNorm()), /weightNorm \(layer '0'\) takes statistics/],
    ] as const)
      expect(await message({}, sequential([part, dense(3)]))).toMatch(name);
    const stream = fit(classifier(), { batches: [data] }, { ...options, last: 'pad' });
    expect((await rejection(stream)).message).toMatch(/last: 'pad': a stream uses all of its rows/);
  });
});
