import { describe, expect, test } from 'vitest';
import { BatchMatmulField, MatmulField, Opcode } from './enums.ts';
import { Machine, noise } from './machine.ts';

interface Batch {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeLhs?: 0 | 1;
  readonly transposeRhs?: 0 | 1;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly outer: number;
  readonly inner: number;
  /** Elements from product to product, of destination, lhs and rhs. */
  readonly byOuter: readonly [number, number, number];
  readonly byInner: readonly [number, number, number];
}

/** All products by one instruction have the bits of as many by `matmul`; and what lies between their rows stays. */
function check({ byOuter, byInner, ...product }: Batch): void {
  const machine = new Machine();
  const { m, n, k, lda, ldb, ldc, outer, inner, transposeLhs = 0, transposeRhs = 0 } = product;
  const span = (rows: number, columns: number, stride: number, operand: 0 | 1 | 2): number =>
    (outer - 1) * byOuter[operand] + (inner - 1) * byInner[operand] + (rows - 1) * stride + columns;
  const lhs = machine.floats(noise(transposeLhs ? span(k, m, lda, 1) : span(m, k, lda, 1), 1, 1), 4);
  const rhs = machine.floats(noise(transposeRhs ? span(n, k, ldb, 2) : span(k, n, ldb, 2), 2, 1), 8);
  const before = noise(span(m, n, ldc, 0), 3, 1);
  const [whole, single] = [machine.floats(before, 12), machine.floats(before, 4)];
  const sizes = { m, n, k, lda, ldb, ldc, transposeLhs, transposeRhs, scratch: machine.scratch };
  machine.run(
    machine.encode(Opcode.batchMatmul, BatchMatmulField, {
      ...{ ...sizes, destination: whole, lhs, rhs, outer, inner },
      ...{ destinationOuter: byOuter[0], lhsOuter: byOuter[1], rhsOuter: byOuter[2] },
      ...{ destinationInner: byInner[0], lhsInner: byInner[1], rhsInner: byInner[2] },
    }),
  );
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const at = (first: { address: number }, operand: 0 | 1 | 2): number =>
        first.address + 4 * (i * byOuter[operand] + j * byInner[operand]);
      const places = { destination: at(single, 0), lhs: at(lhs, 1), rhs: at(rhs, 2) };
      machine.run(machine.encode(Opcode.matmul, MatmulField, { ...sizes, ...places }));
    }
  }
  expect(Array.from(whole.array)).toEqual(Array.from(single.array));
  expect(Array.from(whole.array)).not.toEqual(Array.from(before));
}

describe('batchMatmul', () => {
  test('multiplies contiguous batches', () => {
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 5, 2],
      [9, 24, 33],
      [128, 128, 32],
    ] as const)
      check({
        ...{ m, n, k, lda: k, ldb: n, ldc: n, outer: 3, inner: 2 },
        ...{ byOuter: [2 * m * n, 2 * m * k, 2 * k * n], byInner: [m * n, m * k, k * n] },
      });
  });

  test('uses one factor for all products where its step is 0', () => {
    const [m, n, k] = [5, 9, 7];
    const sizes = { m, n, k, lda: k, ldb: n, ldc: n, outer: 2, inner: 3 };
    check({ ...sizes, byOuter: [3 * m * n, 0, 3 * k * n], byInner: [m * n, 0, k * n] });
    check({ ...sizes, byOuter: [3 * m * n, m * k, 0], byInner: [m * n, 0, k * n] });
  });

  test('reads and writes heads where they lie, with either factor transposed', () => {
    // [batch, tokens, heads, features]: scores of 6 queries and 10 keys, then values.
    const [batch, queries, keys, heads, features] = [2, 6, 10, 3, 8];
    const row = heads * features;
    check({
      ...{
        m: queries,
        n: keys,
        k: features,
        lda: row,
        ldb: row,
        ldc: keys,
        transposeRhs: 1,
        outer: batch,
        inner: heads,
      },
      byOuter: [heads * queries * keys, queries * row, keys * row],
      byInner: [queries * keys, features, features],
    });
    check({
      ...{ m: queries, n: features, k: keys, lda: keys, ldb: row, ldc: row, outer: batch, inner: heads },
      byOuter: [queries * row, heads * queries * keys, keys * row],
      byInner: [features, queries * keys, features],
    });
    check({
      ...{
        m: keys,
        n: features,
        k: queries,
        lda: keys,
        ldb: row,
        ldc: row,
        transposeLhs: 1,
        outer: batch,
        inner: heads,
      },
      byOuter: [keys * row, heads * queries * keys, queries * row],
      byInner: [features, queries * keys, features],
    });
  });
});
