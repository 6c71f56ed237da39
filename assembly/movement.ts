/**
 * @file Instructions that move elements: between fixed places and step tables, in strided boxes, and into other types.
 * Pointers need no alignment.
 */
import { Constant, CastField, CopyField, ElementType, FillField, StepLoadField, StepStoreField } from '../src/plan/opcodes';
import { copyBytes, COUNTERS, fillWords, operand, storeLanes, word } from './simd';
import { lowMemory } from './threads';

/** Row `row` of the table to its fixed place; they do not overlap. */
export function stepLoad(p: usize, base: usize, row: i32): void {
  const from = operand(p, StepLoadField.table, base) + <usize>(row * word(p, StepLoadField.stride));
  copyBytes(operand(p, StepLoadField.destination, base), from, word(p, StepLoadField.bytes));
}

export function stepStore(p: usize, base: usize, row: i32): void {
  const to = operand(p, StepStoreField.table, base) + <usize>(row * word(p, StepStoreField.stride));
  copyBytes(to, operand(p, StepStoreField.source, base), word(p, StepStoreField.bytes));
}

export function fill(p: usize, base: usize): void {
  fillWords(operand(p, FillField.destination, base), word(p, FillField.value), word(p, FillField.count));
}

/** The address of word `axis` of a list of strides or dimensions. */
// @ts-ignore: decorator
@inline function entry(p: usize, list: i32, axis: i32): i32 { return word(p, list + axis); }

/** One run of `count` elements along the last axis; strides in elements. */
function copyRun(to: usize, from: usize, count: i32, toStride: i32, fromStride: i32, bytes: i32): void {
  if (toStride == 1 && fromStride == 1) {
    copyBytes(to, from, count * bytes);
  } else if (bytes == 4) {
    if (toStride == 1 && fromStride == 0) {
      fillWords(to, load<i32>(from), count);
      return;
    }
    for (; count > 0; count--) {
      store<u32>(to, load<u32>(from));
      to += <usize>toStride << 2; from += <usize>fromStride << 2;
    }
  } else {
    for (; count > 0; count--) {
      store<u8>(to, load<u8>(from));
      to += <usize>toStride; from += <usize>fromStride;
    }
  }
}

/**
 * A box of rank 0 … 6, last axis innermost; the boxes do not overlap. The indices of the outer axes are counted in the
 * machine's memory like an odometer: after each run the last outer axis advances, and carries to the one before it.
 */
export function copy(p: usize, base: usize): void {
  let to = operand(p, CopyField.destination, base), from = operand(p, CopyField.source, base);
  const bytes = word(p, CopyField.elementBytes);
  const last = min(word(p, CopyField.rank), Constant.maxRank) - 1;
  if (last < 0) {
    copyBytes(to, from, bytes);
    return;
  }
  const count = entry(p, CopyField.dimensions, last);
  const toStride = entry(p, CopyField.destinationStrides, last), fromStride = entry(p, CopyField.sourceStrides, last);
  const counters = lowMemory() + COUNTERS;
  for (let axis = 0; axis < last; axis++) store<i32>(counters + (<usize>axis << 2), 0);
  while (true) {
    copyRun(to, from, count, toStride, fromStride, bytes);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      const counter = counters + (<usize>axis << 2);
      const next = load<i32>(counter) + 1, dimension = entry(p, CopyField.dimensions, axis);
      const toStep = entry(p, CopyField.destinationStrides, axis) * bytes;
      const fromStep = entry(p, CopyField.sourceStrides, axis) * bytes;
      to += <usize>toStep; from += <usize>fromStep;
      if (next < dimension) {
        store<i32>(counter, next);
        break;
      }
      store<i32>(counter, 0);
      to -= <usize>(toStep * dimension); from -= <usize>(fromStep * dimension);
    }
    if (axis < 0) return;
  }
}

// @ts-ignore: decorator
@inline function bytesOf(type: i32): i32 { return type == ElementType.u8 ? 1 : 4; }

/**
 * Converts `count` elements, four at a time. Into narrower types values saturate (f32 truncated first, NaN → 0). A
 * destination may be the source where both elements have the same size.
 */
export function cast(p: usize, base: usize): void {
  let to = operand(p, CastField.destination, base), from = operand(p, CastField.source, base);
  let count = word(p, CastField.count);
  const sourceType = word(p, CastField.sourceType), destinationType = word(p, CastField.destinationType);
  const read = bytesOf(sourceType), written = bytesOf(destinationType);
  if (sourceType == destinationType) {
    if (to != from) copyBytes(to, from, count * read);
    return;
  }
  for (; count > 0; count -= 4) {
    let x = read == 1
      ? i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))) : v128.load(from);
    if (destinationType == ElementType.f32) x = f32x4.convert_i32x4_s(x);
    else if (sourceType == ElementType.f32) x = i32x4.trunc_sat_f32x4_s(x);
    if (written == 1) {
      const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(x, x), i16x8.splat(0));
      if (count >= 4) v128.store32_lane(to, bytes, 0);
      else storeBytes(to, bytes, count);
    } else if (count >= 4) {
      v128.store(to, x);
    } else {
      storeLanes(to, x, count);
    }
    to += <usize>written << 2; from += <usize>read << 2;
  }
}

/** Stores the first `lanes` (1 … 3) bytes. */
function storeBytes(to: usize, x: v128, lanes: i32): void {
  v128.store8_lane(to, x, 0);
  if (lanes > 1) v128.store8_lane(to, x, 1, 1);
  if (lanes > 2) v128.store8_lane(to, x, 2, 2);
}
