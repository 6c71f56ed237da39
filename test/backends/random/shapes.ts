/** @file What the moves of random programs need to make do with whatever shapes they meet. */
import { sizeOf } from '../../../src/core/shape.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { reshape } from '../../../src/ops/movement.ts';

/** The most elements of a value. */
export const LIMIT = 300;

export const size = ({ shape }: Tensor): number => sizeOf(shape);
export const flat = (x: Tensor): Tensor => reshape(x, [size(x)]);
/** Seen as [rows, columns]. */
export const matrix = (x: Tensor): Tensor => reshape(x, [-1, x.shape[x.shape.length - 1] ?? 1]);

/** Whether both broadcast, to something that is not too large. */
export function fits(a: Tensor, b: Tensor): boolean {
  const rank = Math.max(a.shape.length, b.shape.length);
  const at = (t: Tensor, i: number): number => t.shape[t.shape.length - rank + i] ?? 1;
  let product = 1;
  for (let i = 0; i < rank; i++) {
    const [da, db] = [at(a, i), at(b, i)];
    if (da !== db && da !== 1 && db !== 1) return false;
    product *= Math.max(da, db);
  }
  return product <= LIMIT;
}

/** Numbers in [−1, 1) that f32 holds; the same every time. */
export const numbers = (length: number, shift: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround(2 * ((0.618034 * (i + 1) + shift) % 1) - 1));

const constants = new Map<string, Tensor>();

/** A constant; the same tensor every time, as users keep theirs. */
export function constantOf(shape: readonly number[], shift: number): Tensor {
  const key = `${shape} ${shift}`;
  const known = constants.get(key) ?? tensor(numbers(sizeOf(shape), shift), shape);
  constants.set(key, known);
  return known;
}
