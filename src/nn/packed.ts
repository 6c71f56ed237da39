/**
 * @file A model of several inputs or outputs as one that takes a row of numbers and gives one: the parts of the row lie one
 * after the other. So that all that trains, keeps and predicts by rows does so for graphs too.
 */
import { checkKnownOptions, SaddlepointError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { reshape, slice } from '../ops/movement.ts';
import { type Layer, layer, layerError, layerToJson, type Tensors } from './layer.ts';

/** One part of a row: `size(shape)` numbers. */
export interface Part {
  readonly name: string;
  readonly shape: Shape;
}

/** The columns of one part of rows [n, width], in its shape. */
export function partOf(rows: Tensor, offset: number, shape: Shape): Tensor {
  const [n] = rows.shape as [number];
  return reshape(slice(rows, [0, offset], [n, sizeOf(shape)]), [n, ...shape]);
}

/** Where each part begins. */
export function offsetsOf(parts: readonly Part[]): number[] {
  let at = 0;
  return parts.map(({ shape }) => {
    at += sizeOf(shape);
    return at - sizeOf(shape);
  });
}

/**
 * The model with rows [n, width] in and out.
 *
 * @param model takes a record of tensors by the inputs' names (or the only one, if `single`) and gives a tensor or a record.
 * @param options inputs, outputs: the parts in their order; single: whether the model takes its only input as a tensor.
 * @throws SaddlepointError `shape` where the model's outputs are not the stated ones.
 */
export function packed(
  model: Layer<never, unknown>,
  options: { readonly inputs: readonly Part[]; readonly outputs: readonly Part[]; readonly single: boolean },
): Layer {
  checkKnownOptions('packed', options, ['inputs', 'outputs', 'single']);
  const { inputs, outputs, single } = options;
  const offsets = offsetsOf(inputs);
  const json = { model: layerToJson(model), ...options } as unknown as Record<string, Json>;
  const { meetingRows } = model;
  const made = layer('packed', json, (x, context) => {
    const parts = inputs.map(({ name, shape }, i) => [name, partOf(x, offsets[i] as number, shape)] as const);
    const given = single ? (parts[0]?.[1] as Tensor) : Object.fromEntries(parts);
    // At the model's own path: packing adds no name to any leaf.
    const made = model.call(given as never, context) as Tensor | Tensors;
    const named: Tensors = Array.isArray((made as Tensor).shape) ? { '': made as Tensor } : (made as Tensors);
    const [n] = x.shape as [number];
    const flat = outputs.map(({ name, shape }) => {
      const output = named[outputs.length === 1 && '' in named ? '' : name];
      if (output === undefined || sizeOf(output.shape) !== n * sizeOf(shape)) {
        const got = output === undefined ? 'none' : showShape(output.shape);
        throw layerError('shape', context, `packed: output '${name}': expected ${showShape(shape)} a row, got ${got}`);
      }
      return reshape(output, [n, sizeOf(shape)]);
    });
    return flat.length === 1 ? (flat[0] as Tensor) : concat(flat, 1);
  });
  return meetingRows ? { ...made, meetingRows } : made;
}

/** For files, which may hold anything. */
export function packedFromJson(
  model: Layer<never, unknown>,
  inputs: unknown,
  outputs: unknown,
  single: unknown,
): Layer {
  const legal = (parts: unknown): parts is Part[] =>
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.every(
      ({ name, shape }) =>
        typeof name === 'string' &&
        Array.isArray(shape) &&
        shape.every((size) => Number.isInteger(size) && size >= 1) &&
        sizeOf(shape) <= 2 ** 28,
    );
  if (legal(inputs) && legal(outputs) && typeof single === 'boolean') return packed(model, { inputs, outputs, single });
  throw new SaddlepointError('file', 'packed: the parts of its rows are damaged');
}
