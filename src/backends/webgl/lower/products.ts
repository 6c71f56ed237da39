/** @file Products of matrices. */
import { must } from '../../../core/errors.ts';
import { type Shape, sizeOf } from '../../../core/shape.ts';
import { type BatchMatmulAttributes, batchMatmulShapes } from '../../../ops/batch-matmul.ts';
import type { LinearActivation, MatmulAttributes } from '../../../ops/matmul.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { lowering } from './lowering.ts';
import { broadcast } from './movement.ts';

/** Matrices of a batch side by side, repeated if the other factor has more; one for all stays one. */
function stacked(tfjs: Tfjs, x: Tensor, batch: Shape): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const own = x.shape.slice(0, -2);
  if (sizeOf(own) === 1) return tfjs.core.reshape(x, [1, rows, columns]);
  const whole = sizeOf(own) === sizeOf(batch) ? x : broadcast(tfjs, x, [...batch, rows, columns]);
  return tfjs.core.reshape(whole, [sizeOf(batch), rows, columns]);
}

export const PRODUCTS = {
  matmul: lowering<MatmulAttributes>(({ core, tensor, attributes: { transposeLhs, transposeRhs } }) =>
    core.matMul(tensor(0), tensor(1), transposeLhs, transposeRhs),
  ),
  linear: lowering<MatmulAttributes & { activation: LinearActivation }>(
    ({ core, tensor, map, outputs, attributes: { transposeLhs, transposeRhs, activation } }) => {
      const { shape } = must(outputs[0], 'an output');
      const y = core.fused.matMul({
        ...{ a: tensor(0) as never, b: tensor(1) as never, transposeA: transposeLhs, transposeB: transposeRhs },
        bias: tensor(2),
      });
      // Activations are ours: tfjs' relu makes NaN of −∞.
      return activation === 'none' ? y : map(activation, [y], shape);
    },
  ),
  batchMatmul: lowering<BatchMatmulAttributes>(({ tfjs, core, tensor, inputs, attributes }) => {
    const { batch, product } = batchMatmulShapes(
      inputs.map(({ spec }) => spec),
      attributes,
    );
    const factors = ([attributes.lhs, attributes.rhs] as const).map((order, i) =>
      stacked(tfjs, core.transpose(tensor(i), [...order]), batch),
    );
    const whole = core.matMul(factors[0] as Tensor, factors[1] as Tensor);
    // Both may be one matrix for all of a batch of 1s.
    return core.transpose(core.reshape(whole, [...product]), [...attributes.result]);
  }),
};
