/**
 * @file Pooling of images [n, height, width, channels]: the largest value of each window, or the mean. Two closed families:
 * maxPool gives values with their places, its gradient adds by place, whose gradient picks by place; averagePool and its
 * gradient are linear, each the other's.
 */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { indexError } from './indexing.ts';
import { cellsOf, checkWindows, type WindowAttributes } from './window.ts';

type Images = readonly [n: number, height: number, width: number, channels: number];

/** What a gradient must know of what it is the gradient of. */
export interface PoolGradientAttributes extends WindowAttributes {
  /** [n, height, width, channels] of the images that were pooled. */
  readonly inputShape: Shape;
}

export interface AveragePoolAttributes extends WindowAttributes {
  readonly includePadding: boolean;
}

const pooledShape = (shape: Shape, { output }: WindowAttributes): Shape => [
  shape[0] as number,
  ...output,
  shape[3] as number,
];

function requireFloat(name: string, spec: Spec, shape: Shape): void {
  if (spec.dtype === 'f32' && sameShape(spec.shape, shape)) return;
  throw new SaddlepointError(
    spec.dtype === 'f32' ? 'shape' : 'dtype',
    `${name}: expected f32${showShape(shape)}, got ${spec.dtype}${showShape(spec.shape)}`,
  );
}

function requirePlaces(name: string, index: Spec, shape: Shape): void {
  if (index.dtype !== 'i32' || !sameShape(index.shape, shape))
    throw new SaddlepointError(
      'shape',
      `${name}: expected places i32${showShape(shape)}, got ${index.dtype}${showShape(index.shape)}`,
    );
}

/** Calls `f` for each window of each image, with the offset of its result and that of its image, in elements. */
function forEachWindow(
  [n, height, width, channels]: Images,
  of: WindowAttributes,
  f: (window: { result: number; image: number; y: number; x: number }) => void,
): void {
  const [rows, columns] = of.output;
  for (let image = 0; image < n; image++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        f({
          result: ((image * rows + y) * columns + x) * channels,
          image: image * height * width * channels,
          y,
          x,
        });
}

/** The places of a window inside the image, row by row: y · width + x. */
function placesOf(of: WindowAttributes, [, height, width]: Images, y: number, x: number): number[] {
  const columns = cellsOf(of, 1, width, x);
  return cellsOf(of, 0, height, y).flatMap((row) => columns.map((column) => row * width + column));
}

export const maxPoolOp: Op<WindowAttributes> & { name: 'maxPool' } = {
  name: 'maxPool',
  infer([x], attributes) {
    const { shape, dtype } = x as Spec;
    checkWindows('maxPool', shape, attributes);
    requireFloat('maxPool', x as Spec, shape);
    const pooled = pooledShape(shape, attributes);
    return [
      { shape: pooled, dtype },
      { shape: pooled, dtype: 'i32' },
    ];
  },
  evaluate([x], attributes, outputs) {
    const { data, shape } = x as HostTensor;
    const channels = shape[3] as number;
    const size = sizeOf((outputs[0] as Spec).shape);
    const values = new Float64Array(size);
    const index = new Int32Array(size);
    forEachWindow(shape as Images, attributes, ({ result, image, y, x: column }) => {
      const places = placesOf(attributes, shape as Images, y, column);
      for (let c = 0; c < channels; c++) {
        let best = places[0] as number;
        let largest = data[image + best * channels + c] as number;
        for (const place of places) {
          const value = data[image + place * channels + c] as number;
          if (value > largest || (Number.isNaN(value) && !Number.isNaN(largest))) [best, largest] = [place, value];
        }
        values[result + c] = largest;
        index[result + c] = best;
      }
    });
    return [values, index];
  },
  gradient: ({ inputs, outputs, cotangents, attributes }) => [
    maxPoolGradient(cotangents[0] as Tensor, outputs[1] as Tensor, (inputs[0] as Tensor).shape, attributes),
  ],
};

/** Calls `f` with each element of pooled values and the element of the images that its place names. */
function forEachPlace(name: string, inputShape: Shape, index: HostTensor, f: (pooled: number, source: number) => void) {
  const [, height, width, channels] = inputShape as Images;
  const perImage = sizeOf(index.shape.slice(1));
  index.data.forEach((place: number, i: number) => {
    if (!(place >= 0 && place < height * width)) throw indexError(name, i, place, height * width);
    f(i, (Math.floor(i / perImage) * height * width + place) * channels + (i % channels));
  });
}

export const maxPoolGradientOp: Op<PoolGradientAttributes> & { name: 'maxPoolGradient' } = {
  name: 'maxPoolGradient',
  infer([g, index], attributes) {
    const { inputShape } = attributes;
    checkWindows('maxPoolGradient', inputShape, attributes);
    const pooled = pooledShape(inputShape, attributes);
    requireFloat('maxPoolGradient', g as Spec, pooled);
    requirePlaces('maxPoolGradient', index as Spec, pooled);
    return [{ shape: inputShape, dtype: 'f32' }];
  },
  evaluate([g, index], { inputShape }) {
    const result = new Float64Array(sizeOf(inputShape));
    forEachPlace('maxPoolGradient', inputShape, index as HostTensor, (pooled, source) => {
      result[source] = (result[source] as number) + ((g as HostTensor).data[pooled] as number);
    });
    return [result];
  },
  gradient: ({ inputs, cotangents, attributes: { inputShape: _, ...windows } }) => [
    maxPoolGather(cotangents[0] as Tensor, inputs[1] as Tensor, windows as WindowAttributes),
    undefined,
  ],
};

export const maxPoolGatherOp: Op<WindowAttributes> & { name: 'maxPoolGather' } = {
  name: 'maxPoolGather',
  infer([x, index], attributes) {
    const { shape, dtype } = x as Spec;
    checkWindows('maxPoolGather', shape, attributes);
    requireFloat('maxPoolGather', x as Spec, shape);
    const pooled = pooledShape(shape, attributes);
    requirePlaces('maxPoolGather', index as Spec, pooled);
    return [{ shape: pooled, dtype }];
  },
  evaluate([x, index]) {
    const { data, shape } = x as HostTensor;
    const result = new Float64Array((index as HostTensor).data.length);
    forEachPlace('maxPoolGather', shape, index as HostTensor, (pooled, source) => {
      result[pooled] = data[source] as number;
    });
    return [result];
  },
  gradient: ({ inputs, cotangents, attributes }) => [
    maxPoolGradient(cotangents[0] as Tensor, inputs[1] as Tensor, (inputs[0] as Tensor).shape, attributes),
    undefined,
  ],
};

/** Zeros [inputShape], to which each element of g is added at its place, which lies within its own window. */
const maxPoolGradient = (g: Tensor, index: Tensor, inputShape: Shape, windows: WindowAttributes): Tensor =>
  apply(maxPoolGradientOp, [g, index], { ...windows, inputShape })[0] as Tensor;

/** What stands in the images at each place. */
const maxPoolGather = (x: Tensor, index: Tensor, windows: WindowAttributes): Tensor =>
  apply(maxPoolGatherOp, [x, index], windows)[0] as Tensor;

/** By how much the sum of a window is divided. */
function countOf(of: AveragePoolAttributes, [, height, width]: Images, y: number, x: number): number {
  return cellsOf(of, 0, height, y, of.includePadding).length * cellsOf(of, 1, width, x, of.includePadding).length;
}

export const averagePoolOp: Op<AveragePoolAttributes> & { name: 'averagePool' } = {
  name: 'averagePool',
  infer([x], attributes) {
    const { shape, dtype } = x as Spec;
    checkWindows('averagePool', shape, attributes);
    requireFloat('averagePool', x as Spec, shape);
    return [{ shape: pooledShape(shape, attributes), dtype }];
  },
  evaluate([x], attributes, outputs) {
    const { data, shape } = x as HostTensor;
    const channels = shape[3] as number;
    const sums = new Float64Array(sizeOf((outputs[0] as Spec).shape));
    forEachWindow(shape as Images, attributes, ({ result, image, y, x: column }) => {
      const places = placesOf(attributes, shape as Images, y, column);
      const count = countOf(attributes, shape as Images, y, column);
      for (let c = 0; c < channels; c++)
        sums[result + c] =
          places.reduce((sum, place) => sum + (data[image + place * channels + c] as number), 0) / count;
    });
    return [sums];
  },
  gradient: ({ inputs, cotangents, attributes }) => [
    apply(averagePoolGradientOp, [cotangents[0] as Tensor], {
      ...attributes,
      inputShape: (inputs[0] as Tensor).shape,
    })[0],
  ],
};

export const averagePoolGradientOp: Op<AveragePoolAttributes & PoolGradientAttributes> & {
  name: 'averagePoolGradient';
} = {
  name: 'averagePoolGradient',
  infer([g], attributes) {
    const { inputShape } = attributes;
    checkWindows('averagePoolGradient', inputShape, attributes);
    requireFloat('averagePoolGradient', g as Spec, pooledShape(inputShape, attributes));
    return [{ shape: inputShape, dtype: 'f32' }];
  },
  evaluate([g], attributes) {
    const { inputShape } = attributes;
    const channels = inputShape[3] as number;
    const sums = new Float64Array(sizeOf(inputShape));
    forEachWindow(inputShape as Images, attributes, ({ result, image, y, x }) => {
      const count = countOf(attributes, inputShape as Images, y, x);
      for (const place of placesOf(attributes, inputShape as Images, y, x))
        for (let c = 0; c < channels; c++) {
          const at = image + place * channels + c;
          sums[at] = (sums[at] as number) + ((g as HostTensor).data[result + c] as number) / count;
        }
    });
    return [sums];
  },
  gradient: ({ cotangents, attributes: { inputShape: _, ...attributes } }) => [
    apply(averagePoolOp, [cotangents[0] as Tensor], attributes as AveragePoolAttributes)[0],
  ],
};
