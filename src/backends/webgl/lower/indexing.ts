/** @file Ops that pick by index. Indices come within their tables, since checks.ts has seen to it; the device has them as floats. */
import { must } from '../../../core/errors.ts';
import { type Shape, sizeOf } from '../../../core/shape.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { elementwise } from './elementwise.ts';
import { lowering } from './lowering.ts';

/** The sum of updates [n, width] for each of so many rows. */
export function scatter(tfjs: Tfjs, index: Tensor, updates: Tensor, rows: number): Tensor {
  const { core } = tfjs;
  const [n, width] = updates.shape as [number, number];
  const places = core.cast(core.reshape(index, [n, 1]), 'int32');
  return core.scatterND(places, updates, [rows, width]);
}

/** Rows of a table [rows, width]. */
export const pick = ({ core }: Tfjs, table: Tensor, index: Tensor): Tensor =>
  core.gather(table, core.cast(core.reshape(index, [index.size]), 'int32'), 0);

/** Places ascending by index: each counts those that stand before it, n² comparisons, but exact and without sorting. */
function order(tfjs: Tfjs, index: Tensor, n: number): Tensor {
  const { core } = tfjs;
  const [column, row] = [core.reshape(index, [n, 1]), core.reshape(index, [1, n])];
  const places = core.range(0, n, 1, 'float32');
  const shape = [n, n];
  const map = (...args: Parameters<typeof elementwise> extends [Tfjs, ...infer Rest] ? Rest : never): Tensor =>
    elementwise(tfjs, ...args);
  const earlier = map('less', [core.reshape(places, [1, n]), core.reshape(places, [n, 1])], shape);
  const isBefore = map(
    'add',
    [map('less', [row, column], shape), map('mul', [map('equal', [row, column], shape), earlier], shape)],
    shape,
  );
  return scatter(tfjs, core.sum(isBefore, 1), core.reshape(places, [n, 1]), n);
}

export const INDEXING = {
  gather: lowering(({ tfjs, tensor, inputs }) => {
    const { shape } = must(inputs[0], 'a table').spec;
    return pick(tfjs, tensor(0, [shape[0] as number, sizeOf(shape.slice(1))]), tensor(1));
  }),
  scatterAdd: lowering<{ rows: number; rowShape: Shape }>(
    ({ tfjs, tensor, inputs, attributes: { rows, rowShape } }) => {
      const n = sizeOf(must(inputs[0], 'an index').spec.shape);
      return scatter(tfjs, tensor(0), tensor(1, [n, sizeOf(rowShape)]), rows);
    },
  ),
  oneHot: lowering<{ depth: number }>(({ core, tensor, map, inputs, attributes: { depth } }) => {
    const n = sizeOf(must(inputs[0], 'an index').spec.shape);
    const columns = core.reshape(core.range(0, depth, 1, 'float32'), [1, depth]);
    return map('equal', [tensor(0, [n, 1]), columns], [n, depth]);
  }),
  rowOrder: lowering(({ tfjs, tensor, inputs }) => {
    const n = sizeOf(must(inputs[0], 'an index').spec.shape);
    return order(tfjs, tensor(0, [n]), n);
  }),
};
