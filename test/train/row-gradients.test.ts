/** Norms of rows' own gradients, beside the gradients of minibatches of one row, which `control.gradient` gives. */
import {
  batchNorm,
  batchSchedule,
  type Callback,
  conv2d,
  crossEntropy,
  type Data,
  dense,
  dropout,
  embedding,
  type FitOptions,
  fit,
  flatten,
  gradientVariance,
  infoNce,
  type Layer,
  layerNorm,
  meanSquaredError,
  noiseScale,
  sequential,
  sgd,
  simpleRnn,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, line, rejection, spread } from './examples.ts';

const ROWS = [0, 5, 3, 11, 7, 8];
const squared = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value ** 2, 0);

/** The norms as they are asked for, and those of single rows times `factor`. */
async function both(model: Layer, data: Data, options: FitOptions, factor: (row: number) => number = () => 1) {
  const seen = { asked: [] as number[], single: [] as number[], mean: [] as number[], gradient: [] as number[] };
  const look: Callback = {
    ...{ gradientRows: [1], rowGradientRows: [ROWS.length] },
    async onBegin(control) {
      const { squaredNorms, gradient } = await control.rowGradients(Int32Array.from(ROWS));
      seen.asked = Array.from(squaredNorms);
      seen.gradient = Array.from(gradient);
      seen.mean = seen.gradient.map(() => 0);
      for (const row of ROWS) {
        const own = await control.gradient(Int32Array.of(row));
        seen.single.push(squared(own.gradient) * factor(row) ** 2);
        own.gradient.forEach((value, i) => {
          (seen.mean[i] as number) += (value * factor(row)) / ROWS.length;
        });
      }
      control.stop('seen');
    },
  };
  await fit(model, data, { ...options, progress: false, epochs: 1, callbacks: [look] });
  return seen;
}

const images = {
  x: Array.from({ length: 12 }, (_, i) =>
    Array.from({ length: 5 }, (_, r) => Array.from({ length: 5 }, (_, c) => [spread(i, 5 * r + c)])),
  ),
  y: Array.from({ length: 12 }, (_, i) => i % 3),
};
const sequences = {
  x: Array.from({ length: 12 }, (_, i) => Array.from({ length: 4 }, (_, t) => [spread(i, t), spread(i, 9 + t)])),
  y: Array.from({ length: 12 }, (_, i) => i % 3),
};
const words = { x: sequences.x.map((row) => row.map(([a = 0]) => Math.floor(5 * a))), y: sequences.y };
const weights = Array.from({ length: 12 }, (_, i) => 1 + (i % 3));
const total = ROWS.reduce((sum, row) => sum + (weights[row] as number), 0);

const cases: [string, Layer, Data, FitOptions, ((row: number) => number)?][] = [
  ['dense layers', classifier(), clouds(12), { loss: crossEntropy() }],
  ['one without a bias', sequential([dense(3, { bias: false })]), clouds(12), { loss: crossEntropy() }],
  ['scaled values', sequential([dense(4, { activation: 'relu' }), dense(1)]), line(12), { loss: meanSquaredError() }],
  [
    'rows of several steps',
    sequential([dense(4, { activation: 'tanh' }), flatten(), dense(3)]),
    sequences,
    { loss: crossEntropy() },
  ],
  ['some frozen', classifier(), clouds(12), { loss: crossEntropy(), freeze: ['0'] }],
  [
    'rows with weights',
    classifier(),
    { ...clouds(12), weights },
    { loss: crossEntropy() },
    (row) => (ROWS.length * (weights[row] as number)) / total,
  ],
  [
    'convolutions, a pass a row',
    sequential([conv2d(2, 3, { activation: 'relu' }), flatten(), dense(3)]),
    images,
    { loss: crossEntropy() },
  ],
  [
    'normalized rows, a pass a row',
    sequential([dense(4), layerNorm(), dense(3)]),
    clouds(12),
    { loss: crossEntropy() },
  ],
  ['recurrence, a pass a row', sequential([simpleRnn(3), dense(3)]), sequences, { loss: crossEntropy() }],
  [
    'words, a pass a row',
    sequential([embedding(5, 3, { rows: false }), flatten(), dense(3)]),
    words,
    { loss: crossEntropy(), standardize: false },
  ],
  [
    'rows with weights, a pass a row',
    sequential([dense(4), layerNorm(), dense(3)]),
    { ...clouds(12), weights },
    { loss: crossEntropy() },
    (row) => (ROWS.length * (weights[row] as number)) / total,
  ],
];

describe('control.rowGradients', () => {
  describe.each(['reference', 'wasm'] as const)('on %s', (device) => {
    it.each(cases)('gives the norms of minibatches of one row: %s', async (_, model, data, options, factor) => {
      const { asked, single, mean, gradient } = await both(model, data, { ...options, device }, factor);
      // Parameters and gradients are stored in singles; sums of some hundred products on the machine.
      const digits = device === 'reference' ? 1e-6 : 2e-5;
      const largest = Math.max(...single);
      asked.forEach((norm, i) => {
        expect(Math.abs(norm - (single[i] as number))).toBeLessThan(digits * largest);
      });
      expect(new Set(asked).size).toBe(ROWS.length);
      const size = Math.sqrt(squared(gradient));
      gradient.forEach((value, i) => {
        expect(Math.abs(value - (mean[i] as number))).toBeLessThan(digits * size);
      });
    });
  });

  it('draws for each row anew where it takes a pass a row, the same each time', async () => {
    // All rows are alike, so norms differ by what is dropped alone.
    const alike = { x: Array.from({ length: 12 }, () => [1, 1, 1, 1]), y: Array.from({ length: 12 }, (_, i) => i % 2) };
    const model = sequential([layerNorm(), dense(6), dropout(0.5), dense(2)]);
    const norms = async () => (await both(model, alike, { loss: crossEntropy(), standardize: false })).asked;
    const first = await norms();
    expect(new Set(first).size).toBeGreaterThan(2);
    expect(await norms()).toEqual(first);
  });

  it('refuses rows that have no gradient of their own, and counts that no callback has declared', async () => {
    const options = { loss: crossEntropy() };
    const message = async (model: Layer, more: FitOptions = options, data: Data = clouds(12)) =>
      (await rejection(both(model, data, more))).message;
    expect(await message(sequential([batchNorm(), dense(3)]))).toMatch(
      /control\.rowGradients: '0\/mean' is a running statistic.*\n.*freeze the layer, or measure by parts/,
    );
    expect(await message(sequential([dense(10)]), { loss: infoNce() })).toMatch(/infoNce compares the rows/);
    expect(
      await message(
        sequential([embedding(5, 3), flatten(), dense(3)]),
        { ...options, optimizer: sgd({ learningRate: 0.1 }) },
        words,
      ),
    ).toMatch(/control\.\w+: .* is a table whose gradient is kept by rows/);
    const undeclared: Callback = {
      rowGradientRows: [4],
      onBegin: async (control) => void (await control.rowGradients(Int32Array.of(1))),
    };
    const error = rejection(fit(classifier(), clouds(12), { ...classes, callbacks: [undeclared] }));
    expect((await error).message).toMatch(/declared gradients over 1 rows\n.*rowGradientRows: \[1\]/);
  });
});

describe('what reads them', () => {
  const still = { ...classes, optimizer: sgd({ learningRate: 0 }), epochs: 1, batchSize: 48 };

  it('noiseScale by rows is what all single rows show', async () => {
    const data = clouds(48);
    const byRow = noiseScale({ small: 'row', big: 48, draws: 1 });
    const one: Float32Array[] = [];
    const each: Callback = {
      gradientRows: [1],
      async onBegin(control) {
        for (const row of control.rows) one.push((await control.gradient(Int32Array.of(row))).gradient.slice());
      },
    };
    await fit(classifier(), data, { ...still, device: 'reference', callbacks: [byRow, each] });
    const size = one[0]?.length ?? 0;
    const center = Array.from({ length: size }, (_, i) => one.reduce((sum, g) => sum + (g[i] as number), 0) / 48);
    const variance = one.reduce((sum, g) => sum + squared(g.map((value, i) => value - (center[i] as number))), 0) / 47;
    const [found] = byRow.measurements;
    // Sums of 48 gradients that are stored in singles.
    expect(found?.variance).toBeCloseTo(variance, 5);
    expect(found?.squaredNorm).toBeCloseTo(squared(center) - variance / 48, 5);
    expect(() => noiseScale({ small: 'rows' as never })).toThrow(
      /noiseScale\.small: expected a number of rows or 'row'/,
    );
  });

  it('a norm test by rows grows the batch as the variance over its sample says', async () => {
    const sizes = async (theta: number) => {
      const seen: number[] = [];
      const watch: Callback = { every: 1, onStep: (_, control) => void seen.push(control.batchSize) };
      const batchSize = batchSchedule.normTest({ theta, from: 4, max: 32, every: 1, sample: 48, by: 'rows' });
      await fit(classifier(), clouds(48), { ...still, batchSize, callbacks: [watch] });
      return seen;
    };
    const { variance, squaredNorm } = await gradientVariance(classifier(), clouds(48), { ...still, rows: 48 });
    const sampled = squaredNorm + variance / 48;
    // The first look takes the whole sample: between these two it decides for 32 rows or for none more.
    const rowsAt = (theta: number) => variance / theta ** 2 / sampled;
    const [strict, lax] = [Math.sqrt(variance / sampled / 31), Math.sqrt(variance / sampled / 3.9)];
    expect(rowsAt(strict)).toBeCloseTo(31, 6);
    expect((await sizes(strict)).at(-1)).toBe(32);
    expect(Math.max(...(await sizes(lax)))).toBe(4);
  });

  it('gradientVariance finds the row with a wrong label, and leaves the model as it was', async () => {
    const data = clouds(60);
    const trained = await fit(classifier(), data, { ...classes, epochs: 30 });
    const before = structuredClone([...trained.parameters.values()].map(({ data: own }) => own));
    const y = data.y.map((label, row) => (row === 17 ? (label + 1) % 3 : label));
    const found = await gradientVariance(trained, { ...data, y }, { loss: crossEntropy() });
    expect(found.rows).toEqual(Int32Array.from({ length: 60 }, (_, row) => row));
    expect(found.rows[found.squaredNorms.indexOf(Math.max(...found.squaredNorms))]).toBe(17);
    expect(found.noiseScale).toBe(found.variance / found.squaredNorm);
    expect([...trained.parameters.values()].map(({ data: own }) => own)).toEqual(before);
    const some = await gradientVariance(trained, data, { loss: crossEntropy(), rows: 10 });
    expect(some.squaredNorms).toHaveLength(10);
    const error = await rejection(gradientVariance(trained, data, { loss: crossEntropy(), rows: 100 }));
    expect(error.message).toMatch(/gradientVariance\.rows: expected an integer ≥ 2 and ≤ 60, got 100/);
  });
});
