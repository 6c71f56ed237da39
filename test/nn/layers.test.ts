/** @file The contract of every layer: a row of the table is all that a new layer needs here. */
import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { activation, activations } from '../../src/nn/activations.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { conv1d, conv2d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { constant, heNormal, lecunUniform } from '../../src/nn/initializers.ts';
import { applyModel, initialize, type Layer, layerToJson } from '../../src/nn/layer.ts';
import { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from '../../src/nn/pool.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { layerFromJson } from '../../src/nn/serialize.ts';

interface Row {
  readonly layer: Layer;
  /** Of one row, without the batch dimension. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

const contract: Readonly<Record<string, Row>> = {
  dense: { layer: dense(3), input: [4], output: [3], parameters: { kernel: [4, 3], bias: [3] } },
  'dense without bias': { layer: dense(3, { bias: false }), input: [4], output: [3], parameters: { kernel: [4, 3] } },
  'dense with all options': {
    layer: dense(2, {
      activation: 'tanh',
      kernelInitializer: heNormal(),
      biasInitializer: constant(0.5),
      inputSize: 4,
      name: 'head',
    }),
    input: [4],
    output: [2],
    parameters: { kernel: [4, 2], bias: [2] },
  },
  'dense on sequences': {
    layer: dense(2, { activation: 'silu' }),
    input: [3, 4],
    output: [3, 2],
    parameters: { kernel: [4, 2], bias: [2] },
  },
  dropout: { layer: dropout(0.4), input: [5], output: [5], parameters: {} },
  conv2d: {
    layer: conv2d(4, [3, 2], {
      strides: 2,
      padding: 'same',
      activation: 'tanh',
      groups: 2,
      kernelInitializer: heNormal(),
    }),
    input: [5, 4, 2],
    output: [3, 2, 4],
    parameters: { kernel: [3, 2, 1, 4], bias: [4] },
  },
  'conv2d without bias': {
    layer: conv2d(2, 2, {
      bias: false,
      dilations: [1, 2],
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
    input: [3, 3, 1],
    output: [3, 2, 2],
    parameters: { kernel: [2, 2, 1, 2] },
  },
  conv1d: {
    layer: conv1d(3, 3, { padding: [2, 0], strides: 2 }),
    input: [5, 2],
    output: [3, 3],
    parameters: { kernel: [3, 2, 3], bias: [3] },
  },
  maxPool2d: { layer: maxPool2d([2, 1], { padding: 'same' }), input: [5, 4, 2], output: [3, 4, 2], parameters: {} },
  averagePool2d: {
    layer: averagePool2d(3, { strides: 2, padding: 1, includePadding: true }),
    input: [5, 4, 2],
    output: [3, 2, 2],
    parameters: {},
  },
  globalAveragePool2d: { layer: globalAveragePool2d(), input: [3, 4, 2], output: [2], parameters: {} },
  globalMaxPool2d: { layer: globalMaxPool2d(), input: [3, 4, 2], output: [2], parameters: {} },
  batchNorm: {
    layer: batchNorm({ keep: 0.8, runningVariance: 'unbiased' }),
    input: [2, 3],
    output: [2, 3],
    parameters: { gamma: [3], beta: [3], mean: [3], variance: [3] },
  },
  flatten: { layer: flatten(), input: [2, 3, 2], output: [12], parameters: {} },
  activation: { layer: activation('softplus'), input: [2, 3], output: [2, 3], parameters: {} },
  sequential: {
    layer: sequential([
      flatten(),
      dense(5, { activation: 'tanh', name: 'encoder' }),
      dropout(0.5),
      sequential([dense(2, { kernelInitializer: lecunUniform() })]),
    ]),
    input: [2, 3],
    output: [2],
    parameters: { 'encoder/kernel': [6, 5], 'encoder/bias': [5], '3/0/kernel': [5, 2], '3/0/bias': [2] },
  },
};

const start = ({ layer, input }: Row, seed = 7) => initialize(layer, { shape: [1, ...input], dtype: 'f32' }, seed);

const parametersOf = (row: Row, seed?: number): Record<string, Tensor> =>
  Object.fromEntries(
    start(row, seed).parameters.map(({ path, shape, data }) => [path, tensor(Float64Array.from(data), shape)]),
  );

function batchOf(shape: readonly number[], rows = 3): Tensor {
  const whole = [rows, ...shape];
  const size = whole.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => ((i * 0.7548777) % 2) - 1),
    whole,
  );
}

const key = tensor([11, 3, 0], [3], 'i32');

describe.each(Object.entries(contract))('%s', (_, row) => {
  const apply = (parameters: Record<string, Tensor>, x: Tensor, mode: 'train' | 'predict') =>
    applyModel(row.layer, new Map(Object.entries(parameters)), x, mode === 'train' ? { mode, key } : { mode });

  it('creates its parameters and infers its output by an abstract trace', () => {
    const { parameters, output } = start(row);
    expect(Object.fromEntries(parameters.map(({ path, shape }) => [path, shape]))).toEqual(row.parameters);
    expect(output).toEqual({ shape: [1, ...row.output], dtype: 'f32' });
    for (const { shape, data } of parameters) expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1));
  });

  it.each(['train', 'predict'] as const)(
    'has the shape it inferred for any batch, and the right gradients, in %s mode',
    (mode) => {
      const parameters = parametersOf(row);
      const x = batchOf(row.input);
      expect(apply(parameters, x, mode).shape).toEqual([3, ...row.output]);
      const check = checkGradient((at) => apply(at.parameters as Record<string, Tensor>, at.x as Tensor, mode), {
        x,
        parameters,
      });
      expect(check.ok, String(check)).toBe(true);
    },
  );

  it('starts with the same bits for the same seed, and others for another', () => {
    expect(start(row, 5)).toEqual(start(row, 5));
    const drawn = ({ path, data }: { path: string; data: Float32Array }) => path.endsWith('kernel') && data;
    if (Object.keys(row.parameters).some((path) => path.endsWith('kernel')))
      expect(start(row, 5).parameters.map(drawn)).not.toEqual(start(row, 6).parameters.map(drawn));
  });

  it('computes the same after a round trip through JSON', () => {
    const json = JSON.parse(JSON.stringify(layerToJson(row.layer)));
    const loaded = layerFromJson(json);
    expect(layerToJson(loaded)).toEqual(layerToJson(row.layer));
    expect(start({ ...row, layer: loaded })).toEqual(start(row));
    const parameters = parametersOf(row);
    const again = applyModel(loaded, new Map(Object.entries(parameters)), batchOf(row.input), { mode: 'train', key });
    expect(again.data).toEqual(apply(parameters, batchOf(row.input), 'train').data);
  });

  it('takes bytes as well as floats', () => {
    const bytes = tensor(
      Uint8Array.from({ length: row.input.reduce((a, b) => a * b, 1) }, (_v, i) => i),
      [1, ...row.input],
    );
    const floats = tensor(Float64Array.from(bytes.data), bytes.shape);
    const parameters = parametersOf(row);
    expect(Array.from(apply(parameters, bytes, 'predict').data)).toEqual(
      Array.from(apply(parameters, floats, 'predict').data),
    );
  });
});

describe('dropout', () => {
  const x = tensor(new Float64Array(20000).fill(1), [100, 200]);
  const run = (layer: Layer, at: readonly number[], mode: 'train' | 'predict' = 'train') =>
    applyModel(layer, new Map(), x, { mode, key: tensor([...at], [3], 'i32') }).data;

  it('keeps the mean, sets the share `rate` to 0 and scales the others', () => {
    const y = Array.from(run(dropout(0.25), [1, 0, 0]));
    expect(new Set(y)).toEqual(new Set([0, 1 / 0.75]));
    // 20000 draws: the share has a standard deviation of √(0.25 · 0.75 / 20000) = 0.003; five of these.
    expect(Math.abs(y.filter((v) => v === 0).length / y.length - 0.25)).toBeLessThan(0.0153);
  });

  it('is the identity at prediction and for rate 0', () => {
    expect(run(dropout(0.25), [1, 0, 0], 'predict')).toBe(x.data);
    expect(run(dropout(0), [1, 0, 0])).toBe(x.data);
  });

  it('draws the same mask for the same seed, step and path, and another for any other', () => {
    expect(run(dropout(0.5), [1, 2, 0])).toEqual(run(dropout(0.5), [1, 2, 0]));
    expect(run(dropout(0.5), [1, 2, 0])).not.toEqual(run(dropout(0.5), [1, 3, 0]));
    expect(run(dropout(0.5), [1, 2, 0])).not.toEqual(run(dropout(0.5), [2, 2, 0]));
    expect(run(sequential([dropout(0.5)]), [1, 2, 0])).not.toEqual(
      run(sequential([dropout(0.5, { name: 'b' })]), [1, 2, 0]),
    );
  });

  it('needs a key to train', () => {
    expect(() => applyModel(sequential([dropout(0.5)]), new Map(), x, { mode: 'train' })).toThrow(
      /needs a key.*layer '0'/,
    );
  });

  it('refuses rates outside [0, 1)', () => {
    for (const rate of [1, -0.1, Number.NaN, '0.5' as never])
      expect(() => dropout(rate)).toThrow(/dropout.rate: expected a finite number ≥ 0 and < 1/);
  });
});

describe('activation', () => {
  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    '%s has the right gradients and is finite at ±120',
    (name) => {
      const check = checkGradient(({ x }) => activations[name](x as Tensor), {
        x: tensor([[-4.2, -0.7, -0.31, 0.21, 0.83, 5.3, 7.1]]),
      });
      expect(check.ok, String(check)).toBe(true);
      const far = applyModel(activation(name), new Map(), tensor([[-120, 120]]), { mode: 'predict' });
      expect(Array.from(far.data).every(Number.isFinite)).toBe(true);
    },
  );

  it.each(Object.keys(activations) as (keyof typeof activations)[])('%s passes NaN on', (name) => {
    expect(activations[name](tensor([[Number.NaN]])).item()).toBeNaN();
  });

  it('names near names and the whole list for an unknown name', () => {
    expect(() => activation('relo' as never)).toThrow(
      /unknown activation 'relo'\n.*did you mean 'relu'\? legal: relu, leakyRelu/,
    );
    expect(() => dense(3, { activation: 'Tanh' as never })).toThrow(/dense.activation.*did you mean 'tanh'/s);
    expect(() => activation('toString' as never)).toThrow(/unknown activation/);
  });
});
