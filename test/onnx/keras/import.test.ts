/** @file Models that Keras 3 and TensorFlow.js (the form of Keras 2) made, beside their own answers. */
import { readFileSync } from 'node:fs';
import { crossEntropy, fit, loadModel, tensor } from 'saddlepoint';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/onnx/keras/config.ts';
import { importKeras } from '../../../src/onnx.ts';
import { modelToBytes } from '../../../src/train/model-file.ts';
import { answersOf } from '../models.ts';
import { relativeError } from '../runtime.ts';

interface Fixture {
  readonly config: { readonly config: { readonly layers: { class_name: string; config: Record<string, unknown> }[] } };
  readonly weights: { readonly shape: number[]; readonly data: number[] }[];
  readonly shape: readonly [number, ...number[]];
  readonly input: readonly number[];
  readonly output: readonly number[];
}
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/keras/${name}.json`, import.meta.url), 'utf8'));
const fixture = (name: string): Fixture => read(name);

/** Keras computes in f32: sums of some hundred products, through some layers. */
const BOUND = 1e-5;

describe('S4: importKeras', () => {
  test.each(['cnn-3', 'sequence-3', 'embedding-3', 'merges-3'])(
    'S4: %s of Keras 3 answers as Keras does',
    async (name) => {
      const { config, weights, shape, input, output } = fixture(name);
      const model = importKeras(config, weights);
      expect(relativeError(await answersOf(model, Float32Array.from(input), shape[0]), output)).toBeLessThan(BOUND);
      const again = importKeras(JSON.stringify(config), weights);
      expect([...again.parameters]).toEqual([...model.parameters]);
    },
  );

  test('S4: a model.json in the form of Keras 2 answers as TensorFlow.js does, from the bytes of its shards', async () => {
    const { model: json, bytes, shape, input, output } = read('layers-model');
    const model = importKeras(json, new Uint8Array(Buffer.from(bytes, 'base64')));
    expect(relativeError(await answersOf(model, Float32Array.from(input), shape[0]), output)).toBeLessThan(BOUND);
  });

  test('S4: batch_shape of Keras 3 and batch_input_shape of Keras 2 say the same', () => {
    const { config, weights } = fixture('cnn-3');
    const text = JSON.stringify(config).replaceAll('"batch_shape"', '"batch_input_shape"');
    expect(readConfig(text).inputShape).toEqual([8, 7, 2]);
    expect(importKeras(text, weights).state.inputShape).toEqual(importKeras(config, weights).state.inputShape);
  });

  test('S4: weights may come by the names of Keras 3, with the model’s name before and the cell’s between', async () => {
    const { config, weights, shape, input, output } = fixture('sequence-3');
    const inOrder = importKeras(config, weights);
    const names = [
      ...['conv1d/kernel', 'conv1d/bias'],
      ...['kernel', 'recurrent_kernel', 'bias'].map((name) => `lstm/lstm_cell/${name}:0`),
      ...['forward_gru', 'backward_gru'].flatMap((side) =>
        ['kernel', 'recurrent_kernel', 'bias'].map((name) => `bidirectional/${side}/gru_cell/${name}`),
      ),
    ];
    const order = Object.fromEntries(
      weights.slice(0, names.length).map((weight, i) => [`functional/${names[i]}`, weight]),
    );
    // The layers behind stand in the order of the config, which differs from that of their names.
    const rest = readConfig(config).layers.filter(
      ({ name }) => !/^(conv1d|lstm|bidirectional|concatenate|add|global)/.test(name),
    );
    let at = names.length;
    for (const { className, name } of rest) {
      const own = { LayerNormalization: ['gamma', 'beta'], Dense: ['kernel', 'bias'] }[className] ?? [
        ...['cell/kernel', 'cell/recurrent_kernel', 'cell/bias'],
      ];
      for (const variable of own) order[`functional/${name}/${variable}`] = weights[at++] as (typeof weights)[number];
    }
    expect(at).toBe(weights.length);
    const shuffled = Object.fromEntries(Object.entries(order).reverse());
    const model = importKeras(config, shuffled);
    expect([...model.parameters]).toEqual([...inOrder.parameters]);
    expect(relativeError(await answersOf(model, Float32Array.from(input), shape[0]), output)).toBeLessThan(BOUND);
  });

  test('takes the softmax off for a loss of logits, is fine-tuned, saved and loaded', async () => {
    const { config, weights, shape, input, output } = fixture('cnn-3');
    const model = importKeras(config, weights, { loss: crossEntropy(), classes: ['a', 'b', 'c'] });
    const x = tensor(Float32Array.from(input), [...shape]);
    expect(relativeError(await answersOf(model, Float32Array.from(input), shape[0]), output)).toBeLessThan(BOUND);
    const options = {
      loss: crossEntropy(),
      freeze: ['conv2d'],
      epochs: 2,
      standardize: false,
      progress: false,
    } as const;
    const tuned = await fit(model, { x, y: ['a', 'b', 'c'] }, options);
    expect(tuned.parameters.get('conv2d/kernel')).toEqual(model.parameters.get('conv2d/kernel'));
    expect(tuned.parameters.get('dense/kernel')).not.toEqual(model.parameters.get('dense/kernel'));
    const loaded = await loadModel(modelToBytes(tuned.state));
    expect(await loaded.predict(x)).toEqual(await tuned.predict(x));
  });

  test('lists all layers and options that are not supported at once', () => {
    const { config, weights } = fixture('cnn-3');
    const changed = structuredClone(config);
    const [, conv, norm] = changed.config.layers as [
      unknown,
      (typeof changed.config.layers)[0],
      (typeof changed.config.layers)[0],
    ];
    conv.config.data_format = 'channels_first';
    norm.class_name = 'UnitNormalization';
    expect(() => importKeras(changed, weights)).toThrow(
      /^importKeras: 2 layers are not supported: Conv2D 'conv2d': data_format "channels_first", only "channels_last"; UnitNormalization 'batch_normalization': no such layer here\n.*BatchNormalization/,
    );
  });

  test('lists weights that are missing, too many or of another shape', () => {
    const { config, weights } = fixture('embedding-3');
    expect(() => importKeras(config, weights.slice(0, 2))).toThrow(/the weights do not fit: missing dense_\d\/bias/);
    expect(() => importKeras(config, [...weights, { shape: [2], data: [1, 2] }])).toThrow(/unexpected weight 3 \[2\]/);
    const [first, ...rest] = weights;
    const turned = { ...first, shape: [3, 6] } as (typeof weights)[0];
    expect(() => importKeras(config, [turned, ...rest])).toThrow('embedding/table: expected [6,3], got [3,6]');
    const { model, bytes } = read('layers-model');
    const cut = new Uint8Array(Buffer.from(bytes, 'base64')).subarray(4);
    expect(() => importKeras(model, cut)).toThrow(/the manifest does not fit the \d+ bytes/);
    expect(() => importKeras(config, cut)).toThrow('importKeras: bytes need the weightsManifest of a model.json');
  });

  test.each([
    ['{', 'importKeras: the config is no JSON'],
    [null, 'importKeras: expected a Sequential or Functional model'],
    [{ class_name: 'Sequential', config: { layers: [] } }, 'importKeras: the model has no layers'],
    [{ class_name: 'MyModel', config: {} }, "got class_name 'MyModel'"],
    [
      {
        class_name: 'Functional',
        config: {
          layers: [{}],
          input_layers: [
            ['a', 0, 0],
            ['b', 0, 0],
          ],
          output_layers: [],
        },
      },
      'input_layers: one is expected, the model has 2: a, b',
    ],
    [
      { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 0.5, name: 'd' } }] } },
      /Dense 'd': dense.units/,
    ],
    [
      { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 2, name: 'd' } }] } },
      'leaves the shape of a row open',
    ],
  ])('refuses %j', (config, message) => {
    expect(() => importKeras(config, [])).toThrow(message);
  });
});
