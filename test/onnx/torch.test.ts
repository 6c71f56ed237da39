import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { activation } from '../../src/nn/activations.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { conv1d, conv2d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { flatten } from '../../src/nn/flatten.ts';
import type { Layer } from '../../src/nn/layer.ts';
import { maxPool2d } from '../../src/nn/pool.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fromTorch, toTorch } from '../../src/onnx.ts';
import { depthwise, powers, recurrent, upConv } from './layers.ts';
import { answersOf, modelOf } from './models.ts';
import { relativeError } from './runtime.ts';

const fixture = (name: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../fixtures/torch/${name}`, import.meta.url)));
const noted = (name: string): { shape: number[]; input: number[]; output: number[] } =>
  JSON.parse(new TextDecoder().decode(fixture(`${name}.json`)));

/** As PyTorch's: the indices of both sequences are the same. */
const cnn = sequential([
  conv2d(4, [3, 2], { padding: [1, 0] }),
  batchNorm(),
  activation('relu'),
  maxPool2d(2),
  upConv(3),
  depthwise,
  flatten(),
  dropout(0.5),
  dense(3),
]);
const sequence = sequential([
  embedding(11, 6),
  recurrent('lstm', 5, false, 1),
  recurrent('gru', 4),
  recurrent('gru', 4),
  recurrent('rnn', 3, false, 1),
  dense(2),
]);
const names = { 0: 'embed', 1: 'lstm', 2: 'gru:l0', 3: 'gru:l1', 4: 'rnn', 5: 'head' };

describe('fromTorch', () => {
  test.each<[string, string, Layer, Record<string, string>]>([
    [
      'cnn',
      'filters, batch norm, transposed and depthwise convolution, and a linear layer behind flattened images',
      cnn,
      {},
    ],
    ['sequence', 'embedding, LSTM, GRU of two layers, Elman network and a linear layer', sequence, names],
  ])('%s: %s answer as in PyTorch', async (name, _what, layer, own) => {
    const { shape, input, output } = noted(name);
    const model = fromTorch(layer, fixture(`${name}.safetensors`), { inputShape: shape.slice(1), names: own });
    const answers = await answersOf(model, Float32Array.from(input), shape[0] as number);
    // PyTorch computed in f32, some ten layers; the fixture holds eight digits.
    expect(relativeError(answers, output)).toBeLessThan(1e-5);
  });

  test('toTorch gives back what PyTorch wrote, value by value', () => {
    const { shape } = noted('cnn');
    const bytes = fixture('cnn.safetensors');
    const { tensors } = readSafetensors(bytes);
    const model = fromTorch(cnn, bytes, { inputShape: shape.slice(1) });
    const back = readSafetensors(toTorch(model)).tensors;
    tensors.delete('1.num_batches_tracked');
    expect(new Map([...back].sort())).toEqual(new Map([...tensors].sort()));
  });

  test('toTorch writes two biases where PyTorch has two: their sum is ours', () => {
    const { shape } = noted('sequence');
    const { tensors } = readSafetensors(fixture('sequence.safetensors'));
    const model = fromTorch(sequence, fixture('sequence.safetensors'), { inputShape: shape.slice(1), names });
    const back = readSafetensors(toTorch(model, { names })).tensors;
    expect([...back.keys()].sort()).toEqual([...tensors.keys()].sort());
    const sum = (of: typeof back): number[] =>
      Array.from(of.get('lstm.bias_ih_l0')?.data ?? [], (value, i) =>
        Math.fround(value + (of.get('lstm.bias_hh_l0')?.data[i] ?? 0)),
      );
    expect(sum(back)).toEqual(sum(tensors));
    expect(back.get('gru.weight_hh_l1')).toEqual(tensors.get('gru.weight_hh_l1'));
  });

  test('conv1d filters are [out, in, length] there', () => {
    const model = modelOf(sequential([conv1d(3, 2)]), [5, 4]);
    const own = model.parameters.get('0/kernel')?.data ?? [];
    const weight = readSafetensors(toTorch(model)).tensors.get('0.weight');
    expect(weight?.shape).toEqual([3, 4, 2]);
    // Tap 1, channel 2, filter 0: [1][2][0] of [2, 4, 3] here, [0][2][1] of [3, 4, 2] there.
    expect(weight?.data[2 * 2 + 1]).toBe(own[(1 * 4 + 2) * 3]);
  });

  test('S3: lists what is missing, unexpected and of another shape, side by side', () => {
    const f32 = (shape: number[]) => ({
      shape,
      dtype: 'f32' as const,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const bytes = writeSafetensors(
      new Map([
        ['0.weight', f32([3, 2])],
        ['fc.bias', f32([3])],
      ]),
      {},
    );
    const attempt = (): unknown => fromTorch(sequential([dense(3)]), bytes, { inputShape: [4] });
    expect(attempt).toThrow(SaddlepointError);
    expect(attempt).toThrow(
      'fromTorch: 3 tensors do not fit: 0.weight: expected [3,4] (for 0/kernel), the file has [3,2]; missing 0.bias (for 0/bias); unexpected fc.bias',
    );
  });

  test('refuses names of paths that are not there, and layers without a counterpart', () => {
    const bytes = writeSafetensors(new Map(), {});
    expect(() => fromTorch(sequential([dense(3)]), bytes, { inputShape: [4], names: { fc: 'fc' } })).toThrow(
      "names: no layer with parameters has the path 'fc'",
    );
    expect(() => toTorch(modelOf(sequential([powers]), [3]))).toThrow("the layer '0' (powers) has no counterpart");
  });
});
