/**
 * @file Elementwise instructions by loop interchange: a block of all operands goes through every function before the next
 * block is touched, so that what one function hands to the next never leaves the first cache.
 */
import {
  BinaryField, Broadcast, Constant, GroupField, Opcode, SelectField, UnaryField,
} from '../src/plan/opcodes';
import { mapBinary, mapSelect, mapUnary } from './elementwise';
import { word } from './simd';

/** The operand whose address is word `field`, at the block that begins at byte `at`. */
// @ts-ignore: decorator
@inline function blockOf(p: usize, field: i32, base: usize, at: usize, scratch: u32, scratchBytes: u32): usize {
  const address = <u32>word(p, field);
  return base + <usize>address + (address - scratch < scratchBytes ? 0 : at);
}

/** A broadcast number does not advance. */
// @ts-ignore: decorator
@inline function advance(mode: i32, at: usize): usize { return mode == Broadcast.scalar ? 0 : at; }

export function group(p: usize, base: usize): void {
  const count = word(p, GroupField.count);
  const scratch = <u32>word(p, GroupField.scratch), bytes = <u32>word(p, GroupField.scratchBytes);
  const first = p + (<usize>GroupField.words << 2), end = p + (<usize>(load<u32>(p) >>> 16) << 2);
  for (let i = 0; i < count; i += Constant.groupBlock) {
    const n = min(Constant.groupBlock, count - i);
    const at = <usize>i << 2;
    for (let q = first; q < end; q += <usize>(load<u32>(q) >>> 16) << 2) {
      switch (load<u32>(q) & 0xffff) {
        case Opcode.unary:
          mapUnary(
            word(q, UnaryField.operation), blockOf(q, UnaryField.destination, base, at, scratch, bytes),
            blockOf(q, UnaryField.source, base, at, scratch, bytes), n,
          );
          break;
        case Opcode.binary: {
          const l = word(q, BinaryField.lhsMode), m = word(q, BinaryField.rhsMode);
          mapBinary(
            word(q, BinaryField.operation), blockOf(q, BinaryField.destination, base, at, scratch, bytes),
            blockOf(q, BinaryField.lhs, base, advance(l, at), scratch, bytes),
            blockOf(q, BinaryField.rhs, base, advance(m, at), scratch, bytes), 1, n, l, m,
          );
          break;
        }
        case Opcode.select: {
          const c = word(q, SelectField.conditionMode), t = word(q, SelectField.trueMode), f = word(q, SelectField.falseMode);
          mapSelect(
            blockOf(q, SelectField.destination, base, at, scratch, bytes),
            blockOf(q, SelectField.condition, base, advance(c, at), scratch, bytes),
            blockOf(q, SelectField.onTrue, base, advance(t, at), scratch, bytes),
            blockOf(q, SelectField.onFalse, base, advance(f, at), scratch, bytes), 1, n, c, t, f,
          );
          break;
        }
        default: return;
      }
    }
  }
}
