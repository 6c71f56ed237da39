/** @file A layer of `layer-rows.ts` in a model that `fit` can train: one input of rows, and the layer's outputs as one flat row. */
import { concat, flatten, type Layer, layer, reshape, sequential, slice, type Tensor, tensor } from 'saddlepoint';
import { sizeOf } from '../../src/core/shape.ts';
import type { LayerRow } from './layer-rows.ts';

const isShape = (given: LayerRow['input']): given is readonly number[] => Array.isArray(given);

/** The shape of one row of the whole model's input: the layer's own, or all of several inputs one behind the other. */
export const inputShapeOf = ({ input }: LayerRow): readonly number[] =>
  isShape(input) ? input : [Object.values(input).reduce((total, shape) => total + sizeOf(shape), 0)];

/** Cuts the parts of a flat row out for a layer with several inputs, and joins its outputs. */
function joined(inner: Layer<never, unknown>, shapes: Readonly<Record<string, readonly number[]>>): Layer {
  return layer('joined', {}, (x, context) => {
    const rows = x.shape[0] as number;
    let from = 0;
    const parts = Object.entries(shapes).map(([name, shape]) => {
      const part = slice(x, [0, from], [rows, sizeOf(shape)]);
      from += sizeOf(shape);
      return [name, reshape(part, [rows, ...shape])] as const;
    });
    const y = context.child(inner, 0, Object.fromEntries(parts) as never) as Tensor | Record<string, Tensor>;
    const outputs = 'dtype' in y ? [y as Tensor] : Object.values(y);
    return concat(
      outputs.map((one) => reshape(one, [rows, sizeOf(one.shape) / rows])),
      1,
    );
  });
}

/** The layer as layer '0', its outputs flat, and what is to follow. */
export function wholeOf(row: LayerRow, ...after: readonly Layer[]): Layer {
  const first = isShape(row.input) ? (row.make() as unknown as Layer) : joined(row.make(), row.input);
  return sequential([first, flatten(), ...after]);
}

/** How to read such a model back from a file. */
export const ownLayers = (row: LayerRow) => ({
  layers: isShape(row.input) ? {} : { joined: () => joined(row.make(), row.input as never) },
});

/** Rows of its input: whole numbers where it takes ids, else numbers in [−1, 1). */
export function rowsOf(row: LayerRow, count: number, offset = 0): Tensor {
  const shape = [count, ...inputShapeOf(row)];
  const { ids } = row;
  const value = (_: unknown, i: number): number =>
    ids === undefined ? (((i + 1 + 31 * offset) * 0.7548777) % 2) - 1 : ((i + offset) * 3 + (i >> 2)) % ids;
  return tensor(Float64Array.from({ length: sizeOf(shape) }, value), shape, ids === undefined ? 'f32' : 'i32');
}
