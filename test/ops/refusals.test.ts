/** What the functions of tensors refuse, with what was given and what was expected; a misspelt option is never ignored. */
import { describe, expect, test } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { glu } from '../../src/nn/activations.ts';
import { multiHeadAttention, scaledDotProductAttention, sinusoidalPositions } from '../../src/ops/attention.ts';
import { concat, split } from '../../src/ops/concat.ts';
import { convolve1d, convolve2d, convolveTranspose2d, depthwiseConvolve2d } from '../../src/ops/convolutions.ts';
import { cumulativeSum } from '../../src/ops/cumulative.ts';
import { scatterAdd } from '../../src/ops/indexing.ts';
import {
  batchNormPredict,
  batchNormTrain,
  groupNorm,
  instanceNorm,
  l2Normalize,
  layerNorm,
  rmsNorm,
} from '../../src/ops/normalize.ts';
import { pad } from '../../src/ops/pad.ts';
import { adaptiveAveragePool, averagePool, maxPool } from '../../src/ops/pooling.ts';
import { normalWithKey, uniformWithKey } from '../../src/ops/random.ts';
import { gru, gruCell, lstm, lstmCell, rnn, rnnCell } from '../../src/ops/recurrent.ts';
import { pixelShuffle, resize2d, upsample2d } from '../../src/ops/resize.ts';

const z = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
const i = (...shape: number[]): Tensor => tensor(new Int32Array(shape.reduce((a, b) => a * b, 1)), shape);
/** Weights of a cell with so many gates, 3 features and 4 units. */
const cell = (gates: number) => ({ kernel: z(3, 4 * gates), recurrentKernel: z(4, 4 * gates), bias: z(4 * gates) });
const heads = {
  query: { kernel: z(4, 4) },
  key: { kernel: z(4, 4) },
  value: { kernel: z(4, 4) },
  output: { kernel: z(4, 4) },
};
const sequence = z(2, 5, 3);
const image = z(1, 3, 3, 2);

type Refusal = [call: () => unknown, message: string];

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  recurrence: [
    [() => rnn(z(5, 3), cell(1)), 'rnn: expected [batch, time, features], got [5,3]'],
    [
      () => rnn(z(2, 5, 2), cell(1)),
      'rnn: for 2 features and 4 units expected kernel [2,4], recurrentKernel [4,4], bias [4], got kernel [3,4], recurrentKernel [4,4], bias [4]',
    ],
    [() => rnn(sequence, { ...cell(1), bias: z(3) }), 'recurrentKernel [4,4], bias [3]'],
    [() => gru(sequence, { ...cell(3), recurrentBias: z(4) }), 'recurrentBias [12], got'],
    [() => gru(sequence, cell(4)), 'gru: for 3 features and 4 units expected kernel [3,12], recurrentKernel [4,12]'],
    [() => lstm(sequence, cell(3)), 'gates stand side by side in the columns: 1 for rnn, 3 for gru, 4 for lstm'],
    [() => rnn(sequence, cell(1), { mask: z(2, 4) }), 'recurrent: expected a mask [2,5] of steps, got [2,4]'],
    [() => rnn(sequence, cell(1), { initial: z(1, 4) }), 'rnn: expected an initial state [2,4], got [1,4]'],
    [
      () => lstm(sequence, cell(4), { initial: { h: z(2, 4), c: z(2, 3) } }),
      'lstm: expected an initial state [2,4], got [2,3]',
    ],
    [
      () => lstm(sequence, cell(4), { initial: z(2, 4) as never }),
      'lstm.initial: expected a state { h, c }, got one tensor [2,4]',
    ],
    [() => rnn(sequence, cell(1), { activation: 'sigmoid' as never }), "rnn.activation: unknown value 'sigmoid'"],
    [() => rnn(sequence, cell(1), { goBackwards: true } as never), "rnn: unknown option 'goBackwards'"],
    [() => gru(sequence, cell(3), { resetafter: true } as never), "did you mean 'resetAfter'?"],
    [() => lstm(sequence, cell(4), { activation: 'tanh' } as never), "lstm: unknown option 'activation'"],
    [() => rnnCell(sequence, z(2, 4), cell(1)), 'rnnCell: expected x [batch, features], got [2,5,3]'],
    [() => gruCell(z(2, 3), z(2, 5), cell(3)), 'gruCell: expected the state h [2,4], got [2,5]'],
    [() => lstmCell(z(2, 3), { h: z(2, 4), c: z(3, 4) }, cell(4)), 'lstmCell: expected the state c [2,4], got [3,4]'],
    [() => lstmCell(z(2, 3), z(2, 4) as never, cell(4)), 'lstmCell: expected a state { h, c }, got one tensor [2,4]'],
    [() => lstmCell(z(2, 3), { h: z(2, 4) } as never, cell(4)), 'lstmCell: expected a state { h, c }, got { h }'],
  ],
  normalization: [
    [() => layerNorm(z(2, 3), { eps: 1 } as never), "layerNorm: unknown option 'eps'"],
    [() => layerNorm(z(2, 3), { epsilon: -1 }), 'layerNorm.epsilon: expected a finite number ≥ 0, got -1'],
    [() => layerNorm(z(2, 3), { axes: [2] }), 'layerNorm: axis 2 does not exist in rank 2'],
    [() => layerNorm(3), 'layerNorm: axis -1 does not exist in rank 0'],
    [() => layerNorm(z(2, 3), { gamma: z(2) }), 'shapes [2,3] and [2] do not broadcast'],
    [() => rmsNorm(z(2, 3), { axis: 0 } as never), "rmsNorm: unknown option 'axis'"],
    [() => instanceNorm(z(2, 3)), 'instanceNorm: expected [n, ..., channels] with an axis of places, got [2,3]'],
    [() => instanceNorm(z(2, 3, 4), { axes: 1 } as never), "instanceNorm: unknown option 'axes'"],
    [() => groupNorm(z(2, 3, 4), 3), 'groupNorm: 3 groups do not divide the channels of [2,3,4]'],
    [() => groupNorm(z(2, 3, 4), 0), 'groupNorm.groups: expected an integer ≥ 1, got 0'],
    [() => batchNormTrain(z(3)), 'batchNormTrain: expected [n, ..., features], got [3]'],
    [() => batchNormTrain(z(2, 3), { momentum: 0.9 } as never), "batchNormTrain: unknown option 'momentum'"],
    [() => batchNormPredict(z(2, 3), { mean: z(2), variance: z(3) }), 'shapes [2,3] and [2] do not broadcast'],
    [() => batchNormPredict(z(2, 3), { mean: z(3), variance: z(3) }, { epsilon: -1 }), 'batchNormPredict.epsilon'],
    [() => l2Normalize(z(2, 3), { epsilon: -1 }), 'l2Normalize.epsilon: expected a finite number ≥ 0, got -1'],
  ],
  attention: [
    [() => scaledDotProductAttention(z(2, 4), z(3, 4), z(3, 4), { casual: true } as never), "did you mean 'causal'?"],
    [
      () => multiHeadAttention(z(1, 2, 4), heads, { heads: 0 }),
      'multiHeadAttention.heads: expected an integer ≥ 1, got 0',
    ],
    [
      () => multiHeadAttention(z(1, 2, 4), heads, { heads: 2, dropout: 0.1 } as never),
      "attention: unknown option 'dropout'",
    ],
    [() => multiHeadAttention(z(1, 2, 4), heads, { heads: 2, memory: z(1, 2, 3) }), 'got [2,3] × [4,4]'],
    [() => sinusoidalPositions(0, 4), 'sinusoidalPositions.length: expected an integer ≥ 1, got 0'],
    [() => sinusoidalPositions(2, 4, 0), 'sinusoidalPositions.base: expected a finite number ≥ 1, got 0'],
  ],
  convolution: [
    [
      () => convolve1d(z(2, 3), z(3, 1, 1)),
      'convolve1d: expected [n, length, channels] and a filter of rank 3, got [2,3] and [3,1,1]',
    ],
    [
      () => convolve2d(z(3, 3, 2), z(2, 2, 2, 1)),
      'expected images [n, height, width, channels] and a filter of rank 4',
    ],
    [() => convolve2d(image, z(2, 2, 3, 1)), 'the filter takes 3 × 1 channels and gives 1'],
    [() => convolve2d(image, z(4, 2, 2, 1)), 'the filter is larger than the padded image'],
    [() => convolve2d(image, z(2, 2, 2, 1), { groups: 0 }), 'convolve2d.groups: expected an integer ≥ 1, got 0'],
    [
      () => convolve2d(image, z(2, 2, 2, 1), { strides: 0 }),
      'convolve2d.strides: expected a whole number ≥ 1, or two: [vertical, horizontal], got 0',
    ],
    [() => convolve2d(image, z(2, 2, 2, 1), { stride: 2 } as never), "did you mean 'strides'?"],
    [() => convolve2d(image, z(2, 2, 2, 1), { padding: 'sme' as never }), "convolve2d.padding: unknown value 'sme'"],
    [() => depthwiseConvolve2d(image, z(2, 2, 2)), 'depthwiseConvolve2d: expected a filter of rank 4, got [2,2,2]'],
    [
      () => convolveTranspose2d(z(3, 3, 2), z(2, 2, 1, 2)),
      'convolveTranspose2d: expected images and a filter of rank 4, got [3,3,2]',
    ],
    [() => convolveTranspose2d(image, z(2, 2, 1, 3)), 'expected results [1,3,3,3], got [1,3,3,2]'],
    [
      () => convolveTranspose2d(z(1, 1, 1, 2), z(2, 2, 1, 2), { padding: 1 }),
      'padding 1 and 1 leave nothing of the result',
    ],
    [
      () => convolveTranspose2d(image, z(2, 2, 1, 2), { outputPadding: 3 }),
      'convolveTranspose2d.outputPadding: expected an integer ≥ 0 and ≤ 0, got 3',
    ],
  ],
  images: [
    [() => maxPool(z(3, 3, 2)), 'maxPool: expected images [n, height, width, channels], got [3,3,2]'],
    [() => maxPool(image, { poolSize: 1.5 }), 'maxPool.poolSize: expected a whole number ≥ 1'],
    [() => maxPool(image, { poolSize: 4 }), 'does not fit in [1,3,3,2]'],
    [() => averagePool(image, { window: 2 } as never), "averagePool: unknown option 'window'"],
    [
      () => adaptiveAveragePool(image, 4),
      'adaptiveAveragePool: expected images [n, height ≥ 4, width ≥ 4, channels], got [1,3,3,2]',
    ],
    [() => adaptiveAveragePool(image, 0), 'adaptiveAveragePool.size: expected a whole number ≥ 1'],
    [() => resize2d(z(3, 3, 1), 4), 'resize2d: expected images [n, height, width, channels], got [3,3,1]'],
    [() => resize2d(image, 4, { method: 'cubic' as never }), "resize2d.method: unknown value 'cubic'"],
    [
      () => resize2d(image, 4, { method: 'nearest', alignCorners: true }),
      "resize2d.alignCorners: expected false with method 'nearest', got true",
    ],
    [() => upsample2d(image, 0.5), 'upsample2d.factor: expected a whole number ≥ 1'],
    [
      () => pixelShuffle(z(1, 3, 3, 3), 2),
      'pixelShuffle: expected a multiple of 4 channels for factor 2, got [1,3,3,3]',
    ],
    [() => pixelShuffle(z(1, 3, 3, 4), 0), 'pixelShuffle.factor: expected an integer ≥ 1, got 0'],
  ],
  'moving and counting': [
    [() => pad(z(2, 3), [1], [1]), 'pad: before [1] and after [1] do not fit [2,3]'],
    [() => pad(z(2, 3), [0, -1], [0, 0]), 'pad: before [0,-1] and after [0,0] do not fit [2,3]'],
    [() => pad(z(2, 3), [0, 1], [0, 1], { mode: 'mirror' as never }), "pad.mode: unknown value 'mirror'"],
    [() => pad(z(2, 3), [0, 1], [0, 1], { mode: 'edge', value: 1 }), "pad.value: has no meaning with mode 'edge'"],
    [() => pad(z(2, 3), [0, 1], [0, 1], { value: Number.NaN }), 'pad.value: expected a finite number, got NaN'],
    [
      () => pad(z(2, 3), [0, 3], [0, 0], { mode: 'reflect' }),
      'pad: axis 1 of [2,3] has 2 elements to mirror, 3 are needed',
    ],
    [() => concat([z(2, 3), z(3, 4)]), 'concat: f32[2,3], f32[3,4] differ beside axis 1'],
    [() => concat([z(2, 3), i(2, 3)]), 'concat: f32[2,3], i32[2,3] differ beside axis 1'],
    [() => split(z(2, 6), [2, 3]), 'split: expected whole sizes ≥ 1 of axis 1 of [2,6], got [2,3]'],
    [() => split(z(2, 6), 2, 2), 'split: axis 2 does not exist in rank 2'],
    [() => glu(z(2, 3)), 'glu: axis -1 of [2,3] has no two equal halves'],
    [() => cumulativeSum(z(2, 3), 2), 'cumulativeSum: axis 2 does not exist in rank 2'],
    [() => scatterAdd(i(2), z(3, 2), 4), 'scatterAdd: expected updates f32[2,2], got f32[3,2]'],
    [() => scatterAdd(i(2), z(2, 2), 0), 'scatterAdd: every dimension must be an integer ≥ 1, got shape [0]'],
    [() => uniformWithKey(z(3), [2], 0), 'randomUniform: expected a key i32[3] of seed, step and iteration'],
    [() => normalWithKey(i(3), [-2], 0), 'randomNormal: every dimension must be an integer ≥ 1, got shape [-2]'],
  ],
};

describe.each(Object.entries(refusals))('%s', (_, list) => {
  test.each(list)('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
