/**
 * @file The gradient checker: analytic gradients, and Hessian-vector products, against central differences, all in double
 * precision.
 */
import { SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { grad, type TensorsOf } from './grad.ts';
import { hvp } from './hvp.ts';

/** What `checkGradient` found: whether gradients and differences agree, and where they differ most. */
export interface GradientCheck {
  /** Whether every element agrees within the tolerance. */
  readonly ok: boolean;
  /** The largest relative error, |analytic − numeric| / max(1, |analytic|, |numeric|). */
  readonly error: number;
  /** The leaf ('' for a lone tensor) and the element of the worst disagreement. */
  readonly worst: {
    readonly path: string;
    readonly element: number;
    readonly analytic: number;
    readonly numeric: number;
    /** Order 2: what the gradient's element was differentiated along, such as "element 3 of 'w'". */
    readonly along?: string;
  };
  toString(): string;
}

export interface GradientCheckOptions {
  /** 1 (default): the gradient against differences of f. 2: Hessian-vector products against differences of the gradient. */
  readonly order?: 1 | 2;
  /** The step; default 1e-5. */
  readonly epsilon?: number;
  /** Of the relative error; default 1e-6: differences are good to about 1e-10 / epsilon. */
  readonly tolerance?: number;
}

/** Up to this many elements the Hessian is checked column by column. */
const MOST_COLUMNS = 8;
/** Above, along so many fixed directions, which costs the same however large the input is. */
const DIRECTIONS = 3;

/**
 * Checks the gradient of a function of tensors by central differences, for every element of every f32 leaf.
 *
 * At order 2 it checks that the gradient can be differentiated again: products of the Hessian with vectors (`hvp`, that is,
 * gradient rules applied to what gradient rules gave) against differences of the gradient at four points along the vector. The
 * vectors are the coordinates, up to 8 elements in all; above, 3 fixed directions of mixed signs and sizes. Order 2 takes the
 * gradient for right: check order 1 first.
 *
 * @param f a pure function from a tree of tensors to an f32 tensor of any shape; its elements are summed with fixed weights of
 *   different size, so that errors cannot cancel.
 * @param at the point; f must be smooth within 4 `epsilon` of it (keep away from kinks such as relu at 0).
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
    const weights = Float64Array.from({ length: sizeOf(y.shape) }, (_, i) => 0.5 + irrational(i));
    return sum(mul(y, tensor(weights, y.shape)));
  };
  const point = mapTree(tensorsIn(at), (leaf) => (leaf.dtype === 'f32' ? doubles(leaf, (x) => x) : leaf));
  let worst: GradientCheck['worst'] = { path: '', element: 0, analytic: 0, numeric: 0 };
  let error = 0;
  for (const [analytic, numeric, along] of (order === 1 ? firstOrder : secondOrder)(weighted, point, epsilon)) {
    leavesOf(point).forEach(({ path, leaf }, i) => {
      if (leaf.dtype !== 'f32') return;
      for (let element = 0; element < leaf.data.length; element++) {
        const pair = { analytic: elementOf(analytic, i, element), numeric: elementOf(numeric, i, element) };
        const scale = Math.max(1, Math.abs(pair.analytic), Math.abs(pair.numeric));
        const relative = Math.abs(pair.analytic - pair.numeric) / scale;
        if (relative <= error) continue;
        error = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
        worst = { path, element, ...pair, ...(along === undefined ? {} : { along }) };
      }
    });
  }
  const ok = error <= tolerance;
  const what = order === 1 ? 'gradient' : 'second order';
  const where = `element ${worst.element} of '${worst.path}'${worst.along === undefined ? '' : ` along ${worst.along}`}`;
  return {
    ok,
    error,
    worst,
    toString: () =>
      `${what} ${ok ? 'agrees' : 'differs'}: relative error ${error.toExponential(1)} at ${where}: analytic ${worst.analytic}, numeric ${worst.numeric}`,
  };
}

type Weighted = (point: Tree<Tensor>) => Tensor;
/** A list for each leaf. */
type Lists = readonly ArrayLike<number>[];
type Comparison = readonly [analytic: Lists, numeric: Lists, along?: string];

const elementOf = (lists: Lists, i: number, element: number): number => lists[i]?.[element] ?? Number.NaN;

/** Numbers in [0, 1) of which no few are alike: multiples of the golden ratio, without their whole parts. */
const irrational = (i: number): number => (i * 0.618034) % 1;

const doubles = ({ data, shape }: Tensor, f: (x: number, i: number) => number): Tensor =>
  tensor(Float64Array.from(data, f), shape);

const gradientAt = (f: Weighted, point: Tree<Tensor>): ArrayLike<number>[] =>
  leavesOf(grad(f as (p: unknown) => Tensor, point as unknown) as Tree<Tensor>).map(({ leaf }) => leaf.data.slice());

function firstOrder(f: Weighted, point: Tree<Tensor>, epsilon: number): Comparison[] {
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
  return [[gradientAt(f, point), numeric]];
}

function* secondOrder(f: Weighted, point: Tree<Tensor>, epsilon: number): Generator<Comparison> {
  const moved = (direction: Lists, step: number): Tree<Tensor> => {
    let next = 0;
    return mapTree(point, (leaf) => {
      const along = direction[next++] as ArrayLike<number>;
      return leaf.dtype === 'f32' ? doubles(leaf, (x, i) => x + step * (along[i] as number)) : leaf;
    });
  };
  for (const { direction, along } of directions(point)) {
    let next = 0;
    const vector = mapTree(point, (leaf) =>
      tensor(Float64Array.from(direction[next++] as ArrayLike<number>), leaf.shape),
    );
    const product = hvp(f as (p: unknown) => Tensor, point as unknown, vector as unknown) as Tree<Tensor>;
    // Two points are not enough: their error is epsilon² times the third derivative, which is large near a pole.
    const [near, far] = [epsilon, 2 * epsilon].map((step) => {
      const below = gradientAt(f, moved(direction, -step));
      return gradientAt(f, moved(direction, step)).map((list, i) =>
        Float64Array.from(list, (above, element) => (above - elementOf(below, i, element)) / (2 * step)),
      );
    }) as [Float64Array[], Float64Array[]];
    const numeric = near.map((list, i) => list.map((slope, element) => (4 * slope - elementOf(far, i, element)) / 3));
    yield [leavesOf(product).map(({ leaf }) => leaf.data), numeric, along];
  }
}

/** The coordinates of the f32 leaves, or if they are many, a few directions; 0 on the other leaves. */
function directions(point: Tree<Tensor>): { direction: Lists; along: string }[] {
  const leaves = leavesOf(point);
  const listed = (element: (i: number, leaf: number, at: number) => number): Lists => {
    let i = 0;
    return leaves.map(({ leaf }, l) =>
      Float64Array.from(leaf.data, (_, at) => (leaf.dtype === 'f32' ? element(i++, l, at) : 0)),
    );
  };
  const elements = leaves.flatMap(({ path, leaf }, l) =>
    leaf.dtype === 'f32' ? Array.from(leaf.data, (_, at) => ({ l, at, path })) : [],
  );
  if (elements.length <= MOST_COLUMNS)
    return elements.map(({ l, at, path }) => ({
      direction: listed((_, leaf, element) => Number(leaf === l && element === at)),
      along: `element ${at} of '${path}'`,
    }));
  return Array.from({ length: DIRECTIONS }, (_, d) => ({
    direction: listed((i) => (irrational(i * DIRECTIONS + d + 1) < 0.5 ? -1 : 1) * (0.5 + irrational(i + d))),
    along: `direction ${d}`,
  }));
}
