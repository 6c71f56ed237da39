/** Groups of elementwise ops on large data: the same bits as one by one, and nothing in memory between them. */
import { describe, expect, test } from 'vitest';
import { groupElementwise } from '../../src/backends/wasm/groups.ts';
import { planSession } from '../../src/backends/wasm/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import {
  abs,
  add,
  div,
  exp,
  expm1,
  maximum,
  mul,
  neg,
  pow,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from '../../src/ops/elementwise.ts';
import { repeat } from '../../src/ops/loops.ts';
import { reshape } from '../../src/ops/movement.ts';
import { mean, sum } from '../../src/ops/reduce.ts';

const N = 725 * 724;
const draw = (shift: number): Tensor =>
  tensor(
    Float32Array.from({ length: N }, (_, i) => ((i * 0.6180339887 + shift) % 1) * 4 - 2),
    [725, 724],
  );

const FUNCTIONS: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor[]>> = {
  'a chain': (a, b) => [tanh(mul(add(a, b), 0.5))],
  'numbers on either side': (a, b) => [sub(1, div(2, add(square(a), add(3, abs(b)))))],
  'a choice': (a, b) => [where(sub(a, b), exp(neg(a)), maximum(b, 0))],
  'a choice by a number': (a, b) => [where(1, add(a, b), square(b)), where(mean(a), a, neg(b))],
  'values used outside too': (a, b) => {
    const c = mul(a, b);
    const d = tanh(c);
    return [sum(c, 0), d, add(d, c)];
  },
  'extended functions': (a, b) => [pow(add(abs(a), 1), b), expm1(mul(a, b))],
  'a reduction in the middle': (a, b) => {
    const centered = sub(a, mean(a));
    return [div(centered, sqrt(mean(square(centered)))), mul(b, b)];
  },
  'another shape of the same elements': (a, b) => [neg(reshape(tanh(add(a, b)), [724, 725]))],
  'an operand used twice': (a) => [mul(a, a), add(a, mul(a, a))],
  'a loop': (a, b) => [repeat(3, (c: Tensor) => tanh(add(mul(c, 0.9), b)), a)],
  'thirty and more members': (a, b) => [
    Array.from({ length: 20 }).reduce<Tensor>((x, _, i) => add(mul(x, 0.7), i % 2 === 0 ? a : b), a),
  ],
};

describe('a group', () => {
  test.each(Object.entries(FUNCTIONS))('of %s gives the bits of its members one by one', async (_, f) => {
    const inputs = [draw(0.1), draw(0.7)] as const;
    const grouped = await compile(f, { device: 'wasm', verify: true })(...inputs);
    const single = await compile(f, { device: 'wasm', verify: true, without: ['group'] })(...inputs);
    expect(grouped.length).toBe(single.length);
    grouped.forEach((result, i) => {
      expect(result.shape).toEqual(single[i]?.shape);
      expect(Buffer.compare(Buffer.from(result.data.buffer), Buffer.from((single[i] as Tensor).data.buffer))).toBe(0);
    });
  });

  test.each(Object.entries(FUNCTIONS))('of %s means what the graph means', (_, f) => {
    const small = [
      tensor(Float64Array.of(1, -2, 0.5, 3), [2, 2]),
      tensor(Float64Array.of(0.25, 1, -1, 2), [2, 2]),
    ] as const;
    const g = (inputs: readonly Tensor[]): Tensor[] =>
      f(inputs[0] as Tensor, inputs[1] as Tensor).map((y) => reshape(y, [-1]));
    if (_ === 'another shape of the same elements') return;
    const graph = trace(small, g);
    const grouped = verify(groupElementwise(graph, 4));
    expect(evaluateGraph(grouped, small)).toEqual(evaluateGraph(graph, small));
  });

  test('keeps what is between its members out of memory', async () => {
    const bytes = async (without: string[]): Promise<number> => {
      const builder = new ProgramBuilder();
      const a = builder.block('a', { shape: [N], dtype: 'f32' });
      const b = mul(a, 2);
      const c = add(b, a);
      builder.commit('a', add(tanh(c), mul(b, sub(c, 1))));
      const layout = await planSession([builder.finish('step')], { without });
      return layout.bytes;
    };
    // Three values wait for their last reader when they run one by one; in a group, blocks of 4 KB.
    expect((await bytes(['group'])) - (await bytes([]))).toBeGreaterThan(1.9 * 4 * N);
  });

  test('is not made of what would have to wait for its result', () => {
    const graph = trace([{ shape: [8], dtype: 'f32' }], ([a]) => {
      const b = mul(a as Tensor, 2);
      const scale = sum(b);
      return [add(mul(a as Tensor, scale), b)];
    });
    const grouped = verify(groupElementwise(graph, 4));
    expect(grouped.nodes.map(({ op }) => op.name)).toEqual(['constant', 'mul', 'sum', 'reshape', 'elementwiseGroup']);
  });
});
