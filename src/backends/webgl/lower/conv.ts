/**
 * @file Convolution and its two gradients: by tfjs' kernels where they know the geometry, plain or depthwise without dilation; else
 * tap by tap, as products of matrices.
 */
import type { NamedTensorMap } from '@tensorflow/tfjs-core';
import { must } from '../../../core/errors.ts';
import type { Shape } from '../../../core/shape.ts';
import {
  type ConvFilterAttributes,
  type ConvGeometry,
  type ConvInputAttributes,
  convSizes,
} from '../../../ops/conv.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { type LoweringCall, lowering } from './lowering.ts';
import { cropped, padded, spread, sumOfTaps, tapOf, tapsOf, type Windows } from './taps.ts';

interface Conv {
  readonly tfjs: Tfjs;
  readonly geometry: ConvGeometry;
  readonly windows: Windows;
  /** Images [n, h, w, c], filter [kh, kw, c / groups, o], results [n, oh, ow, o]. */
  readonly images: Shape;
  readonly filter: Shape;
  readonly results: Shape;
}

function convOf(tfjs: Tfjs, images: Shape, filter: Shape, geometry: ConvGeometry): Conv {
  const { n, kh, kw, o, oh, ow } = convSizes('conv2d', images, filter, geometry);
  const { strides, dilations, padding } = geometry;
  const windows: Windows = {
    ...{ window: [kh, kw], output: [oh, ow], strides, dilations },
    before: [padding[0][0], padding[1][0]],
  };
  return { tfjs, geometry, windows, images, filter, results: [n, oh, ow, o] };
}

/** How tfjs' kernels are named, and what they are told; undefined for geometries that they do not know. */
function kernelOf({ geometry, images, filter }: Conv): { depthwise: boolean; attributes: object } | undefined {
  const { strides, padding, dilations, groups } = geometry;
  const depthwise = groups > 1 && groups === images[3];
  if (dilations.some((dilation) => dilation !== 1) || (groups > 1 && !depthwise)) return undefined;
  // Kernels of depthwise convolution know one stride for both axes.
  if (depthwise && (strides[0] !== strides[1] || filter[2] !== 1)) return undefined;
  const pad = [[0, 0], padding[0], padding[1], [0, 0]];
  return { depthwise, attributes: { strides, pad, dataFormat: 'NHWC', dilations, dimRoundingMode: undefined } };
}

/** A filter [kh, kw, 1, c · m] as depthwise kernels have it: [kh, kw, c, m]. */
const asDepthwise = ({ filter, images }: Conv): Shape => [
  filter[0] as number,
  filter[1] as number,
  images[3] as number,
  (filter[3] as number) / (images[3] as number),
];

const run = ({ core }: Tfjs, name: string, inputs: NamedTensorMap, attributes: object): Tensor =>
  core.engine().runKernel(name, inputs, attributes as never) as Tensor;

/** Cells [n, rows, columns, channels] as a matrix for each group: [groups, n · rows · columns, channels / groups]. */
function grouped({ tfjs: { core }, geometry: { groups } }: Conv, x: Tensor): Tensor {
  const channels = x.shape[3] as number;
  const cells = core.reshape(x, [x.size / channels, groups, channels / groups]);
  return groups === 1 ? core.reshape(x, [1, x.size / channels, channels]) : core.transpose(cells, [1, 0, 2]);
}

/** Back again. */
function ungrouped({ tfjs: { core } }: Conv, x: Tensor, shape: Shape): Tensor {
  return core.reshape(x.shape[0] === 1 ? x : core.transpose(x, [1, 0, 2]), [...shape]);
}

/** The weights of one tap: [groups, c / groups, o / groups]. */
function weightsOf(
  { tfjs: { core }, geometry: { groups }, filter: [, , cg, o] }: Conv,
  filter: Tensor,
  [p, q]: readonly [number, number],
): Tensor {
  const one = core.slice(filter, [p, q, 0, 0], [1, 1, cg as number, o as number]);
  return core.transpose(core.reshape(one, [cg as number, groups, (o as number) / groups]), [1, 0, 2]);
}

export function convolve(call: LoweringCall<ConvGeometry>): Tensor {
  const { tfjs, inputs, tensor } = call;
  const [images, filter] = inputs.map(({ spec }) => spec.shape) as [Shape, Shape];
  const conv = convOf(tfjs, images, filter, call.attributes);
  const kernel = kernelOf(conv);
  if (kernel !== undefined) {
    return kernel.depthwise
      ? run(tfjs, 'DepthwiseConv2dNative', { x: tensor(0), filter: tensor(1, asDepthwise(conv)) }, kernel.attributes)
      : run(tfjs, 'Conv2D', { x: tensor(0), filter: tensor(1) }, kernel.attributes);
  }
  const whole = padded(tfjs, tensor(0), conv.windows);
  const y = sumOfTaps(tfjs, conv.windows, (tap) =>
    tfjs.core.matMul(grouped(conv, tapOf(tfjs, whole, conv.windows, tap)), weightsOf(conv, tensor(1), tap)),
  );
  return ungrouped(conv, y, conv.results);
}

export const CONV = {
  conv2d: lowering(convolve),
  conv2dInputGradient: lowering<ConvInputAttributes>(({ tfjs, inputs, outputs, tensor, attributes }) => {
    const images = must(outputs[0], 'an output').shape;
    const conv = convOf(tfjs, images, must(inputs[0], 'a filter').spec.shape, attributes);
    const kernel = kernelOf(conv);
    if (kernel !== undefined) {
      const more = { ...kernel.attributes, inputShape: [...images] };
      return kernel.depthwise
        ? run(tfjs, 'DepthwiseConv2dNativeBackpropInput', { dy: tensor(1), filter: tensor(0, asDepthwise(conv)) }, more)
        : run(tfjs, 'Conv2DBackpropInput', { dy: tensor(1), filter: tensor(0) }, more);
    }
    const g = grouped(conv, tensor(1));
    const [n, oh, ow] = conv.results as [number, number, number];
    const whole = sumOfTaps(tfjs, conv.windows, (tap) => {
      const cells = tfjs.core.matMul(g, weightsOf(conv, tensor(0), tap), false, true);
      return spread(tfjs, ungrouped(conv, cells, [n, oh, ow, images[3] as number]), conv.windows, tap);
    });
    return cropped(tfjs, whole, conv.windows, [images[1] as number, images[2] as number]);
  }),
  conv2dFilterGradient: lowering<ConvFilterAttributes>(({ tfjs, inputs, outputs, tensor, attributes }) => {
    const filter = must(outputs[0], 'an output').shape;
    const conv = convOf(tfjs, must(inputs[0], 'images').spec.shape, filter, attributes);
    const kernel = kernelOf(conv);
    if (kernel !== undefined) {
      const filterShape = [...(kernel.depthwise ? asDepthwise(conv) : filter)];
      const name = kernel.depthwise ? 'DepthwiseConv2dNativeBackpropFilter' : 'Conv2DBackpropFilter';
      return run(tfjs, name, { x: tensor(0), dy: tensor(1) }, { ...kernel.attributes, filterShape });
    }
    const { core } = tfjs;
    const whole = padded(tfjs, tensor(0), conv.windows);
    const g = grouped(conv, tensor(1));
    const parts = tapsOf(conv.windows).map((tap) => {
      const weights = core.matMul(grouped(conv, tapOf(tfjs, whole, conv.windows, tap)), g, true, false);
      return core.reshape(core.transpose(weights, [1, 0, 2]), [1, filter[2] as number, filter[3] as number]);
    });
    return core.concat(parts, 0);
  }),
};
