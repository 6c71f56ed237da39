import { dense, fit, fitLbfgs, loadModel, meanSquaredError, type ScalingName, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { quantile } from '../../src/data/scale/scalers.ts';
import { classes, classifier, clouds, identity, rejection, spread, still, weightsOf } from './examples.ts';

const x = Array.from({ length: 20 }, (_, i) => [100 * spread(i, 0) - 30, spread(i, 1), i < 10 ? 5 : 7]);
const y = x.map(([a = 0, b = 0]) => a + b);
const column = (j: number, rows = x) => rows.map((row) => row[j] as number);

/** What each way makes of a column of the training rows, by its definition: shift and 1 / scale. */
const definitions = {
  standardize(values: readonly number[]) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
  },
  minMax: (values: readonly number[]) => [Math.min(...values), Math.max(...values) - Math.min(...values)],
  maxAbs: (values: readonly number[]) => [0, Math.max(...values.map(Math.abs))],
  robust(values: readonly number[]) {
    const sorted = [...values].sort((a, b) => a - b);
    return [quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)];
  },
} as const;

describe('the option scaling', () => {
  it.each(['wasm', 'reference'] as const)('scales columns by the training rows alone (%s)', async (device) => {
    const validation = { x: [[1e4, -1e4, 0]], y: [0] };
    for (const [scaling, of] of Object.entries(definitions)) {
      const run = await fit(
        identity(3),
        { x, y: x },
        {
          ...{ ...still, standardize: undefined as never },
          loss: meanSquaredError(),
          scaling: scaling as ScalingName,
          device,
          validation: { ...validation, y: validation.x },
        },
      );
      const { shift, scale } = run.state.inputScaling;
      [0, 1, 2].forEach((j) => {
        const [center, width] = of(column(j)) as [number, number];
        expect(shift[j]).toBeCloseTo(center, 5);
        expect((scale[j] as number) * width).toBeCloseTo(1, 5);
      });
    }
  });

  it('is saved with the model, whose answers stay the same; targets come back in their units', async () => {
    const options = { loss: meanSquaredError(), progress: false, epochs: 60 };
    for (const scaling of ['minMax', 'robust', 'maxAbs'] as const) {
      const run = await fit(sequential([dense(1)]), { x, y }, { ...options, scaling });
      const chunks: Uint8Array[] = [];
      await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
      const loaded = await loadModel(new Blob(chunks as BlobPart[]));
      expect(await loaded.predict(x)).toEqual(await run.predict(x));
      expect(run.state.targetScaling?.kind).toBe('standardize');
      expect(run.notes.join('\n')).toContain(`x: 3 columns are scaled ('${scaling}') over 20 training rows`);
      expect(run.notes.join('\n')).not.toContain('x: 3 columns are standardized');
    }
  });

  it("'standardize' and 'none' are what standardize: true and false are", async () => {
    const options = { loss: meanSquaredError(), progress: false, epochs: 2 };
    for (const [scaling, standardize] of [
      ['standardize', true],
      ['none', false],
    ] as const) {
      const named = await fit(sequential([dense(1)]), { x, y }, { ...options, scaling });
      const plain = await fit(sequential([dense(1)]), { x, y }, { ...options, standardize });
      expect(weightsOf(named)).toEqual(weightsOf(plain));
      expect(named.state.targetScaling).toEqual(plain.state.targetScaling);
    }
  });

  it('holds for streams, records and fitLbfgs with the same numbers', async () => {
    const options = { loss: meanSquaredError(), progress: false, epochs: 2, shuffle: false };
    for (const scaling of ['minMax', 'maxAbs'] as const) {
      const whole = await fit(sequential([dense(1)]), { x, y }, { ...options, scaling });
      const batches = () => [0, 7, 14].map((at) => ({ x: x.slice(at, at + 7), y: y.slice(at, at + 7) }));
      const run = await fit(sequential([dense(1)]), { batches }, { ...options, scaling });
      expect(weightsOf(run)).toEqual(weightsOf(whole));
      const lbfgs = await fitLbfgs(sequential([dense(1)]), { x, y }, { loss: meanSquaredError(), scaling });
      expect(lbfgs.state.inputScaling).toEqual(whole.state.inputScaling);
      const records = { a: column(0), b: column(1), y };
      const table = await fit(records, { target: 'y', scaling, epochs: 1, progress: false });
      expect(table.notes.join('\n')).toContain(`x: 2 columns are scaled ('${scaling}')`);
    }
    const batches = () => [{ x, y }];
    const robust = fit(sequential([dense(1)]), { batches }, { ...options, scaling: 'robust' });
    expect((await rejection(robust)).message).toMatch(/'robust' needs all rows at once/);
  });

  it('refuses names that are none, standardize beside it, images, and trained models', async () => {
    const message = async (options: object, model: object = classifier(), data: object = clouds(9)) =>
      (await rejection(fit(model as never, data as never, { ...classes, ...options }))).message;
    expect(await message({ scaling: 'minmax' })).toMatch(/scaling: unknown value 'minmax'\n.*did you mean 'minMax'/);
    expect(await message({ scaling: 'minMax', standardize: true })).toMatch(/'minMax' together with standardize: true/);
    const bytes = { x: Array.from({ length: 9 }, () => new Uint8Array(2)), y: clouds(9).y };
    expect(await message({ scaling: 'minMax' }, classifier(), bytes)).toMatch(/x has rows of u8\[2\]/);
    const run = await fit(classifier(), clouds(9), classes);
    expect(await message({ scaling: 'minMax' }, run)).toMatch(/the trained model has a scaling/);
  });
});
