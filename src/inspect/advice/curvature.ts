/** @file The extreme eigenvalues of a Hessian by a few steps of Lanczos, for the rule that tells saddles from minima. */
import { symmetricEigen } from '../../core/linear-algebra.ts';
import { randomNormal } from '../../core/philox.ts';

/** Products with the Hessian that a question costs. */
const STEPS = 20;

/**
 * Ritz values after 20 steps with full reorthogonalization: bounds from inside, so a negative one proves a direction downhill.
 *
 * @param times the product with the Hessian; its argument is a vector of length 1.
 */
export async function extremeCurvature(
  times: (vector: Float32Array) => Promise<ArrayLike<number>>,
  size: number,
): Promise<{ readonly top: number; readonly bottom: number }> {
  const start = new Float32Array(size);
  randomNormal(start, 0, 0);
  const basis: Float64Array[] = [];
  const [diagonal, off]: [number[], number[]] = [[], []];
  let next: Float64Array | undefined = unit(Float64Array.from(start));
  while (next !== undefined && basis.length < Math.min(STEPS, size)) {
    basis.push(next);
    const product: Float64Array = Float64Array.from(await times(Float32Array.from(next)));
    diagonal.push(dot(product, next));
    // Twice is enough (Parlett).
    for (let pass = 0; pass < 2; pass++)
      for (const vector of basis) {
        const part = dot(product, vector);
        product.forEach((value, i) => {
          product[i] = value - part * (vector[i] as number);
        });
      }
    const rest = Math.sqrt(dot(product, product));
    // Rounding of f32 products ends the search where nothing is left to find.
    next = rest > 1e-6 * Math.max(...diagonal.map(Math.abs)) ? unit(product) : undefined;
    off.push(rest);
  }
  const n = basis.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = diagonal[i] as number;
    if (i + 1 < n) matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = off[i] as number;
  }
  const { values } = symmetricEigen(matrix, n);
  return { top: Math.max(...values), bottom: Math.min(...values) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / norm);
}
