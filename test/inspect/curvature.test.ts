import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import * as curvature from '../../src/inspect/curvature.ts';
import { dense } from '../../src/nn/dense.ts';
import { zeros } from '../../src/nn/initializers.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { mul, tanh } from '../../src/ops/elementwise.ts';
import { linear } from '../../src/ops/matmul.ts';
import { reshape, transpose } from '../../src/ops/movement.ts';
import { mean } from '../../src/ops/reduce.ts';
import { softmaxCrossEntropy } from '../../src/ops/softmax.ts';
import { perturbed } from '../../src/optim/perturbed.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { plateau } from '../../src/train/callbacks/plateau.ts';
import { fit } from '../../src/train/fit.ts';
import { lossSurface } from '../../src/train/loss-surface.ts';
import golden from '../golden/data/curvature.json' with { type: 'json' };

const given = golden.cases.mlp_3_4_2 as unknown as Record<string, { s: number[]; d: number[] }>;
const numbers = (name: string): number[] => given[name]?.d ?? [];
const theta = numbers('theta');
const part = (from: number, shape: number[]): Tensor =>
  tensor(Float64Array.from(theta.slice(from, from + shape.reduce((a, b) => a * b, 1))), shape);
const parameters = { w1: part(0, [4, 3]), b1: part(12, [4]), w2: part(16, [2, 4]), b2: part(24, [2]) };
const batch = { x: tensor(Float64Array.from(numbers('x')), [12, 3]), y: tensor(Int32Array.from(numbers('y'))) };
type P = typeof parameters;
type B = typeof batch;
const logits = (p: P, { x }: B): Tensor => linear(tanh(linear(x, transpose(p.w1), p.b1)), transpose(p.w2), p.b2);
const loss = (z: Tensor, { y }: B): Tensor => mean(softmaxCrossEntropy(z, y));

describe.each(['reference', 'wasm'] as const)('curvature of the golden network on %s', (device) => {
  // Of f32 arithmetic with some dozen terms; the golden values have ten digits.
  const digits = device === 'reference' ? 8 : 5;
  const vector = Float64Array.from(numbers('v'));

  it('multiplies by the Hessian and by the Gauss–Newton matrix', async () => {
    const H = curvature.hessian((p: P, b: B) => loss(logits(p, b), b), parameters, batch, { device });
    ((await H.times(vector)) as Float64Array).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers('hv')[i] as number, digits);
    });
    const G = curvature.gaussNewton(logits, loss, parameters, batch, { device });
    ((await G.times(vector)) as Float64Array).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers('gnv')[i] as number, digits);
    });
    const { top, bottom } = await curvature.lanczos(H);
    const eigenvalues = numbers('eigenvalues');
    expect(bottom).toBeCloseTo(eigenvalues[0] as number, digits);
    expect(top).toBeCloseTo(eigenvalues.at(-1) as number, digits);
  });
});

const x = tensor(
  Float32Array.from({ length: 60 * 4 }, (_, i) => Math.sin(1 + 7 * i)),
  [60, 4],
);
const y = Int32Array.from({ length: 60 }, (_, i) => i % 3);

describe('lossSurface', () => {
  it('has the loss and the parameters of the run that it is of', async () => {
    const run = await fit(
      sequential([dense(5, { activation: 'tanh' }), dense(3)]),
      { x, y },
      { loss: crossEntropy(), epochs: 2, progress: false },
    );
    const surface = await lossSurface(run, { x, y });
    const { value, gradient } = await surface.at(surface.start);
    // Two orders of summation of 60 f32 losses.
    expect(value).toBeCloseTo((await run.evaluate({ x, y })).loss, 5);
    expect(await surface.value(surface.start)).toBeCloseTo(value, 6);
    expect(gradient.length).toBe(surface.size);
    expect(surface.pointOf(run.parameters)).toEqual(surface.start);
    expect(surface.modelAt(surface.start).parameters.get('0/kernel')?.data).toEqual(
      run.parameters.get('0/kernel')?.data,
    );
  });

  it('asks a layer for its loss', async () => {
    await expect(lossSurface(dense(3), { x, y })).rejects.toThrow(/a layer needs a loss/);
  });
});

it('plateau says that a run at the foot of a convex loss is at a minimum, and refuses what is no surface', async () => {
  const model = sequential([dense(3)]);
  const surface = await lossSurface(model, { x, y }, { loss: crossEntropy() });
  const kinds: string[] = [];
  await fit(
    model,
    { x, y },
    {
      ...{ loss: crossEntropy(), epochs: 400, batchSize: 60, progress: false, optimizer: sgd({ learningRate: 1 }) },
      callbacks: [plateau({ window: 20, surface, onEnter: ({ kind }) => kinds.push(kind) })],
    },
  );
  expect(kinds).toEqual(['minimum']);
  expect(() => plateau({ window: 0 })).toThrow(/plateau\.window: expected an integer ≥ 1, got 0/);
  expect(() => plateau({ surface: {} as never })).toThrow(/expected a loss surface/);
});

it('perturbed leaves a point without gradient, once by no more than the radius, the same on every device', async () => {
  // A loss without gradient: what moves is the noise.
  const flat = { name: 'flat', target: 'value', options: {}, call: (p: Tensor) => mean(mul(p, 0), 1) } as const;
  const moved = async (device: 'wasm' | 'reference', radius: number) => {
    const run = await fit(
      sequential([dense(3, { kernelInitializer: zeros() })]),
      { x, y: tensor(new Float32Array(180), [60, 3]) },
      {
        ...{ loss: { ...flat, call: (p: Tensor) => reshape(flat.call(p), [p.shape[0] as number]) }, device, seed: 3 },
        ...{ epochs: 3, batchSize: 60, standardize: false, progress: false },
        optimizer: perturbed(sgd({ learningRate: 0.1 }), { radius, threshold: 1e-3, every: 10 }),
      },
    );
    return [...run.parameters.values()].flatMap(({ data }) => [...data]);
  };
  const [wasm, reference] = [await moved('wasm', 0.5), await moved('reference', 0.5)];
  const length = Math.hypot(...wasm);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(0.5);
  wasm.forEach((value, i) => {
    expect(value).toBeCloseTo(reference[i] as number, 6);
  });
  expect((await moved('wasm', 0)).every((value) => value === 0)).toBe(true);
});
