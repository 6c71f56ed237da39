/** @file Lowering of joining: every input is copied to its place. */
import { BYTES } from '../../../core/dtype.ts';
import { sizeOf } from '../../../core/shape.ts';
import { type Lowering, output } from './context.ts';
import { emitCopy } from './movement.ts';

export const concat: Lowering = (node, { address, emit }) => {
  const { shape, dtype } = output(node);
  const axis = node.attributes.axis as number;
  const row = sizeOf(shape.slice(axis));
  const elementBytes = BYTES[dtype];
  let to = address(output(node));
  for (const input of node.inputs) {
    const width = sizeOf(input.shape.slice(axis));
    const box = {
      shape: [sizeOf(input.shape) / width, width],
      from: { address: address(input), strides: [width, 1] },
      to: { address: to, strides: [row, 1] },
      elementBytes,
    };
    emitCopy(box, emit, 'concat');
    to += width * elementBytes;
  }
};
