import { describe, expect, it } from 'vitest';
import { tensor } from '../../src/graph/tensor.ts';
import { signalReport } from '../../src/inspect/signal-report.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { residual } from '../../src/nn/combined.ts';
import { dense } from '../../src/nn/dense.ts';
import { constant, randomNormal } from '../../src/nn/initializers.ts';
import { sparse } from '../../src/nn/initializers-sparse.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';
import { layerSignals } from '../../src/train/layer-signals.ts';
import { fixup } from '../../src/tricks/fixup.ts';
import { lsuv } from '../../src/tricks/lsuv.ts';
import { zeroGamma } from '../../src/tricks/zero-gamma.ts';

const ROWS = 64;
const x = tensor(
  Float32Array.from({ length: ROWS * 12 }, (_, i) => Math.sin(1 + 3 * i) + Math.cos(i * i)),
  [ROWS, 12],
);
const y = Int32Array.from({ length: ROWS }, (_, i) => i % 3);
const options = { loss: crossEntropy(), standardize: false, epochs: 1, progress: false } as const;

describe('lsuv', () => {
  it('gives the products of every layer variance 1 within the tolerance, whatever they began with', async () => {
    const hidden = () => dense(20, { activation: 'tanh', kernelInitializer: randomNormal(1e-3) });
    const model = await lsuv(sequential([hidden(), hidden(), dense(3)]), x, { tolerance: 0.05 });
    const signals = await layerSignals(model.state, { x });
    expect(signals.map(({ kernel }) => kernel)).toEqual(['0/kernel', '1/kernel', '2/kernel']);
    for (const { product } of signals) {
      const mean = product.reduce((a, b) => a + b) / product.length;
      const variance = product.reduce((sum, value) => sum + (value - mean) ** 2, 0) / product.length;
      expect(Math.abs(variance - 1)).toBeLessThanOrEqual(0.05);
    }
  });

  it('refuses one row, and options by name', async () => {
    await expect(lsuv(dense(3), [[1, 2]])).rejects.toThrow(/2 rows or more/);
    expect(() => lsuv({ tolerance: -1 })).toThrow(/lsuv\.tolerance/);
  });
});

describe('starts of residual nets', () => {
  const block = (norm: boolean) =>
    residual([dense(12, { activation: 'relu' }), dense(12), ...(norm ? [batchNorm()] : [])]);

  it('zeroGamma starts the last scale of each block at 0', async () => {
    const start = (
      await zeroGamma().prepare(await modelOf(sequential([block(true), block(true), dense(3)])), { x, y: x }, 0)
    ).parameters;
    for (const path of ['0/2/gamma', '1/2/gamma'])
      expect([...(start.get(path)?.data ?? [1])].every((g) => g === 0)).toBe(true);
  });

  it('fixup zeroes the last kernels and scales the others by L^(−1/(2m − 2))', async () => {
    const model = await modelOf(sequential([block(false), block(false), block(false), block(false), dense(3)]));
    const start = (await fixup().prepare(model, { x, y: x }, 0)).parameters;
    expect(start.get('2/1/kernel')?.data.every((w) => w === 0)).toBe(true);
    expect(start.get('4/kernel')?.data.every((w) => w === 0)).toBe(true);
    // L = 4, m = 2: a half.
    const before = model.parameters.get('1/0/kernel')?.data ?? [];
    expect([...(start.get('1/0/kernel')?.data ?? [])]).toEqual([...before].map((w) => w / 2));
  });

  it('names the block that does not fit, and models without any', async () => {
    const bare = await modelOf(sequential([block(false), dense(3)]));
    expect(() => zeroGamma().prepare(bare, { x, y: x }, 0)).toThrow(/block '0' has no norm/);
    const plain = await modelOf(sequential([dense(3)]));
    expect(() => fixup().prepare(plain, { x, y: x }, 0)).toThrow(/no residual block/);
  });

  it('a residual block of scale 0 begins as the identity', async () => {
    const model = sequential([residual([dense(12)], { scale: 0 }), dense(3)]);
    const run = await modelOf(model);
    expect([...(run.parameters.get('0/scale')?.data ?? [])]).toEqual([0]);
    const plain = await signalReport(sequential([dense(3, { name: '1' })]), { x, y }, options1);
    const deep = await signalReport(model, { x, y }, options1);
    expect(deep.layers.at(-1)?.activationDeviation).toBeCloseTo(plain.layers[0]?.activationDeviation as number, 5);
  });
});

const options1 = { loss: crossEntropy(), standardize: false };

async function modelOf(layer: ReturnType<typeof sequential>) {
  return fit(
    layer,
    { x, y },
    { ...options, optimizer: (await import('../../src/optim/sgd.ts')).sgd({ learningRate: 0 }) },
  );
}

describe('signalReport', () => {
  it('sees a signal that vanishes by a factor of ten a layer', async () => {
    const hidden = () => dense(100, { activation: 'tanh', kernelInitializer: randomNormal(0.01) });
    const report = await signalReport(sequential([hidden(), hidden(), hidden(), dense(3)]), { x, y }, options1);
    // √100 · 0.01 a layer: two steps between the three hidden layers; a tenth for chance.
    expect(report.gradientRatio).toBeGreaterThan(0.009);
    expect(report.gradientRatio).toBeLessThan(0.011);
    expect(String(report).split('\n').length).toBe(5);
  });

  it('refuses a hidden layer whose units start and stay equal, and takes one that comes apart', async () => {
    const same = constant(0.1);
    const both = sequential([dense(8, { kernelInitializer: same }), dense(3, { kernelInitializer: same })]);
    await expect(signalReport(both, { x, y }, options1)).rejects.toThrow(
      /8 units of the hidden layer of '0\/kernel' start equal/,
    );
    const apart = sequential([dense(8, { kernelInitializer: same }), dense(3)]);
    await expect(signalReport(apart, { x, y }, options1)).resolves.toBeDefined();
  });
});

it('sparse gives each unit as many weights as asked for', () => {
  const drawn = sparse(5).draw([40, 7], { seed: 1, stream: 2 });
  for (let unit = 0; unit < 7; unit++) expect([...drawn].filter((w, i) => i % 7 === unit && w !== 0).length).toBe(5);
  expect(() => sparse(0)).toThrow(/sparse: expected an integer ≥ 1, got 0/);
});
