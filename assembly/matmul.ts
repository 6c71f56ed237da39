/**
 * @file Matrix products C [m, n] = activation(op(A) · op(B) + bias), all row-major f32, any leading dimensions.
 *
 * A tile of 4 rows × 8 columns is computed by one of two kernels, which differ in how they meet A:
 *
 *                  b ─▶ ┌────────┐ k steps of `bStep` bytes, 8 contiguous values each: B itself,
 *                       │ k × 8  │ or a panel packed in `scratch` (op(B) = Bᵀ, or long strides)
 *                       └────────┘
 *     a  ─▶ ┌─┐    c ─▶ ┌────────┐   `gemm_f32_4x8_columns`: the 4 rows' values stand side by side, `aStep` bytes from k to
 *           │ │         │ 4 × 8  │   k + 1: A packed so, which pays when three panels meet it, or else Aᵀ in place.
 *     aᵢ ─▶ ───────     │        │   `gemm_f32_4x8_rows`: 4 pointers, one a row of A in place.
 *                       └────────┘
 *
 * Both run the same sums in the same order: each starts at bias (or 0) and runs over k, one rounding a product and one a
 * sum; cutting k into chunks goes through C and changes no bit. V8 11.3 checks the stack and renews every loop variable at
 * each turn of a loop, and spills where the loads of two steps stand in one basic block: so the first kernel does 2 steps a
 * turn, with an exit (a block boundary) between them, and loads all of A's values first (with 4 steps a turn: 36 GFLOP/s where
 * 4 pointers in a plain loop give 29, Zen 3, peak 47; with 2 as fast or 2 % faster, Zen 5).
 */
import { Constant, Activation, MatmulField, PanelMatmulField, UnaryFunction } from '../src/plan/opcodes';
import { mapUnary } from './elementwise';
import { gemm_f32_6x8_columns, gemm_f32_6x8_rows } from './matmul6x8';
import { packColumns4, packRowsTwice, packTransposed, packTransposed4 } from './pack';
import { lowestAt, setLowest } from './lowest';
import { operand, storeLanes, word, ZEROS } from './simd';

/** B is packed from this row stride on (its lines would evict each other; below, packing costs more than it saves) … */
const PACKED_STRIDE: i32 = 2048;
/** … where it is a multiple of this, since other strides spread the lines; where rows of A stay in place, at any … */
const PACKED_MULTIPLE: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 512;
/** … if at least this many rows use the panel. */
const PACKED_ROWS: i32 = 64;

/** Rows of A that stay in place are met by all panels so many at a time, that they come from the second cache: tiles of 6 and of 4. */
const BLOCK_IN_PLACE: i32 = 252;

/** x · y + z, in the builds with relaxed SIMD rounded once. */
// @ts-ignore: decorator
@inline export function multiplyAdd(x: v128, y: v128, z: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, z) : f32x4.add(z, f32x4.mul(x, y));
}

/**
 * `m` × 8 values of C over `k` steps, 4 rows at a time; A's four values of a step lie side by side, `aStep` bytes from step
 * to step and `aTile` bytes from tile to tile. `c`: first row; `cRow`: bytes to the next. `start`: the 8 values that all sums
 * start from, or 0 to go on from C. Values below what `setLowest` got become that (NaN stays). Where m is no
 * multiple of 4, the missing rows of the last tile read what lies behind, and are not stored. C overlaps nothing.
 */
export function gemm_f32_4x8_columns(
  a: usize, aTile: usize, aStep: usize, b: usize, bStep: usize, k: i32,
  start: usize, c: usize, cRow: usize, m: i32,
): void {
  const least = lowestAt();
  for (; m > 0; m -= 4) {
    const c1 = m > 1 ? c + cRow : c;
    const c2 = m > 2 ? c1 + cRow : c1;
    const c3 = m > 3 ? c2 + cRow : c2;
    const s = start ? start : c;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01;
    if (!start) {
      x10 = v128.load(c1); x11 = v128.load(c1, 16);
      x20 = v128.load(c2); x21 = v128.load(c2, 16);
      x30 = v128.load(c3); x31 = v128.load(c3, 16);
    }
    let left = k, at = a, bt = b;
    do {
      const v0 = v128.load32_splat(at);
      const v1 = v128.load32_splat(at, 4);
      const v2 = v128.load32_splat(at, 8);
      const v3 = v128.load32_splat(at, 12);
      const b0 = v128.load(bt);
      x00 = multiplyAdd(v0, b0, x00); x10 = multiplyAdd(v1, b0, x10);
      x20 = multiplyAdd(v2, b0, x20); x30 = multiplyAdd(v3, b0, x30);
      const b1 = v128.load(bt, 16);
      x01 = multiplyAdd(v0, b1, x01); x11 = multiplyAdd(v1, b1, x11);
      x21 = multiplyAdd(v2, b1, x21); x31 = multiplyAdd(v3, b1, x31);
      at += aStep; bt += bStep;
      if (left == 1) break;
      const v0_ = v128.load32_splat(at);
      const v1_ = v128.load32_splat(at, 4);
      const v2_ = v128.load32_splat(at, 8);
      const v3_ = v128.load32_splat(at, 12);
      const b0_ = v128.load(bt);
      x00 = multiplyAdd(v0_, b0_, x00); x10 = multiplyAdd(v1_, b0_, x10);
      x20 = multiplyAdd(v2_, b0_, x20); x30 = multiplyAdd(v3_, b0_, x30);
      const b1_ = v128.load(bt, 16);
      x01 = multiplyAdd(v0_, b1_, x01); x11 = multiplyAdd(v1_, b1_, x11);
      x21 = multiplyAdd(v2_, b1_, x21); x31 = multiplyAdd(v3_, b1_, x31);
      at += aStep; bt += bStep;
      left -= 2;
    } while (left > 0);
    const l = v128.load32_splat(least);
    v128.store(c3, f32x4.pmax(x30, l)); v128.store(c3, f32x4.pmax(x31, l), 16);
    v128.store(c2, f32x4.pmax(x20, l)); v128.store(c2, f32x4.pmax(x21, l), 16);
    v128.store(c1, f32x4.pmax(x10, l)); v128.store(c1, f32x4.pmax(x11, l), 16);
    v128.store(c, f32x4.pmax(x00, l)); v128.store(c, f32x4.pmax(x01, l), 16);
    a += aTile; c += cRow << 2;
  }
}

/** The same with A in place: row i begins at `a` + i · `aRow`, and its values are contiguous. */
export function gemm_f32_4x8_rows(
  a: usize, aRow: usize, b: usize, bStep: usize, k: i32,
  start: usize, c: usize, cRow: usize, m: i32,
): void {
  const least = lowestAt();
  for (; m > 0; m -= 4) {
    let a0 = a;
    let a1 = m > 1 ? a0 + aRow : a0;
    let a2 = m > 2 ? a1 + aRow : a1;
    let a3 = m > 3 ? a2 + aRow : a2;
    const c1 = m > 1 ? c + cRow : c;
    const c2 = m > 2 ? c1 + cRow : c1;
    const c3 = m > 3 ? c2 + cRow : c2;
    const s = start ? start : c;
    let x00 = v128.load(s), x01 = v128.load(s, 16);
    let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01;
    if (!start) {
      x10 = v128.load(c1); x11 = v128.load(c1, 16);
      x20 = v128.load(c2); x21 = v128.load(c2, 16);
      x30 = v128.load(c3); x31 = v128.load(c3, 16);
    }
    let left = k, bt = b;
    do {
      const b0 = v128.load(bt), b1 = v128.load(bt, 16);
      let v = v128.load32_splat(a0);
      x00 = multiplyAdd(v, b0, x00); x01 = multiplyAdd(v, b1, x01);
      v = v128.load32_splat(a1);
      x10 = multiplyAdd(v, b0, x10); x11 = multiplyAdd(v, b1, x11);
      v = v128.load32_splat(a2);
      x20 = multiplyAdd(v, b0, x20); x21 = multiplyAdd(v, b1, x21);
      v = v128.load32_splat(a3);
      x30 = multiplyAdd(v, b0, x30); x31 = multiplyAdd(v, b1, x31);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; bt += bStep;
    } while (--left);
    const l = v128.load32_splat(least);
    v128.store(c3, f32x4.pmax(x30, l)); v128.store(c3, f32x4.pmax(x31, l), 16);
    v128.store(c2, f32x4.pmax(x20, l)); v128.store(c2, f32x4.pmax(x21, l), 16);
    v128.store(c1, f32x4.pmax(x10, l)); v128.store(c1, f32x4.pmax(x11, l), 16);
    v128.store(c, f32x4.pmax(x00, l)); v128.store(c, f32x4.pmax(x01, l), 16);
    a += aRow << 2; c += cRow << 2;
  }
}

/** A tile of `columns` (1 … 7) columns by either kernel: computed behind the panel, and copied from there. */
export function tailTile(
  byColumns: bool, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, k: i32,
  start: usize, c: usize, cRow: usize, rows: i32, columns: i32, spare: usize,
): void {
  if (!start) {
    for (let r = 0, from = c, to = spare; r < rows; r++, from += cRow, to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  }
  if (byColumns) gemm_f32_4x8_columns(a, 0, aStep, b, bStep, k, start, spare, 32, rows);
  else gemm_f32_4x8_rows(a, aRow, b, bStep, k, start, spare, 32, rows);
  for (; rows > 0; rows--, c += cRow, spare += 32) {
    if (columns >= 4) {
      v128.store(c, v128.load(spare));
      if (columns > 4) storeLanes(c + 16, v128.load(spare, 16), columns - 4);
    } else {
      storeLanes(c, v128.load(spare), columns);
    }
  }
}

/** How many of m rows go in tiles of 6, so that tiles of 4 take the rest with the fewest rows to spare. */
// @ts-ignore: decorator
@inline export function rowsOfSix(m: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  const over = m % 6;
  // 1 or 2 rows more: two tiles of 4 instead of one of 6. 5 more: two of 4 too.
  return max(0, m - over - (over == 1 || over == 2 ? 6 : 0));
}

export function matmul(p: usize, base: usize): void {
  multiply(p, base, operand(p, MatmulField.destination, base), operand(p, MatmulField.lhs, base), operand(p, MatmulField.rhs, base), 0);
}

/** With B or C in panels, in the builds with threads. */
export function panelMatmul(p: usize, base: usize): void {
  multiply(
    p, base, operand(p, MatmulField.destination, base), operand(p, MatmulField.lhs, base), operand(p, MatmulField.rhs, base),
    word(p, PanelMatmulField.panels),
  );
}

/** Packs 8 columns of Bᵀ, whose rows lie in panels of 8 values of k: square by square. */
function packSquares(to: usize, from: usize, panel: usize, columns: i32, k: i32): void {
  for (; k > 0; k -= 8, to += 256, from += panel) packTransposed(to, from, 32, columns, 8);
}

/** The product that the words at `p` describe, of operands that may lie elsewhere; `panels` as `PanelMatmulField` has it. */
export function multiply(p: usize, base: usize, c: usize, a: usize, b: usize, panels: i32): void {
  const rhsInPanels = ASC_FEATURE_THREADS && (panels & 1) != 0, toPanels = ASC_FEATURE_THREADS && (panels & 2) != 0;
  const scratch = operand(p, MatmulField.scratch, base);
  const m = word(p, MatmulField.m), n = word(p, MatmulField.n), k = word(p, MatmulField.k);
  const lda = <usize>word(p, MatmulField.lda) << 2, ldb = <usize>word(p, MatmulField.ldb) << 2;
  const ldc = <usize>word(p, MatmulField.ldc) << 2;
  const cRow: usize = toPanels ? 32 : ldc;
  const transposeB = word(p, MatmulField.transposeRhs) != 0;
  const transposeA = word(p, MatmulField.transposeLhs) != 0;
  const bias: usize = word(p, MatmulField.bias) ? operand(p, MatmulField.bias, base) : ZEROS;
  const biasStep: usize = word(p, MatmulField.bias) ? 4 : 0;
  const activation = word(p, MatmulField.activation);
  const packB = transposeB || (!rhsInPanels && <i32>ldb >= PACKED_STRIDE && !(<i32>ldb & (PACKED_MULTIPLE - 1)) && m >= PACKED_ROWS);
  const packA = !ASC_FEATURE_RELAXED_SIMD && n >= Constant.matmulPackedColumns;
  const byColumns = transposeA || packA;
  const spare = scratch + 2 * Constant.matmulPanelBytes, packedA = spare + Constant.matmulTileBytes;

  const chunks = packA || packB ? (k + Constant.matmulChunk - 1) / Constant.matmulChunk : 1;
  let chunk = (k + chunks - 1) / chunks;
  // Squares are whole.
  if (rhsInPanels && transposeB) chunk = (chunk + 7) & ~7;
  const block = packA ? Constant.matmulBlockRows : ASC_FEATURE_RELAXED_SIMD && !transposeA ? BLOCK_IN_PLACE : m;
  for (let k0 = 0; k0 < k; k0 += chunk) {
    const steps = min(chunk, k - k0);
    // A packed block of 4 rows: packing rounds k up to a multiple of 4.
    const blockBytes = <usize>((steps + 3) & ~3) << 4;
    setLowest(activation == Activation.relu && k0 + steps == k ? 0 : -Infinity);
    for (let i0 = 0; i0 < m; i0 += block) {
      const lastRow = min(m, i0 + block);
      if (packA) {
        for (let i = i0, to = packedA; i < lastRow; i += 4, to += blockBytes) {
          if (transposeA) packColumns4(to, a + <usize>k0 * lda + (<usize>i << 2), lda, steps);
          else packTransposed4(to, 16, a + <usize>i * lda + (<usize>k0 << 2), lda, min(4, lastRow - i), steps);
        }
      }
      const aFirst = packA ? packedA : transposeA ? a + <usize>k0 * lda + (<usize>i0 << 2) : a + <usize>i0 * lda + (<usize>k0 << 2);
      const aStep: usize = packA ? 16 : lda;
      const aTile: usize = packA ? blockBytes : transposeA ? 16 : lda << 2;
      for (let j = 0; j < n; j += 8) {
        const columns = min(8, n - j);
        const start: usize = k0 ? 0 : bias + <usize>j * biasStep;
        let panel = b + <usize>k0 * ldb + (<usize>j << 2), bStep = ldb;
        if (rhsInPanels && transposeB) {
          packSquares(scratch, b + <usize>(k0 >> 3) * ldb + (<usize>j << 5), ldb, columns, steps);
          panel = scratch; bStep = 32;
        } else if (rhsInPanels) {
          panel = b + <usize>(j >> 3) * ldb + (<usize>k0 << 5);
          bStep = 32;
        } else if (transposeB) {
          packTransposed(scratch, b + <usize>j * ldb + (<usize>k0 << 2), ldb, columns, steps);
          panel = scratch; bStep = 32;
        } else if (packB) {
          if (!(j & 8)) packRowsTwice(scratch, panel, ldb, steps);
          panel = scratch + (j & 8) * (Constant.matmulPanelBytes >> 3); bStep = 32;
        }
        let ai = aFirst, ci = c + <usize>i0 * cRow + (toPanels ? <usize>(j >> 3) * ldc : <usize>j << 2);
        if (columns == 8) {
          const sixes = rowsOfSix(lastRow - i0);
          if (ASC_FEATURE_RELAXED_SIMD && sixes) {
            if (byColumns) gemm_f32_6x8_columns(ai, aStep, panel, bStep, steps, start, ci, cRow, sixes);
            else gemm_f32_6x8_rows(ai, lda, panel, bStep, steps, start, ci, cRow, sixes);
            ai += byColumns ? <usize>sixes << 2 : lda * sixes; ci += cRow * sixes;
            if (sixes == lastRow - i0) continue;
          }
          if (byColumns) gemm_f32_4x8_columns(ai, aTile, aStep, panel, bStep, steps, start, ci, cRow, lastRow - i0 - sixes);
          else gemm_f32_4x8_rows(ai, lda, panel, bStep, steps, start, ci, cRow, lastRow - i0 - sixes);
          continue;
        }
        for (let i = i0; i < lastRow; i += 4) {
          tailTile(byColumns, ai, lda, aStep, panel, bStep, steps, start, ci, cRow, min(4, lastRow - i), columns, spare);
          ai += aTile; ci += cRow << 2;
        }
      }
    }
  }
  if (activation > Activation.relu) {
    const f = activation == Activation.tanh ? UnaryFunction.tanh : UnaryFunction.sigmoid;
    if (<usize>n << 2 == cRow) mapUnary(f, c, c, m * n);
    else for (let i = 0, row = c; i < m; i++, row += cRow) mapUnary(f, row, row, n);
  }
}
