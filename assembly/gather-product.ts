/**
 * @file Products with rows of a table f32 [rows, rowElements] where they lie: dots with a vector, and weighted sums. All indices
 * are checked before anything is written. An element is computed in the same order wherever it stands: dots in four lanes that
 * run over the columns, sums in order of the group.
 */
import { GatherLogisticField, GatherProductField, Status } from '../src/plan/opcodes';
import { constant, Constant, exp, log1pOfUnit } from './math';
import { checkIndices, firstLanes, operand, storeLanes, word } from './simd';

function check(p: usize, base: usize, indices: usize): i32 {
  const count = word(p, GatherProductField.count) * word(p, GatherProductField.group);
  const rows = word(p, GatherProductField.rows);
  return checkIndices(base, indices, count, rows);
}

// @ts-ignore: decorator
@inline function rowAt(table: usize, indices: usize, j: i32, rowBytes: usize): usize {
  return table + <usize>load<i32>(indices + (<usize>j << 2)) * rowBytes;
}

// @ts-ignore: decorator
@inline function storeUpTo(to: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(to, x);
  else storeLanes(to, x, left);
}

// @ts-ignore: decorator
@inline function addLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.add(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Dots of up to 6 rows with one vector, so that the vector is loaded once; of less than 6 the last stands for the missing. */
export function dots6(to: usize, table: usize, indices: usize, vector: usize, elements: i32, k: i32): void {
  const rowBytes = <usize>elements << 2, last = k - 1;
  let r0 = rowAt(table, indices, 0, rowBytes), r1 = rowAt(table, indices, min(1, last), rowBytes);
  let r2 = rowAt(table, indices, min(2, last), rowBytes), r3 = rowAt(table, indices, min(3, last), rowBytes);
  let r4 = rowAt(table, indices, min(4, last), rowBytes), r5 = rowAt(table, indices, last, rowBytes);
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  let left = elements;
  for (; left >= 4; left -= 4) {
    const v = v128.load(vector);
    s0 = f32x4.add(s0, f32x4.mul(v, v128.load(r0))); s1 = f32x4.add(s1, f32x4.mul(v, v128.load(r1)));
    s2 = f32x4.add(s2, f32x4.mul(v, v128.load(r2))); s3 = f32x4.add(s3, f32x4.mul(v, v128.load(r3)));
    s4 = f32x4.add(s4, f32x4.mul(v, v128.load(r4))); s5 = f32x4.add(s5, f32x4.mul(v, v128.load(r5)));
    vector += 16; r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16; r5 += 16;
  }
  if (left) {
    const lanes = firstLanes(left), v = v128.load(vector);
    s0 = f32x4.add(s0, v128.and(lanes, f32x4.mul(v, v128.load(r0)))); s1 = f32x4.add(s1, v128.and(lanes, f32x4.mul(v, v128.load(r1))));
    s2 = f32x4.add(s2, v128.and(lanes, f32x4.mul(v, v128.load(r2)))); s3 = f32x4.add(s3, v128.and(lanes, f32x4.mul(v, v128.load(r3))));
    s4 = f32x4.add(s4, v128.and(lanes, f32x4.mul(v, v128.load(r4)))); s5 = f32x4.add(s5, v128.and(lanes, f32x4.mul(v, v128.load(r5))));
  }
  store<f32>(to, addLanes(s0));
  if (k > 1) store<f32>(to, addLanes(s1), 4);
  if (k > 2) store<f32>(to, addLanes(s2), 8);
  if (k > 3) store<f32>(to, addLanes(s3), 12);
  if (k > 4) store<f32>(to, addLanes(s4), 16);
  if (k > 5) store<f32>(to, addLanes(s5), 20);
}

function dot(to: usize, row: usize, vector: usize, elements: i32): void {
  let sum = f32x4.splat(0), left = elements;
  for (; left >= 4; left -= 4, row += 16, vector += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(vector), v128.load(row)));
  if (left) sum = f32x4.add(sum, v128.and(firstLanes(left), f32x4.mul(v128.load(vector), v128.load(row))));
  store<f32>(to, addLanes(sum));
}

/** Dots of `k` rows with one vector. */
function dots(to: usize, table: usize, indices: usize, vector: usize, elements: i32, k: i32): void {
  for (; k > 2; k -= 6, indices += 24, to += 24) dots6(to, table, indices, vector, elements, min(6, k));
  for (; k > 0; k--, indices += 4, to += 4) dot(to, rowAt(table, indices, 0, <usize>elements << 2), vector, elements);
}

export function gatherDot(p: usize, base: usize): i32 {
  const destination = operand(p, GatherProductField.destination, base), table = operand(p, GatherProductField.table, base);
  const indices = operand(p, GatherProductField.indices, base), vectors = operand(p, GatherProductField.factors, base);
  const count = word(p, GatherProductField.count), group = word(p, GatherProductField.group);
  const elements = word(p, GatherProductField.rowElements), rowBytes = <usize>elements << 2;
  const status = check(p, base, indices);
  if (status) return status;
  for (let i = 0; i < count; i++) {
    const start = <usize>(i * group) << 2;
    dots(destination + start, table, indices + start, vectors + <usize>i * rowBytes, elements, group);
  }
  return Status.ok;
}

/** As `sumRow` for 6 rows, whose weights then stay in registers. */
export function sumRow6(to: usize, table: usize, indices: usize, weights: usize, elements: i32): void {
  const rowBytes = <usize>elements << 2;
  let r0 = rowAt(table, indices, 0, rowBytes), r1 = rowAt(table, indices, 1, rowBytes), r2 = rowAt(table, indices, 2, rowBytes);
  let r3 = rowAt(table, indices, 3, rowBytes), r4 = rowAt(table, indices, 4, rowBytes), r5 = rowAt(table, indices, 5, rowBytes);
  const w0 = v128.load32_splat(weights), w1 = v128.load32_splat(weights, 4), w2 = v128.load32_splat(weights, 8);
  const w3 = v128.load32_splat(weights, 12), w4 = v128.load32_splat(weights, 16), w5 = v128.load32_splat(weights, 20);
  const zero = f32x4.splat(0);
  let left = elements;
  for (; left >= 8; left -= 8) {
    let s = f32x4.add(zero, f32x4.mul(w0, v128.load(r0))), t = f32x4.add(zero, f32x4.mul(w0, v128.load(r0, 16)));
    s = f32x4.add(s, f32x4.mul(w1, v128.load(r1))); t = f32x4.add(t, f32x4.mul(w1, v128.load(r1, 16)));
    s = f32x4.add(s, f32x4.mul(w2, v128.load(r2))); t = f32x4.add(t, f32x4.mul(w2, v128.load(r2, 16)));
    s = f32x4.add(s, f32x4.mul(w3, v128.load(r3))); t = f32x4.add(t, f32x4.mul(w3, v128.load(r3, 16)));
    s = f32x4.add(s, f32x4.mul(w4, v128.load(r4))); t = f32x4.add(t, f32x4.mul(w4, v128.load(r4, 16)));
    s = f32x4.add(s, f32x4.mul(w5, v128.load(r5))); t = f32x4.add(t, f32x4.mul(w5, v128.load(r5, 16)));
    v128.store(to, s); v128.store(to, t, 16);
    to += 32; r0 += 32; r1 += 32; r2 += 32; r3 += 32; r4 += 32; r5 += 32;
  }
  for (; left > 0; left -= 4, to += 16) {
    let s = f32x4.add(zero, f32x4.mul(w0, v128.load(r0)));
    s = f32x4.add(s, f32x4.mul(w1, v128.load(r1)));
    s = f32x4.add(s, f32x4.mul(w2, v128.load(r2)));
    s = f32x4.add(s, f32x4.mul(w3, v128.load(r3)));
    s = f32x4.add(s, f32x4.mul(w4, v128.load(r4)));
    s = f32x4.add(s, f32x4.mul(w5, v128.load(r5)));
    storeUpTo(to, s, left);
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16; r5 += 16;
  }
}

/** One sum of `k` rows, 16 columns at a time and then 4. */
export function sumRow(to: usize, table: usize, indices: usize, weights: usize, elements: i32, k: i32): void {
  const rowBytes = <usize>elements << 2;
  let left = elements;
  for (; left >= 16; left -= 16, to += 64, table += 64) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let j = 0; j < k; j++) {
      const w = v128.load32_splat(weights + (<usize>j << 2)), row = rowAt(table, indices, j, rowBytes);
      s0 = f32x4.add(s0, f32x4.mul(w, v128.load(row))); s1 = f32x4.add(s1, f32x4.mul(w, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(w, v128.load(row, 32))); s3 = f32x4.add(s3, f32x4.mul(w, v128.load(row, 48)));
    }
    v128.store(to, s0); v128.store(to, s1, 16); v128.store(to, s2, 32); v128.store(to, s3, 48);
  }
  for (; left > 0; left -= 4, to += 16, table += 16) {
    let sum = f32x4.splat(0);
    for (let j = 0; j < k; j++)
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + (<usize>j << 2)), v128.load(rowAt(table, indices, j, rowBytes))));
    if (left >= 4) v128.store(to, sum);
    else storeLanes(to, sum, left);
  }
}

// @ts-ignore: decorator
@inline function weightedSum(to: usize, table: usize, indices: usize, weights: usize, elements: i32, k: i32): void {
  if (k == 6) sumRow6(to, table, indices, weights, elements);
  else sumRow(to, table, indices, weights, elements, k);
}

export function gatherSum(p: usize, base: usize): i32 {
  const destination = operand(p, GatherProductField.destination, base), table = operand(p, GatherProductField.table, base);
  const indices = operand(p, GatherProductField.indices, base), weights = operand(p, GatherProductField.factors, base);
  const count = word(p, GatherProductField.count), group = word(p, GatherProductField.group);
  const elements = word(p, GatherProductField.rowElements);
  const status = check(p, base, indices);
  if (status) return status;
  for (let i = 0; i < count; i++) {
    const start = <usize>(i * group) << 2;
    weightedSum(destination + (<usize>(i * elements) << 2), table, indices + start, weights + start, elements, group);
  }
  return Status.ok;
}

/**
 * The logistic losses of `k` dots x, max(x, 0) − x · t + log(1 + e^−|x|), and their derivatives sigmoid(x) − t times `scale`. In two
 * passes: the processor does not look far enough ahead to begin a vector while the one before it goes through both functions.
 */
export function logistic(losses: usize, weights: usize, dots: usize, targets: usize, scaleBy: f32, k: i32): void {
  const scale = f32x4.splat(scaleBy), zero = f32x4.splat(0), one = constant(Constant.one);
  for (let left = k, at: usize = 0; left > 0; left -= 4, at += 16)
    storeUpTo(weights + at, exp(f32x4.neg(f32x4.abs(v128.load(dots + at)))), left);
  for (; k > 0; k -= 4, losses += 16, weights += 16, dots += 16, targets += 16) {
    const x = v128.load(dots), t = v128.load(targets), small = v128.load(weights), u = f32x4.add(one, small);
    const large = f32x4.sub(f32x4.pmax(x, zero), f32x4.mul(x, t));
    storeUpTo(losses, f32x4.add(large, log1pOfUnit(small, u)), k);
    const p = f32x4.div(v128.bitselect(small, one, f32x4.lt(x, zero)), u);
    storeUpTo(weights, f32x4.mul(scale, f32x4.sub(p, t)), k);
  }
}

const BLOCK_BYTES: i32 = 16384;

export function gatherLogistic(p: usize, base: usize): i32 {
  const table = operand(p, GatherLogisticField.table, base), indices = operand(p, GatherLogisticField.indices, base);
  const destination = operand(p, GatherLogisticField.destination, base), vectors = operand(p, GatherLogisticField.factors, base);
  const losses = operand(p, GatherLogisticField.losses, base), weights = operand(p, GatherLogisticField.weights, base);
  const sums = operand(p, GatherLogisticField.sums, base), targets = operand(p, GatherLogisticField.targets, base);
  const scale = load<f32>(operand(p, GatherLogisticField.scale, base));
  const count = word(p, GatherLogisticField.count), group = word(p, GatherLogisticField.group);
  const elements = word(p, GatherLogisticField.rowElements), rowBytes = <usize>elements << 2;
  const status = check(p, base, indices);
  if (status) return status;
  // So many groups that their rows stay in the first cache, and that the functions of one dot do not wait for each other.
  const block = max(1, BLOCK_BYTES / (group * <i32>rowBytes));
  for (let i = 0; i < count; i += block) {
    const end = min(count, i + block), first = <usize>(i * group) << 2;
    for (let r = i; r < end; r++) {
      const start = <usize>(r * group) << 2;
      dots(destination + start, table, indices + start, vectors + <usize>r * rowBytes, elements, group);
    }
    logistic(losses + first, weights + first, destination + first, targets + first, scale, (end - i) * group);
    for (let r = i; r < end; r++) {
      const start = <usize>(r * group) << 2;
      weightedSum(sums + <usize>r * rowBytes, table, indices + start, weights + start, elements, group);
    }
  }
  return Status.ok;
}
