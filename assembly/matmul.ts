/**
 * @file Matrix products C [m, n] = activation(op(A) · op(B) + bias), all row-major f32, any leading dimensions.
 *
 * One kernel, `gemm_f32_4x8_simd`, computes a tile of 4 rows × 8 columns:
 *
 *              b ─▶ ┌────────┐ k steps of `bStep` bytes, 8 contiguous values each: B itself,
 *                   │ k × 8  │ or a panel packed in `scratch` (op(B) = Bᵀ, or long strides)
 *                   └────────┘
 *     a0 ─▶ ───────  c0 ─▶ ┌────────┐
 *     a1 ─▶ ───────        │ 4 × 8  │   k steps of `aStep` bytes: 4 for A, 4·lda for Aᵀ
 *     a2 ─▶ ───────        │        │
 *     a3 ─▶ ───────        └────────┘
 *
 * Since the four rows are pointers, A is never packed and Aᵀ costs no other kernel. Each sum starts at bias (or 0) and runs
 * over k in order, one rounding a product and one a sum; cutting k into chunks goes through C and changes no bit.
 * V8 keeps this loop in registers only while it is plain: unrolling k or a fifth row halves the speed.
 */
import { Activation, MatmulField, UnaryFunction } from '../src/plan/opcodes';
import { mapUnary } from './elementwise';
import { operand, storeLanes, word, ZEROS } from './simd';

/** Bytes of a packed panel in `scratch`: 512 × 8 values; a tile of 4 × 8 lies behind it. */
const PANEL_BYTES: usize = 16384;
/** The longest chunk of k that is packed: a panel of it and the rows it meets share the first-level cache. */
const PACKED_K: i32 = 400;
/**
 * B is packed from this row stride in bytes on, since its lines would evict each other, if at least `PACKED_ROWS` rows use
 * the panel. Measured on Zen 3, Node 20, packed against in place: 32×784×128 27 against 25 GFLOP/s, 128×784×128 29 against 26.
 */
const PACKED_STRIDE: i32 = 512;
const PACKED_ROWS: i32 = 32;

/**
 * `rows` (1 … 4) × 8 values of C over `k` steps. `a`, `c`: first row; `aRow`, `cRow`: bytes to the next. `start`: the 8
 * values that all sums start from, or 0 to go on from C. Values below `lowest` become `lowest` (−Infinity: none; NaN stays).
 * Missing rows are computed as copies of the last. C overlaps nothing.
 */
export function gemm_f32_4x8_simd(
  a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, k: i32,
  start: usize, c: usize, cRow: usize, rows: i32, lowest: f32,
): void {
  let a0 = a;
  let a1 = rows > 1 ? a0 + aRow : a0;
  let a2 = rows > 2 ? a1 + aRow : a1;
  let a3 = rows > 3 ? a2 + aRow : a2;
  const c1 = rows > 1 ? c + cRow : c;
  const c2 = rows > 2 ? c1 + cRow : c1;
  const c3 = rows > 3 ? c2 + cRow : c2;
  const s = start ? start : c;
  let x00 = v128.load(s), x01 = v128.load(s, 16);
  let x10 = x00, x11 = x01, x20 = x00, x21 = x01, x30 = x00, x31 = x01;
  if (!start) {
    x10 = v128.load(c1); x11 = v128.load(c1, 16);
    x20 = v128.load(c2); x21 = v128.load(c2, 16);
    x30 = v128.load(c3); x31 = v128.load(c3, 16);
  }
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let v = v128.load32_splat(a0);
    x00 = f32x4.add(x00, f32x4.mul(v, b0)); x01 = f32x4.add(x01, f32x4.mul(v, b1));
    v = v128.load32_splat(a1);
    x10 = f32x4.add(x10, f32x4.mul(v, b0)); x11 = f32x4.add(x11, f32x4.mul(v, b1));
    v = v128.load32_splat(a2);
    x20 = f32x4.add(x20, f32x4.mul(v, b0)); x21 = f32x4.add(x21, f32x4.mul(v, b1));
    v = v128.load32_splat(a3);
    x30 = f32x4.add(x30, f32x4.mul(v, b0)); x31 = f32x4.add(x31, f32x4.mul(v, b1));
    a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; b += bStep;
  } while (--k);
  const l = f32x4.splat(lowest);
  v128.store(c3, f32x4.pmax(x30, l)); v128.store(c3, f32x4.pmax(x31, l), 16);
  v128.store(c2, f32x4.pmax(x20, l)); v128.store(c2, f32x4.pmax(x21, l), 16);
  v128.store(c1, f32x4.pmax(x10, l)); v128.store(c1, f32x4.pmax(x11, l), 16);
  v128.store(c, f32x4.pmax(x00, l)); v128.store(c, f32x4.pmax(x01, l), 16);
}

/** The same for `columns` (1 … 7): computed in the tile behind the panel, from which only the valid columns are copied. */
export function gemmColumnTail(
  a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, k: i32,
  start: usize, c: usize, cRow: usize, rows: i32, columns: i32, lowest: f32, tile: usize,
): void {
  if (!start) {
    for (let r = 0, from = c, to = tile; r < rows; r++, from += cRow, to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  }
  gemm_f32_4x8_simd(a, aRow, aStep, b, bStep, k, start, tile, 32, rows, lowest);
  for (; rows > 0; rows--, c += cRow, tile += 32) {
    if (columns >= 4) {
      v128.store(c, v128.load(tile));
      if (columns > 4) storeLanes(c + 16, v128.load(tile, 16), columns - 4);
    } else {
      storeLanes(c, v128.load(tile), columns);
    }
  }
}

/** Rows k of 8 contiguous values, `stride` bytes apart, one behind the other. */
export function packRows(to: usize, from: usize, stride: usize, k: i32): void {
  do {
    const x = v128.load(from), y = v128.load(from, 16);
    v128.store(to, x); v128.store(to, y, 16);
    from += stride; to += 32;
  } while (--k);
}

/**
 * A panel of 8 columns that are rows of B (`stride` bytes apart, contiguous in k), transposed 4 × 4 at a time. Columns from
 * `columns` (1 … 8) on repeat the last. Writes k rounded up to 4 rows.
 */
export function packTransposed(to: usize, from: usize, stride: usize, columns: i32, k: i32): void {
  packTransposed4(to, from, stride, columns, k);
  if (columns > 4) packTransposed4(to + 16, from + (stride << 2), stride, columns - 4, k);
}

function packTransposed4(to: usize, from: usize, stride: usize, rows: i32, k: i32): void {
  let r0 = from;
  let r1 = rows > 1 ? r0 + stride : r0;
  let r2 = rows > 2 ? r1 + stride : r1;
  let r3 = rows > 3 ? r2 + stride : r2;
  for (; k > 0; k -= 4) {
    const x0 = v128.load(r0), x1 = v128.load(r1), x2 = v128.load(r2), x3 = v128.load(r3);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 32);
    v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 64);
    v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 96);
    r0 += 16; r1 += 16; r2 += 16; r3 += 16; to += 128;
  }
}

export function matmul(p: usize, base: usize): void {
  const a = operand(p, MatmulField.lhs, base), b = operand(p, MatmulField.rhs, base);
  const c = operand(p, MatmulField.destination, base), scratch = operand(p, MatmulField.scratch, base);
  const m = word(p, MatmulField.m), n = word(p, MatmulField.n), k = word(p, MatmulField.k);
  const lda = <usize>word(p, MatmulField.lda) << 2, ldb = <usize>word(p, MatmulField.ldb) << 2;
  const cRow = <usize>word(p, MatmulField.ldc) << 2;
  const transposeB = word(p, MatmulField.transposeRhs) != 0;
  const transposeA = word(p, MatmulField.transposeLhs) != 0;
  const aRow: usize = transposeA ? 4 : lda, aStep: usize = transposeA ? lda : 4;
  const bias: usize = word(p, MatmulField.bias) ? operand(p, MatmulField.bias, base) : ZEROS;
  const biasStep: usize = word(p, MatmulField.bias) ? 4 : 0;
  const activation = word(p, MatmulField.activation);
  const pack = transposeB || (<i32>ldb >= PACKED_STRIDE && m >= PACKED_ROWS);

  const chunks = pack ? (k + PACKED_K - 1) / PACKED_K : 1;
  const chunk = (k + chunks - 1) / chunks;
  for (let k0 = 0; k0 < k; k0 += chunk) {
    const steps = min(chunk, k - k0);
    const lowest: f32 = activation == Activation.relu && k0 + steps == k ? 0 : -Infinity;
    for (let j = 0; j < n; j += 8) {
      const columns = min(8, n - j);
      const start: usize = k0 ? 0 : bias + <usize>j * biasStep;
      let panel = b + <usize>k0 * ldb + (<usize>j << 2), bStep = ldb;
      if (transposeB) {
        const from = b + <usize>j * ldb + (<usize>k0 << 2);
        packTransposed(scratch, from, ldb, columns, steps);
        panel = scratch; bStep = 32;
      } else if (pack) {
        packRows(scratch, panel, ldb, steps);
        panel = scratch; bStep = 32;
      }
      let ai = a + <usize>k0 * aStep, ci = c + (<usize>j << 2);
      for (let i = 0; i < m; i += 4) {
        const rows = min(4, m - i);
        if (columns == 8) {
          gemm_f32_4x8_simd(ai, aRow, aStep, panel, bStep, steps, start, ci, cRow, rows, lowest);
        } else {
          gemmColumnTail(ai, aRow, aStep, panel, bStep, steps, start, ci, cRow, rows, columns, lowest, scratch + PANEL_BYTES);
        }
        ai += aRow << 2; ci += cRow << 2;
      }
    }
  }
  if (activation > Activation.relu) {
    const f = activation == Activation.tanh ? UnaryFunction.tanh : UnaryFunction.sigmoid;
    if (<usize>n << 2 == cRow) mapUnary(f, c, c, m * n);
    else for (let i = 0, row = c; i < m; i++, row += cRow) mapUnary(f, row, row, n);
  }
}
