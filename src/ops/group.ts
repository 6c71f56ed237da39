/**
 * @file Parameter groups as tensors: one flat block, of which each leaf is a segment. On WebAssembly both ops cost nothing:
 * a segment is an address, and what is packed is written in place.
 */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';

export const segmentOp: Op<{ offset: number; shape: Shape }> & { name: 'segment' } = {
  name: 'segment',
  infer([block], { offset, shape }) {
    const { dtype, shape: whole } = block as Spec;
    if (dtype !== 'f32' || whole.length !== 1 || offset < 0 || offset + sizeOf(shape) > (whole[0] as number)) {
      throw new SaddlepointError(
        'shape',
        `segment: ${showShape(shape)} at ${offset} does not lie within ${dtype}${showShape(whole)}`,
      );
    }
    return [{ shape, dtype: 'f32' }];
  },
  evaluate: ([block], { offset, shape }) => [(block as HostTensor).data.slice(offset, offset + sizeOf(shape))],
  gradient: ({ inputs, cotangents, attributes: { offset } }) => [
    pack([cotangents[0] as Tensor], [offset], (inputs[0] as Tensor).shape[0] as number),
  ],
};

/** The leaf of the given shape that begins at element `offset` of a flat block. */
export const segment = (block: Tensor, offset: number, shape: Shape): Tensor =>
  apply(segmentOp, [block], { offset, shape })[0] as Tensor;

export const packOp: Op<{ offsets: readonly number[]; size: number }> & { name: 'pack' } = {
  name: 'pack',
  infer(inputs, { offsets, size }) {
    let end = 0;
    inputs.forEach(({ shape, dtype }, i) => {
      if (dtype !== 'f32' || (offsets[i] as number) < end)
        throw new SaddlepointError('shape', `pack: input ${i} at ${offsets[i]} overlaps its predecessor`);
      end = (offsets[i] as number) + sizeOf(shape);
    });
    if (end > size) throw new SaddlepointError('shape', `pack: the inputs end at ${end}, the block at ${size}`);
    return [{ shape: [size], dtype: 'f32' }];
  },
  evaluate(inputs, { offsets, size }) {
    const result = new Float64Array(size);
    inputs.forEach(({ data }, i) => {
      result.set(data, offsets[i] as number);
    });
    return [result];
  },
  gradient: ({ inputs, cotangents, attributes: { offsets } }) =>
    inputs.map(({ shape }, i) => segment(cotangents[0] as Tensor, offsets[i] as number, shape)),
};

/** A flat block of `size` elements with each leaf from its offset on, and 0 between them. Offsets ascend. */
export const pack = (leaves: readonly Tensor[], offsets: readonly number[], size: number): Tensor =>
  apply(packOp, leaves, { offsets, size })[0] as Tensor;
