import { describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/core/philox.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { depthwiseConv2d, separableConv2d } from '../../src/nn/conv-depthwise.ts';
import { conv2dTranspose } from '../../src/nn/conv-transpose.ts';
import { glorotUniform, heNormal, type Initializer, varianceScaling } from '../../src/nn/initializers.ts';
import { applyModel, initialize, type Layer } from '../../src/nn/layer.ts';
import golden from '../golden/data/initializers.json' with { type: 'json' };

const deviation = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0) / values.length);

/** The first values of a leaf of a layer that gets images of 12 × 12. */
function leafOf(layer: Layer, channels: number, path: string): Float32Array {
  const { parameters } = initialize(layer, { shape: [1, 12, 12, channels], dtype: 'f32' }, 3);
  return parameters.find((leaf) => leaf.path === path)?.data as Float32Array;
}

/** The second moment of what a layer gives of independent normal deviates after relu, over theirs before it. */
function moment(layer: Layer, channels: number): number {
  const shape = [4, 12, 12, channels];
  const drawn = new Float32Array(4 * 144 * channels);
  randomNormal(drawn, 5, 1);
  const { parameters } = initialize(layer, { shape: [1, 12, 12, channels], dtype: 'f32' }, 3);
  const leaves = new Map(parameters.map(({ path, data, shape }) => [path, tensor(data, shape)] as const));
  const x = tensor(
    drawn.map((value) => Math.max(0, value)),
    shape,
  );
  return deviation(applyModel(layer, leaves, x, { mode: 'predict' }).data) ** 2;
}

describe('fans of convolutions whose channels do not meet', () => {
  const { he_normal_fan_in_std, xavier_uniform_bound } = golden.cases.depthwise_3x3_8;

  it('are those of PyTorch: the golden case, by the layers themselves', () => {
    // Eight channels of one filter; then many, for a sample: 9 · 4096 deviates are within 5 / √(2n) of theirs.
    const many = leafOf(depthwiseConv2d(3, { kernelInitializer: heNormal() }), 4096, 'kernel');
    expect(Math.abs(deviation(many) / he_normal_fan_in_std - 1)).toBeLessThan(5 / Math.sqrt(2 * many.length));
    const eight = leafOf(depthwiseConv2d(3, { kernelInitializer: glorotUniform() }), 8, 'kernel');
    expect(Math.max(...eight.map(Math.abs))).toBeLessThanOrEqual(xavier_uniform_bound);
    expect(Math.max(...eight.map(Math.abs))).toBeGreaterThan(0.9 * xavier_uniform_bound);
    const separable = leafOf(separableConv2d(4, 3, { kernelInitializer: heNormal() }), 4096, 'kernel');
    expect(Math.abs(deviation(separable) / he_normal_fan_in_std - 1)).toBeLessThan(5 / Math.sqrt(2 * separable.length));
  });

  it.each([1, 2])(
    'keep the second moment of relu by He, however many channels there are (%i filters each)',
    (multiplier) => {
      for (const channels of [1, 64]) {
        const layer = depthwiseConv2d(5, { multiplier, kernelInitializer: heNormal(), bias: false });
        // 25 · multiplier weights of one channel: a mean square within 5 · √(2 / n), and means of relu that add up besides.
        const slack = 5 * Math.sqrt(2 / (25 * multiplier * channels));
        expect(Math.abs(moment(layer, channels) - 1)).toBeLessThan(slack + 0.1);
      }
    },
  );
});

describe('fans of transposed convolutions', () => {
  const layer = (kernelInitializer: Initializer): Layer =>
    conv2dTranspose(16, 4, { strides: 2, bias: false, padding: 1, kernelInitializer });

  it('are those of PyTorch and Keras, and the docstring’s initializer keeps the second moment of relu', () => {
    const he = leafOf(layer(heNormal()), 64, 'kernel');
    expect(Math.abs(deviation(he) / Math.sqrt(2 / (16 * 16)) - 1)).toBeLessThan(5 / Math.sqrt(2 * he.length));
    // Along each axis two of 24 outputs, at the edges, have one tap where others have two.
    const inside = (23 / 24) ** 2;
    const kept = layer(varianceScaling({ scale: 2 * 2 ** 2, mode: 'fanOut', distribution: 'normal' }));
    // 16 filters of four phases are 64 draws; the mean of relu makes each vary by 0.45, their mean by 0.06: three and a half times that.
    for (const channels of [64, 256]) expect(Math.abs(moment(kept, channels) / inside - 1)).toBeLessThan(0.2);
    // The same deviates: PyTorch's fan of 16 filters is a quarter of the 64 numbers of 256 channels that feed an output.
    expect(moment(layer(heNormal()), 256) / moment(kept, 256)).toBeCloseTo(4, 4);
  });
});
