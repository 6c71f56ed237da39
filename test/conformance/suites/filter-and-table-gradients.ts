/** @file Case 22: gradients of filters and of embedding tables are there on every backend, also where a model trains by them. */
import { expect, test } from 'vitest';
import { grad } from '../../../src/autodiff/grad.ts';
import { compile } from '../../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { conv2d } from '../../../src/nn/conv.ts';
import { flatten } from '../../../src/nn/flatten.ts';
import { zeros } from '../../../src/nn/initializers.ts';
import { layer } from '../../../src/nn/layer.ts';
import { meanSquaredError } from '../../../src/nn/losses/regression.ts';
import { sequential } from '../../../src/nn/sequential.ts';
import { cast } from '../../../src/ops/cast.ts';
import { convolve2d } from '../../../src/ops/convolutions.ts';
import { mul } from '../../../src/ops/elementwise.ts';
import { embeddingBag } from '../../../src/ops/embedding-bag.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { sum } from '../../../src/ops/reduce.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import { fit } from '../../../src/train/fit.ts';
import { type BackendName, optionsFor } from '../harness.ts';

const image = Float32Array.from({ length: 9 }, (_, i) => i + 1);

export function filterAndTableGradientsOn(device: BackendName): void {
  test('the gradient of a filter', async () => {
    const f = compile(
      (x: Tensor, filter: Tensor) => grad((at: Tensor) => sum(convolve2d(x, at)), filter) as Tensor,
      optionsFor(device),
    );
    const got = await f(tensor(image, [1, 3, 3, 1]), tensor(new Float32Array(4), [2, 2, 1, 1]));
    expect(got.shape).toEqual([2, 2, 1, 1]);
    expect(Array.from(got.data)).toEqual([12, 16, 24, 28]);
  });

  test('the gradient of an embedding table, rows that come twice summed', async () => {
    const f = compile(
      (table: Tensor, ids: Tensor, incoming: Tensor) =>
        grad((at: Tensor) => sum(mul(gather(at, ids), incoming)), table) as Tensor,
      optionsFor(device),
    );
    const incoming = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const got = await f(tensor(new Float32Array(8), [4, 2]), Int32Array.of(1, 3, 1), incoming);
    expect(got.toArray()).toEqual([
      [0, 0],
      [6, 8],
      [0, 0],
      [3, 4],
    ]);
  });

  test('a step of training by both', async () => {
    // One filter of zeros on the one image, target 1: the slope of (0 − 1)² is −2 for each of the four means.
    const still = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.5 }), epochs: 1, standardize: false };
    const filters = sequential([conv2d(1, 2, { bias: false, kernelInitializer: zeros() }), flatten()]);
    const more = { ...still, progress: false, device } as const;
    using convolution = await fit(filters, { x: tensor(image, [1, 3, 3, 1]), y: [[1, 1, 1, 1]] }, more);
    // 0.5 · 2 / 4 of the sums of the windows.
    expect(Array.from(convolution.parameters.get('0/kernel')?.data ?? [])).toEqual([3, 4, 6, 7]);

    const bags = layer('bags', {}, (x, context) =>
      embeddingBag(context.parameter('table', [4, 2], zeros()), cast(x, 'i32'), { mode: 'sum' }),
    );
    using embedding = await fit(bags, { x: [[1, 3, 1]], y: [[1, -1]] }, more);
    // 0.5 · 2 / 2 times how often the row is there.
    expect(Array.from(embedding.parameters.get('table')?.data ?? [])).toEqual([0, 0, 1, -1, 0, 0, 0.5, -0.5]);
  });
}
