import {
  accuracy,
  binaryCrossEntropy,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  loadCheckpoint,
  meanSquaredError,
  type StreamBatch,
  sequential,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection, spread, weightsOf } from './examples.ts';

type Rows = { readonly x: readonly unknown[]; readonly y: readonly unknown[]; readonly weights?: readonly number[] };

/** Rows in pieces of these sizes, in turns. */
function pieces({ x, y, weights }: Rows, ...sizes: number[]) {
  let readings = 0;
  return {
    get readings() {
      return readings;
    },
    async *batches(): AsyncGenerator<StreamBatch> {
      readings++;
      for (let at = 0, i = 0; at < x.length; i++) {
        const end = at + (sizes[i % sizes.length] as number);
        yield { x: x.slice(at, end), y: y.slice(at, end), ...(weights && { weights: weights.slice(at, end) }) };
        at = end;
      }
    },
  };
}

const streamed = (rows: Rows, ...sizes: number[]) => ({ batches: pieces(rows, ...sizes).batches });
const without = (history: readonly object[]) => history.map((record) => ({ ...record, seconds: 0 }));
const ordered = { ...classes, shuffle: false } as const;

describe('fit on a stream', () => {
  it.each(['wasm', 'reference'] as const)('gives the bits of the same rows in memory (%s)', async (device) => {
    const data = clouds(107);
    const options = { ...ordered, device, epochs: 3, validation: clouds(20) };
    const whole = await fit(classifier(), data, options);
    for (const [buffer, ...sizes] of [
      [32, 10, 1, 23],
      [1000, 50],
      [16, 107],
    ] as const) {
      const run = await fit(classifier(), { ...streamed(data, ...sizes), buffer }, options);
      expect(weightsOf(run)).toEqual(weightsOf(whole));
      expect(without(run.history)).toEqual(without(whole.history));
      expect(run.state.inputScaling).toEqual(whole.state.inputScaling);
      expect(await run.predict([1, 2])).toEqual(await whole.predict([1, 2]));
    }
  });

  it('scales targets, takes bytes, weights and yes or no by the same bits', async () => {
    const x = Array.from({ length: 45 }, (_, i) => [spread(i, 0) * 100, 1, spread(i, 1) - 7]);
    const y = x.map(([a = 0], i) => 1000 + 3 * a + spread(i, 2));
    const weights = x.map((_, i) => i % 4);
    const cases: [Rows, Omit<FitOptions, 'loss'> & Pick<FitOptions, 'loss'>][] = [
      [{ x, y }, { loss: meanSquaredError() }],
      [{ x, y, weights }, { loss: meanSquaredError() }],
      [{ x: x.map((row) => Uint8Array.from(row)), y }, { loss: meanSquaredError() }],
      [
        { x, y: x.map((_, i) => (i % 3 ? 'no' : 'yes')) },
        { loss: binaryCrossEntropy(), metrics: [accuracy()] },
      ],
      [
        { x, y: x.map((_, i) => i % 3 === 0) },
        { loss: binaryCrossEntropy(), classWeights: 'balanced' },
      ],
    ];
    for (const [rows, given] of cases) {
      const options = { ...given, shuffle: false, epochs: 2, batchSize: 8, progress: false };
      const model = sequential([dense(4, { activation: 'tanh' }), dense(1)]);
      const whole = await fit(model, rows as never, options);
      const run = await fit(model, { ...streamed(rows, 7, 11), buffer: 16 }, options);
      expect(weightsOf(run)).toEqual(weightsOf(whole));
      expect(run.state.targetScaling).toEqual(whole.state.targetScaling);
      expect(run.state.classes).toEqual(whole.state.classes);
      expect(without(run.history)).toEqual(without(whole.history));
    }
  });

  it('numbers classes that first come late, and weighs them by name', async () => {
    const { x, y } = clouds(60);
    const names = y.map((label, i) => (i < 40 && label === 0 ? 'b' : (['a', 'b', 'c'][label] as string)));
    const options = { ...ordered, epochs: 2, classWeights: { a: 3 } };
    const run = await fit(classifier(), { ...streamed({ x, y: names }, 9), buffer: 32 }, options);
    const whole = await fit(classifier(), { x, y: names }, options);
    expect(run.state.classes).toEqual(['a', 'b', 'c']);
    expect(weightsOf(run)).toEqual(weightsOf(whole));
  });

  it('shuffles within its window by the seed, every row once an epoch', async () => {
    const data = clouds(64);
    const options = { ...classes, epochs: 2 };
    const source = { ...streamed(data, 10), buffer: 32 };
    const run = await fit(classifier(), source, options);
    expect(weightsOf(await fit(classifier(), source, options))).toEqual(weightsOf(run));
    expect(weightsOf(await fit(classifier(), source, { ...options, seed: 1 }))).not.toEqual(weightsOf(run));
    expect(weightsOf(await fit(classifier(), source, { ...options, shuffle: false }))).not.toEqual(weightsOf(run));
    // One step of all rows: its loss is the same in any order, but for the rounding of sums in f32.
    const still = { ...options, epochs: 1, batchSize: 64 };
    const a = await fit(classifier(), { ...source, buffer: 64 }, still);
    const b = await fit(classifier(), data, still);
    expect(a.history[0]?.loss).toBeCloseTo(b.history[0]?.loss as number, 5);
  });

  it('D11: reads anew for each epoch, and refuses what can be read once before any step', async () => {
    const source = pieces(clouds(40), 10);
    await fit(classifier(), { batches: source.batches }, { ...ordered, epochs: 3 });
    // The first batch, the count, the deviations, three epochs.
    expect(source.readings).toBe(6);
    const told: number[] = [];
    const callbacks = [{ onBegin: () => void told.push(1) }];
    const once = await rejection(
      fit(classifier(), { batches: source.batches() }, { ...ordered, epochs: 2, callbacks }),
    );
    expect(once).toMatchObject({ code: 'data' });
    expect(once.message).toMatch(
      /batches can be read once, and 2 epochs are asked for.*\n.*a function that opens them anew/,
    );
    const generator = source.batches();
    const same = await rejection(fit(classifier(), { batches: () => generator }, { ...ordered, epochs: 2, callbacks }));
    expect(same.message).toMatch(/batches can be read once, and has been read/);
    expect(told).toEqual([]);
  });

  it('D11: takes one epoch of a generator where nothing must be known beforehand', async () => {
    const data = clouds(40);
    const options = { ...ordered, epochs: 1, standardize: false };
    const run = await fit(classifier(), { batches: pieces(data, 7).batches(), rows: 40 }, options);
    expect(weightsOf(run)).toEqual(weightsOf(await fit(classifier(), data, options)));
    const named = { x: data.x, y: data.y.map((label) => `k${label}`) };
    const list = ['k0', 'k1', 'k2'];
    const known = await fit(classifier(), { batches: pieces(named, 7).batches(), rows: 40, classes: list }, options);
    expect(weightsOf(known)).toEqual(weightsOf(run));
    expect(known.state.classes).toEqual(list);
    const message = async (stream: object, more: object = {}) =>
      (await rejection(fit(classifier(), stream as never, { ...options, ...more }))).message;
    expect(await message({ batches: pieces(data, 7).batches() })).toMatch(/rows must be counted first/);
    expect(await message({ batches: pieces(data, 7).batches(), rows: 40 }, { standardize: true })).toMatch(
      /scaling must be/,
    );
    expect(await message({ batches: pieces(data, 7).batches(), rows: 41 })).toMatch(/40 rows instead of 41/);
    expect(await message({ batches: pieces(data, 7).batches(), rows: 39 })).toMatch(/more than 39 rows/);
  });

  it('D11: holds one window, however many rows there are', async () => {
    async function* many(rows: number) {
      for (let at = 0; at < rows; at += 500) {
        const x = Float32Array.from({ length: 500 * 100 }, (_, i) => spread(at + i, i % 7));
        yield { x, y: Int32Array.from({ length: 500 }, (_, i) => (at + i) % 3) };
      }
    }
    const bytes = async (rows: number) => {
      const options = { ...ordered, epochs: 1, standardize: false, batchSize: 100 };
      const run = await fit(classifier(), { batches: () => many(rows), buffer: 1000 }, options);
      expect(run.steps).toBe(rows / 100);
      return run.bytes;
    };
    expect(await bytes(40_000)).toBe(await bytes(2000));
    // 40,000 rows of 100 f32 would take 16 MB by themselves.
    expect(await bytes(40_000)).toBeLessThan(2 ** 22);
  });

  it('goes on from a checkpoint in the middle of an epoch, bit for bit', async () => {
    const source = { ...streamed(clouds(70), 11), buffer: 32 };
    const options = { ...classes, epochs: 3, batchSize: 8 };
    const whole = await fit(classifier(), source, options);
    const kept: Uint8Array[] = [];
    const keep = {
      every: 1,
      async onStep(
        { step }: { step: number },
        control: { checkpoint(): Promise<{ save(to: WritableStream): Promise<void> }> },
      ) {
        if (step === 12)
          await (await control.checkpoint()).save(new WritableStream({ write: (chunk) => void kept.push(chunk) }));
      },
    };
    await fit(classifier(), source, { ...options, callbacks: [keep] });
    const resume = await loadCheckpoint(new Blob(kept as BlobPart[]));
    const rest = await fit(classifier(), source, { ...options, resume });
    expect(weightsOf(rest)).toEqual(weightsOf(whole));
    expect(without(rest.history)).toEqual(without(whole.history));
  });

  it('ends its reading when it is aborted, and says what it cannot do', async () => {
    const stop = new AbortController();
    let closed = 0;
    async function* batches() {
      try {
        yield* pieces(clouds(40), 10).batches();
      } finally {
        closed++;
      }
    }
    const callbacks = [{ every: 1, onStep: ({ step }: { step: number }) => void (step === 1 && stop.abort()) }];
    const options = { ...ordered, batchSize: 4, callbacks, signal: stop.signal };
    const run = await fit(classifier(), { batches, buffer: 8 }, options);
    expect(run.ending).toBe('aborted');
    expect(closed).toBe(4);
    const message = async (data: object, more: object = {}) =>
      (await rejection(fit(classifier(), data as never, { loss: crossEntropy(), progress: false, ...more }))).message;
    const some = streamed(clouds(12), 5);
    expect(await message(some, { validation: 0.2 })).toMatch(/0.2 of a stream cannot be held out/);
    expect(await message({ ...some, rows: 13 })).toMatch(/13 given, the batches have 12/);
    expect(await message({ ...some, buffers: 1 })).toMatch(/unknown option 'buffers'/);
    expect(await message({ batches: () => [] })).toMatch(/batches: there are no rows/);
    expect(await message({ batches: 5 })).toMatch(/expected what can be iterated/);
    expect(await message(streamed({ x: clouds(12).x, y: clouds(12).y.map((i) => i + 0.5) }, 5))).toMatch(
      /^y: label 0.5: /,
    );
    const mixed = () => [clouds(3), { x: [new Uint8Array(2)], y: [0] }];
    expect(await message({ batches: mixed })).toMatch(/x is u8\[2\], in the first batch it was f32/);
  });
});
