import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Scaling } from '../../src/data/scaling.ts';
import { apply } from '../../src/graph/trace.ts';
import { type ActivationName, activation, activations } from '../../src/nn/activations.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { conv1d, conv2d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { layer } from '../../src/nn/layer.ts';
import { binaryCrossEntropy } from '../../src/nn/losses/binary-cross-entropy.ts';
import { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from '../../src/nn/pool.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { decodeModel } from '../../src/onnx/protobuf.ts';
import { exportOnnx } from '../../src/onnx.ts';
import { conv2dFilterGradientOp } from '../../src/ops/conv.ts';
import { cumulativeSum } from '../../src/ops/cumulative.ts';
import { add, mul } from '../../src/ops/elementwise.ts';
import { erfinv } from '../../src/ops/erf.ts';
import type { TrainedModel } from '../../src/train/model.ts';
import { attentionBlock, depthwise, groupNormLayer, powers, recurrent, residual, upConv, upsample } from './layers.ts';
import { answersOf, classes, modelOf, numbers } from './models.ts';
import { relativeError, runOnnx } from './runtime.ts';

/** The issue's own bound, relative to the largest output. */
const BOUND = 1e-5;

async function worstError(model: TrainedModel, counts: readonly number[], draw = numbers): Promise<number> {
  const bytes = exportOnnx(model);
  const { inputShape } = model.state;
  let worst = 0;
  for (const count of counts) {
    const data = draw(count * sizeOf(inputShape));
    const [answer] = await runOnnx(bytes, { input: { data, dims: [count, ...inputShape] } });
    worst = Math.max(worst, relativeError(answer?.data ?? [], await answersOf(model, data, count)));
  }
  return worst;
}

const cnn = sequential([
  conv2d(6, 3, { padding: 'same', bias: false }),
  batchNorm(),
  activation('relu'),
  maxPool2d(2),
  conv2d(8, 3, { strides: 2, activation: 'tanh' }),
  averagePool2d(2),
  flatten(),
  dropout(0.5),
  dense(3),
]);

const scaling: Scaling = {
  kind: 'standardize',
  shift: Float32Array.of(1, -20, 300, 0.5),
  scale: Float32Array.of(2, 0.1, 0.01, 0),
};

describe('exportOnnx', () => {
  test.each<[string, TrainedModel, (readonly number[])?]>([
    [
      'an MLP with scaled inputs, classes and probabilities',
      classes(
        sequential([dense(16, { activation: 'relu' }), dense(8, { activation: 'gelu' }), dense(3)]),
        [4],
        ['a', 'b', 'c'],
        { inputScaling: scaling },
      ),
    ],
    [
      'a regression with scaled targets',
      modelOf(sequential([dense(5, { activation: 'tanh' }), dense(2)]), [4], {
        targetScaling: { kind: 'standardize', shift: Float32Array.of(100, -3), scale: Float32Array.of(0.1, 5) },
      }),
    ],
    [
      'yes–no answers',
      modelOf(sequential([dense(3, { activation: 'silu' }), dense(1)]), [4], { loss: binaryCrossEntropy() }),
    ],
    ['a CNN with batch norm and pooling', classes(cnn, [12, 12, 2], ['x', 'y', 'z'])],
    [
      'a CNN that keeps its channels first from end to end',
      modelOf(
        sequential([
          conv2d(4, 3, { padding: 'same' }),
          residual(sequential([batchNorm(), activation('silu'), conv2d(4, 3, { padding: 'same' })])),
          globalAveragePool2d(),
          dense(2),
        ]),
        [8, 8, 1],
      ),
    ],
    ['global max pooling', modelOf(sequential([conv2d(4, 3), globalMaxPool2d(), dense(2)]), [6, 5, 3])],
    ['conv1d', modelOf(sequential([conv1d(4, 3), activation('relu'), flatten(), dense(2)]), [9, 3])],
    [
      'transposed convolution, depthwise convolution, group norm, upsampling',
      modelOf(
        sequential([upConv(4), depthwise, groupNormLayer(2), activation('relu6'), upsample, conv2d(1, 3)]),
        [5, 4, 3],
      ),
    ],
    ['an embedding', modelOf(sequential([embedding(10, 6), flatten(), dense(3)]), [4])],
    ['an attention block', modelOf(sequential([attentionBlock(2), attentionBlock(4), dense(3)]), [5, 8])],
    ['a GRU by scan', modelOf(sequential([recurrent('gru', 4), dense(2)]), [6, 3])],
    ['an LSTM that reads backward', modelOf(sequential([recurrent('lstm', 4, true), dense(2)]), [6, 3])],
    ['an Elman network', modelOf(sequential([recurrent('rnn', 4), dense(2)]), [6, 3])],
    ['a loop without sequences', modelOf(sequential([dense(3), powers]), [4])],
  ])('%s: onnxruntime answers the same for any number of rows', async (what, model) => {
    const draw = what === 'an embedding' ? (count: number) => numbers(count, 0, 10).map(Math.floor) : numbers;
    expect(await worstError(model, [1, 2, 7], draw)).toBeLessThan(BOUND);
  });

  test.each(Object.keys(activations) as ActivationName[])('the activation %s is equal in onnxruntime', async (name) => {
    const model = modelOf(sequential([dense(8), activation(name)]), [4]);
    expect(await worstError(model, [3], (count) => numbers(count, -4, 4))).toBeLessThan(BOUND);
  });

  test('gives logits on request, and refuses to where there are none', async () => {
    const model = classes(sequential([dense(3)]), [2], ['a', 'b', 'c']);
    const bytes = exportOnnx(model, { logits: true });
    const [answer] = await runOnnx(bytes, { input: { data: [1, 2], dims: [1, 2] } });
    const probabilities = await answersOf(model, Float32Array.of(1, 2), 1);
    const e = Array.from(answer?.data ?? [], Math.exp);
    const total = e.reduce((a, b) => a + b, 0);
    expect(
      relativeError(
        e.map((value) => value / total),
        probabilities,
      ),
    ).toBeLessThan(BOUND);
    expect(() => exportOnnx(modelOf(dense(1), [2]), { logits: true })).toThrow('answers with values');
  });

  test('names input, output, weights and classes, and leaves the batch open', () => {
    const model = decodeModel(exportOnnx(classes(sequential([dense(2)]), [3], ['ü', '"'])));
    const shape = (of: 'inputs' | 'outputs') => model.graph?.[of][0]?.type?.tensor?.shape?.dims;
    expect(model.opsets).toEqual([{ domain: '', version: 17 }]);
    expect(model.metadata).toEqual([
      { key: 'saddlepoint.classes', value: '["ü","\\""]' },
      { key: 'saddlepoint.parameters', value: '["0/kernel","0/bias"]' },
    ]);
    expect([model.graph?.inputs[0]?.name, model.graph?.outputs[0]?.name]).toEqual(['input', 'probabilities']);
    expect([shape('inputs'), shape('outputs')]).toEqual([
      [{ parameter: 'batch' }, { value: 3 }],
      [{ parameter: 'batch' }, { value: 2 }],
    ]);
    expect(model.graph?.initializers.map(({ name, dims }) => [name, dims])).toEqual(
      expect.arrayContaining([
        ['0/kernel', [3, 2]],
        ['0/bias', [2]],
      ]),
    );
  });

  test('writes no transpose between layers of images', () => {
    const { graph } = decodeModel(exportOnnx(classes(cnn, [20, 20, 2], ['x', 'y', 'z'])));
    const types = graph?.nodes.map(({ opType }) => opType) ?? [];
    // One brings the channels of the input to the front, one brings them back before they are flattened.
    expect(types.filter((type) => type === 'Transpose')).toHaveLength(2);
  });

  test('lists all ops that ONNX lacks at once, with their layers', () => {
    const inverse = layer('inverse', {}, (x) => erfinv(x));
    const training = layer('training', {}, (x) =>
      add(
        x,
        apply(conv2dFilterGradientOp, [x, x], {
          ...{ strides: [1, 1], dilations: [1, 1], groups: 1, filterSize: [1, 1] },
          padding: [
            [0, 0],
            [0, 0],
          ],
        })[0] as never,
      ),
    );
    const attempt = (): unknown => exportOnnx(modelOf(sequential([inverse, training]), [2, 2, 1]));
    expect(attempt).toThrow(SaddlepointError);
    expect(attempt).toThrow(
      "exportOnnx: 2 ops have no ONNX operator: erfinv in layer '0': ONNX has no such operator; conv2dFilterGradient in layer '1': it is part of a gradient",
    );
  });

  test('refuses an open batch where the model depends on it, and takes a fixed one', async () => {
    const count = layer('count', {}, (x) => mul(x, x.shape[0] as number));
    const model = modelOf(count, [2]);
    expect(() => exportOnnx(model)).toThrow('exportOnnx: the batch dimension cannot be left open: constant');
    const [answer] = await runOnnx(exportOnnx(model, { batch: 3 }), {
      input: { data: [1, 2, 3, 4, 5, 6], dims: [3, 2] },
    });
    expect([...(answer?.data ?? [])]).toEqual([3, 6, 9, 12, 15, 18]);
  });

  test('ops along the batch stay exact for any number of rows', async () => {
    const model = modelOf(
      layer('running', {}, (x) => cumulativeSum(x, 0)),
      [2],
    );
    const [answer] = await runOnnx(exportOnnx(model), { input: { data: [1, 2, 3, 4, 5, 6], dims: [3, 2] } });
    expect([...(answer?.data ?? [])]).toEqual([1, 2, 4, 6, 9, 12]);
  });

  test('refuses unknown options and batch sizes', () => {
    const model = modelOf(dense(1), [2]);
    expect(() => exportOnnx(model, { bach: 1 } as never)).toThrow("unknown option 'bach'");
    expect(() => exportOnnx(model, { batch: 0 })).toThrow('exportOnnx.batch');
  });
});
