/**
 * @file The loop that walks a plan. It knows opcodes and lengths; operands are decoded by each family's own file.
 */
import { Constant, Opcode, RepeatField, Status, StatusField } from '../src/plan/opcodes';
import { performExtended } from './dispatch';
import { binary, select_, unary } from './elementwise';
import { writeExtendedConstants } from './extended-constants';
import { gather } from './gather';
import { counter } from './loop';
import { hasConstants, writeConstants } from './math';
import { matmul } from './matmul';
import { cast, copy, fill, stepLoad, stepStore } from './movement';
import { adam, guard, l2Norm, sgd, sumSquares } from './optimizer';
import { dropoutMask } from './random';
import { reduce } from './reduce';
import { statusBlock, stop, word, ZEROS } from './simd';
import { argmax, crossEntropy, crossEntropyGradient, softmax } from './softmax';
import { barrier, leave } from './threads';

/** Whether other threads run the plan too. */
let isTogether: bool = false;

export function setTogether(together: bool): void { isTogether = together; }

/** Runs one instruction; returns a `Status`. The cases are dense, so that the switch becomes one jump table. */
// @ts-ignore: decorator
@inline function perform(opcode: i32, p: usize, base: usize, row: i32): i32 {
  switch (opcode) {
    case Opcode.stepLoad: stepLoad(p, base, row); return Status.ok;
    case Opcode.stepStore: stepStore(p, base, row); return Status.ok;
    case Opcode.fill: fill(p, base); return Status.ok;
    case Opcode.copy: copy(p, base); return Status.ok;
    case Opcode.cast: cast(p, base); return Status.ok;
    case Opcode.unary: unary(p, base); return Status.ok;
    case Opcode.binary: binary(p, base); return Status.ok;
    case Opcode.select: select_(p, base); return Status.ok;
    case Opcode.reduce: reduce(p, base); return Status.ok;
    case Opcode.matmul: matmul(p, base); return Status.ok;
    case Opcode.gather: return gather(p, base);
    case Opcode.softmax: softmax(p, base); return Status.ok;
    case Opcode.crossEntropy: return crossEntropy(p, base);
    case Opcode.crossEntropyGradient: return crossEntropyGradient(p, base);
    case Opcode.argmax: argmax(p, base); return Status.ok;
    case Opcode.dropoutMask: dropoutMask(p, base); return Status.ok;
    case Opcode.l2Norm: l2Norm(p, base); return Status.ok;
    case Opcode.guard: return guard(p, base);
    case Opcode.adam: adam(p, base); return Status.ok;
    case Opcode.sgd: sgd(p, base); return Status.ok;
    case Opcode.sumSquares: sumSquares(p, base); return Status.ok;
  }
  // @ts-ignore: a constant of the build, see asconfig.json
  if (EXTENDED) return performExtended(opcode, p, base);
  return stop(base, Status.illegalInstruction, opcode, 0);
}

/** Runs the instructions from `body` to `end` as often as the instruction at `p` says; returns the status of the turn that stopped. */
function repeat(p: usize, body: usize, end: usize, code: usize, base: usize, row: i32): i32 {
  const count = word(p, RepeatField.count), level = word(p, RepeatField.level);
  for (let i = 0; i < count; i++) {
    store<i32>(counter(level), i);
    const status = run(body, end, code, base, row);
    if (status) return status;
  }
  return Status.ok;
}

/** Runs the instructions from `p` to `end`; returns a `Status`, and where it is not 0 notes the instruction that stopped. */
export function run(p: usize, end: usize, code: usize, base: usize, row: i32): i32 {
  while (p < end) {
    const head = load<u32>(p);
    const opcode = head & 0x7fff;
    if (ASC_FEATURE_THREADS && head & Constant.meetFirst && barrier()) return -1;
    let next = p + (<usize>(head >>> 16) << 2);
    let status: i32 = Status.ok;
    if (next <= p || next > end) {
      status = stop(base, Status.illegalInstruction, head, 0);
    } else if (ASC_FEATURE_THREADS && opcode == 0) {
      // Another thread does it alone.
    // @ts-ignore: a constant of the build
    } else if (EXTENDED && opcode == Opcode.repeat) {
      const body = next;
      next += <usize>word(p, RepeatField.bodyWords) << 2;
      if (next < body || next > end) status = stop(base, Status.illegalInstruction, head, 0);
      else if (repeat(p, body, next, code, base, row)) return -1;
    } else {
      status = perform(opcode, p, base, row);
    }
    if (status) {
      store<i32>(statusBlock(base) + (StatusField.at << 2), <i32>((p - code) >>> 2));
      if (ASC_FEATURE_THREADS && isTogether) leave();
      return status;
    }
    p = next;
  }
  return Status.ok;
}

/** Runs the plan for some rows, with an end of each row that all threads reach together. Returns as `execute`. */
export function runRows(code: usize, words: i32, base: usize, firstRow: i32, lastRow: i32): i32 {
  v128.store(statusBlock(base), i32x4.splat(0));
  const end = code + (<usize>words << 2);
  for (let row = firstRow; row < lastRow; row++) {
    if (run(code, end, code, base, row)) return row;
    if (ASC_FEATURE_THREADS && isTogether && barrier()) return row;
  }
  return lastRow;
}

/**
 * Runs the plan of `words` 32-bit words at byte `code` for rows `firstRow` … `lastRow` − 1 of the step tables. Operand
 * addresses count from byte `base` ≥ 1024, where the status block lies.
 *
 * @returns `lastRow`, or the row in which an instruction stopped the run: the status block says which and why, and the rest
 * of that row is not done
 */
export function execute(code: usize, words: i32, base: usize, firstRow: i32, lastRow: i32): i32 {
  v128.store(ZEROS, i32x4.splat(0)); v128.store(ZEROS, i32x4.splat(0), 16);
  if (!hasConstants()) {
    writeConstants();
    // @ts-ignore: a constant of the build
    if (EXTENDED) writeExtendedConstants();
  }
  return runRows(code, words, base, firstRow, lastRow);
}
