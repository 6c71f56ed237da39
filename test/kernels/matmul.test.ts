import { describe, expect, test } from 'vitest';
import { Activation, MatmulField, Opcode } from './enums.ts';
import { type Block, expectClose, isRelaxed, Machine, noise } from './machine.ts';

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeLhs?: boolean;
  readonly transposeRhs?: boolean;
  readonly bias?: boolean;
  readonly activation?: Activation;
  /** Columns that each row of A, B and C has beyond what is used. */
  readonly extra?: number;
}

const f = Math.fround;

const ACTIVATIONS: Record<Activation, (x: number) => number> = {
  [Activation.none]: (x) => x,
  [Activation.relu]: (x) => Math.max(x, 0),
  [Activation.tanh]: Math.tanh,
  [Activation.sigmoid]: (x) => 1 / (1 + Math.exp(-x)),
};

/**
 * Runs a product and checks C: sums in f32 in the order that is promised, so bits are equal but for tanh and sigmoid; and no
 * further from those in double precision than rounding explains. What lies between the rows of C must stay.
 */
function check(machine: Machine, product: Product): void {
  const { m, n, k, transposeLhs = false, transposeRhs = false, activation = Activation.none, extra = 0 } = product;
  machine.reset();
  const lda = (transposeLhs ? m : k) + extra;
  const ldb = (transposeRhs ? k : n) + extra;
  const ldc = n + extra;
  const lhs = machine.floats(noise((transposeLhs ? k : m) * lda - extra, 1, 1), 4);
  const rhs = machine.floats(noise((transposeRhs ? n : k) * ldb - extra, 2, 1), 8);
  const bias = product.bias ? machine.floats(noise(n, 3, 1)) : 0;
  const before = noise(m * ldc - extra, 4, 1);
  const destination = machine.floats(before, 12);
  const fields = { destination, lhs, rhs, bias, m, n, k, lda, ldb, ldc, activation, scratch: machine.scratch };
  const flags = { transposeLhs: Number(transposeLhs), transposeRhs: Number(transposeRhs) };
  machine.run(machine.encode(Opcode.matmul, MatmulField, { ...fields, ...flags }));
  const expected = Float64Array.from(before);
  const a = lhs.array;
  const b = rhs.array;
  let worst = 0;
  const start = bias === 0 ? undefined : bias.array;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = start?.[j] ?? 0;
      let double = sum;
      let size = Math.abs(sum);
      for (let l = 0; l < k; l++) {
        const product = a[transposeLhs ? l * lda + i : i * lda + l]! * b[transposeRhs ? j * ldb + l : l * ldb + j]!;
        // Fused: the product of two f32 is exact in double; the sum is then rounded twice, which differs from once next to never.
        sum = isRelaxed ? f(sum + product) : f(sum + f(product));
        double += product;
        size += Math.abs(product);
      }
      worst = Math.max(worst, Math.abs(sum - double) / size);
      expected[i * ldc + j] = ACTIVATIONS[activation](sum);
    }
  }
  expect(worst).toBeLessThanOrEqual((k + 1) * 2 ** -24);
  expectClose(destination.array, expected, activation > Activation.relu ? 3e-7 : 0, isRelaxed ? 4e-7 : 0);
}

const TRANSPOSES = [0, 1, 2, 3].map((i) => ({ transposeLhs: (i & 1) > 0, transposeRhs: (i & 2) > 0 }));

describe('matmul', () => {
  test.each(TRANSPOSES)('is right for every tail of rows and columns: %o', (transposes) => {
    const machine = new Machine();
    for (const m of [1, 2, 3, 4, 5, 7, 8, 9, 33]) {
      for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 31]) {
        for (const k of [1, 2, 3, 5, 8, 33]) {
          for (const extra of [0, 3]) {
            check(machine, { m, n, k, extra, bias: (m + n) % 2 === 0, ...transposes });
          }
        }
      }
    }
  });

  test.each(TRANSPOSES)('is right where B is packed and k is cut into chunks: %o', (transposes) => {
    const machine = new Machine();
    const shapes = [
      [128, 520, 401],
      [129, 13, 801],
      [131, 530, 3],
      [40, 129, 1200],
      [1, 7, 1000],
      [34, 128, 400],
    ] as const;
    for (const [m, n, k] of shapes) {
      check(machine, { m, n, k, bias: true, ...transposes });
    }
  });

  test('gives the same bits packed, in place, and with B transposed', () => {
    const machine = new Machine();
    const [m, n, k] = [128, 512, 801];
    const a = noise(m * k, 5, 1);
    const b = noise(k * n, 6, 1);
    const lhs = machine.floats(a);
    const rhs = machine.floats(b);
    const rhsTransposed = machine.floats(
      Float32Array.from({ length: n * k }, (_, i) => b[(i % k) * n + Math.floor(i / k)]!),
    );
    const destination = machine.floats(m * n);
    const run = (rows: number, source: Block, transposeRhs: number): Float32Array => {
      const shape = { m: rows, n, k, lda: k, ldb: transposeRhs ? k : n, ldc: n, transposeRhs };
      machine.run(
        machine.encode(Opcode.matmul, MatmulField, {
          destination,
          lhs,
          rhs: source,
          ...shape,
          scratch: machine.scratch,
        }),
      );
      return destination.array.slice(0, 3 * n);
    };
    const packed = run(m, rhs, 0);
    expect(run(3, rhs, 0)).toEqual(packed);
    expect(run(m, rhsTransposed, 1)).toEqual(packed);
  });

  test.each([Activation.relu, Activation.tanh, Activation.sigmoid])(
    'applies activation %i after the last chunk',
    (activation) => {
      const machine = new Machine();
      for (const [m, n, k, extra] of [
        [5, 10, 7, 0],
        [4, 8, 16, 0],
        [3, 9, 4, 5],
        [128, 12, 900, 2],
      ] as const) {
        for (const transposeRhs of [false, true]) {
          check(machine, { m, n, k, extra, bias: true, activation, transposeRhs });
        }
      }
    },
  );

  test('passes NaN and infinities through relu, and keeps them in their rows and columns', () => {
    const machine = new Machine();
    const [m, n, k] = [6, 11, 5];
    const lhs = machine.floats(noise(m * k, 1).map((x, i) => (i === 2 * k + 1 ? NaN : x)));
    const rhs = machine.floats(noise(k * n, 2).map((x, i) => (i === 9 ? Infinity : x)));
    const destination = machine.floats(m * n);
    const fields = {
      destination,
      lhs,
      rhs,
      m,
      n,
      k,
      lda: k,
      ldb: n,
      ldc: n,
      activation: Activation.relu,
      scratch: machine.scratch,
    };
    machine.run(machine.encode(Opcode.matmul, MatmulField, fields));
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const y = destination.array[i * n + j]!;
        if (i === 2) expect(y).toBeNaN();
        else if (j === 9) expect(y).toBe(lhs.array[i * k]! > 0 ? Infinity : 0);
        else expect(Number.isFinite(y)).toBe(true);
      }
    }
  });
});
