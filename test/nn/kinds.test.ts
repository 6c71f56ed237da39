/** @file What single layers promise beside the contract of all: values, statistics, states. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { multiHeadAttention, positionEmbedding, sinusoidalEncoding } from '../../src/nn/attention.ts';
import { bidirectional, parallel, residual } from '../../src/nn/combined.ts';
import { conv2d } from '../../src/nn/conv.ts';
import { separableConv2d } from '../../src/nn/conv-depthwise.ts';
import { conv2dTranspose } from '../../src/nn/conv-transpose.ts';
import { dense } from '../../src/nn/dense.ts';
import { truncatedNormal, varianceScaling } from '../../src/nn/initializers.ts';
import { deltaOrthogonal, gain, identity, orthogonal } from '../../src/nn/initializers-orthogonal.ts';
import { applyModel, initialize, type Layer } from '../../src/nn/layer.ts';
import { groupNorm } from '../../src/nn/layer-norm.ts';
import { masking } from '../../src/nn/masks.ts';
import { mergeAdd } from '../../src/nn/merge.ts';
import { alphaDropout, gaussianDropout, gaussianNoise, spatialDropout } from '../../src/nn/noise.ts';
import { gru, lstm } from '../../src/nn/recurrent.ts';
import { spectralNorm, weightNorm } from '../../src/nn/rewritten.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { reshapeTo } from '../../src/nn/shape-layers.ts';
import { sum } from '../../src/ops/reduce.ts';

const key = tensor([11, 3, 0], [3], 'i32');
const start = (model: Layer, ...shape: number[]) => initialize(model, { shape: [1, ...shape], dtype: 'f32' }, 5);
const leavesOf = (model: Layer, ...shape: number[]): Map<string, Tensor> =>
  new Map(start(model, ...shape).parameters.map((leaf) => [leaf.path, tensor(leaf.data, leaf.shape)]));
const series = (...shape: number[]): Tensor =>
  tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 0.7548777) % 2) - 1),
    shape,
  );

describe('noise', () => {
  const x = tensor(new Float64Array(40000).fill(1), [100, 20, 20]);
  const run = (model: Layer, input = x) =>
    Array.from(applyModel(model, new Map(), input, { mode: 'train', key }).data as ArrayLike<number>);
  const moments = (values: number[]): [number, number] => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)];
  };

  it('spatialDropout drops whole channels of a row', () => {
    const y = run(spatialDropout(0.25));
    for (let row = 0; row < 100; row++)
      for (let channel = 0; channel < 20; channel++) {
        const places = Array.from({ length: 20 }, (_, place) => y[(row * 20 + place) * 20 + channel]);
        expect(new Set(places).size).toBe(1);
      }
    expect(new Set(y)).toEqual(new Set([0, 1 / 0.75]));
  });

  // n = 40000 deviates: a mean is known to ± deviation / √n, a deviation to ± deviation / √(2n); five of these.
  it.each([
    ['gaussianDropout: 1 ± √(rate / (1 − rate))', gaussianDropout(0.2), 1, 0.5],
    ['gaussianNoise: x ± deviation', gaussianNoise(0.3), 1, 0.3],
  ] as const)('%s', (_, model, mean, deviation) => {
    const [gotMean, gotDeviation] = moments(run(model));
    expect(Math.abs(gotMean - mean)).toBeLessThan((5 * deviation) / 200);
    expect(Math.abs(gotDeviation - deviation)).toBeLessThan((5 * deviation) / Math.sqrt(80000));
  });

  it('alphaDropout keeps mean 0 and variance 1', () => {
    // By another seed: a uniform and a normal deviate of one key and stream are made of the same bits.
    const deviates = applyModel(gaussianNoise(1), new Map(), tensor(new Float64Array(40000), [200, 200]), {
      mode: 'train',
      key: tensor([12, 3, 0], [3], 'i32'),
    });
    const y = run(alphaDropout(0.3), deviates);
    const [mean, deviation] = moments(y);
    expect(Math.abs(mean)).toBeLessThan(5 / 200);
    // Not normal: the fourth moment of the mixture is 4.3, so a variance is known to ± √3.3 / √n, a deviation to half of that.
    expect(Math.abs(deviation - 1)).toBeLessThan((5 * Math.sqrt(3.3)) / 400);
  });
});

describe('recurrent layers', () => {
  it.each([
    ['lstm', lstm],
    ['gru', gru],
  ] as const)('a stateful %s goes on where the batch before ended, row by row', (_, make) => {
    const whole = make(3, { returnSequences: true });
    const parts = make(3, { returnSequences: true, stateful: 2 });
    const leaves = leavesOf(parts, 3, 2);
    const x = series(2, 6, 2);
    const half = (from: number) => {
      const rows = x.toArray() as number[][][];
      return tensor(rows.map((row) => row.slice(from, from + 3)));
    };
    const all = applyModel(whole, leaves, x, { mode: 'train', key }).toArray() as number[][][];
    const updates = new Map<string, Tensor>();
    applyModel(parts, leaves, half(0), { mode: 'train', key, updates });
    expect(updates.size).toBe(make === lstm ? 2 : 1);
    const second = applyModel(parts, new Map([...leaves, ...updates]), half(3), { mode: 'train', key });
    expect(second.toArray()).toEqual(all.map((row) => row.slice(3)));
  });

  it('keep the states of rows that a smaller batch does not have, and refuse a larger one', () => {
    const model = gru(2, { stateful: 3 });
    const leaves = leavesOf(model, 2, 1);
    leaves.set(
      'hState',
      tensor([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    );
    const updates = new Map<string, Tensor>();
    applyModel(model, leaves, series(2, 2, 1), { mode: 'train', key, updates });
    const renewed = updates.get('hState')?.toArray() as number[][];
    expect(renewed[2]).toEqual([3, 3]);
    expect(renewed[0]).not.toEqual([1, 1]);
    expect(() => applyModel(model, leaves, series(4, 2, 1), { mode: 'predict' })).toThrow(
      /gru.stateful: 3 rows go on, the batch has 4/,
    );
  });

  it('the forget gate of lstm starts open, the others at 0', () => {
    const { parameters } = start(lstm(2), 3, 1);
    expect(Array.from(parameters.find(({ path }) => path === 'bias')?.data ?? [])).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('bidirectional stands forward beside backward, each with the state of its last step', () => {
    const model = bidirectional(gru(2));
    const leaves = leavesOf(model, 4, 3);
    const of = (side: string): Map<string, Tensor> =>
      new Map(
        [...leaves].flatMap(([path, leaf]) => (path.startsWith(side) ? [[path.slice(side.length + 1), leaf]] : [])),
      );
    const x = series(2, 4, 3);
    const sides = [
      applyModel(gru(2), of('forward'), x, { mode: 'predict' }).toArray() as number[][],
      applyModel(gru(2, { reverse: true }), of('backward'), x, { mode: 'predict' }).toArray() as number[][],
    ];
    expect(applyModel(model, leaves, x, { mode: 'predict' }).toArray()).toEqual(
      [0, 1].map((row) => [...(sides[0]?.[row] ?? []), ...(sides[1]?.[row] ?? [])]),
    );
  });
});

describe('normalized weights', () => {
  it('weightNorm starts as the layer itself would, and is then free of the length of its weights', () => {
    const [plain, normed] = [conv2d(3, 2, { name: 'c' }), weightNorm(conv2d(3, 2, { name: 'c' }))];
    const x = series(2, 4, 4, 2);
    const [before, leaves] = [leavesOf(plain, 4, 4, 2), leavesOf(normed, 4, 4, 2)];
    const expected = applyModel(plain, before, x, { mode: 'predict' }).data;
    const close = (y: Tensor) =>
      y.data.forEach((value: number, i: number) => {
        // The lengths are kept as f32: 6e-8 of each.
        expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6);
      });
    close(applyModel(normed, leaves, x, { mode: 'predict' }));
    const kernel = leaves.get('kernel') as Tensor;
    leaves.set(
      'kernel',
      tensor(
        Float64Array.from(kernel.data, (value) => 3 * value),
        kernel.shape,
      ),
    );
    close(applyModel(normed, leaves, x, { mode: 'predict' }));
  });

  it('weightNorm normalizes the parts of a layer too', () => {
    const paths = start(weightNorm(sequential([dense(2), dense(1)])), 3).parameters.map(({ path }) => path);
    expect(paths).toEqual(['0/kernel', '0/kernelGain', '0/bias', '1/kernel', '1/kernelGain', '1/bias']);
  });

  it('spectralNorm comes to a largest singular value of 1, and leaves it in prediction', () => {
    const model = spectralNorm(dense(2, { bias: false }));
    const leaves = leavesOf(model, 2);
    leaves.set(
      'kernel',
      tensor([
        [3, 0],
        [0, 2],
      ]),
    );
    for (let step = 0; step < 40; step++) {
      const updates = new Map<string, Tensor>();
      applyModel(model, leaves, series(1, 2), { mode: 'train', key, updates });
      leaves.set('kernelVector', updates.get('kernelVector') as Tensor);
    }
    const y = applyModel(
      model,
      leaves,
      tensor([
        [1, 0],
        [0, 1],
      ]),
      { mode: 'predict' },
    ).toArray() as number[][];
    // (2/3)^80 is left of the other direction.
    expect(Math.abs((y[0]?.[0] as number) - 1)).toBeLessThan(1e-9);
    expect(Math.abs((y[1]?.[1] as number) - 2 / 3)).toBeLessThan(1e-9);
    // Along the weight itself the quotient w / σ does not change: the gradient there is 0.
    const slope = grad(
      (w: Tensor) => sum(applyModel(model, new Map([...leaves, ['kernel', w]]), tensor([[1, 0]]), { mode: 'predict' })),
      leaves.get('kernel') as Tensor,
    ).toArray() as number[][];
    expect(Math.abs(slope[0]?.[0] as number)).toBeLessThan(1e-9);
  });
});

describe('initializers that keep lengths', () => {
  const random = { seed: 9, stream: 3 };
  const lengths = fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 3 }),
  );

  it('orthogonal: rows or columns, the fewer, are orthonormal for any shape', () => {
    fc.assert(
      fc.property(lengths, ([inputs, outputs, taps]) => {
        const w = orthogonal().draw([taps, inputs, outputs], random);
        const rows = taps * inputs;
        const at = (i: number, j: number): number => w[i * outputs + j] as number;
        const size = Math.min(rows, outputs);
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) {
            let dot = 0;
            if (rows >= outputs) for (let k = 0; k < rows; k++) dot += at(k, i) * at(k, j);
            else for (let k = 0; k < outputs; k++) dot += at(i, k) * at(j, k);
            // Each element is rounded to f32: 6e-8.
            expect(Math.abs(dot - Number(i === j))).toBeLessThan(1e-6);
          }
      }),
    );
  });

  it('deltaOrthogonal and identity are 0 but in the center tap', () => {
    for (const initializer of [deltaOrthogonal(), identity()]) {
      const w = initializer.draw([3, 3, 2, 2], random);
      expect(w.every((value, i) => value === 0 || (i >= 16 && i < 20))).toBe(true);
    }
    expect(Array.from(identity({ gain: 2 }).draw([2, 3], random))).toEqual([2, 0, 0, 0, 2, 0]);
  });

  it('refuse biases, bad gains and unknown activations', () => {
    expect(() => orthogonal().draw([3], random)).toThrow(/orthogonal: expected a leaf \[..., in, out\], got \[3\]/);
    expect(() => orthogonal({ gain: 0 })).toThrow(/orthogonal.gain: expected a finite number > 0, got 0/);
    expect(() => gain('rleu')).toThrow(/unknown activation 'rleu'\n.*did you mean 'relu'/);
  });

  it('truncated normal deviates are within two deviations, of the stated variance by varianceScaling', () => {
    const w = truncatedNormal(0.5).draw([100, 200], random);
    expect(w.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(w.some((value) => Math.abs(value) > 0.95)).toBe(true);
    const scaled = varianceScaling({ distribution: 'truncatedNormal' }).draw([100, 200], random);
    const deviation = Math.sqrt(scaled.reduce((total, value) => total + value * value, 0) / scaled.length);
    // 20000 deviates of deviation 1/√100: known to less than 1/√(2 · 20000) of it; five of these.
    expect(Math.abs(deviation / 0.1 - 1)).toBeLessThan(0.025);
  });
});

describe('shapes that do not fit', () => {
  const of =
    (model: Layer, ...shape: number[]) =>
    () =>
      start(sequential([model]), ...shape);
  it.each([
    [of(residual([dense(3)]), 4), /residual: the layers give \[1,3\], x is \[1,4\] \(in layer '0'\)\n.*shortcut/],
    [of(lstm(2), 4), /lstm: expected \[n, steps, features\], got \[1,4\] \(in layer '0'\)\n.*returnSequences/],
    [of(positionEmbedding(2), 3, 4), /positionEmbedding: 3 steps, but length is 2 \(in layer '0'\)/],
    [of(multiHeadAttention(3) as Layer, 3, 4), /3 heads do not divide 4 features \(in layer '0'\)/],
    [of(sinusoidalEncoding(), 3, 5), /expected an even number, got 5.*\(in layer '0'\)/],
    [of(groupNorm(3), 2, 4), /groupNorm: 3 groups do not divide.*\(in layer '0'\)/],
    [of(masking(), 3), /masking: expected \[n, steps, features\], got \[1,3\] \(in layer '0'\)/],
    [of(reshapeTo([3]), 4), /reshape: \[1,4\] has 4 elements.*\(in layer '0'\)/],
    [of(separableConv2d(2, 2), 4, 4), /separableConv2d: expected \[n, height, width, channels\], got \[1,4,4\]/],
    [of(parallel([dense(2), dense(3)], { merge: mergeAdd() }), 4), /add: .*do not broadcast.*\(in layer '0\/merge'\)/],
    [
      of(mergeAdd() as never, 4),
      /mergeAdd: expected a list of tensors, got one tensor \[1,4\] \(in layer '0'\)\n.*apply\(mergeAdd/,
    ],
  ])('are refused with the path: %#', (make, message) => {
    expect(make).toThrow(message);
  });

  it('conv2dTranspose with same padding gives size · stride for every kernel and stride', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (kernel, strides) => {
        const model = conv2dTranspose(1, kernel, { strides, padding: 'same' });
        expect(start(model, 3, 2, 1).output.shape).toEqual([1, 3 * strides, 2 * strides, 1]);
      }),
    );
  });
});
