import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { activation, activations } from '../../src/nn/activations.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { heNormal } from '../../src/nn/initializers.ts';
import { applyModel, initialize } from '../../src/nn/layer.ts';
import { binaryCrossEntropy } from '../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { openSession, type TensorFunction, type Tensors } from '../golden/session.ts';

async function onBoth(f: TensorFunction, inputs: Tensors): Promise<[Tensors, Tensors]> {
  const run = async (device: 'wasm' | 'reference') => (await openSession(device)).prepare(f)(inputs);
  return Promise.all([run('wasm'), run('reference')]);
}

function expectClose([device, reference]: [Tensors, Tensors], tolerance = 2e-5): void {
  for (const [name, { data }] of Object.entries(reference)) {
    data.forEach((expected: number, i: number) => {
      expect(Math.abs((device[name]?.data[i] as number) - expected), `${name}[${i}]`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(expected)),
      );
    });
  }
}

describe('on WebAssembly', () => {
  it('a training step with dropout gives the loss and gradients of the reference', async () => {
    const model = sequential([
      flatten(),
      dense(16, { activation: 'relu', kernelInitializer: heNormal() }),
      dropout(0.3),
      dense(4),
    ]);
    const { parameters } = initialize(model, { shape: [1, 3, 4], dtype: 'f32' }, 3);
    const given = Object.fromEntries(parameters.map(({ path, shape, data }) => [path, tensor(data, shape)]));
    const x = tensor(
      Float32Array.from({ length: 120 }, (_, i) => ((i * 0.7548777) % 2) - 1),
      [10, 3, 4],
    );
    const y = tensor(Int32Array.from({ length: 10 }, (_, i) => i % 4));
    const f: TensorFunction = ({ x, y, key, ...leaves }) => {
      const [loss, gradients] = valueAndGrad((at: Tensors) => {
        const logits = applyModel(model, new Map(Object.entries(at)), x as Tensor, {
          mode: 'train',
          key: key as Tensor,
        });
        return mean(crossEntropy({ labelSmoothing: 0.1 }).call(logits, y as Tensor));
      }, leaves);
      return { loss, ...(gradients as Tensors) };
    };
    expectClose(await onBoth(f, { ...given, x, y, key: tensor([3, 5, 0], [3], 'i32') }));
  });

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    '%s is finite at ±120, and so is its gradient',
    async (name) => {
      const x = tensor([
        [-120, 120, 0.3],
        [-88, 88, -17],
      ]);
      const f: TensorFunction = ({ x }) => {
        const [total, gradient] = valueAndGrad(
          (at: Tensor) => sum(applyModel(activation(name), new Map(), at, { mode: 'predict' })),
          x as Tensor,
        );
        return { total, gradient: gradient as Tensor };
      };
      const results = await onBoth(f, { x });
      for (const { data } of Object.values(results[0])) expect(Array.from(data).every(Number.isFinite)).toBe(true);
      expectClose(results);
    },
  );

  it('case 26: binary cross-entropy is exact for logits of any size, and finite for probabilities of 0 and 1', async () => {
    const t = tensor([0, 1, 1, 0, 1, 0]);
    const f: TensorFunction = ({ x, p, t }) => {
      const ofLogits = valueAndGrad((at: Tensor) => sum(binaryCrossEntropy().call(at, t as Tensor)), x as Tensor);
      const ofP = valueAndGrad(
        (at: Tensor) => sum(binaryCrossEntropy({ fromProbabilities: true }).call(at, t as Tensor)),
        p as Tensor,
      );
      const losses = binaryCrossEntropy().call(x as Tensor, t as Tensor);
      return { losses, gradient: ofLogits[1] as Tensor, total: ofP[0], gradientOfP: ofP[1] as Tensor };
    };
    const results = await onBoth(f, { x: tensor([40, -40, 40, 100, 0, -3]), p: tensor([1, 0, 1, 0, 0.5, 0.9]), t });
    expectClose(results);
    const third = results[0].losses?.data[2] as number;
    expect(Math.abs(third / 4.2483543e-18 - 1)).toBeLessThan(1e-5);
  });
});
