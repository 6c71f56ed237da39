/** @file Lowering of ops that move elements, through the one strided copy. */
import { BYTES, type DType } from '../../../core/dtype.ts';
import { SaddlepointError } from '../../../core/errors.ts';
import { type Shape, showShape, sizeOf, stridesOf } from '../../../core/shape.ts';
import type { Node } from '../../../graph/node.ts';
import { bitsOf } from '../../../plan/format.ts';
import { Constant, CopyField, FillField, Opcode } from '../../../plan/opcodes.ts';
import { input, type Lowering, type LoweringContext, output } from './context.ts';

interface Box {
  readonly shape: Shape;
  readonly from: { readonly address: number; readonly strides: readonly number[] };
  readonly to: { readonly address: number; readonly strides: readonly number[] };
  readonly elementBytes: number;
}

/** Drops axes of 1 and joins neighbors that are contiguous on both sides. */
function collapse(box: Box): { dimensions: number[]; from: number[]; to: number[] } {
  const dimensions: number[] = [];
  const from: number[] = [];
  const to: number[] = [];
  box.shape.forEach((dimension, axis) => {
    if (dimension === 1) return;
    const [f, t] = [box.from.strides[axis] as number, box.to.strides[axis] as number];
    const i = dimensions.length - 1;
    if (i >= 0 && from[i] === f * dimension && to[i] === t * dimension) {
      dimensions[i] = (dimensions[i] as number) * dimension;
      from[i] = f;
      to[i] = t;
    } else {
      dimensions.push(dimension);
      from.push(f);
      to.push(t);
    }
  });
  return dimensions.length === 0 ? { dimensions: [1], from: [1], to: [1] } : { dimensions, from, to };
}

export function emitCopy(box: Box, emit: LoweringContext['emit'], op: string): void {
  const { dimensions, from, to } = collapse(box);
  if (dimensions.length > Constant.maxRank) {
    throw new SaddlepointError(
      'shape',
      `${op}: ${showShape(box.shape)} needs a copy of rank ${dimensions.length}, more than ${Constant.maxRank}`,
      'reshape to fewer axes first',
    );
  }
  const fields: Record<number, number> = {
    [CopyField.destination]: box.to.address,
    [CopyField.source]: box.from.address,
    [CopyField.rank]: dimensions.length,
    [CopyField.elementBytes]: box.elementBytes,
  };
  dimensions.forEach((dimension, axis) => {
    fields[CopyField.dimensions + axis] = dimension;
    fields[CopyField.destinationStrides + axis] = to[axis] as number;
    fields[CopyField.sourceStrides + axis] = from[axis] as number;
  });
  emit(Opcode.copy, CopyField.words, fields);
}

/** A copy of a contiguous value. */
export function emitMove(
  from: number,
  to: number,
  count: number,
  elementBytes: number,
  emit: LoweringContext['emit'],
): void {
  if (from === to) return;
  emitCopy(
    { shape: [count], from: { address: from, strides: [1] }, to: { address: to, strides: [1] }, elementBytes },
    emit,
    'copy',
  );
}

/** Lowers a node whose output [box] is read from the input with the given strides and offset (in elements). */
function gatherBox(node: Node, context: LoweringContext, strides: readonly number[], offset = 0): void {
  const { shape, dtype } = output(node);
  const elementBytes = BYTES[dtype];
  const from = { address: context.address(input(node, 0)) + offset * elementBytes, strides };
  emitCopy(
    { shape, from, to: { address: context.address(output(node)), strides: stridesOf(shape) }, elementBytes },
    context.emit,
    node.op.name,
  );
}

export const transpose: Lowering = (node, context) => {
  const strides = stridesOf(input(node, 0).shape);
  gatherBox(
    node,
    context,
    (node.attributes.permutation as number[]).map((axis) => strides[axis] as number),
  );
};

export const broadcastTo: Lowering = (node, context) => {
  const own = input(node, 0).shape;
  const shift = output(node).shape.length - own.length;
  const strides = stridesOf(own);
  gatherBox(
    node,
    context,
    output(node).shape.map((_, axis) =>
      axis < shift || own[axis - shift] === 1 ? 0 : (strides[axis - shift] as number),
    ),
  );
};

export const slice: Lowering = (node, context) => {
  const strides = stridesOf(input(node, 0).shape);
  const offset = (node.attributes.starts as number[]).reduce(
    (total, start, axis) => total + start * (strides[axis] as number),
    0,
  );
  gatherBox(node, context, strides, offset);
};

/** 32 bits that hold the value, as often as it fits. */
function wordOf(value: number, dtype: DType): number {
  if (dtype === 'f32') return bitsOf(value);
  return dtype === 'u8' ? Math.imul(value & 0xff, 0x01010101) : value;
}

export const pad: Lowering = (node, { address, emit }) => {
  const { shape, dtype } = output(node);
  const elementBytes = BYTES[dtype];
  const strides = stridesOf(shape);
  const offset = (node.attributes.before as number[]).reduce(
    (total, count, axis) => total + count * (strides[axis] as number),
    0,
  );
  emit(Opcode.fill, FillField.words, {
    [FillField.destination]: address(output(node)),
    [FillField.count]: Math.ceil((sizeOf(shape) * elementBytes) / 4),
    [FillField.value]: wordOf((node.attributes.value as number | undefined) ?? 0, dtype),
  });
  const own = input(node, 0).shape;
  emitCopy(
    {
      shape: own,
      from: { address: address(input(node, 0)), strides: stridesOf(own) },
      to: { address: address(output(node)) + offset * elementBytes, strides },
      elementBytes,
    },
    emit,
    'pad',
  );
};

/** Leaves that were computed in place cost nothing; the others are copied, and the gaps zeroed. */
export const pack: Lowering = (node, { address, emit }) => {
  const base = address(output(node));
  const offsets = node.attributes.offsets as number[];
  const zero = (from: number, to: number): void => {
    if (to > from)
      emit(Opcode.fill, FillField.words, {
        [FillField.destination]: base + from * 4,
        [FillField.count]: to - from,
        [FillField.value]: 0,
      });
  };
  let end = 0;
  node.inputs.forEach((leaf, i) => {
    const offset = offsets[i] as number;
    zero(end, offset);
    emitMove(address(leaf), base + offset * 4, sizeOf(leaf.shape), 4, emit);
    end = offset + sizeOf(leaf.shape);
  });
  zero(end, node.attributes.size as number);
};
