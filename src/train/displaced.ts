/** @file A second look at the loss from weights nearby: what sharpness-aware tricks share. */
import { must } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, mul, sqrt, square, where } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import type { GradientFunction, LossContext } from './trick.ts';

/**
 * The gradient at w + ρ · scaleᵢ · dᵢ / ‖d‖ with d = scale · gradient, and the loss at w itself. The second pass sees the same
 * minibatch and the same dropout, and leaves running statistics alone. Where the gradient is 0, it is taken at w.
 *
 * @param scale of a leaf: how far each of its numbers may go; left out: all alike.
 */
export function uphill(
  gradient: GradientFunction,
  { trained }: Pick<LossContext, 'trained'>,
  rho: number,
  scale?: (leaf: Tensor) => Tensor,
): GradientFunction {
  return (at) => {
    const here = gradient(at);
    const parts = trained.map((path) => {
      const leaf = must(at.leaves.get(path), `leaf ${path}`);
      const own = must(here.gradients.get(path), `gradient ${path}`);
      const reach = scale?.(leaf);
      return { path, leaf, reach, direction: reach ? mul(own, reach) : own };
    });
    const norm = sqrt(parts.map(({ direction }) => sum(square(direction))).reduce((total, one) => add(total, one)));
    const step = where(norm, div(rho, where(norm, norm, 1)), 0);
    const leaves = new Map(at.leaves);
    for (const { path, leaf, reach, direction } of parts) {
      const way = mul(direction, step);
      leaves.set(path, add(leaf, reach ? mul(way, reach) : way));
    }
    const there = gradient({ leaves, batch: at.batch, ...(at.mode && { mode: at.mode }) });
    return { loss: here.loss, gradients: there.gradients };
  };
}
