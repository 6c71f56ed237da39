/**
 * @file Convolution as one closed family of three ops: the product with a filter, and its two gradients, each of which is the
 * gradient of the others. So there are derivatives of every order.
 */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { add } from './elementwise.ts';
import { LINEAR_ACTIVATIONS, type LinearActivation } from './matmul.ts';

/** How a filter moves over images. Pairs are [height, width]. */
export interface ConvGeometry {
  readonly [key: string]: unknown;
  readonly strides: readonly [number, number];
  /** Zeros around the image: [[top, bottom], [left, right]]. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly dilations: readonly [number, number];
  /** Channels are cut into so many groups, which do not meet. */
  readonly groups: number;
}

/** All sizes of one convolution: images [n, h, w, c], filter [kh, kw, c / groups, o], results [n, oh, ow, o]. */
export interface ConvSizes {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly kh: number;
  readonly kw: number;
  readonly o: number;
  readonly oh: number;
  readonly ow: number;
}

/** How many places a filter of `kernel` taps has along an axis. */
export function convOutputSize(
  size: number,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
  dilation: number,
): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

const fail = (message: string, help?: string): never => {
  throw new SaddlepointError('shape', message, help);
};

/** Sizes from the shapes of the images and the filter. @throws SaddlepointError `shape` where they do not fit. */
export function convSizes(name: string, x: Shape, filter: Shape, geometry: ConvGeometry): ConvSizes {
  const given = `images ${showShape(x)} and filter ${showShape(filter)}`;
  if (x.length !== 4 || filter.length !== 4)
    fail(`${name}: expected images [n, height, width, channels] and a filter of rank 4, got ${given}`);
  const [n, h, w, c] = x as [number, number, number, number];
  const [kh, kw, cg, o] = filter as [number, number, number, number];
  const { strides, padding, dilations, groups } = geometry;
  if (cg * groups !== c || o % groups !== 0) {
    fail(
      `${name}: ${given} with ${groups} groups: the filter takes ${cg} × ${groups} channels and gives ${o}`,
      'filter.shape[2] × groups is the number of channels, and groups divides filter.shape[3]',
    );
  }
  const oh = convOutputSize(h, kh, strides[0], padding[0], dilations[0]);
  const ow = convOutputSize(w, kw, strides[1], padding[1], dilations[1]);
  if (oh < 1 || ow < 1)
    fail(
      `${name}: the filter is larger than the padded image: ${given}`,
      "pad the image (padding: 'same'), or use a smaller filter",
    );
  return { n, h, w, c, kh, kw, o, oh, ow };
}

/** Calls `f` for every pair of elements that meet, with offsets into images, filter and results. */
function forEachTap(
  { n, h, w, c, kh, kw, o, oh, ow }: ConvSizes,
  { strides, padding, dilations, groups }: ConvGeometry,
  f: (x: number, filter: number, y: number) => void,
): void {
  const [cg, og] = [c / groups, o / groups];
  for (let image = 0; image < n; image++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let p = 0; p < kh; p++) {
          const row = i * strides[0] - padding[0][0] + p * dilations[0];
          if (row < 0 || row >= h) continue;
          for (let q = 0; q < kw; q++) {
            const column = j * strides[1] - padding[1][0] + q * dilations[1];
            if (column < 0 || column >= w) continue;
            const y = ((image * oh + i) * ow + j) * o;
            const x = ((image * h + row) * w + column) * c;
            for (let channel = 0; channel < cg; channel++)
              for (let out = 0; out < o; out++) {
                const group = Math.floor(out / og);
                f(x + group * cg + channel, ((p * kw + q) * cg + channel) * o + out, y + out);
              }
          }
        }
}

function requireFloat(name: string, inputs: readonly Spec[]): void {
  for (const { dtype } of inputs)
    if (dtype !== 'f32') throw new SaddlepointError('dtype', `${name}: expected f32, got ${dtype}`);
}

/** The images that a gradient belongs to: everything but their height and width follows from the other shapes. */
function imagesOf(
  filter: Spec,
  y: Spec,
  { inputSize, groups }: ConvGeometry & { inputSize: readonly number[] },
): Shape {
  return [y.shape[0] as number, ...inputSize, (filter.shape[2] as number) * groups];
}

function filterOf(x: Spec, y: Spec, { filterSize, groups }: ConvGeometry & { filterSize: readonly number[] }): Shape {
  return [...filterSize, (x.shape[3] as number) / groups, y.shape[3] as number];
}

/** That the results have the shape which images and filter give. */
function checkResults(name: string, y: Spec, sizes: ConvSizes): void {
  const { n, oh, ow, o } = sizes;
  if (y.shape.join() !== [n, oh, ow, o].join())
    fail(`${name}: expected results [${n},${oh},${ow},${o}], got ${showShape(y.shape)}`);
}

export const conv2dOp: Op<ConvGeometry> & { name: 'conv2d' } = {
  name: 'conv2d',
  get biased() {
    return convLinearOp as unknown as Op;
  },
  infer(inputs, geometry) {
    requireFloat('conv2d', inputs);
    const [x, filter] = inputs as [Spec, Spec];
    const { n, oh, ow, o } = convSizes('conv2d', x.shape, filter.shape, geometry);
    return [{ shape: [n, oh, ow, o], dtype: 'f32' }];
  },
  evaluate(inputs, geometry, outputs) {
    const [x, filter] = inputs as [HostTensor, HostTensor];
    const result = new Float64Array(sizeOf((outputs[0] as Spec).shape));
    forEachTap(convSizes('conv2d', x.shape, filter.shape, geometry), geometry, (xi, fi, yi) => {
      result[yi] = (result[yi] as number) + (x.data[xi] as number) * (filter.data[fi] as number);
    });
    return [result];
  },
  gradient({ inputs, cotangents, attributes, needs }) {
    const [x, filter] = inputs as [Tensor, Tensor];
    const g = cotangents[0] as Tensor;
    return [
      needs[0] ? inputGradient(filter, g, attributes, x.shape) : undefined,
      needs[1] ? filterGradient(x, g, attributes, filter.shape) : undefined,
    ];
  },
};

export interface ConvInputAttributes extends ConvGeometry {
  /** Height and width of the images. */
  readonly inputSize: readonly [number, number];
}

export const conv2dInputGradientOp: Op<ConvInputAttributes> & { name: 'conv2dInputGradient' } = {
  name: 'conv2dInputGradient',
  infer(inputs, attributes) {
    requireFloat('conv2dInputGradient', inputs);
    const [filter, y] = inputs as [Spec, Spec];
    const shape = imagesOf(filter, y, attributes);
    checkResults('conv2dInputGradient', y, convSizes('conv2dInputGradient', shape, filter.shape, attributes));
    return [{ shape, dtype: 'f32' }];
  },
  evaluate(inputs, attributes, outputs) {
    const [filter, y] = inputs as [HostTensor, HostTensor];
    const { shape } = outputs[0] as Spec;
    const result = new Float64Array(sizeOf(shape));
    forEachTap(convSizes('conv2dInputGradient', shape, filter.shape, attributes), attributes, (xi, fi, yi) => {
      result[xi] = (result[xi] as number) + (y.data[yi] as number) * (filter.data[fi] as number);
    });
    return [result];
  },
  gradient({ inputs, cotangents, attributes, needs }) {
    const [filter, y] = inputs as [Tensor, Tensor];
    const g = cotangents[0] as Tensor;
    return [
      needs[0] ? filterGradient(g, y, attributes, filter.shape) : undefined,
      needs[1] ? convolve(g, filter, attributes) : undefined,
    ];
  },
};

export interface ConvFilterAttributes extends ConvGeometry {
  /** Height and width of the filter. */
  readonly filterSize: readonly [number, number];
}

export const conv2dFilterGradientOp: Op<ConvFilterAttributes> & { name: 'conv2dFilterGradient' } = {
  name: 'conv2dFilterGradient',
  infer(inputs, attributes) {
    requireFloat('conv2dFilterGradient', inputs);
    const [x, y] = inputs as [Spec, Spec];
    const shape = filterOf(x, y, attributes);
    checkResults('conv2dFilterGradient', y, convSizes('conv2dFilterGradient', x.shape, shape, attributes));
    return [{ shape, dtype: 'f32' }];
  },
  evaluate(inputs, attributes, outputs) {
    const [x, y] = inputs as [HostTensor, HostTensor];
    const { shape } = outputs[0] as Spec;
    const result = new Float64Array(sizeOf(shape));
    forEachTap(convSizes('conv2dFilterGradient', x.shape, shape, attributes), attributes, (xi, fi, yi) => {
      result[fi] = (result[fi] as number) + (x.data[xi] as number) * (y.data[yi] as number);
    });
    return [result];
  },
  gradient({ inputs, cotangents, attributes, needs }) {
    const [x, y] = inputs as [Tensor, Tensor];
    const g = cotangents[0] as Tensor;
    return [
      needs[0] ? inputGradient(g, y, attributes, x.shape) : undefined,
      needs[1] ? convolve(x, g, attributes) : undefined,
    ];
  },
};

/** Only what says how the filter moves. */
const geometryOf = ({ strides, padding, dilations, groups }: ConvGeometry): ConvGeometry => ({
  strides,
  padding,
  dilations,
  groups,
});

export const convolve = (x: Tensor, filter: Tensor, geometry: ConvGeometry): Tensor =>
  apply(conv2dOp, [x, filter], geometryOf(geometry))[0] as Tensor;

export const inputGradient = (filter: Tensor, y: Tensor, geometry: ConvGeometry, [, h, w]: Shape): Tensor =>
  apply(conv2dInputGradientOp, [filter, y], {
    ...geometryOf(geometry),
    inputSize: [h as number, w as number],
  })[0] as Tensor;

const filterGradient = (x: Tensor, y: Tensor, geometry: ConvGeometry, [kh, kw]: Shape): Tensor =>
  apply(conv2dFilterGradientOp, [x, y], {
    ...geometryOf(geometry),
    filterSize: [kh as number, kw as number],
  })[0] as Tensor;

export type ConvLinearAttributes = ConvGeometry & { readonly activation: LinearActivation };

/** Convolution, bias [filters] and activation as one: what the fuse pass makes of the three. */
export const convLinearOp: Op<ConvLinearAttributes> & { name: 'convLinear' } = {
  name: 'convLinear',
  infer(inputs, attributes) {
    const [product] = conv2dOp.infer(inputs.slice(0, 2), attributes) as [Spec];
    const bias = inputs[2] as Spec;
    if (bias.shape.length !== 1 || bias.shape[0] !== product.shape[3])
      throw new SaddlepointError(
        'shape',
        `convLinear: expected a bias [${product.shape[3]}], got ${showShape(bias.shape)}`,
      );
    return [product];
  },
  decompose([x, filter, bias], { activation, ...how }) {
    return [LINEAR_ACTIVATIONS[activation](add(convolve(x as Tensor, filter as Tensor, how), bias as Tensor))];
  },
};
