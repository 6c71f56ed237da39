import { describe, expect, test } from 'vitest';
import { ArgmaxField, Constant, L2NormField, Opcode, ReduceField, ReduceFunction, SumSquaresField } from './enums.ts';
import { expectClose, Machine, noise, SIZES } from './machine.ts';

type Name = keyof typeof ReduceFunction;

const FUNCTIONS: Record<Name, (values: number[]) => number> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  prod: (values) => values.reduce((a, b) => a * b, 1),
};

function reduce(machine: Machine, name: Name, values: ArrayLike<number>, outer: number, k: number, inner: number) {
  const source = machine.floats(values, 4);
  const destination = machine.floats(outer * inner, 8);
  const fields = { destination, source, outer, k, inner, step: inner, operation: ReduceFunction[name] };
  machine.run(machine.encode(Opcode.reduce, ReduceField, fields));
  const expected = Float64Array.from({ length: outer * inner }, (_, i) => {
    const start = Math.floor(i / inner) * k * inner + (i % inner);
    return FUNCTIONS[name](Array.from({ length: k }, (_, j) => source.array[start + j * inner]!));
  });
  return { actual: destination.array, expected };
}

describe('reduce', () => {
  test.each(Object.keys(FUNCTIONS) as Name[])('%s is right for every k and inner', (name) => {
    const machine = new Machine();
    const exact = name === 'max' || name === 'min';
    for (const k of [...SIZES.slice(0, -1), 70]) {
      for (const inner of SIZES.slice(0, -1)) {
        for (const outer of [1, 3]) {
          machine.reset();
          const { actual, expected } = reduce(machine, name, noise(outer * k * inner, k), outer, k, inner);
          expectClose(actual, expected, exact ? 0 : 1e-5, exact ? 0 : 1e-5);
        }
      }
    }
    const wide = reduce(machine, name, noise(3000, 2, 1.01), 1, 3, 1000);
    expectClose(wide.actual, wide.expected, 1e-6, 1e-7);
  });

  test.each(['max', 'min'] as const)('%s is NaN where any element is', (name) => {
    const machine = new Machine();
    for (const [k, inner] of [
      [1, 1],
      [7, 1],
      [33, 1],
      [7, 5],
      [3, 17],
    ] as const) {
      for (let at = 0; at < k * inner; at++) {
        machine.reset();
        const { actual, expected } = reduce(
          machine,
          name,
          noise(k * inner).map((x, i) => (i === at ? NaN : x)),
          1,
          k,
          inner,
        );
        expect(Array.from(actual)).toEqual(Array.from(expected));
      }
    }
  });

  test('max and min of infinities are infinities', () => {
    const machine = new Machine();
    expect(reduce(machine, 'max', [-Infinity, -Infinity], 1, 2, 1).actual[0]).toBe(-Infinity);
    expect(reduce(machine, 'min', [Infinity, Infinity, Infinity], 1, 3, 1).actual[0]).toBe(Infinity);
  });

  test.each([1, 3, 16])('sums a million equal summands to 1e-6, with inner = %i', (inner) => {
    const machine = new Machine();
    for (const x of [0.1, 1 / 3, 1.7, 16777215 / 16777216]) {
      machine.reset();
      const values = new Float32Array(1_000_000 * inner).fill(x);
      const source = machine.floats(values);
      for (const [operation, scale] of [
        [ReduceFunction.sum, 1e6],
        [ReduceFunction.mean, 1],
      ] as const) {
        const destination = machine.floats(inner);
        machine.run(
          machine.encode(Opcode.reduce, ReduceField, {
            ...{ destination, source, outer: 1, k: 1e6, inner, step: inner, operation },
          }),
        );
        expectClose(destination.array, new Array<number>(inner).fill(Math.fround(x) * scale), 1e-6);
      }
    }
  });

  test.each(Object.keys(FUNCTIONS) as Name[])('%s of some columns of a wider box gives the bits of all', (name) => {
    const machine = new Machine();
    const [k, inner] = [70, 37];
    const source = machine.floats(noise(k * inner, 5, 1.1));
    const whole = machine.floats(inner);
    const fields = { outer: 1, k, step: inner, operation: ReduceFunction[name] };
    machine.run(machine.encode(Opcode.reduce, ReduceField, { ...fields, destination: whole, source, inner }));
    for (const [from, to] of [
      [0, 16],
      [16, 37],
      [36, 37],
    ] as const) {
      const destination = machine.floats(to - from);
      const part = { ...fields, destination, source: source.address + 4 * from, inner: to - from };
      machine.run(machine.encode(Opcode.reduce, ReduceField, part));
      expect(Array.from(destination.array)).toEqual(Array.from(whole.array.subarray(from, to)));
    }
  });

  test('gives a row the same sum wherever it stands', () => {
    const machine = new Machine();
    const row = noise(777, 9);
    const twice = machine.floats([...row, ...row], 4);
    const destination = machine.floats(2);
    machine.run(
      machine.encode(Opcode.reduce, ReduceField, { destination, source: twice, outer: 2, k: 777, inner: 1, step: 1 }),
    );
    expect(destination.array[0]).toBe(destination.array[1]);
  });
});

describe('argmax', () => {
  const argmax = (rows: number[][]): number[] => {
    const machine = new Machine();
    const source = machine.floats(rows.flat());
    const destination = machine.ints(rows.length);
    const fields = { destination, source, rows: rows.length, columns: rows[0]!.length };
    machine.run(machine.encode(Opcode.argmax, ArgmaxField, fields));
    return Array.from(destination.array);
  };

  test('finds the largest of each row for every size', () => {
    for (const columns of SIZES) {
      const rows = [0, 1, 2].map((seed) => Array.from(noise(columns, seed + columns)));
      expect(argmax(rows)).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
    }
  });

  test('takes the first on ties, the first NaN over all numbers, and infinities for what they are', () => {
    expect(argmax([[1, 3, 3, 2, 3]])).toEqual([1]);
    expect(argmax([[5, 1, NaN, 9, NaN, 9, 9]])).toEqual([2]);
    expect(
      argmax([
        [-Infinity, -Infinity],
        [-1, Infinity],
        [0, -0],
      ]),
    ).toEqual([0, 1, 0]);
  });
});

describe('l2Norm', () => {
  const norm = (values: ArrayLike<number>): number => {
    const machine = new Machine();
    const destination = machine.floats(1);
    const [source, count] = [machine.floats(values, 4), values.length];
    const sums = machine.floats(2 * Math.ceil(count / Constant.normChunk));
    machine.run([
      ...machine.encode(Opcode.sumSquares, SumSquaresField, { destination: sums, source, count }),
      ...machine.encode(Opcode.l2Norm, L2NormField, { destination, sums, source, count }),
    ]);
    return destination.array[0]!;
  };

  test('is the root of the sum of squares', () => {
    for (const n of [...SIZES, 100_003]) {
      const values = noise(n, n);
      expectClose([norm(values)], [Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))], 3e-7);
    }
  });

  test('is the same in whatever order eights of it lie, also where sums in f64 would round it differently', () => {
    // The root of 2⁴⁸ + 2²⁵ + 1 lies halfway between two f32. What is added to it is more than nothing, but less than f64 holds
    // beside it: it counts if it is summed first.
    const [large, middle, one] = [[2 ** 24], [4096, 0, 0, 0, 4096], [1]];
    const small = Array.from({ length: 64 }, () => [1 / 8]);
    const flat = (eights: readonly number[][]) =>
      Float32Array.from({ length: 8 * eights.length }, (_, i) => eights[i >> 3]?.[i & 7] ?? 0);
    expect(norm(flat([large, middle, one]))).toBe(2 ** 24);
    expect(norm(flat([large, middle, one, ...small]))).toBe(2 ** 24 + 2);
    expect(norm(flat([...small, large, middle, one]))).toBe(2 ** 24 + 2);
    for (let seed = 1; seed <= 100; seed++) {
      const values = noise(64, seed, 10 ** ((seed % 13) - 6));
      const eights = Array.from({ length: 8 }, (_, i) => [...values.subarray(8 * i, 8 * i + 8)]);
      expect(norm(flat(eights.map((_, i) => eights[(3 * i) % 8] as number[])))).toBe(norm(values));
    }
  });

  test('neither overflows nor underflows before the norm itself does', () => {
    expectClose([norm([3e30, 4e30])], [5e30], 1e-6);
    expectClose([norm([3e-30, 4e-30, 0])], [5e-30], 1e-6);
    expectClose([norm([...new Array(1000).fill(1e-22), 3])], [3], 1e-6);
    expectClose([norm(new Array(1000).fill(1e-41))], [1e-41 * Math.sqrt(1000)], 1e-3);
    expect(norm([3e38, 3e38])).toBe(Infinity);
    expect(norm([0, 0, 0, 0, 0])).toBe(0);
  });

  test('is not finite if an element is not', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 5, 36])
        expect(Number.isFinite(norm(noise(37).map((x, i) => (i === at ? bad : x))))).toBe(false);
    }
  });
});
