import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { constant } from '../../src/nn/initializers.ts';
import { applyModel, initialize, type Layer, layer, layerToJson } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { layerFromJson } from '../../src/nn/serialize.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';

const start = (model: Layer, shape: readonly number[], seed = 1) =>
  initialize(model, { shape: [1, ...shape], dtype: 'f32' }, seed);
const dataOf = (model: Layer, path: string) => start(model, [4]).parameters.find((leaf) => leaf.path === path)?.data;

describe('a model', () => {
  it('M1: refuses a stated input size that disagrees, with the path', () => {
    const model = sequential([
      dense(50),
      sequential([dense(32, { inputSize: 10, name: 'wide' })], { name: 'encoder' }),
    ]);
    expect(() => start(model, [4])).toThrow(
      "dense: inputSize is 10, but the input [1,50] has 50 features (in layer 'encoder/wide')\n  help: leave inputSize out",
    );
  });

  it('says what to do with rows that have no features', () => {
    expect(() => start(sequential([dense(3)]), [])).toThrow(
      /expected rows \[n, features\], got \[1\] \(in layer '0'\)\n.*\[n, 1\].*flatten\(\)/,
    );
  });

  it('names the layer in the errors of ops', () => {
    const broken = layer('broken', {}, (x, context) => mul(x, context.parameter('w', [3], constant(1))));
    expect(() => start(sequential([dense(2), broken]), [4])).toThrow(/mul: .*do not broadcast.*\(in layer '1'\)/);
  });

  it('keeps the numbers of other layers when a layer is appended, or a named one added', () => {
    const first = dataOf(sequential([dense(3)]), '0/kernel');
    expect(dataOf(sequential([dense(3), dense(2)]), '0/kernel')).toEqual(first);
    expect(dataOf(sequential([dense(3), dropout(0.1, { name: 'd' }), dense(2, { name: 'head' })]), '0/kernel')).toEqual(
      first,
    );
  });

  it('refuses two layers of one path', () => {
    expect(() => start(sequential([dense(3, { name: 'a' }), dense(3, { name: 'a' })]), [4])).toThrow(
      "have the path 'a'",
    );
    expect(() => start(sequential([dense(3, { name: '1' }), dense(3)]), [4])).toThrow("have the path '1'");
    expect(() => dense(3, { name: 'a/b' })).toThrow(/no path segment/);
  });

  it('refuses an empty list, and what is no layer', () => {
    expect(() => sequential([])).toThrow(/at least one layer/);
    expect(() => sequential([dense as never])).toThrow(
      /element 0 is no layer: function dense\n.*dense\(10\), not dense/,
    );
  });

  it('names a missing or wrong-shaped parameter when it is applied', () => {
    const model = sequential([dense(2)]);
    const x = tensor([[1, 2]]);
    const given = (entries: [string, Tensor][]) => () => applyModel(model, new Map(entries), x, { mode: 'predict' });
    expect(
      given([
        [
          '0/kernal',
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ],
      ]),
    ).toThrow(/parameter '0\/kernel' is missing\n.*did you mean '0\/kernal'/);
    expect(given([['0/kernel', tensor([[1, 2]])]])).toThrow(
      /parameter '0\/kernel' has shape \[1,2\], the model expects \[2,2\]/,
    );
  });

  it('can be made of ten-line layers, saved and loaded', async () => {
    const scale = (first: number, name: { name?: string } = {}) =>
      layer(
        'scale',
        { first },
        (x, context) => mul(x, context.parameter('factor', x.shape.slice(1), constant(first))),
        name.name,
      );
    const model = sequential([scale(2, { name: 's' }), dense(1)]);
    const json = JSON.parse(JSON.stringify(layerToJson(model)));
    await expect(layerFromJson(json)).rejects.toThrow(
      /unknown type 'scale'\n.*legal: .*dense, .*dropout.*give layerFromJson a factory/,
    );
    const loaded = await layerFromJson(json, { scale: ({ first }, name) => scale(first as number, name) });
    expect(start(loaded, [3])).toEqual(start(model, [3]));
    expect(start(loaded, [3]).parameters[0]).toEqual({
      path: 's/factor',
      kind: 'trainable',
      shape: [3],
      data: Float32Array.of(2, 2, 2),
    });
  });

  it('gives a fresh stream at each draw of a layer', () => {
    const streams: number[] = [];
    const noisy = layer('noisy', {}, (x, context) => {
      streams.push(context.random().stream, context.random().stream);
      return x;
    });
    applyModel(sequential([noisy, noisy]), new Map(), tensor([[1]]), {
      mode: 'train',
      key: tensor([1, 2, 3], [3], 'i32'),
    });
    expect(new Set(streams).size).toBe(4);
    expect(() => applyModel(noisy, new Map(), tensor([[1]]), { mode: 'predict' })).toThrow(/in train mode only/);
  });

  it('can be differentiated with respect to its parameters while its input is data', () => {
    const gradients = grad(
      (p: { w: Tensor }) =>
        sum(
          applyModel(sequential([dense(1, { bias: false })]), new Map([['0/kernel', p.w]]), tensor([[2, 5]]), {
            mode: 'predict',
          }),
        ),
      {
        w: tensor([[1], [1]]),
      },
    );
    expect(gradients.w.toArray()).toEqual([[2], [5]]);
  });
});

describe('layerFromJson', () => {
  it('refuses what is no layer', async () => {
    for (const json of [
      null,
      3,
      'dense',
      [],
      {},
      { type: 3 },
      { type: 'dense', options: 3 },
      { type: 'sequential', options: {} },
    ]) {
      await expect(layerFromJson(json as never)).rejects.toThrow(/layer/);
    }
  });

  it('checks options and suggests near types', async () => {
    const refused = (json: object, message: RegExp) => expect(layerFromJson(json as never)).rejects.toThrow(message);
    await refused({ type: 'dens', options: {} }, /did you mean 'dense'/);
    await refused({ type: 'constructor', options: {} }, /unknown type/);
    await refused({ type: 'dense', options: { units: 0 } }, /dense.units: expected an integer ≥ 1, got 0/);
    await refused({ type: 'dense', options: { units: 1, unitz: 0 } }, /unknown option 'unitz'/);
    await refused({ type: 'dense', options: { units: 1, kernelInitializer: 'heNorml' } }, /did you mean 'heNormal'/);
    await refused({ type: 'dense', options: { units: 1, kernelInitializer: 3 } }, /initializer/);
    await refused({ type: 'dense', options: { units: 1, bias: 'no' } }, /dense.bias/);
  });
});
