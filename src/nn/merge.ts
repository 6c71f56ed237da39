/** @file Layers that make one tensor of several: for `graph` and `parallel`. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { normalizeAxis, showShape } from '../core/shape.ts';
import { isTensor, type Tensor, tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { add, div, float, maximum, mul } from '../ops/elementwise.ts';
import { broadcastTo } from '../ops/movement.ts';
import { type Layer, layer, layerError, maskOf, withMask } from './layer.ts';
import { inLayer, type NamedOption, optionsToJson } from './options.ts';

/** A layer of a list of tensors. */
export type MergeLayer = Layer<readonly Tensor[], Tensor>;

type Merge = (tensors: readonly Tensor[]) => Tensor;

/** A step counts if it does in all that have a mask. */
const allCount: Merge = (masks) => masks.reduce((a, b) => (a === b ? a : mul(a, b)));

function mergeLayer(
  type: string,
  options: NamedOption,
  merge: Merge,
  maskFor: (tensors: readonly Tensor[]) => Tensor | undefined = maskOfAll,
): MergeLayer {
  return layer<readonly Tensor[], Tensor>(
    type,
    optionsToJson(options),
    (tensors, context) => {
      if (!Array.isArray(tensors) || tensors.length === 0 || !tensors.every(isTensor)) {
        const given = isTensor(tensors) ? `one tensor ${showShape(tensors.shape)}` : 'none';
        const help = `in a graph: apply(${type}(), [a, b]); or parallel([…], { merge: ${type}() })`;
        throw layerError('shape', context, `${type}: expected a list of tensors, got ${given}`, help);
      }
      const y = inLayer(context, () => merge(tensors.map(float)));
      const mask = y.shape.length > 2 ? maskFor(tensors) : undefined;
      return mask === undefined ? y : withMask(y, mask);
    },
    options.name,
  );
}

function maskOfAll(tensors: readonly Tensor[]): Tensor | undefined {
  const masks = tensors.map(maskOf).filter((mask) => mask !== undefined);
  return masks.length === 0 ? undefined : allCount(masks);
}

/** The masks one after the other in time; all ones for a tensor that has none. */
function masksInTime(tensors: readonly Tensor[]): Tensor | undefined {
  if (tensors.every((x) => maskOf(x) === undefined)) return undefined;
  return concat(
    tensors.map((x) => maskOf(x) ?? broadcastTo(tensor(1), x.shape.slice(0, 2))),
    1,
  );
}

const plain = (type: string, options: NamedOption, merge: Merge): MergeLayer => {
  checkKnownOptions(type, options, ['name']);
  return mergeLayer(type, options, merge);
};

const sumOf: Merge = (tensors) => tensors.reduce((a, b) => add(a, b));

/**
 * The sum of tensors whose shapes broadcast.
 * @example apply(mergeAdd(), [a, b])
 */
export const mergeAdd = (options: NamedOption = {}): MergeLayer => plain('mergeAdd', options, sumOf);

/** The product of tensors whose shapes broadcast, element by element. */
export const mergeMultiply = (options: NamedOption = {}): MergeLayer =>
  plain('mergeMultiply', options, (tensors) => tensors.reduce((a, b) => mul(a, b)));

/** The mean of tensors whose shapes broadcast. */
export const mergeAverage = (options: NamedOption = {}): MergeLayer =>
  plain('mergeAverage', options, (tensors) => div(sumOf(tensors), tensors.length));

/** The largest of tensors whose shapes broadcast, element by element. */
export const mergeMaximum = (options: NamedOption = {}): MergeLayer =>
  plain('mergeMaximum', options, (tensors) => tensors.reduce((a, b) => maximum(a, b)));

/**
 * Tensors side by side: [n, a] and [n, b] give [n, a + b].
 *
 * @param options axis: counted with the batch, so 1 is the first of a row; default −1, the last.
 * @throws SaddlepointError `shape` with the layer's path where they differ beside the axis.
 * @example apply(mergeConcat(), [image, meta])
 */
export function mergeConcat(options: NamedOption & { readonly axis?: number } = {}): MergeLayer {
  checkKnownOptions('mergeConcat', options, ['axis', 'name']);
  const axis = checkNumber('mergeConcat.axis', options.axis ?? -1, { integer: true });
  const inTime = (rank: number): boolean => normalizeAxis('mergeConcat', axis, rank) === 1;
  return mergeLayer(
    'mergeConcat',
    options,
    (tensors) => concat(tensors, axis),
    (tensors) => (inTime((tensors[0] as Tensor).shape.length) ? masksInTime(tensors) : maskOfAll(tensors)),
  );
}
