import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { adam, crossEntropy, fit, loadModel } from '../../src/index.ts';
import { activation } from '../../src/nn/activations.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { conv1d, conv2d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { averagePool2d, globalAveragePool2d, maxPool2d } from '../../src/nn/pool.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { encodeModel } from '../../src/onnx/protobuf.ts';
import type { Draft } from '../../src/onnx/schema.ts';
import { toTensorProto } from '../../src/onnx/tensors.ts';
import { exportOnnx, importOnnx, onnxLayers } from '../../src/onnx.ts';
import type { TrainedModel } from '../../src/train/model.ts';
import { modelToBytes } from '../../src/train/model-file.ts';
import { attentionBlock, depthwise, groupNormLayer, powers, recurrent, upConv } from './layers.ts';
import { answersOf, classes, modelOf, numbers } from './models.ts';
import { relativeError, runOnnx } from './runtime.ts';

const BOUND = 1e-5;
const fixture = (name: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../fixtures/onnx/${name}`, import.meta.url)));

const cnn = sequential([
  conv2d(6, 3, { padding: 'same' }),
  batchNorm(),
  activation('silu'),
  maxPool2d(2),
  conv2d(4, 3),
  averagePool2d(2),
  flatten(),
  dense(3),
]);

/** A model of one node and its file; attributes are integers or lists of them. */
function fileOf(
  nodes: readonly Draft<'Node'>[],
  more: { opset?: number; graph?: Draft<'Graph'>; model?: Draft<'Model'> } = {},
): Uint8Array {
  const value = (name: string) => ({
    name,
    type: { tensor: { elementType: 1, shape: { dims: [{ parameter: 'n' }, { value: 4 }] } } },
  });
  return encodeModel({
    irVersion: 8,
    opsets: [{ version: more.opset ?? 17 }],
    graph: { nodes, inputs: [value('x')], outputs: [value('y')], ...more.graph },
    ...more.model,
  });
}

describe('importOnnx', () => {
  test.each<[string, TrainedModel]>([
    [
      'an MLP with probabilities',
      classes(sequential([dense(8, { activation: 'gelu' }), dense(3)]), [4], ['a', 'b', 'c']),
    ],
    ['a CNN', modelOf(cnn, [10, 10, 2])],
    [
      'a CNN with global pooling',
      modelOf(sequential([conv2d(4, 3), activation('relu'), globalAveragePool2d(), dense(2)]), [6, 6, 2]),
    ],
    ['conv1d', modelOf(sequential([conv1d(4, 3), flatten(), dense(2)]), [9, 3])],
    [
      'transposed and depthwise convolution, group norm',
      modelOf(sequential([upConv(4), depthwise, groupNormLayer(2)]), [5, 4, 3]),
    ],
    ['an embedding', modelOf(sequential([embedding(10, 6), flatten(), dense(3)]), [4])],
    ['an attention block', modelOf(sequential([attentionBlock(2), dense(3)]), [5, 8])],
    ['a GRU by scan', modelOf(sequential([recurrent('gru', 4), dense(2)]), [6, 3])],
    ['an LSTM that reads backward', modelOf(sequential([recurrent('lstm', 4, true), dense(2)]), [6, 3])],
    ['a loop without sequences', modelOf(sequential([dense(3), powers]), [4])],
  ])('reads what exportOnnx wrote: %s', async (what, model) => {
    const back = await importOnnx(exportOnnx(model));
    const data = numbers(
      3 * sizeOf(model.state.inputShape),
      what === 'an embedding' ? 0 : -1,
      what === 'an embedding' ? 10 : 1,
    );
    const rows = what === 'an embedding' ? data.map(Math.floor) : data;
    const expected = await answersOf(model, rows, 3);
    expect(relativeError(await answersOf(back, rows, 3), expected)).toBeLessThan(BOUND);
    // On the machine too, by its own kernels.
    const device = await back.predict(tensor(rows, [3, ...model.state.inputShape]), { device: 'wasm' });
    expect(relativeError((device as number[][]).flat(Number.POSITIVE_INFINITY) as number[], expected)).toBeLessThan(
      BOUND,
    );
  });

  test.each([
    ['cnn-11', "PyTorch's CNN with batch norm, groups, a shortcut and a transposed convolution (operator set 11)"],
    ['attention-13', "PyTorch's transformer block with token ids and computed shapes (operator set 13)"],
    ['attention-17', 'the same with layer normalization as one node (operator set 17)'],
    ['by-hand-9', 'nodes made by hand in the style of operator set 9'],
  ])('%s: %s gives what its maker computed', async (name) => {
    const model = await importOnnx(fixture(`${name}.onnx`));
    const { shape, input, output } = JSON.parse(new TextDecoder().decode(fixture(`${name}.json`)));
    expect(model.state.inputShape).toEqual(shape.slice(1));
    // The fixtures hold eight digits of float32 results.
    expect(relativeError(await answersOf(model, Float32Array.from(input), shape[0]), output)).toBeLessThan(BOUND);
    // What PyTorch wrote goes out again, to onnxruntime.
    if (name.startsWith('by')) return;
    const [answer] = await runOnnx(exportOnnx(model), { input: { data: input, dims: shape } });
    expect(relativeError(answer?.data ?? [], output)).toBeLessThan(BOUND);
  });

  test('a file made for one row takes any number of them', async () => {
    const model = await importOnnx(fixture('by-hand-9.onnx'));
    const { input, output } = JSON.parse(new TextDecoder().decode(fixture('by-hand-9.json')));
    const twice = await answersOf(model, Float32Array.from([...input, ...input]), 2);
    expect(relativeError(twice, [...output, ...output])).toBeLessThan(BOUND);
  });

  test('an imported model is fine-tuned, saved and loaded; its running statistics follow', async () => {
    const base = await importOnnx(fixture('cnn-11.onnx'), { loss: crossEntropy() });
    const x = tensor(numbers(12 * 2 * 8 * 9), [12, 2, 8, 9]);
    const y = Array.from({ length: 12 }, (_, i) => i % 5);
    const run = await fit(
      base,
      { x, y },
      {
        ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }) },
        ...{ epochs: 20, batchSize: 6, seed: 1, device: 'wasm', progress: false },
      },
    );
    const losses = run.history.map(({ loss }) => loss);
    expect(losses.at(-1) as number).toBeLessThan(losses[0] as number);
    const moved = [...run.parameters].filter(([path, { data }]) =>
      data.some((v, i) => v !== base.parameters.get(path)?.data[i]),
    );
    expect(moved.length).toBe(base.parameters.size);
    const loaded = await loadModel(modelToBytes(run.state), { layers: onnxLayers });
    expect(await loaded.predict(x)).toEqual(await run.predict(x));
  });

  test('takes the softmax off for a loss of logits, and answers with the same probabilities', async () => {
    const model = classes(sequential([dense(3)]), [4], ['ü', 'b', 'c']);
    const back = await importOnnx(exportOnnx(model), { loss: crossEntropy() });
    const row = [0.1, -0.4, 0.7, 1];
    const [own, other] = [await model.predict(row), await back.predict(row)] as {
      label: string;
      probabilities: Record<string, number>;
    }[];
    expect(other?.label).toBe(own?.label);
    expect(Object.keys(other?.probabilities ?? {})).toEqual(['ü', 'b', 'c']);
    expect(
      relativeError(Object.values(other?.probabilities ?? {}), Object.values(own?.probabilities ?? {})),
    ).toBeLessThan(BOUND);
    expect([...back.parameters.keys()]).toEqual(['0/kernel', '0/bias']);
  });

  test('S5: lists all nodes that are not supported at once, with operator set and place', async () => {
    const nodes = [
      { opType: 'Einsum', name: 'encoder/einsum', inputs: ['x'], outputs: ['a'] },
      { opType: 'Relu', inputs: ['a'], outputs: ['b'] },
      { opType: 'Attention', domain: 'com.microsoft', inputs: ['b'], outputs: ['c'] },
      {
        opType: 'CumSum',
        name: 'sums',
        inputs: ['c', 'axis'],
        outputs: ['y'],
        attributes: [{ name: 'exclusive', i: 1, type: 2 }],
      },
    ];
    await expect(importOnnx(fileOf(nodes))).rejects.toThrow(
      "importOnnx: 3 nodes are not supported (operator set 17): Einsum at node 'encoder/einsum'; com.microsoft.Attention at node 'c'; CumSum with exclusive at node 'sums'",
    );
  });

  test.each<[string, Uint8Array, string]>([
    [
      'external data',
      fileOf([{ opType: 'Add', inputs: ['x', 'w'], outputs: ['y'] }], {
        graph: {
          nodes: [{ opType: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
          inputs: [{ name: 'x', type: { tensor: { elementType: 1, shape: { dims: [{}, { value: 4 }] } } } }],
          outputs: [{ name: 'y' }],
          initializers: [
            {
              name: 'w',
              dims: [4],
              dataType: 1,
              dataLocation: 1,
              externalData: [{ key: 'location', value: 'weights.bin' }],
            },
          ],
        },
      }),
      "initializer 'w' keeps its data outside of the model, in 'weights.bin'",
    ],
    ['a newer operator set', fileOf([], { opset: 30 }), 'the model is of operator set 30, 9 … 21 can be read'],
    ['an older one', fileOf([], { opset: 7 }), 'operator set 7'],
    ['functions', fileOf([], { model: { functions: [{ name: 'f' }] } }), 'functions of its own: f'],
    [
      'a value that nothing makes',
      fileOf([{ opType: 'Add', name: 'sum', inputs: ['x', 'z'], outputs: ['y'] }]),
      "Add 'sum' reads 'z', which nothing before it makes",
    ],
    [
      'shapes that do not fit, with the node',
      fileOf([
        {
          opType: 'Transpose',
          name: 't',
          inputs: ['x'],
          outputs: ['y'],
          attributes: [{ name: 'perm', ints: [0], type: 7 }],
        },
      ]),
      "onnx: Transpose 't': ",
    ],
    ['no ONNX file', new TextEncoder().encode('<!DOCTYPE html><html>'), 'onnx: '],
    ['no bytes', new Uint8Array(0), 'the file has no graph'],
  ])('refuses %s', async (_what, bytes, message) => {
    const refused = importOnnx(bytes);
    await expect(refused).rejects.toBeInstanceOf(SaddlepointError);
    await expect(refused).rejects.toThrow(message);
  });

  test('asks for the shape of a row where the file leaves it open', async () => {
    const open = fileOf([{ opType: 'Relu', inputs: ['x'], outputs: ['y'] }], {
      graph: {
        nodes: [{ opType: 'Relu', inputs: ['x'], outputs: ['y'] }],
        inputs: [
          {
            name: 'x',
            type: { tensor: { elementType: 1, shape: { dims: [{ parameter: 'n' }, { parameter: 'm' }] } } },
          },
        ],
        outputs: [{ name: 'y' }],
      },
    });
    await expect(importOnnx(open)).rejects.toThrow(
      "importOnnx.inputShape: the file leaves the shape of a row of 'x' open: [0]",
    );
    expect(await (await importOnnx(open, { inputShape: [2] })).predict([-1, 2])).toEqual([0, 2]);
  });

  test('a claim of a large tensor is refused before anything is made of it', async () => {
    const shape = toTensorProto('shape', { shape: [2], data: [2 ** 30, 2 ** 30] }, 7);
    const nodes = [
      { opType: 'ConstantOfShape', name: 'huge', inputs: ['shape'], outputs: ['z'] },
      { opType: 'Add', inputs: ['x', 'z'], outputs: ['y'] },
    ];
    const bytes = fileOf([], {
      graph: {
        nodes,
        inputs: [{ name: 'x', type: { tensor: { elementType: 1, shape: { dims: [{}, { value: 4 }] } } } }],
        outputs: [{ name: 'y' }],
        initializers: [shape],
      },
    });
    await expect(importOnnx(bytes)).rejects.toThrow(
      "ConstantOfShape 'huge' makes a tensor of shape [1073741824,1073741824]",
    );
  });

  test('S6: reads a mutated file or refuses it with an error of its own, and no other', async () => {
    const files = ['by-hand-9.onnx', 'cnn-11.onnx', 'attention-17.onnx'].map(fixture);
    const mutation = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'insert', 'remove'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        async (file, mutations) => {
          let bytes = Array.from(file);
          for (const [where, byte, kind] of mutations) {
            const at = where % Math.max(1, bytes.length);
            if (kind === 'set') bytes[at] = byte;
            else if (kind === 'cut') bytes = bytes.slice(0, at);
            else if (kind === 'insert') bytes.splice(at, 0, byte);
            else bytes.splice(at, 1);
          }
          const error = await importOnnx(Uint8Array.from(bytes)).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error !== undefined) expect(error).toBeInstanceOf(SaddlepointError);
        },
      ),
      { numRuns: 400 },
    );
  });
});
