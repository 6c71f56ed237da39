/** @file The gradient checker: analytic gradients against central differences, both in double precision. */
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { type TensorsOf, valueAndGrad } from './grad.ts';

export interface GradientCheck {
  /** Whether every element agrees within the tolerance. */
  readonly ok: boolean;
  /** The largest |analytic − numeric| / max(1, |analytic|, |numeric|). */
  readonly error: number;
  /** Where it is: the leaf's path, the element, and both numbers. */
  readonly worst: {
    readonly path: string;
    readonly element: number;
    readonly analytic: number;
    readonly numeric: number;
  };
  toString(): string;
}

/**
 * Checks the gradient of a function of tensors by central differences at every element of every f32 leaf.
 *
 * @param f a pure function from a tree of tensors to a tensor of any shape; its elements are summed with fixed weights of
 *   different size, so that errors cannot cancel.
 * @param at the point; f must be smooth within `epsilon` of it (keep away from kinks such as relu at 0).
 * @param options epsilon: the step, default 1e-5; tolerance: of the relative error, default 1e-6 (differences are good to
 *   about 1e-10 / epsilon).
 * @example checkGradient((p) => tanh(p.x), { x: tensor([0.5, -1]) }).ok; // true
 */
export function checkGradient<P>(
  f: (at: TensorsOf<P>) => Tensor,
  at: P,
  options: { readonly epsilon?: number; readonly tolerance?: number } = {},
): GradientCheck {
  const { epsilon = 1e-5, tolerance = 1e-6 } = options;
  const point = mapTree(tensorsIn(at), (leaf) =>
    leaf.dtype === 'f32' ? tensor(Float64Array.from(leaf.data), leaf.shape) : leaf,
  ) as TensorsOf<P>;
  const weighted = (parameters: TensorsOf<P>): Tensor => {
    const y = f(parameters);
    const size = y.shape.reduce((product, dimension) => product * dimension, 1);
    const weights = Float64Array.from({ length: size }, (_, i) => 0.5 + ((i * 0.618034) % 1));
    return sum(mul(y, tensor(weights, y.shape)));
  };
  const [, gradients] = valueAndGrad(weighted as (p: TensorsOf<TensorsOf<P>>) => Tensor, point);
  const analytic = leavesOf(gradients as Tree<Tensor>).map(({ leaf }) => leaf.data.slice());
  let worst = { path: '', element: 0, analytic: 0, numeric: 0 };
  let error = 0;
  leavesOf(point as Tree<Tensor>).forEach(({ path, leaf }, i) => {
    if (leaf.dtype !== 'f32') return;
    const { data } = leaf;
    for (let element = 0; element < data.length; element++) {
      const held = data[element] as number;
      data[element] = held + epsilon;
      const above = weighted(point).item();
      data[element] = held - epsilon;
      const below = weighted(point).item();
      data[element] = held;
      const pair = { analytic: analytic[i]?.[element] ?? Number.NaN, numeric: (above - below) / (2 * epsilon) };
      const relative =
        Math.abs(pair.analytic - pair.numeric) / Math.max(1, Math.abs(pair.analytic), Math.abs(pair.numeric));
      if (!(relative <= error)) {
        error = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
        worst = { path, element, ...pair };
      }
    }
  });
  const ok = error <= tolerance;
  return {
    ok,
    error,
    worst,
    toString: () =>
      `gradient ${ok ? 'agrees' : 'differs'}: relative error ${error.toExponential(1)} at element ${worst.element} of '${worst.path}': analytic ${worst.analytic}, numeric ${worst.numeric}`,
  };
}
