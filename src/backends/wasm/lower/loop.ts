/** @file Lowering of loops: a repeat whose turns load their rows, run the body, store their results and renew the carries. */
import { BYTES } from '../../../core/dtype.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { ScanAttributes } from '../../../ops/scan.ts';
import { LoopLoadField, LoopStoreField, Opcode } from '../../../plan/opcodes.ts';
import { bytesOf } from '../placement.ts';
import { input, type Lowering } from './context.ts';
import { emitMove } from './movement.ts';

export const scan: Lowering = (node, context) => {
  const { carries, sequences, length, reverse, body } = node.attributes as ScanAttributes;
  const loop = context.loop(node);
  for (const [i, storage] of loop.bound) {
    const outer = input(node, i);
    const isCarry = i < carries;
    storage.address = context.address(isCarry ? (node.outputs[i] as typeof outer) : outer);
    if (isCarry)
      emitMove(context.address(outer), storage.address, sizeOf(outer.shape), BYTES[outer.dtype], context.emit);
  }
  context.repeat(loop, length, (turn) => {
    const walk = (address: number, bytes: number): { first: number; stride: number } =>
      reverse ? { first: address + (length - 1) * bytes, stride: -bytes } : { first: address, stride: bytes };
    for (let i = carries; i < carries + sequences; i++) {
      const row = body.inputs[i] as (typeof body.inputs)[number];
      const { first, stride } = walk(context.address(input(node, i)), bytesOf(row));
      context.emit(Opcode.loopLoad, LoopLoadField.words, {
        [LoopLoadField.destination]: turn.address(row),
        [LoopLoadField.source]: first,
        [LoopLoadField.stride]: stride,
        [LoopLoadField.bytes]: bytesOf(row),
        [LoopLoadField.level]: turn.level,
        [LoopLoadField.count]: length,
      });
    }
    turn.nodes();
    body.outputs.forEach((row, i) => {
      if (i < carries) return;
      const { first, stride } = walk(context.address(node.outputs[i] as typeof row), bytesOf(row));
      context.emit(Opcode.loopStore, LoopStoreField.words, {
        [LoopStoreField.destination]: first,
        [LoopStoreField.source]: turn.address(row),
        [LoopStoreField.stride]: stride,
        [LoopStoreField.bytes]: bytesOf(row),
        [LoopStoreField.level]: turn.level,
        [LoopStoreField.count]: length,
      });
    });
    turn.commit();
  });
};
