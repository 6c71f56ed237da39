/** Batch normalization: its states in training, in prediction, in files, and case 25. */
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/graph/tensor.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { dense } from '../../src/nn/dense.ts';
import { applyModel, initialize, type Layer, layer } from '../../src/nn/layer.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { adam } from '../../src/optim/adam.ts';
import { fit } from '../../src/train/fit.ts';
import { modelFromBytes, modelToBytes } from '../../src/train/model-file.ts';
import { openSession } from '../golden/session.ts';

const near = (actual: Tensor | undefined, expected: readonly number[], digits: number): void => {
  expect(actual?.data).toHaveLength(expected.length);
  for (const [i, x] of expected.entries()) expect(actual?.data[i]).toBeCloseTo(x, digits);
};

describe('case 25: M4: train, then predict on the same rows', () => {
  const x = tensor([[1], [3], [5], [7]]);
  const start = (model: ReturnType<typeof batchNorm>) =>
    new Map(
      initialize(model, { shape: [1, 1], dtype: 'f32' }, 1).parameters.map(({ path, shape, data }) => [
        path,
        tensor(Float64Array.from(data), shape),
      ]),
    );

  const devices = ['wasm', 'reference'] as const;

  async function trained(device: (typeof devices)[number], options: Parameters<typeof batchNorm>[0]) {
    const model = batchNorm({ epsilon: 1e-3, ...options });
    const { prepare } = await openSession(device);
    const train = prepare(({ x, ...leaves }) => {
      const updates = new Map<string, Tensor>();
      const y = applyModel(model, new Map(Object.entries(leaves)), x as Tensor, { mode: 'train', updates });
      return { y, ...Object.fromEntries(updates) };
    });
    const predict = prepare(({ x, ...leaves }) => ({
      y: applyModel(model, new Map(Object.entries(leaves)), x as Tensor, { mode: 'predict' }),
    }));
    const leaves = Object.fromEntries(start(model));
    const { y, ...updates } = await train({ ...leaves, x });
    return { y: y as Tensor, updates, after: (await predict({ ...leaves, ...updates, x })).y as Tensor };
  }

  describe.each(devices)('on %s', (device) => {
    const [digits, exact] = device === 'wasm' ? [6, 6] : [7, 12];

    test('keep 0.9', async () => {
      const { y, updates, after } = await trained(device, { keep: 0.9 });
      near(y, [-1.3415066, -0.4471689, 0.4471689, 1.3415066], digits);
      near(updates.mean, [0.4], exact);
      near(updates.variance, [1.4], exact);
      near(after, [0.5069115, 2.1966164, 3.8863218, 5.576027], 6);
    });

    test('keep 0: prediction is training', async () => {
      const { y, after } = await trained(device, { keep: 0 });
      near(after, Array.from(y.data), exact);
    });

    test("keep 0 with the unbiased rule, as the docs say for 'unbiased'", async () => {
      const { after } = await trained(device, { keep: 0, runningVariance: 'unbiased' });
      expect(after.data[0]).toBeCloseTo(-1.1618079, digits);
    });
  });

  test('without a place for updates, states stay', () => {
    const model = batchNorm();
    const parameters = start(model);
    applyModel(model, parameters, x, { mode: 'train' });
    near(parameters.get('mean'), [0], 15);
  });
});

const rows = (n: number) => ({
  x: Array.from({ length: n }, (_, i) => [Math.sin(i + 0.5) * 3 + 5, Math.cos(i * 1.7) * 0.1 - 2]),
  y: Array.from({ length: n }, (_, i) => (Math.sin(i + 0.5) > 0 ? 'up' : 'down')),
});

describe.each(['wasm', 'reference'] as const)('fit on %s', (device) => {
  const model = sequential([batchNorm({ keep: 0.5 }), dense(8, { activation: 'relu' }), batchNorm(), dense(2)]);
  const options = {
    loss: crossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    batchSize: 10,
    seed: 3,
    standardize: false,
  };

  test('moves the running statistics by the rule, and not by the optimizer', async () => {
    const n = 20;
    const data = rows(n);
    using run = await fit(model, data, {
      ...options,
      epochs: 1,
      batchSize: n,
      shuffle: false,
      device,
      progress: false,
    });
    const { kind, data: means } = run.parameters.get('0/mean') ?? {};
    expect(kind).toBe('state');
    const column = (j: number) => data.x.map((row) => Math.fround(row[j] as number));
    for (const j of [0, 1]) {
      const mean = column(j).reduce((a, b) => a + b, 0) / n;
      const variance = column(j).reduce((a, b) => a + (b - mean) ** 2, 0) / n;
      expect(means?.[j]).toBeCloseTo(0.5 * mean, 5);
      expect(run.parameters.get('0/variance')?.data[j]).toBeCloseTo(0.5 + 0.5 * variance, 5);
    }
  });

  test('learns, predicts with what it kept, and comes back from a file bit for bit', async () => {
    using run = await fit(model, rows(100), { ...options, epochs: 20, device, progress: false });
    expect((await run.evaluate(rows(100))).loss).toBeLessThan(0.2);
    const loaded = await modelFromBytes(modelToBytes(run.state));
    expect([...loaded.parameters]).toEqual([...run.parameters]);
    const answers = (await run.predict(rows(4).x, { device })) as { label: string }[];
    expect(answers.map(({ label }) => label)).toEqual(rows(4).y);
  });
});

test('an update of what is no state, or of another shape, names the layer', () => {
  const wrong = layer('wrong', {}, (x, context) => {
    context.update('mean', x);
    return x;
  });
  const of = (part: Layer) => () => initialize(sequential([part]), { shape: [1, 2], dtype: 'f32' }, 1);
  expect(of(wrong)).toThrow("update: 'mean' is no such state, the value has shape [1,2] (in layer '0')");
});

test.each([
  [{ keep: 1.5 }, 'batchNorm.keep'],
  [{ epsilon: -1 }, 'batchNorm.epsilon'],
  [{ runningVariance: 'baised' as 'biased' }, "did you mean 'biased'?"],
  [{ momentum: 0.9 } as object, "unknown option 'momentum'"],
])('refuses %o', (options, message) => {
  expect(() => batchNorm(options)).toThrow(message);
});
