/** Every pass by a small graph, printed before and after. Update with `vitest -u`, and read the difference. */

import { describe, expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import type { Graph, Op, Spec } from '../../src/graph/node.ts';
import { print } from '../../src/graph/print.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { apply, trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { identity } from '../../src/ops/cast.ts';
import { add, div, exp, mul, relu, sub, where } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { broadcastTo } from '../../src/ops/movement.ts';
import { uniformWithKey } from '../../src/ops/random.ts';
import { max, mean, sum } from '../../src/ops/reduce.ts';
import { softmax } from '../../src/ops/softmax.ts';
import { adamUpdate, sgdUpdate } from '../../src/ops/update.ts';
import { cse } from '../../src/passes/cse.ts';
import { dce } from '../../src/passes/dce.ts';
import { decompose } from '../../src/passes/decompose.ts';
import { fold } from '../../src/passes/fold.ts';
import { fuse } from '../../src/passes/fuse.ts';
import { legalize } from '../../src/passes/legalize.ts';
import { PASSES, runPasses } from '../../src/passes/pipeline.ts';
import { change, f32, graphOf } from './printed.ts';

test('fold computes what depends on constants alone, and leaves large results alone', () => {
  const f = (x: Tensor) => [add(x, exp(identity(add(x, 0)))), x];
  const constants = (x: Tensor): Tensor[] => {
    const recording = x.traced?.trace;
    const two = recording?.tensor(recording.value(tensor([2, 4]))) as Tensor;
    return [mul(x, div(1, two)), broadcastTo(sum(two), [2000])];
  };
  expect(change(fold, [f32(2)], f)).toMatchInlineSnapshot(`
    "inputs: %0: f32[2]
    %1: f32[] = constant() {data: <0>, shape: [], dtype: f32}
    %2: f32[2] = add(%0, %1)
    %3: f32[2] = identity(%2) {stopGradient: false}
    %4: f32[2] = exp(%3)
    %5: f32[2] = add(%0, %4)
    outputs: %5, %0
    →
    inputs: %0: f32[2]
    %1: f32[] = constant() {data: <0>, shape: [], dtype: f32}
    %2: f32[2] = add(%0, %1)
    %3: f32[2] = identity(%2) {stopGradient: false}
    %4: f32[2] = exp(%3)
    %5: f32[2] = add(%0, %4)
    outputs: %5, %0"
  `);
  expect(change(fold, [f32(2)], constants)).toMatchInlineSnapshot(`
    "inputs: %0: f32[2]
    %1: f32[2] = constant() {data: <2 4>, shape: [2], dtype: f32}
    %2: f32[] = constant() {data: <1>, shape: [], dtype: f32}
    %3: f32[2] = div(%2, %1)
    %4: f32[2] = mul(%0, %3)
    %5: f32[1] = sum(%1) {axes: [0]}
    %6: f32[] = reshape(%5) {shape: []}
    %7: f32[2000] = broadcastTo(%6) {shape: [2000]}
    outputs: %4, %7
    →
    inputs: %0: f32[2]
    %1: f32[2] = constant() {data: <2 4>, shape: [2], dtype: f32}
    %2: f32[] = constant() {data: <1>, shape: [], dtype: f32}
    %3: f32[2] = constant() {data: <0.5 0.25>, shape: [2], dtype: f32}
    %4: f32[2] = mul(%0, %3)
    %5: f32[] = constant() {data: <6>, shape: [], dtype: f32}
    %6: f32[2000] = broadcastTo(%5) {shape: [2000]}
    outputs: %4, %6"
  `);
});

test('cse computes equal expressions once, constants included, but draws of different streams apart', () => {
  const key: Spec = { shape: [3], dtype: 'i32' };
  const f = (x: Tensor, k: Tensor) => [
    add(exp(mul(x, 2)), exp(mul(x, 2))),
    add(uniformWithKey(k, [2], 1), uniformWithKey(k, [2], 2)),
  ];
  expect(change((graph) => dce(cse(graph)), [f32(2), key], f)).toMatchInlineSnapshot(`
    "inputs: %0: f32[2], %1: i32[3]
    %2: f32[] = constant() {data: <2>, shape: [], dtype: f32}
    %3: f32[2] = mul(%0, %2)
    %4: f32[2] = exp(%3)
    %5: f32[] = constant() {data: <2>, shape: [], dtype: f32}
    %6: f32[2] = mul(%0, %5)
    %7: f32[2] = exp(%6)
    %8: f32[2] = add(%4, %7)
    %9: f32[2] = randomUniform(%1) {shape: [2], stream: 1}
    %10: f32[2] = randomUniform(%1) {shape: [2], stream: 2}
    %11: f32[2] = add(%9, %10)
    outputs: %8, %11
    →
    inputs: %0: f32[2], %1: i32[3]
    %2: f32[] = constant() {data: <2>, shape: [], dtype: f32}
    %3: f32[2] = mul(%0, %2)
    %4: f32[2] = exp(%3)
    %5: f32[2] = add(%4, %4)
    %6: f32[2] = randomUniform(%1) {shape: [2], stream: 1}
    %7: f32[2] = randomUniform(%1) {shape: [2], stream: 2}
    %8: f32[2] = add(%6, %7)
    outputs: %5, %8"
  `);
});

test('cse tells 0 from −0, and types from each other', () => {
  const graph = graphOf([f32(2)], (x) => [div(x, tensor([0])), div(x, tensor([-0])), div(x, tensor([0, 0]))]);
  expect(cse(graph).nodes.filter(({ op }) => op.name === 'constant')).toHaveLength(3);
});

test('cse tells attributes apart that JSON writes alike', () => {
  const filled: Op<{ value: number | null }> = {
    name: 'filled',
    infer: () => [f32(1)],
    decompose: () => [tensor([1])],
  };
  const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null];
  const graph = graphOf([f32(1)], (x) =>
    [...values, ...values].map((value) => apply(filled, [x], { value })[0] as Tensor),
  );
  expect(cse(graph).nodes.map(({ attributes }) => attributes.value)).toEqual(values);
});

test('dce drops what no output needs', () => {
  expect(change(dce, [f32(2), f32(2)], (x) => [exp(x), add(x, 1)].slice(1))).toMatchInlineSnapshot(`
    "inputs: %0: f32[2], %1: f32[2]
    %2: f32[2] = exp(%0)
    %3: f32[] = constant() {data: <1>, shape: [], dtype: f32}
    %4: f32[2] = add(%0, %3)
    outputs: %4
    →
    inputs: %0: f32[2], %1: f32[2]
    %2: f32[] = constant() {data: <1>, shape: [], dtype: f32}
    %3: f32[2] = add(%0, %2)
    outputs: %3"
  `);
});

describe('fuse', () => {
  const fused = new Set(['linear', 'adamStep', 'sgdStep']);
  const pass = (graph: Graph): Graph => dce(fuse(graph, fused));

  test('makes a linear layer of product, bias and activation', () => {
    expect(
      change(pass, [f32(2, 3), f32(3, 4), f32(4)], (x, w, b) => relu(add(matmul(x, w), b))),
    ).toMatchInlineSnapshot(`
      "inputs: %0: f32[2,3], %1: f32[3,4], %2: f32[4]
      %3: f32[2,4] = matmul(%0, %1) {transposeLhs: false, transposeRhs: false}
      %4: f32[2,4] = add(%3, %2)
      %5: f32[2,4] = relu(%4)
      outputs: %5
      →
      inputs: %0: f32[2,3], %1: f32[3,4], %2: f32[4]
      %3: f32[2,4] = linear(%0, %1, %2) {transposeLhs: false, transposeRhs: false, activation: relu}
      outputs: %3"
    `);
  });

  test('leaves a product alone that something else reads, or a bias that is a matrix', () => {
    const shared = graphOf([f32(2, 3), f32(3, 4), f32(4)], (x, w, b) => {
      const product = matmul(x, w);
      return [add(product, b), product];
    });
    expect(pass(shared).nodes.map(({ op }) => op.name)).toEqual(['matmul', 'add']);
    const matrix = graphOf([f32(2, 3), f32(3, 4), f32(2, 4)], (x, w, b) => add(matmul(x, w), b));
    expect(pass(matrix).nodes.map(({ op }) => op.name)).toEqual(['matmul', 'add']);
  });

  test('makes a step of an update and the addition to the parameters', () => {
    const adam = (p: Tensor, g: Tensor, m: Tensor, v: Tensor, s: Tensor): Tensor[] => {
      const [update, first, second] = adamUpdate(g, m, v, s, { beta1: 0.9, beta2: 0.999 }) as [Tensor, Tensor, Tensor];
      return [add(p, update), first, second];
    };
    expect(change(pass, [f32(4), f32(4), f32(4), f32(4), f32(2)], adam)).toMatchInlineSnapshot(`
      "inputs: %0: f32[4], %1: f32[4], %2: f32[4], %3: f32[4], %4: f32[2]
      %5: f32[4], %6: f32[4], %7: f32[4] = adamUpdate(%1, %2, %3, %4) {beta1: 0.9, beta2: 0.999}
      %8: f32[4] = add(%0, %5)
      outputs: %8, %6, %7
      →
      inputs: %0: f32[4], %1: f32[4], %2: f32[4], %3: f32[4], %4: f32[2]
      %5: f32[4], %6: f32[4], %7: f32[4] = adamStep(%0, %1, %2, %3, %4) {beta1: 0.9, beta2: 0.999}
      outputs: %5, %6, %7"
    `);
  });

  test('leaves an update alone whose result or slots are read', () => {
    const read = graphOf([f32(4), f32(4), f32(4), f32(2)], (p, g, b, s) => {
      const [update, velocity] = sgdUpdate(g, b, s, { momentum: 0.9, nesterov: false }) as [Tensor, Tensor];
      return [add(p, update), mul(velocity, 2)];
    });
    expect(pass(read).nodes.map(({ op }) => op.name)).not.toContain('sgdStep');
  });
});

test('decompose expands what the backend lacks, down to primitives', () => {
  expect(
    change(
      (graph) => decompose(graph, new Set()),
      [f32(2, 3)],
      (x) => softmax(x),
    ),
  ).toMatchInlineSnapshot(`
    "inputs: %0: f32[2,3]
    %1: f32[2,3] = softmax(%0)
    outputs: %1
    →
    inputs: %0: f32[2,3]
    %1: f32[2,1] = max(%0) {axes: [1]}
    %2: f32[2,1] = identity(%1) {stopGradient: true}
    %3: f32[2,3] = sub(%0, %2)
    %4: f32[2,3] = exp(%3)
    %5: f32[2,1] = sum(%4) {axes: [1]}
    %6: f32[2,1] = log(%5)
    %7: f32[2,3] = sub(%3, %6)
    %8: f32[2,3] = exp(%7)
    outputs: %8"
  `);
  const kept = graphOf([f32(2, 3)], (x) => softmax(x));
  expect(decompose(kept, new Set(['softmax'])).nodes.map(({ op }) => op.name)).toEqual(['softmax']);
});

describe('legalize', () => {
  test('copies an operand that has none of the four broadcast forms', () => {
    expect(
      change(legalize, [f32(2, 1, 4), f32(2, 3, 4), f32(3, 1)], (a, b, c) => where(a, b, sub(b, c))),
    ).toMatchInlineSnapshot(`
      "inputs: %0: f32[2,1,4], %1: f32[2,3,4], %2: f32[3,1]
      %3: f32[2,3,4] = sub(%1, %2)
      %4: f32[2,3,4] = select(%0, %1, %3)
      outputs: %4
      →
      inputs: %0: f32[2,1,4], %1: f32[2,3,4], %2: f32[3,1]
      %3: f32[2,3,4] = broadcastTo(%2) {shape: [2,3,4]}
      %4: f32[2,3,4] = sub(%1, %3)
      %5: f32[2,3,4] = broadcastTo(%0) {shape: [2,3,4]}
      %6: f32[2,3,4] = select(%5, %1, %4)
      outputs: %6"
    `);
  });

  test('does reductions over axes that are no neighbors one after the other', () => {
    expect(change(legalize, [f32(2, 3, 4)], (x) => [mean(x, [0, 2]), max(x, [1, 2])])).toMatchInlineSnapshot(`
      "inputs: %0: f32[2,3,4]
      %1: f32[1,3,1] = mean(%0) {axes: [0,2]}
      %2: f32[3] = reshape(%1) {shape: [3]}
      %3: f32[2,1,1] = max(%0) {axes: [1,2]}
      %4: f32[2] = reshape(%3) {shape: [2]}
      outputs: %2, %4
      →
      inputs: %0: f32[2,3,4]
      %1: f32[2,3,1] = mean(%0) {axes: [2]}
      %2: f32[1,3,1] = mean(%1) {axes: [0]}
      %3: f32[3] = reshape(%2) {shape: [3]}
      %4: f32[2,1,1] = max(%0) {axes: [1,2]}
      %5: f32[2] = reshape(%4) {shape: [2]}
      outputs: %3, %5"
    `);
  });

  test('drops reductions over axes of one', () => {
    expect(change(legalize, [f32(3, 1)], (x) => [mean(x, [1])])).toMatchInlineSnapshot(`
      "inputs: %0: f32[3,1]
      %1: f32[3,1] = mean(%0) {axes: [1]}
      %2: f32[3] = reshape(%1) {shape: [3]}
      outputs: %2
      →
      inputs: %0: f32[3,1]
      %1: f32[3] = reshape(%0) {shape: [3]}
      outputs: %1"
    `);
  });

  test('leaves what lies in the four forms, and axes parted by ones', () => {
    const graph = graphOf([f32(3, 1, 4), f32(4), f32(3, 1, 1)], (a, b, c) => [
      add(a, b),
      add(a, c),
      add(b, c),
      sum(a, [0, 2]),
    ]);
    expect(legalize(graph).nodes.map(({ op }) => op.name)).toEqual(graph.nodes.map(({ op }) => op.name));
  });
});

describe('the pipeline', () => {
  test('has passes of distinct names', () => {
    const names = PASSES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('refuses to leave out a pass that there is not', () => {
    const graph = graphOf([f32(2)], (x) => x);
    expect(() => runPasses(graph, { fused: new Set() }, { without: ['simplfy'] })).toThrow(
      "without: unknown value 'simplfy'\n  help: did you mean 'simplify'?",
    );
  });

  test('keeps inputs that nothing reads, and outputs that are inputs', () => {
    const graph = runPasses(
      graphOf([f32(2), f32(3)], (x) => [x, x]),
      { fused: new Set() },
      { check: verify },
    );
    expect([graph.inputs.length, graph.outputs.length, graph.nodes.length]).toEqual([2, 2, 0]);
  });

  test('leaves of a gradient of dense + relu three products and one step of relu', () => {
    const graph = trace([f32(8, 3), f32(3, 4), f32(4)], ([x, w, b], recording) => {
      const y = relu(add(matmul(x as Tensor, w as Tensor), b as Tensor));
      return vjp(recording, [sum(y)], [tensor(1)], [x, w, b] as Tensor[]) as Tensor[];
    });
    const names = runPasses(graph, { fused: new Set(['linear']) }, { check: verify }).nodes.map(({ op }) => op.name);
    expect(names.filter((name) => name === 'reluGradient')).toHaveLength(1);
    expect(names.filter((name) => name === 'matmul' || name === 'linear')).toHaveLength(3);
    expect(names).not.toContain('transpose');
  });
});

test('apply of a record keeps its attributes', () => {
  const graph = graphOf(
    [f32(2, 3)],
    (x) => apply({ name: 'id', infer: ([s]) => [s as Spec] }, [x], { n: 3 }) as Tensor[],
  );
  expect(print(dce(graph))).toContain('= id(%0) {n: 3}');
});
