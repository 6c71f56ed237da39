/** @file Masks of padded sequences, from where they are made to the end of a model. */
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { activation } from '../../src/nn/activations.ts';
import { multiHeadAttention, positionEmbedding, transformerBlock } from '../../src/nn/attention.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { bidirectional, parallel, residual } from '../../src/nn/combined.ts';
import { conv1d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { applyModel, initialize, type Layer, layer, maskOf, withMask } from '../../src/nn/layer.ts';
import { layerNorm } from '../../src/nn/layer-norm.ts';
import { masking } from '../../src/nn/masks.ts';
import { mergeAdd, mergeConcat } from '../../src/nn/merge.ts';
import { averagePool1d, globalAveragePool1d, globalMaxPool1d, maxPool1d } from '../../src/nn/pool-1d.ts';
import { gru, lstm, simpleRnn } from '../../src/nn/recurrent.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { openSession, type Tensors } from '../golden/session.ts';

const leavesOf = (model: Layer, shape: readonly number[], dtype: 'f32' | 'i32'): Tensors =>
  Object.fromEntries(
    initialize(model, { shape: [1, ...shape], dtype }, 3).parameters.map(({ path, shape, data }) => [
      path,
      tensor(data, shape),
    ]),
  );

const devices = ['wasm', 'reference'] as const;

/** What a model predicts on a device. */
async function predict(device: (typeof devices)[number], model: Layer, leaves: Tensors, x: Tensor): Promise<number[]> {
  const run = (await openSession(device)).prepare(({ x, ...given }) => ({
    y: applyModel(model, new Map(Object.entries(given)), x as Tensor, { mode: 'predict' }),
  }));
  return Array.from((await run({ ...leaves, x })).y?.data as ArrayLike<number>);
}

describe.each(devices)('on %s', (device) => {
  it.each([
    ['h = tanh(0.5 x + 0.25 h′)', [1, 2], [1, 2, 0, 0], false],
    ['the same, reversed', [2, 1], [2, 1, 0, 0], true],
  ] as const)('case 21: %s: padded steps carry the state', async (_, alone, padded, reverse) => {
    const model = sequential([masking(), simpleRnn(1, { bias: false, reverse })]);
    const leaves = { '1/kernel': tensor([[0.5]]), '1/recurrentKernel': tensor([[0.25]]) };
    const of = (steps: readonly number[]) => predict(device, model, leaves, tensor([...steps], [1, steps.length, 1]));
    const [[short], [long]] = [await of(alone), await of(padded)];
    // Seven digits are given.
    expect(Math.abs((short as number) - 0.8060082)).toBeLessThan(1e-7);
    expect(long).toBe(short);
  });

  // M6 says 1e-6.
  it.each<[string, Layer[]]>([
    ['lstm', [lstm(4)]],
    ['gru in both directions, twice', [bidirectional(gru(3, { returnSequences: true })), bidirectional(gru(3))]],
    ['attention and pooling', [residual([layerNorm(), multiHeadAttention(2) as Layer]), globalAveragePool1d()]],
    ['a transformer block', [positionEmbedding(6), transformerBlock(2), globalMaxPool1d()]],
    ['convolution and pooling', [conv1d(4, 3, { padding: 'same' }), activation('tanh'), globalMaxPool1d()]],
    ['pooling of windows', [maxPool1d(2), averagePool1d(2), globalAveragePool1d()]],
    ['branches', [parallel([conv1d(2, 3, { padding: 'same' }), dense(2)], { merge: mergeAdd() }), gru(2)]],
  ])('M6: what is padded gives what is not padded: %s', async (_, layers) => {
    const model = sequential([embedding(9, 4, { maskId: 0, rows: false }), ...layers, dense(2)]);
    const leaves = leavesOf(model, [4], 'i32');
    const alone = await predict(device, model, leaves, tensor(Int32Array.of(5, 2, 7, 3), [1, 4]));
    const padded = await predict(
      device,
      model,
      leaves,
      tensor(Int32Array.of(5, 2, 7, 3, 0, 0, 1, 4, 6, 8, 2, 5), [2, 6]),
    );
    for (const i of [0, 1]) expect(Math.abs((padded[i] as number) - (alone[i] as number))).toBeLessThan(1e-6);
  });

  it('a row of padding alone gives zeros, and the zeros of the state', async () => {
    for (const last of [globalAveragePool1d(), globalMaxPool1d(), lstm(2), maxPool1d(3)]) {
      const model = sequential([embedding(3, 2, { maskId: 0, rows: false }), last]);
      const y = await predict(device, model, leavesOf(model, [3], 'i32'), tensor(Int32Array.of(0, 0, 0), [1, 3]));
      expect(y.every((value) => value === 0)).toBe(true);
    }
  });
});

it.each(['biased', 'unbiased'] as const)('M6: padded steps do not count in the statistics of batchNorm, %s', (rule) => {
  const model = batchNorm({ runningVariance: rule });
  const leaves = new Map(Object.entries(leavesOf(model, [3, 1], 'f32')));
  const statistics = (x: Tensor) => {
    const updates = new Map<string, Tensor>();
    const y = applyModel(model, leaves, x, { mode: 'train', updates });
    return [Array.from(y.data).slice(0, 2), ...[...updates.values()].map(({ data }) => Array.from(data))].flat();
  };
  const alone = statistics(
    tensor([
      [[1], [4]],
      [[2], [7]],
    ]),
  );
  const padded = statistics(
    withMask(
      tensor([
        [[1], [4], [99]],
        [[2], [7], [-5]],
      ]),
      tensor([
        [1, 1, 0],
        [1, 1, 0],
      ]),
    ),
  );
  padded.forEach((value, i) => {
    expect(Math.abs(value - (alone[i] as number))).toBeLessThan(1e-12);
  });
});

describe('a mask', () => {
  const x = tensor([[[1], [2], [0]]]);
  const maskAfter = (layers: Layer[], shape = [3, 1], given: Tensor = x): unknown => {
    const model = sequential(layers);
    const leaves = new Map(Object.entries(leavesOf(model, shape, 'f32')));
    const mask = maskOf(applyModel(model, leaves, given, { mode: 'predict' }));
    return mask?.toArray();
  };
  const double = layer('double', {}, (value) => mul(value, 2));

  it('comes out at the end of a model whose layers keep the steps, a ten-line layer among them', () => {
    expect(maskAfter([masking(), dense(4), double, dropout(0.3), lstm(2, { returnSequences: true })])).toEqual([
      [1, 1, 0],
    ]);
  });

  it('ends where the steps end, even if a row has as many features as steps', () => {
    expect(maskAfter([masking(), lstm(3)])).toBeUndefined();
    expect(maskAfter([masking(), flatten(), dense(3)])).toBeUndefined();
    expect(maskAfter([masking(), conv1d(2, 2)])).toBeUndefined();
  });

  it('is refined by windows, and joined by merging', () => {
    expect(maskAfter([masking(), maxPool1d(2, { padding: 'same' })])).toEqual([[1, 0]]);
    expect(maskAfter([masking(), parallel([dense(1), dense(2)])])).toEqual([[1, 1, 0]]);
    expect(maskAfter([masking(), parallel([double, double], { merge: mergeConcat({ axis: 1 }) })])).toEqual([
      [1, 1, 0, 1, 1, 0],
    ]);
  });

  it('may be given with the input, and taken away', () => {
    const masked = withMask(tensor([[[1], [2], [3]]]), tensor([[1, 0, 0]]));
    expect(maskAfter([dense(2)], [3, 1], masked)).toEqual([[1, 0, 0]]);
    const forget = layer('forget', {}, (value) => withMask(mul(value, 1), undefined));
    expect(maskAfter([forget, dense(2)], [3, 1], masked)).toBeUndefined();
  });

  it('does not stay with the tensor that masking was given', () => {
    maskAfter([masking()]);
    expect(maskOf(x)).toBeUndefined();
  });

  it('is refused by embedding where there are no steps', () => {
    const model = embedding(3, 2, { maskId: 0 });
    expect(() => initialize(model, { shape: [1, 2, 2], dtype: 'i32' }, 1)).toThrow(/maskId is for ids \[n, steps\]/);
  });
});
