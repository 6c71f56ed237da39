/**
 * @file What all kernels share: operand decoding, the machine's own low memory, vector tails, and plain copies.
 *
 * A kernel reads whole vectors also at a tail, since every block has readable slack behind it (`Constant.slackBytes`), and computes
 * them as it does the others, so that an element's bits do not depend on where it stands; it writes valid lanes only.
 */
import { Constant, Status, StatusField } from '../src/plan/opcodes';
import { lowMemory } from './threads';

/**
 * Bytes 0 … 1023 of the memory are the machine's. But for zeros and constants nothing in them outlives an instruction.
 *
 *      0  nothing: a pointer of 0 means none        128  counters of a strided copy
 *     32  32 bytes of zeros                         192  constants, one f32 each (math.ts)
 *     64  vectors of broadcast scalars, or a         448  constants of the functions that the core build lacks, f32
 *         last block of random numbers               704  and f64 (extended-constants.ts)
 *    160  counters of loops (`Constant.loopCounters`)
 *    176  the least value of a product (matmul.ts)
 */
export const ZEROS: usize = 32;
export const SPLAT: usize = 64;
export const COUNTERS: usize = 128;
export const LOWEST: usize = 176;
export const CONSTANTS: usize = 192;
export const SINGLES: usize = 448;
export const DOUBLES: usize = 704;

/** Word `field` of the instruction at `p`. */
// @ts-ignore: decorator
@inline export function word(p: usize, field: i32): i32 { return load<i32>(p + (<usize>field << 2)); }

/** Word `field` of the instruction at `p`, read as the bits of an f32. */
// @ts-ignore: decorator
@inline export function wordAsFloat(p: usize, field: i32): f32 { return load<f32>(p + (<usize>field << 2)); }

/** The pointer to the operand whose address is word `field`. */
// @ts-ignore: decorator
@inline export function operand(p: usize, field: i32, base: usize): usize { return base + <usize>word(p, field); }

/** The status block of this thread, behind its low memory, or at the base of the run's memory if that is the machine's. */
// @ts-ignore: decorator
@inline export function statusBlock(base: usize): usize { return lowMemory() ? lowMemory() + Constant.threadStatus : base; }

/** Writes why an instruction stops; the loop adds where. Returns the status, never 0, for the kernel to hand on. */
export function stop(base: usize, status: i32, detail: i32, value: i32): i32 {
  const block = statusBlock(base);
  store<i32>(block + (StatusField.status << 2), status);
  store<i32>(block + (StatusField.detail << 2), detail);
  store<i32>(block + (StatusField.value << 2), value);
  return status;
}

/** Whether `count` indices i32 are all in 0 … rows − 1: else the instruction stops at the first that is not. */
export function checkIndices(base: usize, indices: usize, count: i32, rows: i32): i32 {
  let i = 0, most = i32x4.splat(0);
  for (; i + 4 <= count; i += 4) most = i32x4.max_u(most, v128.load(indices + (<usize>i << 2)));
  if (!v128.any_true(i32x4.ge_u(most, i32x4.splat(rows)))) indices += <usize>i << 2;
  else i = 0;
  for (; i < count; i++, indices += 4)
    if (load<u32>(indices) >= <u32>rows) return stop(base, Status.indexOutOfRange, i, load<i32>(indices));
  return Status.ok;
}

/** Stores the first `lanes` (1 … 3) of four 32-bit lanes. */
// @ts-ignore: decorator
@inline export function storeLanes(to: usize, x: v128, lanes: i32): void {
  if (lanes & 2) {
    v128.store64_lane(to, x, 0);
    if (lanes & 1) v128.store32_lane(to, x, 2, 8);
  } else {
    v128.store32_lane(to, x, 0);
  }
}

/** All ones in the first `lanes` lanes (0 … 4), zeros behind. */
// @ts-ignore: decorator
@inline export function firstLanes(lanes: i32): v128 { return i32x4.gt_s(i32x4.splat(lanes), i32x4(0, 1, 2, 3)); }

/** The larger of two, NaN if either is. */
// @ts-ignore: decorator
@inline export function maxLanes(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline export function minLanes(x: v128): f32 {
  const pairs = f32x4.min(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.min(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Lanes 0 and 1 as doubles. */
// @ts-ignore: decorator
@inline export function lowDoubles(x: v128): v128 { return f64x2.promote_low_f32x4(x); }

/** Lanes 2 and 3 as doubles. */
// @ts-ignore: decorator
@inline export function highDoubles(x: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)); }

// @ts-ignore: decorator
@inline export function addDoubles(x: v128): f64 { return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1); }

/** Fewer bytes than this are copied here; a bulk copy costs a call out of the engine's compiled code. */
const BULK_BYTES: i32 = 1024;

/** Copies `bytes` ≥ 0 bytes between places that do not overlap; no alignment needed. */
export function copyBytes(to: usize, from: usize, bytes: i32): void {
  if (bytes >= BULK_BYTES) {
    memory.copy(to, from, bytes);
    return;
  }
  if (bytes >= 16) {
    // What is left at the end is less than a vector: the last 16 bytes, of which some are copied twice.
    const rest = <usize>bytes - 16, toEnd = to + rest, fromEnd = from + rest;
    for (; bytes > 64; bytes -= 64, to += 64, from += 64) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from, 32), 32);
      v128.store(to, v128.load(from, 48), 48);
    }
    for (; bytes > 16; bytes -= 16, to += 16, from += 16) v128.store(to, v128.load(from));
    v128.store(toEnd, v128.load(fromEnd));
    return;
  }
  if (bytes & 8) {
    store<u64>(to, load<u64>(from));
    to += 8; from += 8;
  }
  if (bytes & 4) {
    store<u32>(to, load<u32>(from));
    to += 4; from += 4;
  }
  if (bytes & 2) {
    store<u16>(to, load<u16>(from));
    to += 2; from += 2;
  }
  if (bytes & 1) store<u8>(to, load<u8>(from));
}

/** Writes the 32 bits of `value` to `count` ≥ 0 places; no alignment needed. */
export function fillWords(to: usize, value: i32, count: i32): void {
  if (value == 0 && count >= BULK_BYTES / 4) {
    memory.fill(to, 0, <usize>count << 2);
    return;
  }
  const vector = i32x4.splat(value);
  while (count >= 4) {
    v128.store(to, vector);
    to += 16; count -= 4;
  }
  if (count) storeLanes(to, vector, count);
}
