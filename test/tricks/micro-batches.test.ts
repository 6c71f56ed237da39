import {
  accuracy,
  adam,
  batchNorm,
  chain,
  clipByGlobalNorm,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  fit,
  l2,
  meanSquaredError,
  microBatches,
  mixup,
  type Run,
  sam,
  sequential,
  svrg,
  type Trick,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { clouds, line, rejection, weightsOf } from '../train/examples.ts';

/** 50 rows by 16: three batches and one of 2; by 5 a part, three whole ones and one of 1. */
const data = clouds(50);
const model = () => sequential([dense(8, { activation: 'tanh' }), dense(3)]);
const options = {
  ...{
    loss: crossEntropy(),
    metrics: [accuracy()],
    optimizer: chain(clipByGlobalNorm(1), adam({ learningRate: 0.02 })),
  },
  ...{ batchSize: 16, epochs: 3, progress: false, device: 'reference' as const },
} as const;
const run = (
  tricks: readonly Trick[],
  more: Partial<FitOptions> = {},
  of = model,
  rows = data as typeof data & object,
) => fit(of(), rows, { ...options, ...more, tricks });

/** Computed in doubles; parameters, of about 1, are kept as singles. */
function same(a: Run, b: Run, digits: number): void {
  const [first, second] = [weightsOf(a), weightsOf(b)];
  expect(first).toHaveLength(second.length);
  first.forEach((value, i) => {
    expect(value).toBeCloseTo(second[i] as number, digits);
  });
  a.history.forEach((record, epoch) => {
    expect(record.loss).toBeCloseTo(b.history[epoch]?.loss as number, digits);
    expect(record.accuracy).toBe(b.history[epoch]?.accuracy);
  });
}

describe('microBatches', () => {
  it.each([1, 5, 8, 15])(
    'of %i rows is the step of the whole batch, with its metrics and its smaller last batch',
    async (rows) => {
      const [parts, whole] = [await run([microBatches(rows)]), await run([])];
      same(parts, whole, 6);
      expect(parts.steps).toBe(whole.steps);
      expect(parts.history.map(({ loss }) => loss)).not.toEqual([0, 0, 0]);
    },
  );

  it('counts rows by their weights, also where a part or a whole batch has none', async () => {
    // The first batch counts nothing, nor do parts of later ones.
    const weights = data.y.map((_, i) => (i < 16 || (i >= 20 && i < 26) ? 0 : 1 + (i % 3)));
    const weighed = { ...data, weights };
    const inOrder = { shuffle: false };
    same(await run([microBatches(5)], inOrder, model, weighed), await run([], inOrder, model, weighed), 6);
  });

  it('keeps what others add: penalties, scaled targets, the sharpness of the whole batch', async () => {
    same(await run([l2(0.01), microBatches(5)]), await run([l2(0.01)]), 6);
    same(await run([microBatches(5), sam(0.05)]), await run([sam(0.05)]), 6);
    const values = { loss: meanSquaredError(), metrics: [], batchSize: 8 } as const;
    const of = () => sequential([dense(4, { activation: 'tanh' }), dense(1)]);
    const [parts, whole] = await Promise.all(
      [[microBatches(3)], []].map((tricks) => fit(of(), line(24), { ...options, ...values, tricks })),
    );
    same(parts as Run, whole as Run, 6);
  });

  it('is the plain step, bit for bit, where a part is a whole batch', async () => {
    const plain = await run([], { device: 'wasm' });
    expect(weightsOf(await run([microBatches(16)], { device: 'wasm' }))).toEqual(weightsOf(plain));
    expect(weightsOf(await run([microBatches(99)], { device: 'wasm' }))).toEqual(weightsOf(plain));
  });

  it('bounds memory: a batch of 1,024 in parts of 64 takes less than half of its own', async () => {
    const many = clouds(1024);
    // Many units and few parameters.
    const wide = () => sequential([dense(1024, { activation: 'tanh' }), dense(3)]);
    const bytes = async (batchSize: number, tricks: readonly Trick[]) =>
      (await fit(wide(), many, { ...options, device: 'wasm', epochs: 1, batchSize, tricks })).bytes;
    const [whole, parts, small] = [await bytes(1024, []), await bytes(1024, [microBatches(64)]), await bytes(64, [])];
    expect(parts).toBeLessThan(0.5 * whole);
    // Beside the row numbers of a call of 256 steps, which are 1 MiB in batches of 1,024: sums of gradients, and a longer plan.
    expect(parts - 2 ** 20).toBeLessThan(1.5 * small);
  });

  it('draws other dropout masks for each part', async () => {
    // One unit of weight 1 a row: what is kept is 2, what is dropped 0.
    const of = () => sequential([dropout(0.5), dense(1, { bias: false })]);
    const ones = { x: Array.from({ length: 64 }, () => [1]), y: Array.from({ length: 64 }, () => 1) };
    const gradients = async (rows: number) => {
      const norms: number[] = [];
      const watch = { every: 1, onStep: ({ gradientNorm }: { gradientNorm: number }) => void norms.push(gradientNorm) };
      await fit(of(), ones, {
        ...{
          loss: meanSquaredError(),
          standardize: false,
          progress: false,
          epochs: 1,
          batchSize: 64,
          device: 'reference' as const,
        },
        ...{ tricks: [microBatches(rows)], callbacks: [watch] },
      });
      return norms;
    };
    // If all parts of one row drew alike, all or none would be dropped.
    const [one, whole] = [await gradients(1), await gradients(64)];
    const alike = one[0] === 0 || one[0] === 2 * (whole[0] as number);
    expect(alike).toBe(false);
  });

  it('normalizes each part by itself, and takes running statistics from part to part', async () => {
    const of = () => sequential([batchNorm(), dense(3)]);
    const [parts, whole] = [await run([microBatches(8)], {}, of), await run([], {}, of)];
    expect(weightsOf(parts)).not.toEqual(weightsOf(whole));
    // Without steps the statistics of two parts a batch are those of batches of 8.
    const still = { optimizer: adam({ learningRate: 0 }), shuffle: false, epochs: 1 };
    const [inParts, small] = [
      await run([microBatches(8)], { ...still, batchSize: 16 }, of),
      await run([], { ...still, batchSize: 8 }, of),
    ];
    same(inParts, small, 6);
  });

  it('refuses what has no parts, and says what to do', async () => {
    expect(() => microBatches(0)).toThrow(/microBatches: expected an integer ≥ 1, got 0/);
    expect(() => microBatches(1.5)).toThrow(/got 1\.5/);
    const message = async (tricks: readonly Trick[], more: Partial<FitOptions> = {}) =>
      (await rejection(run(tricks, more))).message;
    expect(await message([mixup(0.2), microBatches(5)])).toMatch(
      /rows are mixed, 16 of them, but there are 5 losses\n.*not with microBatches/,
    );
    expect(await message([svrg(), microBatches(5)])).toMatch(
      /svrg keeps 'rows' from step to step.*\n.*behind the trick that asks/,
    );
    await expect(run([microBatches(5), svrg()])).resolves.toMatchObject({ ending: 'completed' });
    expect(await message([microBatches(5), microBatches(2)])).toMatch(/clash/);
    const many = fit(model(), clouds(200), { ...options, batchSize: 200, tricks: [microBatches(2)] });
    expect((await rejection(many)).message).toMatch(
      /cuts a batch of 200 rows in 100 parts, 64 at most.*\n.*microBatches\(4\) or more/,
    );
  });
});
