/**
 * @file Gradients by rows of a table: their order by a stable radix sort, their norm, and the updates of the rows that occur. The
 * words of a gradient are those of `RowNormField` in every instruction. A row's gradient is summed in registers, 16 columns at a
 * time, in order of place; places that `order` puts one after the other and that have the same index are one row.
 *
 *     order    3 0 2 | 1 4 | …        places by ascending index: segments
 *     index    7 7 7 | 9 9 | …        the row that a segment's sum goes to
 *
 * Threads share out the segments; each row is summed as one thread would, so the bits do not depend on how many there are.
 */
import { Constant, RowMethod, RowNormField, RowOrderField, RowUpdateField, Status } from '../src/plan/opcodes';
import { sumSquaresWide } from './optimizer';
import { sumSquares } from './reduce';
import { addDoubles, firstLanes, highDoubles, lowDoubles, operand, stop, storeLanes, word } from './simd';
import { isFirstThread, sliceEnd, sliceStart } from './threads';

/** The number at place i of a list of i32. */
// @ts-ignore: decorator
@inline function at(list: usize, i: i32): i32 { return load<i32>(list + (<usize>i << 2)); }

/** Whether all indices are legal, and all of `order` places (if it is one, not 0): else the instruction stops. */
function check(base: usize, indices: usize, order: usize, count: i32, rows: i32): i32 {
  for (let i = 0; i < count; i++) {
    if (<u32>at(indices, i) >= <u32>rows) return stop(base, Status.indexOutOfRange, i, at(indices, i));
    if (order && <u32>at(order, i) >= <u32>count) return stop(base, Status.indexOutOfRange, i, at(order, i));
  }
  return Status.ok;
}

/** One pass of the sort: places by `bits` bits of their index from `shift` on; from 0: places come in order. */
function sortBy(indices: usize, from: usize, to: usize, counters: usize, count: i32, shift: i32, bits: i32): void {
  const mask = (1 << bits) - 1;
  memory.fill(counters, 0, <usize>4 << bits);
  for (let i = 0; i < count; i++) {
    const counter = counters + (<usize>((at(indices, i) >> shift) & mask) << 2);
    store<i32>(counter, load<i32>(counter) + 1);
  }
  let sum = 0;
  for (let counter = counters, end = counters + (<usize>4 << bits); counter < end; counter += 4) {
    const own = load<i32>(counter);
    store<i32>(counter, sum);
    sum += own;
  }
  for (let i = 0; i < count; i++) {
    const place = from ? at(from, i) : i;
    const counter = counters + (<usize>((at(indices, place) >> shift) & mask) << 2);
    const position = load<i32>(counter);
    store<i32>(counter, position + 1);
    store<i32>(to + (<usize>position << 2), place);
  }
}

export function rowOrder(p: usize, base: usize): i32 {
  const destination = operand(p, RowOrderField.destination, base), indices = operand(p, RowOrderField.indices, base);
  const counters = operand(p, RowOrderField.scratch, base);
  const other = counters + (<usize>4 << Constant.rowOrderBits);
  const count = word(p, RowOrderField.count), rows = word(p, RowOrderField.rows);
  const status = check(base, indices, 0, count, rows);
  if (status || !isFirstThread()) return status;
  const wanted = max(1, 32 - clz(rows - 1));
  const passes = (wanted + Constant.rowOrderBits - 1) / Constant.rowOrderBits;
  const bits = (wanted + passes - 1) / passes;
  let from: usize = 0;
  for (let pass = 0; pass < passes; pass++) {
    // The last pass ends in the destination.
    const to = (passes - pass) & 1 ? destination : other;
    sortBy(indices, from, to, counters, count, pass * bits, bits);
    from = to;
  }
  return Status.ok;
}

/** Behind the last of the places from `i` on that have the same index. */
// @ts-ignore: decorator
@inline function segmentEnd(indices: usize, order: usize, i: i32, count: i32): i32 {
  const index = at(indices, at(order, i));
  while (++i < count && at(indices, at(order, i)) == index);
  return i;
}

/** The sum of a segment's gradients in 4 columns. `vectors` points to the first column; `weights` may be 0. */
// @ts-ignore: decorator
@inline function sumOf(order: usize, i: i32, end: i32, vectors: usize, weights: usize, group: i32, rowBytes: usize): v128 {
  let sum = gradientAt(order, i, vectors, weights, group, rowBytes);
  while (++i < end) sum = f32x4.add(sum, gradientAt(order, i, vectors, weights, group, rowBytes));
  return sum;
}

// @ts-ignore: decorator
@inline function gradientAt(order: usize, i: i32, vectors: usize, weights: usize, group: i32, rowBytes: usize): v128 {
  const place = at(order, i);
  if (!weights) return v128.load(vectors + <usize>place * rowBytes);
  const x = v128.load(vectors + <usize>(<u32>place / <u32>group) * rowBytes);
  return f32x4.mul(v128.load32_splat(weights + (<usize>place << 2)), x);
}

/** Σ of the squares of a segment's sum, in f64. */
function squareOfSum(order: usize, i: i32, end: i32, vectors: usize, weights: usize, group: i32, elements: i32): f64 {
  const rowBytes = <usize>elements << 2;
  let sum = f64x2.splat(0);
  for (let left = elements; left > 0; left -= 4, vectors += 16) {
    let x = sumOf(order, i, end, vectors, weights, group, rowBytes);
    if (left < 4) x = v128.and(x, firstLanes(left));
    const low = lowDoubles(x), high = highDoubles(x);
    sum = f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return addDoubles(sum);
}

/** Below this f32 squares lose digits. */
const SMALL_SQUARE: f64 = 1e-30;

/** A row that occurs once has the square of its vector times that of its weight; only the others are summed. */
export function rowNorm(p: usize, base: usize): i32 {
  const indices = operand(p, RowNormField.indices, base), order = operand(p, RowNormField.order, base);
  const vectors = operand(p, RowNormField.vectors, base), squares = operand(p, RowNormField.scratch, base);
  const weights = word(p, RowNormField.weights) ? operand(p, RowNormField.weights, base) : 0;
  const count = word(p, RowNormField.count), group = word(p, RowNormField.group);
  const elements = word(p, RowNormField.rowElements), rowBytes = <usize>elements << 2;
  const status = check(base, indices, order, count, word(p, RowNormField.rows));
  if (status || !isFirstThread()) return status;
  for (let i = 0, m = count / group; i < m; i++) {
    const vector = vectors + <usize>i * rowBytes;
    let square = sumSquares(vector, elements);
    if (!(square >= <f64>elements * SMALL_SQUARE && square < Infinity)) square = sumSquaresWide(vector, elements);
    store<f64>(squares + (<usize>i << 3), square);
  }
  let sum: f64 = 0;
  for (let i = 0; i < count;) {
    const end = segmentEnd(indices, order, i, count);
    if (end - i > 1) sum += squareOfSum(order, i, end, vectors, weights, group, elements);
    else {
      const place = at(order, i);
      const square = load<f64>(squares + (<usize>(<u32>place / <u32>group) << 3));
      const weight: f64 = weights ? <f64>load<f32>(weights + (<usize>place << 2)) : 1;
      sum += weight * weight * square;
    }
    i = end;
  }
  store<f32>(operand(p, RowNormField.destination, base), <f32>sqrt<f64>(sum));
  return Status.ok;
}

const TINY_FIRST: f32 = 1e-25;
const TINY_SECOND: f32 = 1e-30;

// @ts-ignore: decorator
@inline function storeUpTo(to: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(to, x);
  else storeLanes(to, x, left);
}

/** p −= rate · g in four columns, of which `left` are the row's. */
// @ts-ignore: decorator
@inline function descend(row: usize, g: v128, rate: v128, left: i32): void {
  storeUpTo(row, f32x4.sub(v128.load(row), f32x4.mul(rate, g)), left);
}

function sgdRow(
  row: usize, order: usize, i: i32, end: i32, vectors: usize, weights: usize, group: i32, elements: i32, rate: v128,
): void {
  const rowBytes = <usize>elements << 2;
  let left = elements;
  if (end - i == 1) {
    // Most rows occur once: one factor, one vector.
    const place = at(order, i);
    let from = vectors + <usize>(weights ? <u32>place / <u32>group : <u32>place) * rowBytes;
    const weight = weights ? v128.load32_splat(weights + (<usize>place << 2)) : f32x4.splat(1);
    for (; left >= 4; left -= 4, row += 16, from += 16)
      v128.store(row, f32x4.sub(v128.load(row), f32x4.mul(rate, f32x4.mul(weight, v128.load(from)))));
    if (left) descend(row, f32x4.mul(weight, v128.load(from)), rate, left);
    return;
  }
  for (; left > 0; left -= 4, row += 16, vectors += 16)
    descend(row, sumOf(order, i, end, vectors, weights, group, rowBytes), rate, left);
}

function adagradRow(
  p: usize, row: usize, squares: usize, order: usize, i: i32, end: i32, vectors: usize, weights: usize, group: i32,
  elements: i32, rate: v128,
): void {
  const rowBytes = <usize>elements << 2;
  const epsilon = v128.load32_splat(p, RowUpdateField.factors << 2), initial = v128.load32_splat(p, (RowUpdateField.factors + 1) << 2);
  for (let left = elements; left > 0; left -= 4, row += 16, squares += 16, vectors += 16) {
    const g = sumOf(order, i, end, vectors, weights, group, rowBytes);
    const s = f32x4.add(v128.load(squares), f32x4.mul(g, g));
    storeUpTo(squares, s, left);
    descend(row, f32x4.div(g, f32x4.add(f32x4.sqrt(f32x4.add(s, initial)), epsilon)), rate, left);
  }
}

/** As `adam` of optimizer.ts: the update uses the moments as they are before they are flushed. */
function adamRow(
  p: usize, row: usize, first: usize, second: usize, order: usize, i: i32, end: i32, vectors: usize, weights: usize,
  group: i32, elements: i32, stepSize: v128, epsilon: v128,
): void {
  const rowBytes = <usize>elements << 2;
  const keep1 = v128.load32_splat(p, RowUpdateField.factors << 2), take1 = v128.load32_splat(p, (RowUpdateField.factors + 1) << 2);
  const keep2 = v128.load32_splat(p, (RowUpdateField.factors + 2) << 2), take2 = v128.load32_splat(p, (RowUpdateField.factors + 3) << 2);
  for (let left = elements; left > 0; left -= 4, row += 16, first += 16, second += 16, vectors += 16) {
    const g = sumOf(order, i, end, vectors, weights, group, rowBytes);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(first)), f32x4.mul(take1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(second)), f32x4.mul(take2, f32x4.mul(g, g)));
    storeUpTo(first, v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(TINY_FIRST))), left);
    storeUpTo(second, v128.andnot(v, f32x4.lt(v, f32x4.splat(TINY_SECOND))), left);
    storeUpTo(row, f32x4.sub(v128.load(row), f32x4.div(f32x4.mul(stepSize, m), f32x4.add(f32x4.sqrt(v), epsilon))), left);
  }
}

/** The first segment that begins at place i or behind it. */
function segmentFrom(indices: usize, order: usize, i: i32, count: i32): i32 {
  while (i > 0 && i < count && at(indices, at(order, i)) == at(indices, at(order, i - 1))) i++;
  return i;
}

export function rowUpdate(p: usize, base: usize): i32 {
  const indices = operand(p, RowUpdateField.indices, base), order = operand(p, RowUpdateField.order, base);
  const vectors = operand(p, RowUpdateField.vectors, base);
  const weights = word(p, RowUpdateField.weights) ? operand(p, RowUpdateField.weights, base) : 0;
  const count = word(p, RowUpdateField.count), group = word(p, RowUpdateField.group);
  const elements = word(p, RowUpdateField.rowElements);
  const table = operand(p, RowUpdateField.table, base);
  const first = operand(p, RowUpdateField.first, base), second = operand(p, RowUpdateField.second, base);
  const scalars = operand(p, RowUpdateField.scalars, base), method = word(p, RowUpdateField.method);
  const status = check(base, indices, order, count, word(p, RowUpdateField.rows));
  if (status) return status;
  const rate = v128.load32_splat(scalars), epsilon = v128.load32_splat(scalars, 4);
  const last = segmentFrom(indices, order, sliceEnd(count, 1), count);
  for (let i = segmentFrom(indices, order, sliceStart(count, 1), count); i < last;) {
    const end = segmentEnd(indices, order, i, count);
    const offset = (<usize>at(indices, at(order, i)) * <usize>elements) << 2;
    const row = table + offset;
    if (method == RowMethod.sgd) sgdRow(row, order, i, end, vectors, weights, group, elements, rate);
    else if (method == RowMethod.adagrad) adagradRow(p, row, first + offset, order, i, end, vectors, weights, group, elements, rate);
    else adamRow(p, row, first + offset, second + offset, order, i, end, vectors, weights, group, elements, rate, epsilon);
    i = end;
  }
  return Status.ok;
}
