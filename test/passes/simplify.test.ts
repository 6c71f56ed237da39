/** simplify, by small graphs printed before and after. Update with `vitest -u`, and read the difference. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { identity } from '../../src/ops/cast.ts';
import { add, div, mul } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { broadcastTo, reshape, transpose } from '../../src/ops/movement.ts';
import { dce } from '../../src/passes/dce.ts';
import { simplify as simplifyBy } from '../../src/passes/simplify.ts';
import { transposeRules } from '../../src/passes/transposes.ts';
import { change, f32 } from './printed.ts';

const simplify = (graph: Graph): Graph => simplifyBy(graph, transposeRules(graph));

describe('simplify', () => {
  test('drops identities, products with 1 and divisions by 1', () => {
    expect(change(simplify, [f32(3)], (x) => div(mul(identity(x), 1), 1))).toMatchInlineSnapshot(`
      "inputs: %0: f32[3]
      %1: f32[3] = identity(%0) {stopGradient: false}
      %2: f32[] = constant() {data: <1>, shape: [], dtype: f32}
      %3: f32[3] = mul(%1, %2)
      %4: f32[] = constant() {data: <1>, shape: [], dtype: f32}
      %5: f32[3] = div(%3, %4)
      outputs: %5
      →
      inputs: %0: f32[3]
      %1: f32[] = constant() {data: <1>, shape: [], dtype: f32}
      %2: f32[] = constant() {data: <1>, shape: [], dtype: f32}
      outputs: %0"
    `);
  });

  test('keeps a product with 1 that broadcasts', () => {
    expect(change(simplify, [f32(3)], (x) => mul(x, tensor([[1]])))).toMatchInlineSnapshot(`
      "inputs: %0: f32[3]
      %1: f32[1,1] = constant() {data: <1>, shape: [1,1], dtype: f32}
      %2: f32[1,3] = mul(%0, %1)
      outputs: %2
      →
      inputs: %0: f32[3]
      %1: f32[1,1] = constant() {data: <1>, shape: [1,1], dtype: f32}
      %2: f32[1,3] = mul(%0, %1)
      outputs: %2"
    `);
  });

  test('makes one of several reshapes or transposes, or none', () => {
    const f = (x: Tensor) => [
      reshape(reshape(reshape(x, [6]), [3, 2]), [2, 3]),
      transpose(transpose(x)),
      transpose(transpose(reshape(x, [1, 2, 3]), [1, 2, 0]), [2, 1, 0]),
    ];
    expect(change(simplify, [f32(2, 3)], f)).toMatchInlineSnapshot(`
      "inputs: %0: f32[2,3]
      %1: f32[6] = reshape(%0) {shape: [6]}
      %2: f32[3,2] = reshape(%1) {shape: [3,2]}
      %3: f32[2,3] = reshape(%2) {shape: [2,3]}
      %4: f32[3,2] = transpose(%0) {permutation: [1,0]}
      %5: f32[2,3] = transpose(%4) {permutation: [1,0]}
      %6: f32[1,2,3] = reshape(%0) {shape: [1,2,3]}
      %7: f32[2,3,1] = transpose(%6) {permutation: [1,2,0]}
      %8: f32[1,3,2] = transpose(%7) {permutation: [2,1,0]}
      outputs: %3, %5, %8
      →
      inputs: %0: f32[2,3]
      %1: f32[6] = reshape(%0) {shape: [6]}
      %2: f32[3,2] = reshape(%0) {shape: [3,2]}
      %3: f32[3,2] = transpose(%0) {permutation: [1,0]}
      %4: f32[1,2,3] = reshape(%0) {shape: [1,2,3]}
      %5: f32[2,3,1] = transpose(%4) {permutation: [1,2,0]}
      %6: f32[1,3,2] = transpose(%4) {permutation: [0,2,1]}
      outputs: %0, %0, %6"
    `);
  });

  test('turns transposes before a product into its flags', () => {
    expect(
      change(simplify, [f32(3, 2), f32(5, 3)], (a, b) => matmul(transpose(a), transpose(b))),
    ).toMatchInlineSnapshot(`
      "inputs: %0: f32[3,2], %1: f32[5,3]
      %2: f32[2,3] = transpose(%0) {permutation: [1,0]}
      %3: f32[3,5] = transpose(%1) {permutation: [1,0]}
      %4: f32[2,5] = matmul(%2, %3) {transposeLhs: false, transposeRhs: false}
      outputs: %4
      →
      inputs: %0: f32[3,2], %1: f32[5,3]
      %2: f32[2,3] = transpose(%0) {permutation: [1,0]}
      %3: f32[3,5] = transpose(%1) {permutation: [1,0]}
      %4: f32[2,5] = matmul(%0, %1) {transposeLhs: true, transposeRhs: true}
      outputs: %4"
    `);
  });

  test('leaves broadcasting to ops that broadcast, where another operand has the shape', () => {
    const f = (x: Tensor, y: Tensor) => [
      add(broadcastTo(x, [2, 3]), y),
      add(broadcastTo(x, [2, 3]), broadcastTo(x, [2, 3])),
    ];
    expect(change(simplify, [f32(3), f32(2, 3)], f)).toMatchInlineSnapshot(`
      "inputs: %0: f32[3], %1: f32[2,3]
      %2: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %3: f32[2,3] = add(%2, %1)
      %4: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %5: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %6: f32[2,3] = add(%4, %5)
      outputs: %3, %6
      →
      inputs: %0: f32[3], %1: f32[2,3]
      %2: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %3: f32[2,3] = add(%0, %1)
      %4: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %5: f32[2,3] = broadcastTo(%0) {shape: [2,3]}
      %6: f32[2,3] = add(%0, %5)
      outputs: %3, %6"
    `);
  });
});

test('simplify computes with a repeated number before it is repeated', () => {
  const f = (x: Tensor, s: Tensor) => mul(reshape(div(broadcastTo(broadcastTo(s, [4]), [3, 4]), 2), [12]), x);
  expect(change((graph) => dce(simplify(graph)), [f32(12), f32()], f)).toMatchInlineSnapshot(`
    "inputs: %0: f32[12], %1: f32[]
    %2: f32[4] = broadcastTo(%1) {shape: [4]}
    %3: f32[3,4] = broadcastTo(%2) {shape: [3,4]}
    %4: f32[] = constant() {data: <2>, shape: [], dtype: f32}
    %5: f32[3,4] = div(%3, %4)
    %6: f32[12] = reshape(%5) {shape: [12]}
    %7: f32[12] = mul(%6, %0)
    outputs: %7
    →
    inputs: %0: f32[12], %1: f32[]
    %2: f32[] = constant() {data: <2>, shape: [], dtype: f32}
    %3: f32[] = div(%1, %2)
    %4: f32[12] = mul(%3, %0)
    outputs: %4"
  `);
});
