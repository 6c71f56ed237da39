/**
 * @file The namespace `curvature`: Hessians as operators, what products tell of them, and drivers that use them. Nothing is
 * computed before it is asked for, and no matrix is written down beyond 2,000 parameters.
 */
import type { TensorsOf } from '../autodiff/grad.ts';
import { gaussNewtonOf, type ObjectiveOptions, objectiveOf } from '../engine/objective.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { LinearOperator } from '../optim/drivers/operator.ts';

export { type FlatFunction, type FlatLeaf, type ObjectiveOptions, objectiveOf } from '../engine/objective.ts';
export { type CriticalPoint, type CriticalPointOptions, findCriticalPoint } from '../optim/drivers/critical-point.ts';
export { type CubicNewtonOptions, type CubicNewtonResult, cubicNewton } from '../optim/drivers/cubic-newton.ts';
export { type CurvatureIndex, type IndexOptions, index } from '../optim/drivers/curvature-index.ts';
export {
  type Lanczos,
  type LanczosOptions,
  lanczos,
  type PowerIteration,
  type PowerIterationOptions,
  powerIteration,
} from '../optim/drivers/lanczos.ts';
export {
  type NegativeCurvatureOptions,
  type NegativeCurvatureStep,
  negativeCurvatureStep,
} from '../optim/drivers/negative-curvature.ts';
export { type LinearOperator, matrixOf, type Objective } from '../optim/drivers/operator.ts';
export {
  type SaddleFreeEnding,
  type SaddleFreeNewtonOptions,
  type SaddleFreeProgress,
  type SaddleFreeResult,
  saddleFreeNewton,
} from '../optim/drivers/saddle-free-newton.ts';
export {
  type DensityOptions,
  density,
  type Estimate,
  type SpectrumDensity,
  type SpectrumNode,
  trace,
} from '../optim/drivers/spectrum.ts';

/**
 * The Hessian of a function of a parameter tree, as an operator: `times(v)` is H · v by differentiating twice (Pearlmutter 1994),
 * compiled once. Vectors hold the leaves one after the other, in the order of the tree.
 *
 * @param loss a pure function of parameters and batch to a scalar tensor.
 * @param parameters the point: a tree of tensors or numbers.
 * @param batch a tree of tensors that the function gets besides, such as `{ x, y }`.
 * @param options device: 'auto' (default); 'reference' for double precision. memoryLimit in bytes.
 * @throws SaddlepointError `shape` if the function's result is no scalar.
 * @example
 * const H = curvature.hessian((p, { x }) => mean(square(matmul(x, p.w))), { w: [[1], [2]] }, { x: [[1, 0], [0, 3]] });
 * await H.times(Float64Array.of(1, 0)); // [1, 0]
 */
export function hessian<P, B>(
  loss: (parameters: TensorsOf<P>, batch: TensorsOf<B>) => Tensor,
  parameters: P,
  batch: B,
  options: ObjectiveOptions = {},
): LinearOperator {
  const objective = objectiveOf(loss, parameters, batch, options);
  return objective.hessian(objective.start);
}

/**
 * The Gauss–Newton matrix Jᵀ H_L J, as an operator: positive semidefinite where the loss is convex in the outputs, and the Hessian
 * where the outputs are linear in the parameters.
 *
 * @param outputs a pure function of parameters and batch to the model's outputs, such as logits.
 * @param loss of outputs and batch, to a scalar tensor.
 * @see Schraudolph 2002, "Fast curvature matrix-vector products", section 3.
 * @example curvature.gaussNewton((p, { x }) => matmul(x, p.w), (z, { y }) => mean(softmaxCrossEntropy(z, y)), { w }, { x, y });
 */
export function gaussNewton<P, B>(
  outputs: (parameters: TensorsOf<P>, batch: TensorsOf<B>) => Tensor,
  loss: (outputs: Tensor, batch: TensorsOf<B>) => Tensor,
  parameters: P,
  batch: B,
  options: ObjectiveOptions = {},
): LinearOperator {
  return gaussNewtonOf(outputs, loss, parameters, batch, options);
}
