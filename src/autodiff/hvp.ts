/** @file Hessian-vector products: the gradient of a directional derivative, without the Hessian. */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { leavesOf } from '../core/tree.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { add, mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { grad, type TensorsOf } from './grad.ts';

/**
 * The product of a scalar function's Hessian with a vector, at the cost of some gradients (Pearlmutter 1994, "Fast exact
 * multiplication by the Hessian"): H·v = ∇⟨∇f, v⟩. Inside `compile` it becomes part of the step; outside it is computed at
 * once in double precision.
 *
 * @param f a pure function from a tree of f32 tensors to a scalar (shape []) tensor, whose ops have second derivatives.
 * @param at the point: a tensor, or a tree of tensors.
 * @param vector a tree of the same structure and shapes.
 * @returns H·v, with the structure and shapes of `at`; zeros where f is linear.
 * @throws SaddlepointError `shape` naming the leaf where `vector` does not fit `at`.
 * @example hvp((x) => sum(mul(square(x), x)), tensor([1, 2]), tensor([1, 0])).toArray(); // [6, 0]
 */
export function hvp<P>(f: (parameters: TensorsOf<P>) => Tensor, at: P, vector: P): TensorsOf<P> {
  const directions = leavesOf(tensorsIn(vector));
  const leaves = leavesOf(tensorsIn(at));
  leaves.forEach(({ path, leaf }, i) => {
    const direction = directions[i];
    if (direction?.path === path && sameShape(direction.leaf.shape, leaf.shape)) return;
    const given = direction === undefined ? 'nothing' : `'${direction.path}' ${showShape(direction.leaf.shape)}`;
    throw new SaddlepointError(
      'shape',
      `hvp: the vector has ${given} where the point has '${path}' ${showShape(leaf.shape)}`,
    );
  });
  const extra = directions[leaves.length];
  if (extra !== undefined)
    throw new SaddlepointError('shape', `hvp: the vector has '${extra.path}', which the point has not`);
  return grad((point: TensorsOf<P>) => {
    const gradients = leavesOf(tensorsIn(grad(f as (parameters: TensorsOf<TensorsOf<P>>) => Tensor, point)));
    const products = gradients.map(({ leaf }, i) => sum(mul(leaf, directions[i]?.leaf as Tensor)));
    return products.reduce((total, product) => add(total, product), tensor(0));
  }, at);
}
