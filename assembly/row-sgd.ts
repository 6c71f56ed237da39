/**
 * @file Descent along a gradient by rows, occurrence by occurrence: a row is read and written where the gradient names it, so that
 * nothing is sorted or summed before: from the last occurrence to the first, since the rows that were read last are the nearest. What
 * one row gets more than once it gets in that order, in every column, whatever part of the columns an instruction has.
 */
import { RowSgdField, Status } from '../src/plan/opcodes';
import { checkIndices, operand, storeLanes, word } from './simd';

/** row += factor · vector in so many columns. Stored before the next row is loaded: it may be the same. */
function move(row: usize, factor: v128, vector: usize, left: i32): void {
  for (; left >= 16; left -= 16, row += 64, vector += 64) {
    v128.store(row, f32x4.add(v128.load(row), f32x4.mul(factor, v128.load(vector))));
    v128.store(row, f32x4.add(v128.load(row, 16), f32x4.mul(factor, v128.load(vector, 16))), 16);
    v128.store(row, f32x4.add(v128.load(row, 32), f32x4.mul(factor, v128.load(vector, 32))), 32);
    v128.store(row, f32x4.add(v128.load(row, 48), f32x4.mul(factor, v128.load(vector, 48))), 48);
  }
  for (; left > 0; left -= 4, row += 16, vector += 16) {
    const moved = f32x4.add(v128.load(row), f32x4.mul(factor, v128.load(vector)));
    if (left >= 4) v128.store(row, moved);
    else storeLanes(row, moved, left);
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
  vector += skipped + <usize>(count / group) * rowBytes;
  indices += <usize>count << 2;
  if (weights) weights += <usize>count << 2;
  for (let i = count; i > 0; i -= group) {
    vector -= rowBytes;
    for (let k = group; k > 0; k--) {
      indices -= 4;
      let factor = rate;
      if (weights) { weights -= 4; factor = f32x4.mul(rate, v128.load32_splat(weights)); }
      move(table + <usize>load<i32>(indices) * rowBytes, factor, vector, columns);
    }
  }
  return Status.ok;
}
