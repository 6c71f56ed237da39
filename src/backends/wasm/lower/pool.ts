/** @file Lowering of pooling and its gradients. */
import type { Shape } from '../../../core/shape.ts';
import type { Value } from '../../../graph/node.ts';
import type { AveragePoolAttributes, PoolGradientAttributes } from '../../../ops/pool.ts';
import { type Opcode, PoolField } from '../../../plan/opcodes.ts';
import { input, type Lowering, output } from './context.ts';

type PoolOpcode =
  | Opcode.maxPool
  | Opcode.maxPoolGradient
  | Opcode.maxPoolGather
  | Opcode.averagePool
  | Opcode.averagePoolGradient;

export const pool =
  (opcode: PoolOpcode): Lowering =>
  (node, { address, emit }) => {
    const attributes = node.attributes as AveragePoolAttributes & Partial<PoolGradientAttributes>;
    const { window, strides, dilations, before, after, output: pooled, includePadding, inputShape } = attributes;
    const [n, h, w, c] = (inputShape ?? input(node, 0).shape) as Shape & [number, number, number, number];
    // The places are the second result, or the second input.
    const index: Value | undefined = node.outputs[1] ?? node.inputs[1];
    emit(opcode, PoolField.words, {
      [PoolField.destination]: address(output(node)),
      [PoolField.source]: address(input(node, 0)),
      [PoolField.index]: index === undefined ? 0 : address(index),
      [PoolField.n]: n,
      [PoolField.h]: h,
      [PoolField.w]: w,
      [PoolField.c]: c,
      [PoolField.oh]: pooled[0],
      [PoolField.ow]: pooled[1],
      [PoolField.kh]: window[0],
      [PoolField.kw]: window[1],
      [PoolField.strideH]: strides[0],
      [PoolField.strideW]: strides[1],
      [PoolField.dilationH]: dilations[0],
      [PoolField.dilationW]: dilations[1],
      [PoolField.top]: before[0],
      [PoolField.left]: before[1],
      [PoolField.bottom]: after[0],
      [PoolField.right]: after[1],
      [PoolField.includePadding]: Number(includePadding ?? false),
      [PoolField.cells]: h * w,
    });
  };
