/** @file Slices of products of matrices. */
import type { Word } from './instruction.ts';
import * as I from './opcodes.ts';
import { counted, either, F32, type Slicer, when } from './slicing.ts';

/**
 * How much longer it takes than to multiply an element once to pack it, and to read one that the other threads need too and one
 * of them may have written: for the choice below.
 */
const PACKING = 4;
const READING = 16;

/**
 * By rows, or by columns: by which the slowest thread has less to do, packing included. C in panels of 8 columns, and B where it
 * is not transposed, are cut by those, so that each thread keeps its own.
 */
const product =
  (panelsOf: (w: Word) => number): Slicer =>
  (w, thread, threads) => {
    const [m, n, k] = [w(I.MatmulField.m), w(I.MatmulField.n), w(I.MatmulField.k)];
    const isTransposed = w(I.MatmulField.transposeRhs) === 1;
    const [rhsInPanels, toPanels] = [(panelsOf(w) & 1) > 0, (panelsOf(w) & 2) > 0];
    const share = (items: number, grain: number): number => grain * Math.ceil(Math.ceil(items / grain) / threads);
    const packsA = n >= I.Constant.matmulPackedColumns ? PACKING * k : 0;
    const packsB = isTransposed ? PACKING * k : 0;
    const byRows = share(m, 4) * (n * k + packsA) + n * (packsB + READING * k);
    const byColumns = share(n, 8) * (m * k + packsB) + m * (packsA + READING * k);
    const keeps = toPanels || (rhsInPanels && !isTransposed);
    const column = rhsInPanels ? (isTransposed ? 8 : k) : isTransposed ? w(I.MatmulField.ldb) : 1;
    const slicer =
      byRows <= byColumns && !keeps
        ? counted(I.MatmulField.m, 4, () => [
            [I.MatmulField.destination, F32 * w(I.MatmulField.ldc)],
            [I.MatmulField.lhs, F32 * (w(I.MatmulField.transposeLhs) === 1 ? 1 : w(I.MatmulField.lda))],
          ])
        : counted(I.MatmulField.n, 8, () => [
            [I.MatmulField.destination, F32 * (toPanels ? m : 1)],
            [I.MatmulField.rhs, F32 * column],
            [I.MatmulField.bias, F32],
          ]);
    return slicer(w, thread, threads);
  };

const batchOf = (
  count: I.BatchMatmulField.outer | I.BatchMatmulField.inner,
  destination: number,
  lhs: number,
  rhs: number,
): Slicer =>
  counted(count, 1, (w) => [
    [I.BatchMatmulField.destination, F32 * w(destination)],
    [I.BatchMatmulField.lhs, F32 * w(lhs)],
    [I.BatchMatmulField.rhs, F32 * w(rhs)],
  ]);

export const matmul: Slicer = product(() => 0);

export const panelMatmul: Slicer = product((w) => w(I.PanelMatmulField.panels));

export const batchMatmul: Slicer = either(
  batchOf(
    I.BatchMatmulField.outer,
    I.BatchMatmulField.destinationOuter,
    I.BatchMatmulField.lhsOuter,
    I.BatchMatmulField.rhsOuter,
  ),
  when(
    (w) => w(I.BatchMatmulField.outer) === 1,
    batchOf(
      I.BatchMatmulField.inner,
      I.BatchMatmulField.destinationInner,
      I.BatchMatmulField.lhsInner,
      I.BatchMatmulField.rhsInner,
    ),
  ),
);
