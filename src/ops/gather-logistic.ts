/** @file Logistic loss of dots with rows of a table, with its gradient: a composite that passes make (`fuseLogistic`). */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape } from '../core/shape.ts';
import type { Op, Spec } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { mul, sigmoid, sub } from './elementwise.ts';
import { gatherDot, gatherDotOp, gatherSum } from './gather-product.ts';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.ts';

export const gatherLogisticOp: Op<Record<string, never>> & { name: 'gatherLogistic' } = {
  name: 'gatherLogistic',
  infer(inputs) {
    const [table, index, vectors, targets, scale] = inputs as [Spec, Spec, Spec, Spec, Spec];
    const [dots] = gatherDotOp.infer([table, index, vectors], {}) as [Spec];
    const legal = [targets, scale].every(({ dtype }) => dtype === 'f32') && scale.shape.length === 0;
    if (!legal || !sameShape(targets.shape, dots.shape))
      throw new SaddlepointError(
        'shape',
        `gatherLogistic: expected targets ${printSpec(dots)} and a scale f32[], got ${printSpec(targets)} and ${printSpec(scale)}`,
      );
    return [dots, dots, dots, vectors];
  },
  decompose(inputs) {
    const [table, index, vectors, targets, scale] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const dots = gatherDot(table, index, vectors);
    const weights = mul(scale, sub(sigmoid(dots), targets));
    return [dots, sigmoidCrossEntropy(dots, targets), weights, gatherSum(table, index, weights)];
  },
};

/**
 * The dots `gatherDot(table, index, vectors)` as logits, their losses against the targets [n, k], the losses' gradient times
 * `scale` [], and the gradient of the vectors by `gatherSum`: rows are read once.
 */
export const gatherLogistic = (
  table: Tensor,
  index: Tensor,
  vectors: Tensor,
  targets: Tensor,
  scale: Tensor,
): [dots: Tensor, losses: Tensor, weights: Tensor, sums: Tensor] =>
  apply(gatherLogisticOp, [table, index, vectors, targets, scale], {}) as [Tensor, Tensor, Tensor, Tensor];
