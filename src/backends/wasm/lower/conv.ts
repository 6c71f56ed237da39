/** @file Lowering of convolution and its gradients. */
import { sizeOf, stridesOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import { type ConvGeometry, type ConvSizes, convSizes } from '../../../ops/conv.ts';
import type { LinearActivation } from '../../../ops/matmul.ts';
import { Constant, ConvField, Opcode, ReduceFunction } from '../../../plan/opcodes.ts';
import { convScratchBytes } from '../../../plan/sizes.ts';
import { bytesOf } from '../placement.ts';
import { input, type Lowering, type LoweringContext, output } from './context.ts';
import { emitCopy } from './movement.ts';
import { ACTIVATIONS } from './structured.ts';
import { emitReduce } from './sum-in-parts.ts';

type ConvOpcode = Opcode.conv2d | Opcode.conv2dInputGradient | Opcode.conv2dFilterGradient;

/** Which of a node's values are the images, the filter, and the results. */
function rolesOf(node: Node): { opcode: ConvOpcode; images: Value; filter: Value } {
  switch (node.op.name) {
    case 'conv2dInputGradient':
      return { opcode: Opcode.conv2dInputGradient, images: output(node), filter: input(node, 0) };
    case 'conv2dFilterGradient':
      return { opcode: Opcode.conv2dFilterGradient, images: input(node, 0), filter: output(node) };
    default:
      return { opcode: Opcode.conv2d, images: input(node, 0), filter: input(node, 1) };
  }
}

function describe(node: Node): { opcode: ConvOpcode; sizes: ConvSizes; geometry: ConvGeometry; bytes: number } {
  const { opcode, images, filter } = rolesOf(node);
  const geometry = node.attributes as ConvGeometry;
  const sizes = convSizes(node.op.name, images.shape, filter.shape, geometry);
  return { opcode, sizes, geometry, bytes: convScratchBytes(opcode, { ...sizes, groups: geometry.groups }) };
}

/** Whether every channel has one filter of its own: such convolutions have kernels that meet the filter as it is. */
function isDepthwise(node: Node): boolean {
  const { sizes, geometry } = describe(node);
  return geometry.groups > 1 && sizes.c === geometry.groups && sizes.o === geometry.groups;
}

/** Before its scratch area, the input gradient keeps the filter with its runs as columns. */
const filterBytes = (node: Node): number =>
  node.op.name === 'conv2dInputGradient' && !isDepthwise(node)
    ? Math.ceil((bytesOf(input(node, 0)) + Constant.slackBytes) / 64) * 64
    : 0;

/** Most parts that the images of a filter gradient are cut into, each with a sum of its own; filters up to this size. */
const MAX_PARTS = 4;
const MAX_PART_ELEMENTS = 65536;

/**
 * Into how many parts the images of a filter gradient are cut: by sizes alone, since the sums of the parts are added at the
 * end. Threads can then take parts, and share neither images nor results.
 */
function partsOf(node: Node): number {
  const images = input(node, 0).shape[0] as number;
  return sizeOf(output(node).shape) > MAX_PART_ELEMENTS ? 1 : Math.max(1, Math.min(MAX_PARTS, images >> 2));
}

const isFilterGradient = (node: Node): boolean => node.op.name === 'conv2dFilterGradient';

/** Behind its scratch area, a filter gradient in parts keeps their sums. */
const partBytes = (node: Node): number =>
  isFilterGradient(node) && partsOf(node) > 1 ? partsOf(node) * bytesOf(output(node)) + Constant.slackBytes : 0;

export const convScratch = (node: Node): number => filterBytes(node) + describe(node).bytes + partBytes(node);

function emitConv(
  node: Node,
  context: LoweringContext,
  first: number,
  scratch: number,
  fields: Record<number, number>,
): void {
  const { opcode, sizes, geometry } = describe(node);
  const { strides, padding, dilations, groups } = geometry;
  context.emit(opcode, ConvField.words, {
    [ConvField.destination]: context.address(output(node)),
    [ConvField.first]: first,
    [ConvField.second]: context.address(input(node, 1)),
    [ConvField.scratch]: scratch,
    [ConvField.runTo]: sizes.kw * (sizes.c / groups),
    [ConvField.n]: sizes.n,
    [ConvField.h]: sizes.h,
    [ConvField.w]: sizes.w,
    [ConvField.c]: sizes.c,
    [ConvField.kh]: sizes.kh,
    [ConvField.kw]: sizes.kw,
    [ConvField.o]: sizes.o,
    [ConvField.oh]: sizes.oh,
    [ConvField.ow]: sizes.ow,
    [ConvField.strideH]: strides[0],
    [ConvField.strideW]: strides[1],
    [ConvField.top]: padding[0][0],
    [ConvField.left]: padding[1][0],
    [ConvField.dilationH]: dilations[0],
    [ConvField.dilationW]: dilations[1],
    [ConvField.groups]: groups,
    ...fields,
  });
}

export const conv: Lowering = (node, context) =>
  emitConv(node, context, context.address(input(node, 0)), context.scratch(node), {});

export const convFilterGradient: Lowering = (node, context) => {
  const parts = partsOf(node);
  const scratch = context.scratch(node);
  if (parts === 1) {
    emitConv(node, context, context.address(input(node, 0)), scratch, {});
    return;
  }
  const { sizes, bytes } = describe(node);
  const [images, results] = [input(node, 0), input(node, 1)];
  const sums = scratch + bytes;
  for (let part = 0; part < parts; part++) {
    const [from, to] = [Math.floor((part * sizes.n) / parts), Math.floor(((part + 1) * sizes.n) / parts)];
    emitConv(node, context, context.address(images) + (from * bytesOf(images)) / sizes.n, scratch, {
      [ConvField.destination]: sums + part * bytesOf(output(node)),
      [ConvField.second]: context.address(results) + (from * bytesOf(results)) / sizes.n,
      [ConvField.n]: to - from,
    });
  }
  const destination = context.address(output(node));
  const inner = sizeOf(output(node).shape);
  emitReduce(context, ReduceFunction.sum, { destination, source: sums }, { outer: 1, k: parts, inner });
};

export const convLinear: Lowering = (node, context) =>
  emitConv(node, context, context.address(input(node, 0)), context.scratch(node), {
    [ConvField.bias]: context.address(input(node, 2)),
    [ConvField.activation]: ACTIVATIONS[node.attributes.activation as LinearActivation],
  });

export const convInputGradient: Lowering = (node, context) => {
  const filter = input(node, 0);
  const [kh, kw, cg, o] = filter.shape as [number, number, number, number];
  if (isDepthwise(node)) {
    emitConv(node, context, context.address(filter), context.scratch(node), {});
    return;
  }
  const turned = context.scratch(node);
  const [rows, columns, channels, outs] = stridesOf(filter.shape) as [number, number, number, number];
  // [kh, kw, c, o] → [kh, o, kw, c]: then what one result meets in a row of the filter is contiguous.
  emitCopy(
    {
      shape: [kh, o, kw, cg],
      from: { address: context.address(filter), strides: [rows, outs, columns, channels] },
      to: { address: turned, strides: stridesOf([kh, o, kw, cg]) },
      elementBytes: 4,
    },
    context.emit,
    node.op.name,
  );
  emitConv(node, context, turned, turned + filterBytes(node), {});
};
