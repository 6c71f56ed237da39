/**
 * @file The gradient checker: analytic gradients, and the Hessian along a direction, against central differences, all in
 * double precision.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { grad, type TensorsOf } from './grad.ts';
import { hvp } from './hvp.ts';

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

export interface GradientCheckOptions {
  /** 1 (default): the gradient against differences of f. 2: the Hessian along a direction against differences of the gradient. */
  readonly order?: 1 | 2;
  /** The step; default 1e-5. */
  readonly epsilon?: number;
  /** Of the relative error; default 1e-6: differences are good to about 1e-10 / epsilon. */
  readonly tolerance?: number;
}

/**
 * Checks the gradient of a function of tensors by central differences, for every element of every f32 leaf.
 *
 * At order 2 it checks that the gradient can be differentiated again: the product of the Hessian with a fixed vector, whose
 * elements differ in size (`hvp`, that is, gradient rules applied to what gradient rules gave), against differences of the
 * gradient at four points along that vector. Order 2 takes the gradient for right: check order 1 first.
 *
 * @param f a pure function from a tree of tensors to an f32 tensor of any shape; its elements are summed with fixed weights of
 *   different size, so that errors cannot cancel.
 * @param at the point; f must be smooth within `epsilon` of it (keep away from kinks such as relu at 0).
 * @param options order, epsilon, tolerance.
 * @throws SaddlepointError `option` if order is neither 1 nor 2.
 * @example
 * checkGradient((p) => tanh(p.x), { x: tensor([0.5, -1]) }).ok; // true
 * checkGradient((p) => tanh(p.x), { x: tensor([0.5, -1]) }, { order: 2 }).ok; // true
 */
export function checkGradient<P>(
  f: (at: TensorsOf<P>) => Tensor,
  at: P,
  options: GradientCheckOptions = {},
): GradientCheck {
  const { order = 1, epsilon = 1e-5, tolerance = 1e-6 } = options;
  if (order !== 1 && order !== 2)
    throw new SaddlepointError('option', `checkGradient: order must be 1 or 2, got ${show(order)}`);
  const weighted = (parameters: Tree<Tensor>): Tensor => {
    const y = f(parameters as TensorsOf<P>);
    const weights = Float64Array.from({ length: sizeOf(y.shape) }, (_, i) => weight(i));
    return sum(mul(y, tensor(weights, y.shape)));
  };
  const point = moved(tensorsIn(at), 0);
  const [analytic, numeric] = (order === 1 ? firstOrder : secondOrder)(weighted, point, epsilon);
  let worst = { path: '', element: 0, analytic: 0, numeric: 0 };
  let error = 0;
  leavesOf(point).forEach(({ path, leaf }, i) => {
    if (leaf.dtype !== 'f32') return;
    for (let element = 0; element < leaf.data.length; element++) {
      const pair = { analytic: elementOf(analytic, i, element), numeric: elementOf(numeric, i, element) };
      const relative =
        Math.abs(pair.analytic - pair.numeric) / Math.max(1, Math.abs(pair.analytic), Math.abs(pair.numeric));
      if (!(relative <= error)) {
        error = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
        worst = { path, element, ...pair };
      }
    }
  });
  const ok = error <= tolerance;
  const what = order === 1 ? 'gradient' : 'second order';
  return {
    ok,
    error,
    worst,
    toString: () =>
      `${what} ${ok ? 'agrees' : 'differs'}: relative error ${error.toExponential(1)} at element ${worst.element} of '${worst.path}': analytic ${worst.analytic}, numeric ${worst.numeric}`,
  };
}

type Weighted = (point: Tree<Tensor>) => Tensor;
/** Analytic and numeric values, a list for each leaf. */
type Pair = readonly [analytic: readonly ArrayLike<number>[], numeric: readonly ArrayLike<number>[]];

const elementOf = (lists: readonly ArrayLike<number>[], i: number, element: number): number =>
  lists[i]?.[element] ?? Number.NaN;

/** Numbers from 0.5 to 1.5, of which no few are alike. */
const weight = (i: number): number => 0.5 + ((i * 0.618034) % 1);

/** The tree with its f32 leaves in double precision, moved by `step` along the direction. */
function moved(tree: Tree<Tensor>, step: number): Tree<Tensor> {
  let next = 0;
  return mapTree(tree, (leaf) =>
    leaf.dtype === 'f32'
      ? tensor(
          Float64Array.from(leaf.data, (x) => x + step * weight(next++)),
          leaf.shape,
        )
      : leaf,
  );
}

const gradientAt = (f: Weighted, point: Tree<Tensor>): ArrayLike<number>[] =>
  leavesOf(grad(f as (p: unknown) => Tensor, point as unknown) as Tree<Tensor>).map(({ leaf }) => leaf.data.slice());

function firstOrder(f: Weighted, point: Tree<Tensor>, epsilon: number): Pair {
  const numeric = leavesOf(point).map(({ leaf }) => {
    const differences = new Float64Array(leaf.data.length);
    if (leaf.dtype !== 'f32') return differences;
    const { data } = leaf;
    return differences.map((_, element) => {
      const held = data[element] as number;
      data[element] = held + epsilon;
      const above = f(point).item();
      data[element] = held - epsilon;
      const below = f(point).item();
      data[element] = held;
      return (above - below) / (2 * epsilon);
    });
  });
  return [gradientAt(f, point), numeric];
}

function secondOrder(f: Weighted, point: Tree<Tensor>, epsilon: number): Pair {
  let next = 0;
  const direction = mapTree(point, ({ data, dtype, shape }) =>
    tensor(
      Float64Array.from(data, () => (dtype === 'f32' ? weight(next++) : 0)),
      shape,
    ),
  );
  const product = hvp(f as (p: unknown) => Tensor, point as unknown, direction as unknown) as Tree<Tensor>;
  // Four points: a direction of many elements is a long step, whose third and fourth derivatives two points would not forgive.
  const [near, far] = [epsilon, 2 * epsilon].map((step) => {
    const below = gradientAt(f, moved(point, -step));
    return gradientAt(f, moved(point, step)).map((list, i) =>
      Float64Array.from(list, (above, element) => (above - elementOf(below, i, element)) / (2 * step)),
    );
  }) as [Float64Array[], Float64Array[]];
  const numeric = near.map((list, i) => list.map((slope, element) => (4 * slope - elementOf(far, i, element)) / 3));
  return [leavesOf(product).map(({ leaf }) => leaf.data), numeric];
}
