/** @file Matrix product, and the linear layer as one composite (what the fuse pass makes of product, bias and activation). */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { batchMatmul } from './batch-matmul.ts';
import { add, float, relu, sigmoid, tanh } from './elementwise.ts';
import { reshape } from './movement.ts';

export interface MatmulAttributes {
  readonly [key: string]: unknown;
  /** The first matrix is stored transposed: [k, m]. */
  readonly transposeLhs: boolean;
  /** The second matrix is stored transposed: [n, k]. */
  readonly transposeRhs: boolean;
}

/** The sizes of op(lhs) [m, k] · op(rhs) [k, n]. */
export function matmulSizes(lhs: Shape, rhs: Shape, attributes: MatmulAttributes): { m: number; n: number; k: number } {
  const [l0, l1] = lhs as [number, number];
  const [r0, r1] = rhs as [number, number];
  return {
    m: attributes.transposeLhs ? l1 : l0,
    k: attributes.transposeLhs ? l0 : l1,
    n: attributes.transposeRhs ? r0 : r1,
  };
}

export const matmulOp: Op<MatmulAttributes> & { name: 'matmul' } = {
  name: 'matmul',
  get biased() {
    return linearOp as unknown as Op;
  },
  infer(inputs, attributes) {
    const [lhs, rhs] = inputs as [Spec, Spec];
    const given = `${showShape(lhs.shape)} × ${showShape(rhs.shape)}`;
    if (lhs.dtype !== 'f32' || rhs.dtype !== 'f32')
      throw new SaddlepointError('dtype', `matmul: expected f32, got ${lhs.dtype} and ${rhs.dtype}`);
    if (lhs.shape.length !== 2 || rhs.shape.length !== 2)
      throw new SaddlepointError('shape', `matmul: expected two matrices, got ${given}`);
    const { m, n, k } = matmulSizes(lhs.shape, rhs.shape, attributes);
    if (rhs.shape[attributes.transposeRhs ? 1 : 0] !== k) {
      const axes = `lhs.shape[${attributes.transposeLhs ? 0 : 1}] = rhs.shape[${attributes.transposeRhs ? 1 : 0}]`;
      throw new SaddlepointError('shape', `matmul: expected ${axes}, got ${given}`);
    }
    return [{ shape: [m, n], dtype: 'f32' }];
  },
  evaluate(inputs, attributes) {
    const [lhs, rhs] = inputs as [HostTensor, HostTensor];
    const { m, n, k } = matmulSizes(lhs.shape, rhs.shape, attributes);
    const result = new Float64Array(m * n);
    const [li, lp] = attributes.transposeLhs ? [1, m] : [k, 1];
    const [rp, rj] = attributes.transposeRhs ? [1, k] : [n, 1];
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const a = lhs.data[i * li + p * lp] as number;
        for (let j = 0; j < n; j++)
          result[i * n + j] = (result[i * n + j] as number) + a * (rhs.data[p * rp + j * rj] as number);
      }
    }
    return [result];
  },
  gradient({ inputs, cotangents, attributes: { transposeLhs, transposeRhs }, needs }) {
    const [a, b] = inputs as [Tensor, Tensor];
    const g = cotangents[0] as Tensor;
    // Contractions all the way: the factors trade places instead of being transposed in memory.
    const da = transposeLhs ? () => product(b, g, transposeRhs, true) : () => product(g, b, false, !transposeRhs);
    const db = transposeRhs ? () => product(g, a, true, transposeLhs) : () => product(a, g, !transposeLhs, false);
    return [needs[0] ? da() : undefined, needs[1] ? db() : undefined];
  },
};

function product(a: Tensor, b: Tensor, transposeLhs: boolean, transposeRhs: boolean): Tensor {
  return apply(matmulOp, [a, b], { transposeLhs, transposeRhs })[0] as Tensor;
}

/**
 * Matrix products over the last two axes; the axes before them are a batch and broadcast, as in NumPy.
 *
 * @param a [..., m, k].
 * @param b [..., k, n]. One matrix [k, n] for all of `a` makes one large product, the fastest form.
 * @returns [..., m, n].
 * @throws SaddlepointError `shape` if the inner sizes differ, a batch does not broadcast, or an argument is no matrix.
 * @example
 * matmul(tensor([[1, 2]]), tensor([[3], [4]])).toArray(); // [[11]]
 * matmul(queries, transpose(keys, [0, 2, 1])); // [batch, m, k] × [batch, n, k]: nothing is moved
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const lhs = float(a);
  const rhs = float(b);
  return rhs.shape.length > 2 && lhs.shape.length > 1 ? batchMatmul(lhs, rhs) : matmulRows(lhs, rhs);
}

/** The product of all rows [..., k] with one matrix [k, n]. */
export function matmulRows(a: TensorLike, b: Tensor): Tensor {
  const lhs = float(a);
  const rhs = float(b);
  const k = lhs.shape[lhs.shape.length - 1];
  if (lhs.shape.length <= 2 || rhs.shape.length !== 2) return product(lhs, rhs, false, false);
  if (k !== rhs.shape[0]) {
    const axes = `lhs.shape[${lhs.shape.length - 1}] = rhs.shape[0]`;
    const given = `${showShape(lhs.shape)} × ${showShape(rhs.shape)}`;
    throw new SaddlepointError('shape', `matmul: expected ${axes}, got ${given}`);
  }
  const rows = product(reshape(lhs, [-1, k as number]), rhs, false, false);
  return reshape(rows, [...lhs.shape.slice(0, -1), rhs.shape[1] as number]);
}

/**
 * x · kernel + bias over the last axis: what a dense layer does, as a function of its weights.
 *
 * @param x [..., in].
 * @param kernel [in, out].
 * @param bias [out]; default: none.
 * @returns [..., out].
 * @throws SaddlepointError `shape` if the sizes differ.
 * @example linear([[1, 2]], [[3], [4]], [5]).toArray(); // [[16]]
 */
export function linear(x: TensorLike, kernel: TensorLike, bias?: TensorLike): Tensor {
  const t = float(x);
  // Rows first, so that product and bias stand together and become one kernel.
  const rows = t.shape.length > 2 ? reshape(t, [-1, t.shape.at(-1) as number]) : t;
  const product = matmulRows(rows, float(kernel));
  const y = bias === undefined ? product : add(product, bias);
  return reshape(y, [...t.shape.slice(0, -1), y.shape.at(-1) as number]);
}

export type LinearActivation = 'none' | 'relu' | 'tanh' | 'sigmoid';
export const LINEAR_ACTIVATIONS: Record<LinearActivation, (x: Tensor) => Tensor> = {
  none: (x) => x,
  relu,
  tanh,
  sigmoid,
};

export const linearOp: Op<MatmulAttributes & { activation: LinearActivation }> & { name: 'linear' } = {
  name: 'linear',
  infer(inputs, attributes) {
    const [product] = matmulOp.infer(inputs.slice(0, 2), attributes) as [Spec];
    const bias = inputs[2] as Spec;
    if (bias.shape.length !== 1 || bias.shape[0] !== product.shape[1]) {
      throw new SaddlepointError(
        'shape',
        `linear: expected a bias of shape [${product.shape[1]}], got ${showShape(bias.shape)}`,
      );
    }
    return [product];
  },
  decompose([a, b, bias], { transposeLhs, transposeRhs, activation }) {
    return [
      LINEAR_ACTIVATIONS[activation](
        add(product(a as Tensor, b as Tensor, transposeLhs, transposeRhs), bias as Tensor),
      ),
    ];
  },
};
