/**
 * @file How PyTorch names and stores what a layer of ours has: by the names of the layer's leaves, so that every layer with such
 * leaves is covered.
 */
import { type Shape, sizeOf } from '../core/shape.ts';
import type { HostTensor } from '../graph/node.ts';
import { permuted } from './permuted.ts';

/** A leaf of a layer beside its tensor in a state dict. */
export interface Pairing {
  /** The leaf's name within its layer. */
  readonly leaf: string;
  /** The tensor's name within its module, such as 'weight' or 'weight_ih_l0'. */
  readonly tensor: string;
  /** Its shape in PyTorch, from ours. */
  shape(own: Shape): Shape;
  toTorch(own: HostTensor): HostTensor;
  fromTorch(theirs: HostTensor, own: Shape): HostTensor;
}

/** Leaves whose axes stand in another order: axis i of theirs is axis `order[i]` of ours. */
function reordered(leaf: string, tensor: string, order: readonly number[]): Pairing {
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return {
    ...{ leaf, tensor },
    shape: (own) => order.map((axis) => own[axis] as number),
    toTorch: (own) => permuted(own, order),
    fromTorch: (theirs) => permuted(theirs, inverse),
  };
}

const same = (leaf: string, tensor: string): Pairing => ({
  ...{ leaf, tensor },
  shape: (own) => own,
  toTorch: (own) => own,
  fromTorch: (theirs) => theirs,
});

/** [height, width, channels, multiplier] ↔ [channels · multiplier, 1, height, width] */
const depthwise: Pairing = {
  ...{ leaf: 'kernel', tensor: 'weight' },
  shape: ([h = 1, w = 1, c = 1, m = 1]) => [c * m, 1, h, w],
  toTorch({ shape, ...rest }) {
    const [h, w, c, m] = shape as [number, number, number, number];
    return permuted({ ...rest, shape: [h, w, 1, c * m] }, [3, 2, 0, 1]);
  },
  fromTorch: (theirs, own) => ({ ...permuted(theirs, [2, 3, 1, 0]), shape: own }),
};

/** Kernels by rank: [in, out] ↔ [out, in]; [length, in, out] ↔ [out, in, length]; [h, w, in, out] ↔ [out, in, h, w]. */
const KERNEL_ORDERS: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 3: [2, 1, 0], 4: [3, 2, 0, 1] };

/**
 * The pairings of one layer.
 *
 * A transposed convolution keeps [h, w, out, in] and PyTorch [in, out, h, w]: the same exchange as for other kernels. Gates stand in
 * the same order: input, forget, candidate, output in an LSTM; reset, update, candidate in a GRU.
 *
 * @param leaves its leaves by name, in our shapes.
 * @param suffix of a recurrent layer's tensors: 'l0', 'l1_reverse' …
 * @returns undefined if a leaf has no counterpart that is known.
 */
export function pairingsOf(type: string, leaves: ReadonlyMap<string, Shape>, suffix = 'l0'): Pairing[] | undefined {
  const isRecurrent = leaves.has('recurrentKernel');
  const found = [...leaves].map(([leaf, shape]): Pairing | undefined => {
    if (isRecurrent) {
      if (leaf === 'kernel') return reordered(leaf, `weight_ih_${suffix}`, [1, 0]);
      if (leaf === 'recurrentKernel') return reordered(leaf, `weight_hh_${suffix}`, [1, 0]);
      if (leaf === 'bias') return same(leaf, `bias_ih_${suffix}`);
      return leaf === 'recurrentBias' ? same(leaf, `bias_hh_${suffix}`) : undefined;
    }
    if (leaf === 'kernel') {
      const order = KERNEL_ORDERS[shape.length];
      if (type.startsWith('depthwise') && shape.length === 4) return depthwise;
      return order === undefined ? undefined : reordered(leaf, 'weight', order);
    }
    const tensor = NAMES[leaf];
    return tensor === undefined ? undefined : same(leaf, tensor);
  });
  return found.every((pairing) => pairing !== undefined) ? found : undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  bias: 'bias',
  table: 'weight',
  gamma: 'weight',
  beta: 'bias',
  slope: 'weight',
  mean: 'running_mean',
  variance: 'running_var',
};

/**
 * The rows of a dense kernel behind flattened images in our order, height, width, channels, where PyTorch flattens channels,
 * height, width: row i of ours is row `result[i]` of theirs.
 */
export function flattenedRows([height, width, channels]: readonly [number, number, number]): Int32Array {
  const rows = new Int32Array(height * width * channels);
  for (let i = 0; i < rows.length; i++) rows[i] = (i % channels) * height * width + Math.floor(i / channels);
  return rows;
}

/** The rows of a matrix [rows, columns] by their places: row i of the result is row `places[i]`. */
export function pickedRows(matrix: HostTensor, places: Int32Array): HostTensor {
  const width = sizeOf(matrix.shape.slice(1));
  const data = new Float32Array(matrix.data.length);
  places.forEach((from, to) => {
    data.set(matrix.data.subarray(from * width, (from + 1) * width), to * width);
  });
  return { ...matrix, data };
}
