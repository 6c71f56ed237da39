/**
 * @file Descent along a gradient by rows, occurrence by occurrence: a row is read and written where the gradient names it, so that
 * nothing is sorted or summed before. What one row gets more than once it gets in the order of the occurrences, in every column,
 * whatever part of the columns an instruction has.
 */
import { RowSgdField, Status } from '../src/plan/opcodes';
import { checkIndices, operand, storeLanes, word } from './simd';

// @ts-ignore: decorator
@inline function moved(row: usize, factor: v128, vector: v128): v128 {
  return f32x4.add(v128.load(row), f32x4.mul(factor, vector));
}

/** row += factor · vector in so many columns. */
function move(row: usize, factor: v128, vector: usize, left: i32): void {
  for (; left >= 4; left -= 4, row += 16, vector += 16) v128.store(row, moved(row, factor, v128.load(vector)));
  if (left > 0) storeLanes(row, moved(row, factor, v128.load(vector)), left);
}

// @ts-ignore: decorator
@inline function rowAt(table: usize, indices: usize, j: usize, rowBytes: usize): usize {
  return table + <usize>load<i32>(indices + (j << 2)) * rowBytes;
}

// @ts-ignore: decorator
@inline function factorAt(rate: v128, weights: usize, j: usize): v128 {
  return f32x4.mul(rate, v128.load32_splat(weights + (j << 2)));
}

/**
 * As `move` for 6 rows in four columns at a time, so that the memory of all is waited for at once. A row's columns are stored
 * before the next row's are loaded: it may be the same row.
 */
function move6(table: usize, indices: usize, rowBytes: usize, rate: v128, weights: usize, vector: usize, left: i32): void {
  let r0 = rowAt(table, indices, 0, rowBytes), r1 = rowAt(table, indices, 1, rowBytes), r2 = rowAt(table, indices, 2, rowBytes);
  let r3 = rowAt(table, indices, 3, rowBytes), r4 = rowAt(table, indices, 4, rowBytes), r5 = rowAt(table, indices, 5, rowBytes);
  const f0 = factorAt(rate, weights, 0), f1 = factorAt(rate, weights, 1), f2 = factorAt(rate, weights, 2);
  const f3 = factorAt(rate, weights, 3), f4 = factorAt(rate, weights, 4), f5 = factorAt(rate, weights, 5);
  for (; left >= 4; left -= 4, vector += 16) {
    const v = v128.load(vector);
    v128.store(r0, moved(r0, f0, v)); v128.store(r1, moved(r1, f1, v)); v128.store(r2, moved(r2, f2, v));
    v128.store(r3, moved(r3, f3, v)); v128.store(r4, moved(r4, f4, v)); v128.store(r5, moved(r5, f5, v));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; r4 += 16; r5 += 16;
  }
}

export function rowSgd(p: usize, base: usize): i32 {
  let indices = operand(p, RowSgdField.indices, base), vector = operand(p, RowSgdField.vectors, base);
  let weights = word(p, RowSgdField.weights) ? operand(p, RowSgdField.weights, base) : 0;
  const count = word(p, RowSgdField.count), group = word(p, RowSgdField.group);
  const rowBytes = <usize>word(p, RowSgdField.rowElements) << 2;
  const status = checkIndices(base, indices, count, word(p, RowSgdField.rows));
  if (status) return status;
  const from = word(p, RowSgdField.from), columns = word(p, RowSgdField.to) - from, skipped = <usize>from << 2;
  const table = operand(p, RowSgdField.table, base) + skipped;
  const rate = f32x4.neg(v128.load32_splat(operand(p, RowSgdField.scalars, base)));
  vector += skipped;
  const isInFours = weights != 0 && (columns & 3) == 0;
  for (let i = 0; i < count; i += group, vector += rowBytes) {
    let k = group;
    if (isInFours) for (; k >= 6; k -= 6, indices += 24, weights += 24) move6(table, indices, rowBytes, rate, weights, vector, columns);
    for (; k > 0; k--, indices += 4) {
      let factor = rate;
      if (weights) { factor = factorAt(rate, weights, 0); weights += 4; }
      move(rowAt(table, indices, 0, rowBytes), factor, vector, columns);
    }
  }
  return Status.ok;
}
