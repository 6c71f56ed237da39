/**
 * @file Softmax and cross-entropy over rows of f32 [rows, columns], and argmax. The row's maximum is subtracted first, sums
 * run in f64. A row with NaN, with Infinity, or of −Infinity alone gives NaN. Pointers need no alignment.
 */
import {
  ArgmaxField, Broadcast, CrossEntropyField, CrossEntropyGradientField, SoftmaxField, Status,
} from '../src/plan/opcodes';
import { exp, log } from './math';
import { maxRow } from './reduce';
import { addDoubles, firstLanes, highDoubles, lowDoubles, operand, stop, storeLanes, word } from './simd';

/** to[i] = e^(factor · (from[i] − max)), and their sum; `to` may be `from`. */
export function exponentials(to: usize, from: usize, columns: i32, max: f32, factor: f32): f64 {
  const m = f32x4.splat(max), f = f32x4.splat(factor);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; columns > 0; columns -= 4, to += 16, from += 16) {
    let y = exp(f32x4.mul(f32x4.sub(v128.load(from), m), f));
    if (columns < 4) {
      y = v128.and(y, firstLanes(columns));
      storeLanes(to, y, columns);
    } else {
      v128.store(to, y);
    }
    low = f64x2.add(low, lowDoubles(y));
    high = f64x2.add(high, highDoubles(y));
  }
  return addDoubles(f64x2.add(low, high));
}

/** The sum alone. */
export function sumExponentials(from: usize, columns: i32, max: f32): f64 {
  const m = f32x4.splat(max);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; columns > 0; columns -= 4, from += 16) {
    let y = exp(f32x4.sub(v128.load(from), m));
    if (columns < 4) y = v128.and(y, firstLanes(columns));
    low = f64x2.add(low, lowDoubles(y));
    high = f64x2.add(high, highDoubles(y));
  }
  return addDoubles(f64x2.add(low, high));
}

/** to[i] = from[i] × factor; may be in place. */
export function scale(to: usize, from: usize, columns: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (; columns >= 4; columns -= 4, to += 16, from += 16) v128.store(to, f32x4.mul(v128.load(from), f));
  if (columns) storeLanes(to, f32x4.mul(v128.load(from), f), columns);
}

/** log of a sum of exponentials, one of which is 1: the part that f32 cannot hold comes as the first term of its series. */
function logOfSum(sum: f64): f64 {
  const rounded = <f32>sum;
  return <f64>f32x4.extract_lane(log(f32x4.splat(rounded)), 0) + (sum - <f64>rounded) / sum;
}

export function softmax(p: usize, base: usize): void {
  let to = operand(p, SoftmaxField.destination, base), from = operand(p, SoftmaxField.source, base);
  const columns = word(p, SoftmaxField.columns);
  const wantsLog = word(p, SoftmaxField.log);
  for (let rows = word(p, SoftmaxField.rows); rows > 0; rows--) {
    const max = maxRow(from, columns);
    if (wantsLog) {
      // The maximum first: it and x may be far larger than the logarithm.
      const shift = f32x4.splat(max), less = f32x4.splat(<f32>logOfSum(sumExponentials(from, columns, max)));
      let left = columns, source = from, target = to;
      for (; left > 0; left -= 4, source += 16, target += 16) {
        const y = f32x4.sub(f32x4.sub(v128.load(source), shift), less);
        if (left >= 4) v128.store(target, y);
        else storeLanes(target, y, left);
      }
    } else {
      scale(to, to, columns, <f32>(1 / exponentials(to, from, columns, max, 1)));
    }
    to += <usize>columns << 2; from += <usize>columns << 2;
  }
}

/** Probabilities may be the logits. Losses are written row by row; a row with a bad label is not written. */
export function crossEntropy(p: usize, base: usize): i32 {
  const losses = operand(p, CrossEntropyField.losses, base), labels = operand(p, CrossEntropyField.labels, base);
  let to = operand(p, CrossEntropyField.probabilities, base), from = operand(p, CrossEntropyField.logits, base);
  const columns = word(p, CrossEntropyField.columns), rows = word(p, CrossEntropyField.rows);
  for (let i = 0; i < rows; i++) {
    const label = load<i32>(labels + (<usize>i << 2));
    if (<u32>label >= <u32>columns) return stop(base, Status.indexOutOfRange, i, label);
    const max = maxRow(from, columns);
    const logit = <f64>load<f32>(from + (<usize>label << 2)) - <f64>max;
    const sum = exponentials(to, from, columns, max, 1);
    scale(to, to, columns, <f32>(1 / sum));
    store<f32>(losses + (<usize>i << 2), <f32>(logOfSum(sum) - logit));
    to += <usize>columns << 2; from += <usize>columns << 2;
  }
  return Status.ok;
}

export function crossEntropyGradient(p: usize, base: usize): i32 {
  let to = operand(p, CrossEntropyGradientField.destination, base);
  let from = operand(p, CrossEntropyGradientField.probabilities, base);
  let cotangent = operand(p, CrossEntropyGradientField.cotangent, base);
  const labels = operand(p, CrossEntropyGradientField.labels, base);
  const columns = word(p, CrossEntropyGradientField.columns), rows = word(p, CrossEntropyGradientField.rows);
  const next: usize = word(p, CrossEntropyGradientField.mode) == Broadcast.column ? 4 : 0;
  for (let i = 0; i < rows; i++) {
    const label = load<i32>(labels + (<usize>i << 2));
    if (<u32>label >= <u32>columns) return stop(base, Status.indexOutOfRange, i, label);
    const factor = load<f32>(cotangent), at = <usize>label << 2;
    const hit = (load<f32>(from + at) - 1) * factor;
    scale(to, from, columns, factor);
    store<f32>(to + at, hit);
    to += <usize>columns << 2; from += <usize>columns << 2; cotangent += next;
  }
  return Status.ok;
}

/** The first index whose value equals the row's maximum, or is NaN if that is. */
export function argmax(p: usize, base: usize): void {
  let to = operand(p, ArgmaxField.destination, base), from = operand(p, ArgmaxField.source, base);
  const columns = word(p, ArgmaxField.columns);
  for (let rows = word(p, ArgmaxField.rows); rows > 0; rows--) {
    const max = maxRow(from, columns);
    const m = f32x4.splat(max);
    let i = 0, hits = 0;
    for (; i < columns; i += 4) {
      const x = v128.load(from + (<usize>i << 2));
      hits = i32x4.bitmask(max == max ? f32x4.eq(x, m) : f32x4.ne(x, x));
      if (hits) break;
    }
    store<i32>(to, i + ctz(hits));
    to += 4; from += <usize>columns << 2;
  }
}
