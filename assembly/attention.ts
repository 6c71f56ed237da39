/**
 * @file Softmax of attention scores, [rows, columns] f32, and its gradient: scaled, over the columns that a mask or causality
 * leaves. What is ruled out costs no exponential behind the last key that a causal row sees, and a row without any gives zeros.
 */
import { MaskedSoftmaxField, SoftmaxGradientField } from '../src/plan/opcodes';
import { exp } from './math';
import { maxRow } from './reduce';
import { addDoubles, fillWords, firstLanes, highDoubles, lowDoubles, maxLanes, operand, storeLanes, word, wordAsFloat } from './simd';
import { exponentials, scale } from './softmax';
import { second, sumProducts } from './standardize';

/** How many of the columns row `row` sees; `queries` 0: all. */
// @ts-ignore: decorator
@inline function seen(row: i32, columns: i32, queries: i32, offset: i32): i32 {
  return queries ? max(0, min(columns, row % queries + offset + 1)) : columns;
}

/** x where the mask is not 0, else −∞. */
// @ts-ignore: decorator
@inline function unmasked(x: v128, mask: usize): v128 {
  return v128.bitselect(x, f32x4.splat(-Infinity), f32x4.ne(v128.load(mask), f32x4.splat(0)));
}

export function maxUnmasked(from: usize, mask: usize, count: i32): f32 {
  const lowest = f32x4.splat(-Infinity);
  let largest = lowest;
  for (; count > 0; count -= 4, from += 16, mask += 16) {
    const x = unmasked(v128.load(from), mask);
    largest = f32x4.max(largest, count < 4 ? v128.bitselect(x, lowest, firstLanes(count)) : x);
  }
  return maxLanes(largest);
}

/** As `exponentials`, but 0 where masked. */
export function unmaskedExponentials(to: usize, from: usize, mask: usize, count: i32, largest: f32, factor: f32): f64 {
  const m = f32x4.splat(largest), f = f32x4.splat(factor);
  let low = f64x2.splat(0), high = low;
  for (; count > 0; count -= 4, to += 16, from += 16, mask += 16) {
    let y = exp(f32x4.mul(f32x4.sub(unmasked(v128.load(from), mask), m), f));
    if (count < 4) {
      y = v128.and(y, firstLanes(count));
      storeLanes(to, y, count);
    } else {
      v128.store(to, y);
    }
    low = f64x2.add(low, lowDoubles(y));
    high = f64x2.add(high, highDoubles(y));
  }
  return addDoubles(f64x2.add(low, high));
}

export function maskedSoftmax(p: usize, base: usize): void {
  let to = operand(p, MaskedSoftmaxField.destination, base), from = operand(p, MaskedSoftmaxField.source, base);
  const hasMask = word(p, MaskedSoftmaxField.mask) != 0;
  const masks = operand(p, MaskedSoftmaxField.mask, base), factor = wordAsFloat(p, MaskedSoftmaxField.scale);
  const inner = word(p, MaskedSoftmaxField.inner), rows = word(p, MaskedSoftmaxField.outer) * inner;
  const byOuter = word(p, MaskedSoftmaxField.maskOuter), byInner = word(p, MaskedSoftmaxField.maskInner);
  const columns = word(p, MaskedSoftmaxField.columns);
  const queries = word(p, MaskedSoftmaxField.queries), offset = word(p, MaskedSoftmaxField.offset);
  for (let row = 0; row < rows; row++) {
    const i = row / inner, j = row - i * inner;
    const mask = masks + (<usize>(i * byOuter + j * byInner) << 2);
    let count = seen(row, columns, queries, offset);
    const largest = hasMask ? maxUnmasked(from, mask, count) : maxRow(from, count);
    // Nothing is left to attend to.
    if (largest == -Infinity) count = 0;
    if (count) {
      const sum = hasMask
        ? unmaskedExponentials(to, from, mask, count, largest, factor)
        : exponentials(to, from, count, largest, factor);
      scale(to, to, count, <f32>(1 / sum));
    }
    fillWords(to + (<usize>count << 2), 0, columns - count);
    to += <usize>columns << 2; from += <usize>columns << 2;
  }
}

/** to = y · (g − dot) · factor; may be in place. */
export function throughSoftmax(to: usize, y: usize, g: usize, count: i32, dotBy: f32, factorBy: f32): void {
  const dot = f32x4.splat(dotBy), factor = f32x4.splat(factorBy);
  for (; count > 0; count -= 4, to += 16, y += 16, g += 16) {
    const x = f32x4.mul(f32x4.mul(v128.load(y), f32x4.sub(v128.load(g), dot)), factor);
    if (count >= 4) v128.store(to, x);
    else storeLanes(to, x, count);
  }
}

export function softmaxGradient(p: usize, base: usize): void {
  let to = operand(p, SoftmaxGradientField.destination, base), y = operand(p, SoftmaxGradientField.weights, base);
  let g = operand(p, SoftmaxGradientField.cotangent, base);
  const rows = word(p, SoftmaxGradientField.rows), columns = word(p, SoftmaxGradientField.columns);
  const queries = word(p, SoftmaxGradientField.queries), offset = word(p, SoftmaxGradientField.offset);
  const factor = wordAsFloat(p, SoftmaxGradientField.scale);
  for (let row = 0; row < rows; row++) {
    const count = seen(row, columns, queries, offset);
    sumProducts(g, y, count);
    throughSoftmax(to, y, g, count, <f32>second, factor);
    fillWords(to + (<usize>count << 2), 0, columns - count);
    to += <usize>columns << 2; y += <usize>columns << 2; g += <usize>columns << 2;
  }
}
