/** @file Some of the rows of a tensor; of a minibatch that is gathered, those rows alone are. */
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { slice } from './movement.ts';

/**
 * Rows `from` … `from + count − 1` of x, [rows, …]. Where x is gathered by a list of rows, the rest of the list is not looked at:
 * if nothing else asks for x as a whole, it is never made.
 */
export function rowRange(x: Tensor, from: number, count: number): Tensor {
  const { value, trace } = x.traced ?? {};
  const node = value?.node;
  if (trace && node && (node.op.name === 'gather' || node.op.name === 'gatherRows')) {
    const [table, index, ...scaling] = node.inputs.map((input) => trace.tensor(input)) as [Tensor, Tensor, ...Tensor[]];
    if (index.shape.length === 1)
      return apply(node.op, [table, rowRange(index, from, count), ...scaling], node.attributes)[0] as Tensor;
  }
  const [, ...rest] = x.shape;
  return slice(x, [from, ...rest.map(() => 0)], [count, ...rest]);
}
