/** @file Linear operators, known by their products alone, and what drivers do with long vectors. */
import { randomNormal, randomUniform } from '../../core/philox.ts';
import type { ValueAndGradient } from './lbfgs.ts';

/** A square matrix that is never written down: a Hessian, by its products. */
export interface LinearOperator {
  /** How long its vectors are. */
  readonly size: number;
  /** The product with a vector of that length, which is the operator's to keep; at once or as a promise. */
  times(vector: Float64Array): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** A function with its gradient and the products of its Hessian, at any point. */
export interface Objective {
  readonly size: number;
  /** Value and gradient. */
  at(point: Float64Array): ValueAndGradient | Promise<ValueAndGradient>;
  /** The Hessian at a point, as an operator. */
  hessian(point: Float64Array): LinearOperator;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

export const normOf = (a: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] as number));
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let total = 0;
  for (let i = 0; i < a.length; i++) total += ((a[i] as number) / largest) ** 2;
  return largest * Math.sqrt(total);
};

/** y ← y + factor · x. */
export function addScaled(y: Float64Array, x: ArrayLike<number>, factor: number): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + factor * (x[i] as number);
}

/** point + factor · direction, as a new vector. */
export function moved(point: ArrayLike<number>, direction: ArrayLike<number>, factor = 1): Float64Array {
  const result = Float64Array.from(point);
  addScaled(result, direction, factor);
  return result;
}

/** Divided by its length. */
export const unit = (vector: ArrayLike<number>): Float64Array => {
  const norm = normOf(vector);
  return Float64Array.from(vector, (x) => x / norm);
};

/** Independent signs ±1, or normal deviates: the n-th such vector of a seed. */
export function probe(kind: 'signs' | 'normal', size: number, seed: number, n: number): Float64Array {
  const drawn = new Float32Array(size);
  if (kind === 'normal') randomNormal(drawn, seed, n);
  else randomUniform(drawn, seed, n);
  return Float64Array.from(drawn, (x) => (kind === 'normal' ? x : x < 0.5 ? -1 : 1));
}

/** The matrix of an operator, row-major [size, size], from as many products as it has rows. For symmetric ones. */
export async function matrixOf(operator: LinearOperator): Promise<Float64Array> {
  const { size } = operator;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const basis = new Float64Array(size);
    basis[i] = 1;
    matrix.set(Float64Array.from(await operator.times(basis)), i * size);
  }
  return matrix;
}
