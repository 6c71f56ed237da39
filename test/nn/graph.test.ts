/** @file Graphs of layers: several inputs and outputs, shared layers, what is refused. */
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { summary } from '../../src/inspect/summary.ts';
import { multiHeadAttention } from '../../src/nn/attention.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { apply, graph, input, outputOf } from '../../src/nn/graph.ts';
import { constant } from '../../src/nn/initializers.ts';
import { applyModel, type Layer, layer, layerToJson } from '../../src/nn/layer.ts';
import { mergeAdd, mergeConcat } from '../../src/nn/merge.ts';
import { initializeNamed } from '../../src/nn/named.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { layerFromJson } from '../../src/nn/serialize.ts';
import { mul } from '../../src/ops/elementwise.ts';

const spec = (...shape: number[]) => ({ shape: [1, ...shape], dtype: 'f32' }) as const;
const ones = () => dense(1, { kernelInitializer: constant(1) });
const a = input('a');
const b = input('b');
const key = tensor([1, 2, 3], [3], 'i32');

function run<In, Out>(model: Layer<In, Out>, x: In, mode: 'train' | 'predict' = 'predict'): Out {
  const inputs =
    'dtype' in (x as object)
      ? { shape: [1, ...(x as Tensor).shape.slice(1)], dtype: 'f32' as const }
      : Object.fromEntries(
          Object.entries(x as object).map(([name, one]) => [name, spec(...(one as Tensor).shape.slice(1))]),
        );
  const { parameters } = initializeNamed(model, inputs, 1);
  const leaves = new Map(parameters.map(({ path, shape, data }) => [path, tensor(data, shape)]));
  return applyModel(model, leaves, x, mode === 'train' ? { mode, key } : { mode });
}

describe('a graph', () => {
  it('takes a tensor or a record, and gives a tensor or a record', () => {
    const x = tensor([[1, 2]]);
    expect(run(graph({ inputs: a, outputs: apply(ones(), a) }), x).toArray()).toEqual([[3]]);
    expect(run(graph({ inputs: [a], outputs: apply(ones(), a) }), { a: x }).toArray()).toEqual([[3]]);
    const two = graph({ inputs: a, outputs: { sum: apply(ones(), a), same: a } });
    const { sum, same } = run(two, x);
    expect([sum?.toArray(), same?.toArray()]).toEqual([[[3]], [[1, 2]]]);
    const merged = graph({ inputs: [a, b], outputs: apply(mergeConcat(), [a, apply(ones(), b)]) });
    expect(run(merged, { a: x, b: tensor([[4, 5]]) }).toArray()).toEqual([[1, 2, 9]]);
  });

  it('shares the parameters of a layer that is applied twice, its parts among them', () => {
    const shared = sequential([dense(2, { name: 'inner' }), batchNorm({ name: 'norm' })], { name: 'encoder' });
    const model = graph({ inputs: [a, b], outputs: { first: apply(shared, a), second: apply(shared, b) } });
    const { parameters } = initializeNamed(model, { a: spec(3), b: spec(3) }, 1);
    expect(parameters.map(({ path }) => path)).toEqual([
      ...['encoder/inner/kernel', 'encoder/inner/bias'],
      ...['encoder/norm/gamma', 'encoder/norm/beta', 'encoder/norm/mean', 'encoder/norm/variance'],
    ]);
    const x = tensor([[1, 2, 3]]);
    const { first, second } = run(model, { a: x, b: x });
    expect(first?.toArray()).toEqual(second?.toArray());
  });

  it('draws random numbers of its own at each application of a shared layer', () => {
    const drop = dropout(0.5);
    const model = graph({ inputs: a, outputs: { first: apply(drop, a), second: apply(drop, a) } });
    const { first, second } = run(model, tensor(new Float64Array(64).fill(1), [1, 64]), 'train');
    expect(first?.toArray()).not.toEqual(second?.toArray());
  });

  it('still refuses a layer that asks twice for one path, and inputs that a shared layer cannot take', () => {
    const greedy = layer('greedy', {}, (_, context) =>
      mul(context.parameter('w', [1], constant(1)), context.parameter('w', [1], constant(1))),
    );
    expect(() => run(graph({ inputs: a, outputs: apply(greedy, a) }), tensor([[1]]))).toThrow(/have the path '0\/w'/);
    const shared = dense(2);
    const model = graph({ inputs: [a, b], outputs: { a: apply(shared, a), b: apply(shared, b) } });
    expect(() => initializeNamed(model, { a: spec(3), b: spec(4) }, 1)).toThrow(
      /shared layer '0' has 'kernel' \[3,2\], this input asks for \[4,2\]/,
    );
  });

  it('can be part of another graph, of which one of several outputs is taken', async () => {
    const inner = graph({ inputs: [a, b], outputs: { sum: apply(mergeAdd(), [a, b]), first: a } });
    const x = input('x');
    const node = apply(inner, { a: x, b: apply(ones(), x) });
    const outer = graph({ inputs: x, outputs: apply(mergeConcat(), [outputOf(node, 'sum'), outputOf(node, 'first')]) });
    expect(run(outer, tensor([[2]])).toArray()).toEqual([[4, 2]]);
    const loaded = await layerFromJson(JSON.parse(JSON.stringify(layerToJson(outer))));
    expect(run(loaded, tensor([[2]])).toArray()).toEqual([[4, 2]]);
    const lost = graph({ inputs: x, outputs: outputOf(node, 'frist') });
    expect(() => run(lost, tensor([[2]]))).toThrow(/there is no output 'frist'\n.*did you mean 'first'/);
  });

  it('lets a sequence look at another', () => {
    const model = graph({ inputs: [a, b], outputs: apply(multiHeadAttention(2), [a, b]) });
    const { output } = initializeNamed(model, { a: spec(3, 4), b: spec(5, 6) }, 1);
    expect(output).toEqual(spec(3, 4));
  });

  it('keeps the first weights of other layers when an output is appended', () => {
    const body = apply(dense(3), a);
    const first = { label: apply(dense(2), body) };
    const of = (outputs: Parameters<typeof graph>[0]['outputs']) =>
      initializeNamed(graph({ inputs: [a], outputs } as never) as Layer<never, unknown>, { a: spec(2) }, 1).parameters;
    expect(of({ ...first, price: apply(dense(1), body) }).slice(0, 4)).toEqual(of(first));
  });

  it('has a summary by names', () => {
    const model = graph({ inputs: [a, b], outputs: { sum: apply(mergeAdd({ name: 'add' }), [a, b]), b } });
    const text = String(summary(model, { a: [3], b: [3] }));
    expect(text).toContain('sum [3], b [3]');
    expect(text).toContain('mergeAdd');
  });

  it('M1: refuses a stated shape that disagrees, and names what is missing or unknown', () => {
    const stated = input('image', { shape: [8, 8] });
    const model = graph({ inputs: [stated, b], outputs: { image: stated, b } });
    expect(() => initializeNamed(model, { image: spec(9, 9), b: spec(1) }, 1)).toThrow(
      "graph: input 'image' is stated as [8,8] a row, got [9,9]",
    );
    expect(() => initializeNamed(model, { image: spec(8, 8) }, 1)).toThrow(
      /input 'b' is missing, got inputs image\n.*image, b/,
    );
    expect(() => initializeNamed(model, { imag: spec(8, 8), b: spec(1) }, 1)).toThrow(
      /no input 'imag'\n.*did you mean 'image'/,
    );
    expect(() => initializeNamed(model, spec(8, 8), 1)).toThrow(/input 'image' is missing, got one tensor \[1,8,8\]/);
  });

  it('M1: a stated size that disagrees inside is an error with its path', () => {
    const wide = dense(32, { inputSize: 10, name: 'wide' });
    const model = graph({ inputs: [a], outputs: apply(wide, a) });
    expect(() => initializeNamed(model, { a: spec(50) }, 1)).toThrow(
      /inputSize is 10.*50 features \(in layer 'wide'\)/,
    );
  });

  it('refuses what is no graph', () => {
    expect(() => graph({ inputs: [a, input('a')], outputs: a })).toThrow(/two inputs have the name 'a'/);
    expect(() => graph({ inputs: [a, b], outputs: a })).toThrow(/no output needs 'b'/);
    expect(() => graph({ inputs: [a], outputs: b })).toThrow(/need the input 'b', which is not listed/);
    expect(() => graph({ inputs: [apply(ones(), a)], outputs: a })).toThrow(/expected nodes made by input/);
    expect(() => graph({ inputs: [a], outputs: {} as never })).toThrow(/graph.outputs: expected a node/);
    expect(() => apply(ones(), 'a' as never)).toThrow(/apply: expected a node of a graph, got 'a'/);
    expect(() => input('')).toThrow(/input.name/);
    expect(() => input('a', { shape: [0] })).toThrow(/input.shape: expected whole numbers ≥ 1/);
  });

  it('refuses JSON that points to what is not made yet, or is damaged', async () => {
    const model = graph({ inputs: [a, b], outputs: apply(mergeConcat(), [a, apply(ones(), b)]) });
    const json = JSON.parse(JSON.stringify(layerToJson(model)));
    const damaged = (change: object) => layerFromJson({ ...json, options: { ...json.options, ...change } });
    expect(layerToJson(await damaged({}))).toEqual(json);
    for (const change of [
      ...[{ inputs: [] }, { inputs: [{ name: 3 }] }, { inputs: [{ name: 'a', shape: [-1] }] }, { inputs: null }],
      ...[{ outputs: 9 }, { outputs: [] }, { outputs: { y: -1 } }, { outputs: null }, { single: 'no' }],
      ...[{ steps: [{ layer: 0, from: 2 }] }, { steps: [{ layer: 7, from: 0 }] }, { steps: {} }, { layers: 3 }],
      ...[{ steps: [{ layer: 0.5, from: 0 }] }, { steps: [null] }],
    ])
      await expect(damaged(change), JSON.stringify(change)).rejects.toThrow(/graph: expected/);
  });
});
