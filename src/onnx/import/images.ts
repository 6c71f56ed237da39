/** @file Operators of ONNX on images and sequences of features: convolutions, pooling, normalizations. */
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { apply } from '../../graph/trace.ts';
import { convolve2d, convolveTranspose2d } from '../../ops/convolutions.ts';
import { add, mul } from '../../ops/elementwise.ts';
import { broadcastTo, reshape, transpose } from '../../ops/movement.ts';
import { batchNormPredict, batchNormTrain, layerNorm, runningAverage } from '../../ops/normalize.ts';
import { averagePool, maxPool } from '../../ops/pooling.ts';
import { max, mean } from '../../ops/reduce.ts';
import { standardizeOp } from '../../ops/standardize.ts';
import { Held } from './held.ts';
import type { NodeJson, NodeView, Operators } from './node.ts';

type Pair = readonly [number, number];

/** Rank 3, [n, channels, length], as images of height 1. */
const lifted = (value: Held): Held => {
  const [n, c, l] = value.shape as [number, number, number];
  return value.shape.length === 3 ? Held.of(reshape(value.tensor, [n, c, 1, l])) : value;
};

/** A result in the rank of what it was made of. */
function lowered(images: Tensor, like: Shape): Held {
  const result = Held.images(images);
  if (like.length === 4) return result;
  const [n, c, , l] = result.shape as [number, number, number, number];
  return Held.of(reshape(result.tensor, [n, c, l]));
}

/** A list of one or two numbers as [vertical, horizontal]. */
const pair = (list: readonly number[] | undefined, otherwise: number, rank: number): Pair => {
  const given = list ?? new Array<number>(rank - 2).fill(otherwise);
  return given.length === 1 ? [otherwise, given[0] as number] : [given[0] as number, given[1] as number];
};

type Padding = 'same' | 'valid' | readonly [Pair, Pair];

function paddingOf(node: NodeView, rank: number): Padding {
  const auto = node.text('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER') return 'same';
  const pads = node.list('pads');
  if (auto === 'VALID' || pads === undefined) return 'valid';
  const [top, left] = pair(pads.slice(0, pads.length / 2), 0, rank);
  const [bottom, right] = pair(pads.slice(pads.length / 2), 0, rank);
  return [
    [top, bottom],
    [left, right],
  ];
}

/** What convolutions and pooling of images cannot have. */
function checkWindows({ attributes }: NodeJson): string | undefined {
  if (attributes.auto_pad === 'SAME_LOWER') return "with auto_pad 'SAME_LOWER'";
  const kernel = attributes.kernel_shape;
  if (Array.isArray(kernel) && kernel.length > 2) return `in ${kernel.length} dimensions`;
  return Array.isArray(attributes.pads) && attributes.pads.some((pad) => Number(pad) < 0)
    ? 'with negative pads'
    : undefined;
}

/** A filter [out, in, height, width] as ours, [height, width, in, out]. */
const filterOf = (node: NodeView): Tensor => transpose(lifted(node.held(1)).tensor, [2, 3, 1, 0]);

function conv(node: NodeView): Held {
  const { shape } = node.held(0);
  const rank = shape.length;
  const y = convolve2d(lifted(node.held(0)).images, filterOf(node), {
    strides: pair(node.list('strides'), 1, rank),
    dilations: pair(node.list('dilations'), 1, rank),
    padding: paddingOf(node, rank),
    groups: node.number('group', 1),
  });
  const bias = node.optional(2);
  return lowered(bias === undefined ? y : add(y, bias.tensor), shape);
}

function convTranspose(node: NodeView): Held {
  const { shape } = node.held(0);
  const rank = shape.length;
  // ONNX's filter is [in, out / group, height, width]: that of the convolution whose gradient this is.
  const padding = paddingOf(node, rank);
  const y = convolveTranspose2d(lifted(node.held(0)).images, filterOf(node), {
    strides: pair(node.list('strides'), 1, rank),
    dilations: pair(node.list('dilations'), 1, rank),
    padding: padding === 'valid' || padding === 'same' ? 0 : padding,
    outputPadding: pair(node.list('output_padding'), 0, rank),
    groups: node.number('group', 1),
  });
  const bias = node.optional(2);
  return lowered(bias === undefined ? y : add(y, bias.tensor), shape);
}

function pool(node: NodeView, isMax: boolean): Held {
  const { shape } = node.held(0);
  const rank = shape.length;
  const options = {
    poolSize: pair(node.list('kernel_shape'), 1, rank),
    strides: pair(node.list('strides'), 1, rank),
    padding: paddingOf(node, rank),
    ceilMode: node.number('ceil_mode', 0) === 1,
  };
  const images = lifted(node.held(0)).images;
  const y = isMax
    ? maxPool(images, { ...options, dilations: pair(node.list('dilations'), 1, rank) })
    : averagePool(images, { ...options, includePadding: node.number('count_include_pad', 0) === 1 });
  return lowered(y, shape);
}

function batchNormalization(node: NodeView): Held {
  const value = node.held(0);
  const { shape } = value;
  const [gamma, beta, runningMean, running] = [1, 2, 3, 4].map((i) => node.x(i)) as [Tensor, Tensor, Tensor, Tensor];
  const epsilon = node.number('epsilon', 1e-5);
  const hasChannelsInside = shape.length === 3;
  const x = shape.length === 4 ? value.images : hasChannelsInside ? transpose(value.tensor, [0, 2, 1]) : value.tensor;
  const { context } = node.around;
  let y: Tensor;
  if (context.mode === 'train') {
    const batch = batchNormTrain(x, { gamma, beta, epsilon });
    const keep = node.number('momentum', 0.9);
    context.update(node.json.inputs[3] as string, runningAverage(runningMean, batch.mean, keep));
    context.update(node.json.inputs[4] as string, runningAverage(running, batch.variance, keep));
    y = batch.y;
  } else y = batchNormPredict(x, { mean: runningMean, variance: running }, { gamma, beta, epsilon });
  if (shape.length === 4) return Held.images(y);
  return Held.of(hasChannelsInside ? transpose(y, [0, 2, 1]) : y);
}

function instanceNormalization(node: NodeView): Held {
  const value = lifted(node.held(0));
  const how = { axes: [1, 2], epsilon: node.number('epsilon', 1e-5), center: true };
  const [y] = apply(standardizeOp, [value.images], how) as [Tensor];
  return lowered(add(mul(y, node.x(1)), node.x(2)), node.held(0).shape);
}

function layerNormalization(node: NodeView): Tensor {
  const x = node.x();
  const axis = node.axis(node.number('axis', -1), x.shape.length);
  return layerNorm(x, {
    axes: Array.from({ length: x.shape.length - axis }, (_, i) => axis + i),
    gamma: node.x(1),
    beta: node.optional(2)?.tensor,
    epsilon: node.number('epsilon', 1e-5),
  });
}

function groupNormalization(node: NodeView): Held {
  const { images } = lifted(node.held(0));
  const groups = node.number('num_groups', 1);
  const [n, h, w, c] = images.shape as [number, number, number, number];
  // Channels of a group beside its pixels: [n, groups, h, w, c / groups].
  const apart = transpose(reshape(images, [n, h, w, groups, c / groups]), [0, 3, 1, 2, 4]);
  const how = { axes: [2, 3, 4], epsilon: node.number('epsilon', 1e-5), center: true };
  const [y] = apply(standardizeOp, [apart], how) as [Tensor];
  const together = reshape(transpose(y, [0, 2, 3, 1, 4]), [n, h, w, c]);
  // Until operator set 20 there is one scale for each group.
  const byChannel = (t: Tensor): Tensor =>
    node.opset > 20 ? t : reshape(broadcastTo(reshape(t, [groups, 1]), [groups, c / groups]), [c]);
  return lowered(add(mul(together, byChannel(node.x(1))), byChannel(node.x(2))), node.held(0).shape);
}

const global = (f: (x: Tensor, axes: number[], options: { keepDims: true }) => Tensor) => (node: NodeView) =>
  lowered(f(lifted(node.held(0)).images, [1, 2], { keepDims: true }), node.held(0).shape);

const onlyFirst = ({ outputs }: NodeJson): string | undefined =>
  outputs.slice(1).some((name) => name !== '') ? 'with more than one output' : undefined;

export const IMAGES: Operators = {
  Conv: { run: conv, check: checkWindows, limits: '1 or 2 dimensions' },
  ConvTranspose: {
    run: convTranspose,
    check: (node) =>
      checkWindows(node) ??
      (node.attributes.output_shape !== undefined || String(node.attributes.auto_pad ?? 'NOTSET').startsWith('SAME')
        ? 'with output_shape or auto_pad'
        : undefined),
    limits: '1 or 2 dimensions; pads, not output_shape',
  },
  MaxPool: {
    run: (node) => pool(node, true),
    check: (node) => checkWindows(node) ?? onlyFirst(node),
    limits: '1 or 2 dimensions; values, not places',
  },
  AveragePool: {
    run: (node) => pool(node, false),
    check: (node) =>
      checkWindows(node) ??
      (Array.isArray(node.attributes.dilations) && node.attributes.dilations.some((d) => d !== 1)
        ? 'with dilations'
        : undefined),
    limits: '1 or 2 dimensions; without dilations',
  },
  GlobalAveragePool: { run: global(mean), limits: '1 or 2 dimensions' },
  GlobalMaxPool: { run: global(max), limits: '1 or 2 dimensions' },
  BatchNormalization: {
    run: batchNormalization,
    check: (node) => (node.attributes.training_mode === 1 ? 'in training mode' : undefined),
    limits: 'the mode is that of our step: batch statistics in training, running ones in prediction',
  },
  InstanceNormalization: { run: instanceNormalization, limits: '1 or 2 dimensions' },
  LayerNormalization: { run: layerNormalization, check: onlyFirst, limits: 'only the first output' },
  GroupNormalization: { run: groupNormalization, limits: '1 or 2 dimensions' },
};
