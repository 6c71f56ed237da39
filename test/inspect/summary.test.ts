/** summary: counts that can be checked by hand, loops, custom layers, bad input. */
import { expect, test } from 'vitest';
import type { Tensor } from '../../src/graph/tensor.ts';
import { summary } from '../../src/inspect/summary.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { dense } from '../../src/nn/dense.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { glorotUniform } from '../../src/nn/initializers.ts';
import { layer } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { tanh } from '../../src/ops/elementwise.ts';
import { repeat } from '../../src/ops/loops.ts';
import { matmul } from '../../src/ops/matmul.ts';

test('layers with shapes, parameters, operations and bytes', () => {
  const found = summary(sequential([flatten(), dense(10, { activation: 'relu' }), batchNorm(), dense(3)]), [4, 5]);
  expect(found.layers.map(({ path, type, outputShape }) => [path, type, outputShape])).toEqual([
    ['', 'sequential', [3]],
    ['0', 'flatten', [20]],
    ['1', 'dense', [10]],
    ['2', 'batchNorm', [10]],
    ['3', 'dense', [3]],
  ]);
  expect(found.layers.map(({ parameters, states }) => [parameters, states])).toEqual([
    [0, 0],
    [0, 0],
    [210, 0],
    [20, 20],
    [33, 0],
  ]);
  // The product, the bias, the activation.
  expect(found.layers[2]?.flops).toBe(2 * 20 * 10 + 10 + 10);
  expect(found.layers[4]?.flops).toBe(2 * 10 * 3 + 3);
  expect(found.layers[4]?.activationBytes).toBe(4 * (3 + 3));
  expect([found.parameters, found.states, found.bytes]).toEqual([263, 20, 4 * 283]);
  expect(String(found)).toMatch(/^layer +type +output +parameters/);
  expect(String(found)).toMatch(/^1 +dense +\[10\] +210 +0 +420 +120$/m);
  expect(String(found)).toContain('263 parameters, 20 states: 1.1 k bytes');
});

test('a loop counts for all its turns, and leaves with slashes for their layer', () => {
  const recurrent = layer('recurrent', {}, (x, context) => {
    const w = context.parameter('gate/kernel', [3, 3], glorotUniform());
    return repeat(7, (h: Tensor) => tanh(matmul(h, w)), x);
  });
  const found = summary(sequential([recurrent]), [3]);
  expect(found.layers[1]).toMatchObject({ path: '0', parameters: 9, flops: 7 * (2 * 9 + 3) });
});

test('needs a shape where the model has none', () => {
  expect(() => summary(dense(3))).toThrow('summary: expected the shape of one row, got undefined');
  expect(() => summary(sequential([dense(3, { inputSize: 4 })]), [5])).toThrow("in layer '0'");
});
