/** Requirement G5: the gradient of a product of matrices is a product of matrices. */

import { expect, test } from 'vitest';
import { grad, vjp } from '../../src/autodiff/grad.ts';
import { planSession } from '../../src/backends/wasm/index.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { compile } from '../../src/engine/compile.ts';
import type { Op } from '../../src/graph/node.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { verify } from '../../src/graph/verify.ts';
import { matmul, matmulOp } from '../../src/ops/matmul.ts';
import { sum } from '../../src/ops/reduce.ts';

const [M, K, N] = [2048, 256, 4096];

test('case 29: G5: 2048 × 256 times 256 × 4096 needs less than 64 MiB for its gradient, which is 2048 everywhere', async () => {
  const builder = new ProgramBuilder();
  const a = builder.block('a', { shape: [M, K], dtype: 'f32' });
  const b = builder.block('b', { shape: [K, N], dtype: 'f32' });
  const [gradient] = vjp(builder.trace, [sum(matmul(a, b))], [tensor(1)], [b]);
  builder.emit('gradient', gradient as Tensor);
  const layout = await planSession([builder.finish('product')], { check: verify });
  expect(layout.bytes).toBeLessThan(64 * 2 ** 20);
  const values = layout.programs.get('product')?.graph.nodes.flatMap(({ outputs }) => outputs) ?? [];
  expect(Math.max(...values.map(({ shape }) => sizeOf(shape)))).toBeLessThanOrEqual(M * N);

  const f = compile((x: Tensor, y: Tensor) => grad((v: Tensor) => sum(matmul(x, v)), y), { device: 'wasm' });
  const result = await f(
    tensor(new Float32Array(M * K).fill(1), [M, K]),
    tensor(new Float32Array(K * N).fill(1), [K, N]),
  );
  expect(result.shape).toEqual([K, N]);
  expect(result.data.every((value: number) => value === 2048)).toBe(true);
});

test.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('gradients of matmul with flags %s, %s are two products and no transpose', (transposeLhs, transposeRhs) => {
  const builder = new ProgramBuilder();
  const a = builder.block('a', { shape: transposeLhs ? [4, 3] : [3, 4], dtype: 'f32' });
  const b = builder.block('b', { shape: transposeRhs ? [5, 4] : [4, 5], dtype: 'f32' });
  const product = builder.trace.add(
    // The record itself: the function has no flags.
    matmulOp as unknown as Op,
    [builder.trace.value(a), builder.trace.value(b)],
    { transposeLhs, transposeRhs },
    [{ shape: [3, 5], dtype: 'f32' }],
  );
  const g = builder.block('g', { shape: [3, 5], dtype: 'f32' });
  vjp(builder.trace, [builder.trace.tensor(product[0] as never)], [g], [a, b]);
  expect(builder.trace.nodes.map(({ op }) => op.name)).toEqual(['matmul', 'matmul', 'matmul']);
});
