/** @file Ops that move elements: shapes, boxes, orders of axes, groups of leaves. */
import type { DType, HostArray } from '../../../core/dtype.ts';
import { must } from '../../../core/errors.ts';
import { type Shape, sizeOf } from '../../../core/shape.ts';
import type { PadAttributes } from '../../../ops/movement.ts';
import { planBroadcast } from '../../../passes/broadcast.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { elementwise } from './elementwise.ts';
import { type LoweringCall, lowering } from './lowering.ts';

/** x repeated up to the shape. Axes that are alike are seen as one, since backends know few. */
export function broadcast(tfjs: Tfjs, x: Tensor, shape: Shape): Tensor {
  const { core } = tfjs;
  if (planBroadcast([x.shape], shape) !== undefined) return elementwise(tfjs, 'identity', [x], shape);
  const own = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const from: number[] = [];
  const times: number[] = [];
  shape.forEach((size, axis) => {
    const isRepeated = own[axis] !== size;
    const last = times.length - 1;
    if (last >= 0 && size !== 1 && (times[last] as number) > 1 === isRepeated) {
      from[last] = (from[last] as number) * (own[axis] as number);
      times[last] = (times[last] as number) * (isRepeated ? size : 1);
    } else if (size !== 1 || last < 0) {
      from.push(own[axis] as number);
      times.push(isRepeated ? size : 1);
    }
  });
  return core.reshape(core.tile(core.reshape(x, from), times), [...shape]);
}

const copy = lowering(({ core, tensor }) => core.clone(tensor(0)));

function pack({ core, tensor, inputs, attributes: { offsets, size } }: LoweringCall<PackAttributes>): Tensor {
  const pieces: Tensor[] = [];
  let end = 0;
  const gapTo = (offset: number): void => {
    if (offset > end) pieces.push(core.zeros([offset - end]));
  };
  inputs.forEach(({ spec }, i) => {
    const offset = offsets[i] as number;
    gapTo(offset);
    end = offset + sizeOf(spec.shape);
    pieces.push(tensor(i, [sizeOf(spec.shape)]));
  });
  gapTo(size);
  return pieces.length === 1 ? core.clone(pieces[0] as Tensor) : core.concat(pieces, 0);
}

interface PackAttributes {
  readonly [key: string]: unknown;
  readonly offsets: readonly number[];
  readonly size: number;
}

export const MOVEMENT = {
  constant: lowering<{ data: HostArray; shape: Shape }>(({ core, attributes: { data, shape } }) =>
    core.tensor(Float32Array.from(data), [...shape], 'float32'),
  ),
  cast: lowering<{ dtype: DType }>(({ core, tensor, map, inputs, outputs, attributes: { dtype } }) => {
    const from = must(inputs[0], 'an input').spec.dtype;
    const { shape } = must(outputs[0], 'an output');
    if (dtype === 'f32' || from === dtype || (from === 'u8' && dtype === 'i32')) return core.clone(tensor(0));
    return map(dtype === 'i32' ? 'toInteger' : 'toByte', [tensor(0)], shape);
  }),
  identity: copy,
  reshape: copy,
  transpose: lowering<{ permutation: readonly number[] }>(({ core, tensor, attributes: { permutation } }) =>
    core.transpose(tensor(0), [...permutation]),
  ),
  broadcastTo: lowering<{ shape: Shape }>(({ tfjs, tensor, attributes: { shape } }) =>
    broadcast(tfjs, tensor(0), shape),
  ),
  slice: lowering<{ starts: readonly number[]; sizes: readonly number[] }>(
    ({ core, tensor, attributes: { starts, sizes } }) => core.slice(tensor(0), [...starts], [...sizes]),
  ),
  pad: lowering<PadAttributes>(({ core, tensor, attributes: { before, after, value = 0 } }) =>
    core.pad(
      tensor(0),
      before.map((count, axis): [number, number] => [count, after[axis] as number]),
      value,
    ),
  ),
  concat: lowering<{ axis: number }>(({ core, tensor, inputs, attributes: { axis } }) =>
    core.concat(
      inputs.map((_, i) => tensor(i)),
      axis,
    ),
  ),
  split: lowering<{ axis: number; sizes: readonly number[] }>(({ core, tensor, attributes: { axis, sizes } }) =>
    core.split(tensor(0), [...sizes], axis),
  ),
  segment: lowering<{ offset: number; shape: Shape }>(({ core, tensor, inputs, attributes: { offset, shape } }) =>
    core.slice(tensor(0, [sizeOf(must(inputs[0], 'a block').spec.shape)]), [offset], [sizeOf(shape)]),
  ),
  pack: lowering<PackAttributes>(pack),
};
