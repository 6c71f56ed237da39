/**
 * @file Rows by index: gather (with conversion and standardization), its adjoint scatterAdd, and oneHot. An index is checked
 * before it is used; what a stopped instruction has written until then stays. Pointers need no alignment; nothing overlaps.
 */
import { Broadcast, ElementType, GatherField, OneHotField, ScatterAddField, Status } from '../src/plan/opcodes';
import { copyBytes, fillWords, operand, stop, storeLanes, word } from './simd';

// @ts-ignore: decorator
@inline function standardize(x: v128, shift: v128, scale: v128): v128 { return f32x4.mul(f32x4.sub(x, shift), scale); }

/** Four u8 as f32. */
// @ts-ignore: decorator
@inline function loadBytes(from: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))));
}

/** One row of u8 with one shift and scale, 16 values a step. */
export function convertBytes(to: usize, from: usize, count: i32, shiftBy: f32, scaleBy: f32): void {
  const shift = f32x4.splat(shiftBy), scale = f32x4.splat(scaleBy);
  for (; count >= 16; count -= 16, to += 64, from += 16) {
    const x = v128.load(from);
    const low = i16x8.extend_low_i8x16_u(x), high = i16x8.extend_high_i8x16_u(x);
    v128.store(to, standardize(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), shift, scale));
    v128.store(to, standardize(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), shift, scale), 16);
    v128.store(to, standardize(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), shift, scale), 32);
    v128.store(to, standardize(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), shift, scale), 48);
  }
  for (; count >= 4; count -= 4, to += 16, from += 4) v128.store(to, standardize(loadBytes(from), shift, scale));
  if (count) storeLanes(to, standardize(loadBytes(from), shift, scale), count);
}

/** One row whose every column has its own shift and scale. */
// @ts-ignore: decorator
@inline function standardizeLoop(bytes: bool, to: usize, from: usize, count: i32, shift: usize, scale: usize): void {
  for (; count > 0; count -= 4, to += 16, from += bytes ? 4 : 16, shift += 16, scale += 16) {
    const y = standardize(bytes ? loadBytes(from) : v128.load(from), v128.load(shift), v128.load(scale));
    if (count >= 4) v128.store(to, y);
    else storeLanes(to, y, count);
  }
}

function standardizeBytesByColumn(to: usize, from: usize, count: i32, shift: usize, scale: usize): void {
  standardizeLoop(true, to, from, count, shift, scale);
}

function standardizeFloatsByColumn(to: usize, from: usize, count: i32, shift: usize, scale: usize): void {
  standardizeLoop(false, to, from, count, shift, scale);
}

function standardizeFloats(to: usize, from: usize, count: i32, shiftBy: f32, scaleBy: f32): void {
  const shift = f32x4.splat(shiftBy), scale = f32x4.splat(scaleBy);
  for (; count >= 4; count -= 4, to += 16, from += 16) v128.store(to, standardize(v128.load(from), shift, scale));
  if (count) storeLanes(to, standardize(v128.load(from), shift, scale), count);
}

export function gather(p: usize, base: usize): i32 {
  let to = operand(p, GatherField.destination, base);
  const source = operand(p, GatherField.source, base), indices = operand(p, GatherField.indices, base);
  const count = word(p, GatherField.count), elements = word(p, GatherField.rowElements), rows = word(p, GatherField.rows);
  const fromBytes = word(p, GatherField.sourceType) == ElementType.u8;
  const converts = word(p, GatherField.sourceType) != word(p, GatherField.destinationType);
  const standardizes = word(p, GatherField.shift) != 0;
  const byColumn = standardizes && word(p, GatherField.mode) == Broadcast.row;
  const shiftAt = operand(p, GatherField.shift, base), scaleAt = operand(p, GatherField.scale, base);
  const shift: f32 = standardizes ? load<f32>(shiftAt) : 0, scale: f32 = standardizes ? load<f32>(scaleAt) : 1;
  const rowBytes = fromBytes ? elements : elements << 2;
  const toBytes = fromBytes && !converts ? elements : elements << 2;
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index >= <u32>rows) return stop(base, Status.indexOutOfRange, i, index);
    const from = source + <usize>index * <usize>rowBytes;
    if (!converts && !standardizes) {
      // Most targets are one number a row: a call would cost more than the copy.
      if (rowBytes == 4) store<u32>(to, load<u32>(from));
      else copyBytes(to, from, rowBytes);
    } else if (byColumn && fromBytes) standardizeBytesByColumn(to, from, elements, shiftAt, scaleAt);
    else if (byColumn) standardizeFloatsByColumn(to, from, elements, shiftAt, scaleAt);
    else if (fromBytes) convertBytes(to, from, elements, shift, scale);
    else standardizeFloats(to, from, elements, shift, scale);
    to += <usize>toBytes;
  }
  return Status.ok;
}

/** to[i] += from[i]. */
function addRow(to: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4, to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  if (count) storeLanes(to, f32x4.add(v128.load(to), v128.load(from)), count);
}

export function scatterAdd(p: usize, base: usize): i32 {
  const to = operand(p, ScatterAddField.destination, base), indices = operand(p, ScatterAddField.indices, base);
  let from = operand(p, ScatterAddField.updates, base);
  const count = word(p, ScatterAddField.count), rows = word(p, ScatterAddField.rows);
  const elements = word(p, ScatterAddField.rowElements);
  fillWords(to, 0, rows * elements);
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index >= <u32>rows) return stop(base, Status.indexOutOfRange, i, index);
    addRow(to + (<usize>index * <usize>elements << 2), from, elements);
    from += <usize>elements << 2;
  }
  return Status.ok;
}

export function oneHot(p: usize, base: usize): i32 {
  let to = operand(p, OneHotField.destination, base);
  const indices = operand(p, OneHotField.indices, base);
  const rows = word(p, OneHotField.rows), depth = word(p, OneHotField.depth);
  fillWords(to, 0, rows * depth);
  for (let i = 0; i < rows; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index >= <u32>depth) return stop(base, Status.indexOutOfRange, i, index);
    store<f32>(to + (<usize>index << 2), 1);
    to += <usize>depth << 2;
  }
  return Status.ok;
}
