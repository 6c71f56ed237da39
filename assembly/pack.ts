/** @file Packing of panels for products: rows and columns of a matrix, side by side in the order in which a tile meets them. */
import { Constant } from '../src/plan/opcodes';

/** Rows k of 8 contiguous values, `stride` bytes apart, one behind the other. */
export function packRows(to: usize, from: usize, stride: usize, k: i32): void {
  do {
    const x = v128.load(from), y = v128.load(from, 16);
    v128.store(to, x); v128.store(to, y, 16);
    from += stride; to += 32;
  } while (--k);
}

/** Rows of 16 contiguous values, the first 8 to one panel and the others to the next: a line of memory is read once for both. */
export function packRowsTwice(to: usize, from: usize, stride: usize, k: i32): void {
  do {
    const x = v128.load(from), y = v128.load(from, 16), z = v128.load(from, 32), w = v128.load(from, 48);
    v128.store(to, x); v128.store(to, y, 16);
    v128.store(to, z, Constant.matmulPanelBytes); v128.store(to, w, Constant.matmulPanelBytes + 16);
    from += stride; to += 32;
  } while (--k);
}

/**
 * A panel of 8 columns that are rows of B (`stride` bytes apart, contiguous in k), transposed 4 × 4 at a time. Columns from
 * `columns` (1 … 8) on repeat the last. Writes k rounded up to 4 rows.
 */
export function packTransposed(to: usize, from: usize, stride: usize, columns: i32, k: i32): void {
  packTransposed4(to, 32, from, stride, columns, k);
  if (columns > 4) packTransposed4(to + 16, 32, from + (stride << 2), stride, columns - 4, k);
}

/** 4 contiguous values of each of k rows, one behind the other. */
export function packColumns4(to: usize, from: usize, stride: usize, k: i32): void {
  do {
    v128.store(to, v128.load(from));
    from += stride; to += 16;
  } while (--k);
}

/** As `packTransposed` for 4 rows, to rows of 4 values that lie `toStep` bytes apart. */
export function packTransposed4(to: usize, toStep: usize, from: usize, stride: usize, rows: i32, k: i32): void {
  let r0 = from;
  let r1 = rows > 1 ? r0 + stride : r0;
  let r2 = rows > 2 ? r1 + stride : r1;
  let r3 = rows > 3 ? r2 + stride : r2;
  for (; k > 0; k -= 4) {
    const x0 = v128.load(r0), x1 = v128.load(r1), x2 = v128.load(r2), x3 = v128.load(r3);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(to + toStep, v128.shuffle<i64>(low01, low23, 1, 3));
    v128.store(to + (toStep << 1), v128.shuffle<i64>(high01, high23, 0, 2));
    v128.store(to + toStep * 3, v128.shuffle<i64>(high01, high23, 1, 3));
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; to += toStep << 2;
  }
}
