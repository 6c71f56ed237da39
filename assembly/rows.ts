/**
 * @file Gradients by rows of a table: their order by a stable radix sort, their norm, and the updates of the rows that occur. The
 * words of a gradient are those of `RowNormField` in every instruction. A row's gradient is summed in registers, 16 columns at a
 * time, in order of place; places that `order` puts one after the other and that have the same index are one row.
 *
 *     order    3 0 2 | 1 4 | …        places by ascending index: segments
 *     index    7 7 7 | 9 9 | …        the row that a segment's sum goes to
 *
 * A row is summed alike in whatever part of the order it is, so the bits do not depend on how the rows are shared out.
 */
import {
  Constant, RowMethod, RowNormField, RowOrderField, RowUpdateField, Status, WeightedNormField,
} from '../src/plan/opcodes';
import { sumSquaresWide } from './optimizer';
import { addDoubles, checkIndices, firstLanes, highDoubles, lowDoubles, operand, storeLanes, word } from './simd';

/** The number at place i of a list of i32. */
// @ts-ignore: decorator
@inline function at(list: usize, i: i32): i32 { return load<i32>(list + (<usize>i << 2)); }

/** Whether all indices are legal, and all of `order` places (if it is one, not 0): else the instruction stops. */
function check(base: usize, indices: usize, order: usize, count: i32, rows: i32): i32 {
  const status = checkIndices(base, indices, count, rows);
  return status || !order ? status : checkIndices(base, order, count, count);
}

/** Turns how often each digit occurs into where its first place goes. */
function accumulate(counters: usize, bits: i32): void {
  let sum = 0;
  for (let counter = counters, end = counters + (<usize>4 << bits); counter < end; counter += 4) {
    const own = load<i32>(counter);
    store<i32>(counter, sum);
    sum += own;
  }
}

/** Puts places in the order of `bits` bits of their index from `shift` on; `from` 0: places come in order. */
function sortBy(indices: usize, from: usize, to: usize, counters: usize, count: i32, shift: i32, bits: i32): void {
  const mask = (1 << bits) - 1;
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
  const other = counters + (<usize>(4 * Constant.rowOrderPasses) << Constant.rowOrderBits);
  const count = word(p, RowOrderField.count), rows = word(p, RowOrderField.rows);
  const status = check(base, indices, 0, count, rows);
  if (status) return status;
  const wanted = max(1, 32 - clz(rows - 1));
  const passes = (wanted + Constant.rowOrderBits - 1) / Constant.rowOrderBits;
  const bits = (wanted + passes - 1) / passes, mask = (1 << bits) - 1, table = <usize>4 << bits;
  memory.fill(counters, 0, table * passes);
  // All digits of an index are counted at once.
  for (let i = 0; i < count; i++) {
    let index = at(indices, i);
    for (let pass = 0, own = counters; pass < passes; pass++, own += table, index >>= bits) {
      const counter = own + (<usize>(index & mask) << 2);
      store<i32>(counter, load<i32>(counter) + 1);
    }
  }
  let from: usize = 0;
  for (let pass = 0; pass < passes; pass++) {
    const own = counters + <usize>pass * table;
    accumulate(own, bits);
    // The last pass ends in the destination.
    const to = (passes - pass) & 1 ? destination : other;
    sortBy(indices, from, to, own, count, pass * bits, bits);
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

/**
 * Writes what the places i … end − 1 of `order` stand for to their pairs in `scratch`: the pointer to the vector, and its weight,
 * side by side in the order in which they are summed.
 */
function prepare(p: usize, base: usize, i: i32, end: i32): void {
  const order = operand(p, RowNormField.order, base), vectors = operand(p, RowNormField.vectors, base);
  const weights = word(p, RowNormField.weights) ? operand(p, RowNormField.weights, base) : 0;
  const group = <u32>word(p, RowNormField.group), rowBytes = <usize>word(p, RowNormField.rowElements) << 2;
  // ⌊place / group⌋ by a product: exact while place · group < 2³².
  const inverse = (<u64>0x100000000 + group - 1) / group;
  const isSmall = <u64>word(p, RowNormField.count) * group < 0x100000000;
  for (let pair = operand(p, RowNormField.scratch, base) + (<usize>i << 3); i < end; i++, pair += 8) {
    const place = <u32>at(order, i);
    const vector = isSmall ? <u32>((<u64>place * inverse) >> 32) : place / group;
    store<u32>(pair, <u32>(vectors + <usize>vector * rowBytes));
    store<f32>(pair, weights ? load<f32>(weights + (<usize>place << 2)) : 1, 4);
  }
}

/** The sum of the pairs' gradients in the 4 columns from byte `column` on. */
// @ts-ignore: decorator
@inline function sumOf(pair: usize, end: usize, column: usize): v128 {
  let sum = f32x4.mul(v128.load32_splat(pair, 4), v128.load(<usize>load<u32>(pair) + column));
  for (pair += 8; pair < end; pair += 8)
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(pair, 4), v128.load(<usize>load<u32>(pair) + column)));
  return sum;
}

/** Σ x² of one vector: of so many columns in f32, of those sums in f64; where f32 loses digits or overflows, wholly in f64. */
function squareOf(vector: usize, elements: i32): f64 {
  let square: f64 = 0;
  for (let from = vector, left = elements; left > 0; left -= COLUMNS) {
    let sum = f32x4.splat(0), n = min(left, COLUMNS);
    for (; n >= 8; n -= 8, from += 32) {
      const x = v128.load(from), y = v128.load(from, 16);
      sum = f32x4.add(sum, f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y)));
    }
    for (; n > 0; n -= 4, from += 16) {
      const x = v128.and(firstLanes(n), v128.load(from));
      sum = f32x4.add(sum, f32x4.mul(x, x));
    }
    square += addDoubles(f64x2.add(lowDoubles(sum), highDoubles(sum)));
  }
  return square >= <f64>elements * SMALL_SQUARE && square < Infinity ? square : sumSquaresWide(vector, elements, 1);
}

/** A lane then gets 32 squares: rounding moves the norm by a millionth at most, by 1e-7 as a rule. */
const COLUMNS: i32 = 128;

/** Below this f32 squares lose digits. */
const SMALL_SQUARE: f64 = 1e-30;

/** Σ of the squares of a row's sum, in f64. */
function squareOfSum(pair: usize, end: usize, elements: i32): f64 {
  if (end - pair == 8) {
    const weight = <f64>load<f32>(pair, 4);
    return weight * weight * squareOf(<usize>load<u32>(pair), elements);
  }
  let sum = f64x2.splat(0);
  for (let left = elements, column: usize = 0; left > 0; left -= 4, column += 16) {
    let x = sumOf(pair, end, column);
    if (left < 4) x = v128.and(x, firstLanes(left));
    const low = lowDoubles(x), high = highDoubles(x);
    sum = f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return addDoubles(sum);
}

export function rowNorm(p: usize, base: usize): i32 {
  const indices = operand(p, RowNormField.indices, base), order = operand(p, RowNormField.order, base);
  const pairs = operand(p, RowNormField.scratch, base);
  const count = word(p, RowNormField.count), elements = word(p, RowNormField.rowElements);
  const status = check(base, indices, order, count, word(p, RowNormField.rows));
  if (status) return status;
  prepare(p, base, 0, count);
  let sum: f64 = 0;
  for (let i = 0; i < count;) {
    const end = segmentEnd(indices, order, i, count);
    sum += squareOfSum(pairs + (<usize>i << 3), pairs + (<usize>end << 3), elements);
    i = end;
  }
  store<f32>(operand(p, RowNormField.destination, base), <f32>sqrt<f64>(sum));
  return Status.ok;
}

export function weightedNorm(p: usize, base: usize): void {
  let vector = operand(p, WeightedNormField.vectors, base), weights = operand(p, WeightedNormField.weights, base);
  const count = word(p, WeightedNormField.count), group = word(p, WeightedNormField.group);
  const elements = word(p, WeightedNormField.rowElements);
  let sum: f64 = 0;
  for (let i = 0; i < count; i++, vector += <usize>elements << 2, weights += <usize>group << 2) {
    let squares: f64 = 0;
    for (let k = 0; k < group; k++) {
      const weight = <f64>load<f32>(weights + (<usize>k << 2));
      squares += weight * weight;
    }
    sum += squares * squareOf(vector, elements);
  }
  store<f32>(operand(p, WeightedNormField.destination, base), <f32>sqrt<f64>(sum));
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

function adagradRow(p: usize, row: usize, squares: usize, pair: usize, end: usize, elements: i32, rate: v128): void {
  const epsilon = v128.load32_splat(p, RowUpdateField.factors << 2), initial = v128.load32_splat(p, (RowUpdateField.factors + 1) << 2);
  for (let left = elements, column: usize = 0; left > 0; left -= 4, column += 16) {
    const g = sumOf(pair, end, column);
    const s = f32x4.add(v128.load(squares + column), f32x4.mul(g, g));
    storeUpTo(squares + column, s, left);
    descend(row + column, f32x4.div(g, f32x4.add(f32x4.sqrt(f32x4.add(s, initial)), epsilon)), rate, left);
  }
}

/** As `adam` of optimizer.ts: the update uses the moments as they are before they are flushed. */
function adamRow(
  p: usize, row: usize, first: usize, second: usize, pair: usize, end: usize, elements: i32, stepSize: v128, epsilon: v128,
): void {
  const keep1 = v128.load32_splat(p, RowUpdateField.factors << 2), take1 = v128.load32_splat(p, (RowUpdateField.factors + 1) << 2);
  const keep2 = v128.load32_splat(p, (RowUpdateField.factors + 2) << 2), take2 = v128.load32_splat(p, (RowUpdateField.factors + 3) << 2);
  for (let left = elements, column: usize = 0; left > 0; left -= 4, column += 16) {
    const g = sumOf(pair, end, column);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(first + column)), f32x4.mul(take1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(second + column)), f32x4.mul(take2, f32x4.mul(g, g)));
    storeUpTo(first + column, v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(TINY_FIRST))), left);
    storeUpTo(second + column, v128.andnot(v, f32x4.lt(v, f32x4.splat(TINY_SECOND))), left);
    descend(row + column, f32x4.div(m, f32x4.add(f32x4.sqrt(v), epsilon)), stepSize, left);
  }
}

/** The first segment that begins at place i or behind it. */
function segmentFrom(indices: usize, order: usize, i: i32, count: i32): i32 {
  while (i > 0 && i < count && at(indices, at(order, i)) == at(indices, at(order, i - 1))) i++;
  return i;
}

export function rowUpdate(p: usize, base: usize): i32 {
  const indices = operand(p, RowUpdateField.indices, base), order = operand(p, RowUpdateField.order, base);
  const count = word(p, RowUpdateField.count), elements = word(p, RowUpdateField.rowElements);
  const table = operand(p, RowUpdateField.table, base), pairs = operand(p, RowUpdateField.scratch, base);
  const first = operand(p, RowUpdateField.first, base), second = operand(p, RowUpdateField.second, base);
  const scalars = operand(p, RowUpdateField.scalars, base), method = word(p, RowUpdateField.method);
  const status = check(base, indices, order, count, word(p, RowUpdateField.rows));
  if (status) return status;
  const rate = v128.load32_splat(scalars), epsilon = v128.load32_splat(scalars, 4);
  const last = segmentFrom(indices, order, word(p, RowUpdateField.to), count);
  let i = segmentFrom(indices, order, word(p, RowUpdateField.from), count);
  prepare(p, base, i, last);
  while (i < last) {
    const next = segmentEnd(indices, order, i, count);
    const offset = (<usize>at(indices, at(order, i)) * <usize>elements) << 2;
    const row = table + offset, pair = pairs + (<usize>i << 3), end = pairs + (<usize>next << 3);
    if (method == RowMethod.adagrad) adagradRow(p, row, first + offset, pair, end, elements, rate);
    else adamRow(p, row, first + offset, second + offset, pair, end, elements, rate, epsilon);
    i = next;
  }
  return Status.ok;
}
