/** @file Another order of axes for numbers on the host: weights that go from one layout to another. */
import type { HostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { HostTensor } from '../graph/node.ts';

/** The tensor whose axis i is axis `order[i]` of the given one. */
export function permuted({ shape, dtype, data }: HostTensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const moved = order.map((axis) => shape[axis] as number);
  const result: HostArray = data.slice();
  for (let i = 0; i < result.length; i++) {
    let [rest, at] = [i, 0];
    for (let axis = moved.length - 1; axis >= 0; axis--) {
      const size = moved[axis] as number;
      at += (rest % size) * must(strides[order[axis] as number], 'a stride');
      rest = Math.floor(rest / size);
    }
    result[i] = data[at] as number;
  }
  return { shape: moved, dtype, data: result };
}
