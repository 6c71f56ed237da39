/** @file A function of a parameter tree as one of a flat vector: value, gradient, and products with its Hessian, compiled. */
import { grad, type TensorsOf, valueAndGrad } from '../autodiff/grad.ts';
import { hvp } from '../autodiff/hvp.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { add, mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { type CompileOptions, compile, type TensorLikesOf } from './compile.ts';

/** One leaf of the flat vector. */
export interface FlatLeaf {
  readonly path: string;
  readonly shape: Shape;
  readonly offset: number;
}

/** A function of a tree, seen as one of a vector that holds the leaves one after the other. */
export interface FlatFunction {
  readonly size: number;
  readonly leaves: readonly FlatLeaf[];
  /** The tree that it was made with. */
  readonly start: Float64Array;
  at(point: Float64Array): Promise<{ readonly value: number; readonly gradient: Float64Array }>;
  /** The value alone, which costs a third. */
  value(point: Float64Array): Promise<number>;
  /** The Hessian at a point: one product costs some two gradients. */
  hessian(point: Float64Array): { readonly size: number; times(vector: Float64Array): Promise<Float64Array> };
}

/** Where the functions run: as for `compile`. */
export type ObjectiveOptions = Pick<CompileOptions, 'device' | 'memoryLimit'>;

/**
 * A function of a parameter tree as one of a flat vector in double precision, with gradient and Hessian, compiled once.
 *
 * @param f a pure function of a tree of f32 tensors and of the batch, to a scalar tensor.
 * @param parameters the point that it starts from; says the structure.
 * @param batch a tree of tensors that f gets with each call.
 * @throws SaddlepointError `shape` if f does not return a scalar, `data` for a point of another length.
 */
export function objectiveOf<P, B>(
  f: (parameters: TensorsOf<P>, batch: TensorsOf<B>) => Tensor,
  parameters: P,
  batch: B,
  options: ObjectiveOptions = {},
): FlatFunction {
  const flat = flatten(parameters);
  const given = tensorsIn(batch) as TensorLikesOf<B>;
  type Step = (p: TensorsOf<P>, b: TensorsOf<B>) => unknown;
  const compiled = <F extends Step>(step: F) =>
    compile(step as never, options) as unknown as (p: Tree<Tensor>, b: TensorLikesOf<B>, v?: unknown) => Promise<never>;
  const both = compiled((p: TensorsOf<P>, b: TensorsOf<B>) => valueAndGrad((q: TensorsOf<P>) => f(q, b), p as never));
  const alone = compiled((p: TensorsOf<P>, b: TensorsOf<B>) => f(p, b));
  const product = compiled(((p: TensorsOf<P>, b: TensorsOf<B>, v: TensorsOf<P>) =>
    hvp((q: TensorsOf<P>) => f(q, b), p as never, v as never)) as never);
  return {
    ...{ size: flat.size, leaves: flat.leaves, start: flat.start },
    async at(point) {
      const [value, gradient] = (await both(flat.tree(point), given)) as [Tensor, Tree<Tensor>];
      return { value: value.item(), gradient: flat.vector(gradient) };
    },
    async value(point) {
      return ((await alone(flat.tree(point), given)) as Tensor).item();
    },
    hessian(point) {
      const here = flat.tree(point);
      return {
        size: flat.size,
        times: async (vector) => flat.vector((await product(here, given, flat.tree(vector))) as Tree<Tensor>),
      };
    },
  };
}

/**
 * The Gauss–Newton matrix Jᵀ H_L J at the parameters, as an operator: the Hessian without the curvature of the model itself, so it
 * has no negative eigenvalue where the loss is convex in the outputs (Schraudolph 2002). J v comes by differentiating Jᵀ u twice.
 *
 * @param outputs a pure function of parameters and batch to the model's outputs.
 * @param loss of outputs and batch, to a scalar.
 */
export function gaussNewtonOf<P, B>(
  outputs: (parameters: TensorsOf<P>, batch: TensorsOf<B>) => Tensor,
  loss: (outputs: Tensor, batch: TensorsOf<B>) => Tensor,
  parameters: P,
  batch: B,
  options: ObjectiveOptions = {},
): { readonly size: number; times(vector: Float64Array): Promise<Float64Array> } {
  const flat = flatten(parameters);
  const given = tensorsIn(batch);
  const inner = (a: Tree<Tensor>, b: Tree<Tensor>): Tensor => {
    const others = leavesOf(b);
    const parts = leavesOf(a).map(({ leaf }, i) => sum(mul(leaf, must(others[i], 'a leaf').leaf)));
    return parts.reduce((total, part) => add(total, part), tensor(0));
  };
  const product = compile(
    ((p: TensorsOf<P>, b: TensorsOf<B>, v: Tree<Tensor>) => {
      const y = outputs(p, b);
      const pulled = (u: Tensor): Tree<Tensor> =>
        grad((q: TensorsOf<P>) => sum(mul(outputs(q, b), u)), p as never) as Tree<Tensor>;
      const pushed = grad((u: Tensor) => inner(pulled(u), v), mul(y, 0) as never) as unknown as Tensor;
      const bent = hvp((z: Tensor) => loss(z, b), y as never, pushed as never) as unknown as Tensor;
      return pulled(bent);
    }) as never,
    options,
  ) as unknown as (p: Tree<Tensor>, b: Tree<Tensor>, v: Tree<Tensor>) => Promise<Tree<Tensor>>;
  const here = flat.tree(flat.start);
  return {
    size: flat.size,
    times: async (vector) => flat.vector(await product(here, given, flat.tree(vector))),
  };
}

/** Between a tree and one vector. */
function flatten(parameters: unknown) {
  const like = tensorsIn(parameters);
  const leaves: FlatLeaf[] = [];
  let size = 0;
  for (const { path, leaf } of leavesOf(like)) {
    leaves.push({ path, shape: leaf.shape, offset: size });
    size += sizeOf(leaf.shape);
  }
  const vector = (tree: Tree<Tensor>): Float64Array => {
    const result = new Float64Array(size);
    leavesOf(tree).forEach(({ leaf }, i) => {
      result.set(leaf.data, must(leaves[i], 'a leaf').offset);
    });
    return result;
  };
  return {
    ...{ size, leaves, vector, start: vector(like) },
    tree(point: Float64Array): Tree<Tensor> {
      if (point.length !== size)
        throw new SaddlepointError('data', `expected a vector of ${size} numbers, got ${point.length}`);
      let next = 0;
      return mapTree(like, ({ shape }) => {
        const { offset } = must(leaves[next++], 'a leaf');
        return tensor(point.slice(offset, offset + sizeOf(shape)), shape);
      });
    },
  };
}
