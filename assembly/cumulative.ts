/** @file What goes through the elements of a row in order: running sums, and the largest ones. */
import { CumulativeSumField, TopKField } from '../src/plan/opcodes';
import { highDoubles, lowDoubles, operand, storeLanes, word } from './simd';

/** One row, in double precision; `step` is ±4 bytes. */
// @ts-ignore: decorator
@inline function runningSum(to: usize, from: usize, k: i32, step: isize): void {
  let sum: f64 = 0;
  for (; k > 0; k--) {
    sum += <f64>load<f32>(from);
    store<f32>(to, <f32>sum);
    to += step; from += step;
  }
}

/** Up to four neighboring rows, whose elements are `step` bytes from one to the next. */
// @ts-ignore: decorator
@inline function runningSums(to: usize, from: usize, k: i32, step: isize, lanes: i32): void {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; k > 0; k--) {
    const x = v128.load(from);
    low = f64x2.add(low, lowDoubles(x));
    high = f64x2.add(high, highDoubles(x));
    const y = v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    if (lanes < 4) storeLanes(to, y, lanes); else v128.store(to, y);
    to += step; from += step;
  }
}

export function cumulativeSum(p: usize, base: usize): void {
  const to = operand(p, CumulativeSumField.destination, base), from = operand(p, CumulativeSumField.source, base);
  const k = word(p, CumulativeSumField.k), inner = word(p, CumulativeSumField.inner);
  const reverse = word(p, CumulativeSumField.reverse);
  const bytes = <isize>inner << 2;
  const step = reverse ? -bytes : bytes;
  const first = reverse ? bytes * (k - 1) : 0;
  const groups = (inner + 3) >> 2;
  const total = word(p, CumulativeSumField.outer) * groups;
  for (let i = 0; i < total; i++) {
    const row = i / groups, column = (i - row * groups) << 2;
    const at = bytes * k * row + (<isize>column << 2) + first;
    if (inner == 1) runningSum(to + at, from + at, k, step);
    else runningSums(to + at, from + at, k, step, min(inner - column, 4));
  }
}

/** Whether x comes before y, which stands further to the front. */
// @ts-ignore: decorator
@inline function beats(x: f32, y: f32): bool { return x > y || (x != x && y == y); }

/**
 * The k best so far stand in order in `indices`; whoever beats the last of them moves up to its place. Four that do not are
 * passed over at once.
 */
// @ts-ignore: decorator
@inline function topOfRow(indices: usize, from: usize, columns: i32, k: i32): void {
  let held = 0;
  let least: f32 = 0;
  for (let i = 0; i < columns; i++) {
    if (held == k) {
      while (i + 4 <= columns && i32x4.all_true(f32x4.le(v128.load(from + (<usize>i << 2)), f32x4.splat(least)))) i += 4;
      if (i >= columns) return;
    }
    const x = load<f32>(from + (<usize>i << 2));
    if (held == k) {
      if (!beats(x, least)) continue;
    } else held++;
    let place = held - 1;
    for (; place > 0; place--) {
      const before = load<i32>(indices + (<usize>(place - 1) << 2));
      if (!beats(x, load<f32>(from + (<usize>before << 2)))) break;
      store<i32>(indices + (<usize>place << 2), before);
    }
    store<i32>(indices + (<usize>place << 2), i);
    least = load<f32>(from + (<usize>load<i32>(indices + (<usize>(held - 1) << 2)) << 2));
  }
}

export function topK(p: usize, base: usize): void {
  const columns = word(p, TopKField.columns), k = word(p, TopKField.k), rows = word(p, TopKField.rows);
  const indices = operand(p, TopKField.indices, base), places = operand(p, TopKField.places, base);
  const from = operand(p, TopKField.source, base);
  for (let row = 0; row < rows; row++) {
    const at = <usize>(row * k) << 2;
    topOfRow(indices + at, from + (<usize>(row * columns) << 2), columns, k);
    for (let i = 0; i < k; i++) {
      const offset = at + (<usize>i << 2);
      store<i32>(places + offset, load<i32>(indices + offset) + row * columns);
    }
  }
}
