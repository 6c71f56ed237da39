/**
 * @file Updates of row tables: tables whose rows are picked by index, such as embeddings. Their gradient is never as large as the
 * table: it is what `RowGradient` says, and only the rows that occur in it change. Each composite is defined by the dense
 * gradient that it avoids.
 */
import { hostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { add, div, greater, mul, neg, sqrt, square, where } from './elementwise.ts';
import { segment } from './group.ts';
import { indexError, scatterAdd } from './indexing.ts';
import { broadcastTo, reshape } from './movement.ts';
import { l2Norm } from './reduce.ts';
import { type AdamAttributes, adamUpdate } from './update.ts';

/**
 * A gradient by rows: row `index[i]` of the table has the gradient `weights[i] · vectors[⌊i · m / n⌋]`; what one row gets more
 * than once is summed, in order of i.
 */
export interface RowGradient {
  /** i32 [n] */
  readonly index: Tensor;
  /** f32 [m, elements of a row]; n is a multiple of m, and m itself without weights. */
  readonly vectors: Tensor;
  /** f32 [n]; undefined: all 1. */
  readonly weights: Tensor | undefined;
}

/** What an optimizer gets to update one row table. */
export interface RowUpdateInput {
  readonly gradient: RowGradient;
  /** f32 [rows, …] */
  readonly table: Tensor;
  /** As large as the table, for each name in `slots`. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** f32 [max(1, scalarCount)] */
  readonly scalars: Tensor;
  /** The L2 norm of the gradient of all parameters, row tables among them, if it is known. */
  readonly gradientNorm: Tensor | undefined;
}

/** A changed gradient, for the transform behind; or the new table, from an optimizer. */
export type RowUpdate =
  | { readonly gradient: RowGradient }
  | { readonly table: Tensor; readonly slots: Readonly<Record<string, Tensor>> };

/** The error of an optimizer that cannot update row tables, and why. */
export function rowsUnsupported(name: string, why = 'it changes every row at every step'): SaddlepointError {
  return new SaddlepointError(
    'option',
    `${name}: cannot update row tables (embeddings): ${why}`,
    'use lazyAdam(), adagrad(), or sgd() without momentum and weight decay, with clipByGlobalNorm() before it if wanted; or train the whole table: embedding(…, { rows: false })',
  );
}

/** The inputs by which ops take a gradient: its own, and the order of its indices if they want it. */
const inputsOf = ({ index, vectors, weights }: RowGradient, order?: Tensor): Tensor[] => [
  index,
  ...(order === undefined ? [] : [order]),
  vectors,
  ...(weights === undefined ? [] : [weights]),
];

const ordered = (gradient: RowGradient, rows: number): Tensor[] => inputsOf(gradient, rowOrder(gradient.index, rows));

const rowsOf = ({ shape }: Tensor): number => shape[0] as number;

/** weights[i] · vectors[⌊i · m / n⌋] for every i: [n, elements of a row]. */
export function products(vectors: Tensor, weights: Tensor): Tensor {
  const [m, elements] = vectors.shape as [number, number];
  const [n] = weights.shape as [number];
  return reshape(mul(reshape(weights, [m, n / m, 1]), reshape(vectors, [m, 1, elements])), [n, elements]);
}

/** The gradient as large as the table; its inputs without the order. */
function dense(gradient: readonly Tensor[], rows: number): Tensor {
  const [index, vectors, weights] = gradient as [Tensor, Tensor, Tensor | undefined];
  return scatterAdd(index, weights === undefined ? vectors : products(vectors, weights), rows);
}

const withoutOrder = ([index, , ...rest]: readonly Tensor[]): Tensor[] => [index as Tensor, ...rest];

/** Refuses inputs that are no gradient of rows of so many elements, with its order. */
function checkGradient(name: string, inputs: readonly Spec[], elements?: number): void {
  const [index, order, vectors, weights] = inputs as [Spec, Spec, Spec, Spec | undefined];
  const n = index.shape[0] as number;
  const m = vectors.shape[0] as number;
  const legal =
    [index, order].every(({ dtype, shape }) => dtype === 'i32' && sameShape(shape, [n])) &&
    vectors.dtype === 'f32' &&
    vectors.shape.length === 2 &&
    (elements === undefined || vectors.shape[1] === elements) &&
    (weights === undefined ? m === n : weights.dtype === 'f32' && sameShape(weights.shape, [n]) && n % m === 0);
  if (legal) return;
  throw new SaddlepointError('shape', `${name}: ${inputs.map(printSpec).join(', ')} are no gradient of rows`);
}

export const rowOrderOp: Op<{ rows: number }> & { name: 'rowOrder' } = {
  name: 'rowOrder',
  infer([index]) {
    const { dtype, shape } = index as Spec;
    if (dtype !== 'i32' || shape.length !== 1)
      throw new SaddlepointError('shape', `rowOrder: expected indices i32[n], got ${dtype}${showShape(shape)}`);
    return [{ shape, dtype: 'i32' }];
  },
  evaluate([index], { rows }) {
    const { data } = index as HostTensor;
    data.forEach((value: number, i: number) => {
      if (!(value >= 0 && value < rows)) throw indexError('rowOrder', i, value, rows);
    });
    const order = hostArray('i32', data.length);
    // The sort is stable.
    order.set(Array.from(data, (_, i) => i).sort((i, j) => (data[i] as number) - (data[j] as number)));
    return [order];
  },
  gradient: () => [undefined],
};

/** The places of indices i32 [n] by ascending index, of equals in order of place; each index is in 0 … rows − 1. */
export const rowOrder = (index: Tensor, rows: number): Tensor => apply(rowOrderOp, [index], { rows })[0] as Tensor;

export const rowNormOp: Op<{ rows: number }> & { name: 'rowNorm' } = {
  name: 'rowNorm',
  infer(inputs) {
    checkGradient('rowNorm', inputs);
    return [{ shape: [], dtype: 'f32' }];
  },
  decompose: (inputs, { rows }) => [l2Norm(dense(withoutOrder(inputs), rows))],
};

/** The L2 norm of a gradient by rows, what one row gets more than once summed before. */
export const rowNorm = (gradient: RowGradient, rows: number): Tensor =>
  apply(rowNormOp, ordered(gradient, rows), { rows })[0] as Tensor;

export const occurrenceNormOp: Op<Record<string, never>> & { name: 'occurrenceNorm' } = {
  name: 'occurrenceNorm',
  infer([vectors, weights]) {
    const [m] = (vectors as Spec).shape as [number];
    const { shape } = weights as Spec;
    if ((vectors as Spec).shape.length !== 2 || shape.length !== 1 || (shape[0] as number) % m !== 0)
      throw new SaddlepointError(
        'shape',
        `occurrenceNorm: expected vectors [m, d] and weights [m · k], got ${showShape((vectors as Spec).shape)} and ${showShape(shape)}`,
      );
    return [{ shape: [], dtype: 'f32' }];
  },
  decompose: ([vectors, weights]) => [l2Norm(products(vectors as Tensor, weights as Tensor))],
};

/** The L2 norm of what every occurrence gets: without duplicates that of the gradient, and cheaper than `rowNorm`. */
export const occurrenceNorm = ({ vectors, weights }: RowGradient): Tensor =>
  weights === undefined ? l2Norm(vectors) : (apply(occurrenceNormOp, [vectors, weights], {})[0] as Tensor);

/**
 * The types of the table and of its slots, the first inputs of an update; `scalars` of the step and the gradient with its order
 * follow.
 */
function checkUpdate(name: string, inputs: readonly Spec[], slots: number, scalars: number): readonly Spec[] {
  const blocks = inputs.slice(0, 1 + slots);
  const [table] = blocks as [Spec];
  const given = inputs[1 + slots] as Spec;
  const legal =
    table.shape.length > 1 &&
    blocks.every(({ shape, dtype }) => dtype === 'f32' && sameShape(shape, table.shape)) &&
    sameShape(given.shape, [scalars]);
  if (!legal) {
    const shown = inputs
      .slice(0, 2 + slots)
      .map(printSpec)
      .join(', ');
    throw new SaddlepointError('shape', `${name}: ${shown} are no table with its slots and scalars [${scalars}]`);
  }
  checkGradient(name, inputs.slice(2 + slots), sizeOf(table.shape.slice(1)));
  return blocks;
}

/** The gradient in the shape of the table. */
const denseLike = (table: Tensor, gradient: readonly Tensor[]): Tensor =>
  reshape(dense(gradient, table.shape[0] as number), table.shape);

export const rowSgdOp: Op<Record<string, never>> & { name: 'rowSgd' } = {
  name: 'rowSgd',
  renews: [[0, 0]],
  infer(inputs) {
    const [table, scalars, index, ...rest] = inputs as [Spec, Spec, Spec];
    return checkUpdate('rowSgd', [table, scalars, index, index, ...rest], 0, 2);
  },
  decompose([table, scalars, ...gradient]) {
    const rate = neg(segment(scalars as Tensor, 0, []));
    return [add(table as Tensor, mul(denseLike(table as Tensor, gradient), rate))];
  },
};

/**
 * table − learningRate · gradient; `scalars` is the step's [learningRate, …], as that of `sgdUpdate`. What one row gets more than
 * once is subtracted in order of i: no order of indices is needed, nor a sum.
 */
export const rowSgd = (table: Tensor, gradient: RowGradient, scalars: Tensor): Tensor =>
  apply(rowSgdOp, [table, scalars, ...inputsOf(gradient)], {})[0] as Tensor;

export interface AdagradAttributes {
  readonly [key: string]: unknown;
  readonly epsilon: number;
  /** What the sum of squares starts from. */
  readonly initial: number;
}

/** −learningRate · g / (√(initial + Σ g²) + ε), and the new sum of squares. */
export function adagradUpdate(
  gradient: Tensor,
  squares: Tensor,
  scalars: Tensor,
  { epsilon, initial }: AdagradAttributes,
): [update: Tensor, squares: Tensor] {
  const next = add(squares, square(gradient));
  const root = add(sqrt(initial === 0 ? next : add(next, initial)), epsilon);
  return [mul(neg(segment(scalars, 0, [])), div(gradient, root)), next];
}

export const rowAdagradOp: Op<AdagradAttributes> & { name: 'rowAdagrad' } = {
  name: 'rowAdagrad',
  renews: [
    [0, 0],
    [1, 1],
  ],
  infer: (inputs) => checkUpdate('rowAdagrad', inputs, 1, 1),
  decompose([table, squares, scalars, ...gradient], attributes) {
    const [t, s] = [table as Tensor, squares as Tensor];
    const [update, next] = adagradUpdate(denseLike(t, withoutOrder(gradient)), s, scalars as Tensor, attributes);
    return [add(t, update), next];
  },
};

/** One step of Adagrad for the rows that occur; returns table and sums of squares. `scalars` is the step's [learningRate]. */
export const rowAdagrad = (
  table: Tensor,
  squares: Tensor,
  gradient: RowGradient,
  scalars: Tensor,
  attributes: AdagradAttributes,
): Tensor[] => apply(rowAdagradOp, [table, squares, scalars, ...ordered(gradient, rowsOf(table))], attributes);

export const rowLazyAdamOp: Op<AdamAttributes> & { name: 'rowLazyAdam' } = {
  name: 'rowLazyAdam',
  renews: [
    [0, 0],
    [1, 1],
    [2, 2],
  ],
  infer: (inputs) => checkUpdate('rowLazyAdam', inputs, 2, 2),
  decompose([table, first, second, scalars, ...gradient], attributes) {
    const blocks = [table, first, second] as [Tensor, Tensor, Tensor];
    const { shape } = blocks[0];
    const [rows] = shape as [number];
    const [index] = gradient as [Tensor];
    const counts = scatterAdd(index, broadcastTo(1, index.shape), rows);
    const occurs = greater(reshape(counts, [rows, ...shape.slice(1).map(() => 1)]), 0);
    const g = denseLike(blocks[0], withoutOrder(gradient));
    const [update, m, v] = adamUpdate(g, blocks[1], blocks[2], scalars as Tensor, attributes) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return [add(blocks[0], where(occurs, update, 0)), where(occurs, m, blocks[1]), where(occurs, v, blocks[2])];
  },
};

/** Adam (`adamUpdate`) for the rows that occur; moments of the others stay as they are. Returns table and both moments. */
export const rowLazyAdam = (
  table: Tensor,
  moments: readonly [Tensor, Tensor],
  gradient: RowGradient,
  scalars: Tensor,
  attributes: AdamAttributes,
): Tensor[] => apply(rowLazyAdamOp, [table, ...moments, scalars, ...ordered(gradient, rowsOf(table))], attributes);
