/** @file Slices along an axis by numbers that are known while tracing: one gather, whatever the axis. */
import { normalizeAxis, sizeOf } from '../core/shape.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { gather } from './indexing.ts';
import { reshape } from './movement.ts';

/** The slices `index` (0 … size − 1 each) of x along an axis, in that order. */
export function take(x: Tensor, index: readonly number[], axis: number): Tensor {
  const at = normalizeAxis('take', axis, x.shape.length);
  const size = x.shape[at] as number;
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const outer = sizeOf(before);
  const count = index.length;
  // Gather picks along the first axis, so all axes before are made part of it, rather than moved behind.
  const rows = Int32Array.from(
    { length: outer * count },
    (_, i) => Math.floor(i / count) * size + (index[i % count] as number),
  );
  const picked = gather(reshape(x, [outer * size, sizeOf(after)]), tensor(rows));
  return reshape(picked, [...before, count, ...after]);
}
