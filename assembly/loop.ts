/** @file Loops: moving what differs from one turn of a `repeat` (plan.ts) to the next in and out of fixed places. */
import { Constant, LoopLoadField, LoopStoreField } from '../src/plan/opcodes';
import { copyBytes, operand, word } from './simd';
import { lowMemory } from './threads';

// @ts-ignore: decorator
@inline export function counter(level: i32): usize { return lowMemory() + <usize>Constant.loopCounters + (<usize>level << 2); }

// @ts-ignore: decorator
@inline function offset(stride: i32, level: i32): usize { return <usize>(load<i32>(counter(level)) * stride); }

export function loopLoad(p: usize, base: usize): void {
  const from = operand(p, LoopLoadField.source, base) + offset(word(p, LoopLoadField.stride), word(p, LoopLoadField.level));
  copyBytes(operand(p, LoopLoadField.destination, base), from, word(p, LoopLoadField.bytes));
}

export function loopStore(p: usize, base: usize): void {
  const to = operand(p, LoopStoreField.destination, base) + offset(word(p, LoopStoreField.stride), word(p, LoopStoreField.level));
  copyBytes(to, operand(p, LoopStoreField.source, base), word(p, LoopStoreField.bytes));
}
