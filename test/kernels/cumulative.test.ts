import { describe, expect, test } from 'vitest';
import { CumulativeSumField, Opcode, TopKField } from './enums.ts';
import { Machine, noise, SIZES } from './machine.ts';

describe('cumulativeSum', () => {
  /** Sums in double precision, rounded once: what the machine promises, bit for bit. */
  function expected(source: Float32Array, k: number, inner: number, reverse: number): Float32Array {
    const result = new Float32Array(source.length);
    for (let line = 0; line < source.length / k; line++) {
      const first = Math.floor(line / inner) * k * inner + (line % inner);
      let sum = 0;
      for (let i = 0; i < k; i++) {
        const at = first + (reverse ? k - 1 - i : i) * inner;
        sum += source[at] as number;
        result[at] = sum;
      }
    }
    return result;
  }

  test('is right for every k and inner, forward and back, in place or not', () => {
    const machine = new Machine();
    for (const k of SIZES) {
      for (const inner of SIZES.slice(0, -1)) {
        for (const reverse of [0, 1]) {
          machine.reset();
          const outer = k < 100 ? 3 : 1;
          const source = machine.floats(noise(outer * k * inner, k + inner), 4);
          const destination = machine.floats(outer * k * inner, 8);
          const fields = { destination, source, outer, k, inner, reverse };
          const wanted = expected(source.array, k, inner, reverse);
          machine.run(machine.encode(Opcode.cumulativeSum, CumulativeSumField, fields));
          expect(destination.array).toEqual(wanted);
          machine.run(machine.encode(Opcode.cumulativeSum, CumulativeSumField, { ...fields, destination: source }));
          expect(source.array).toEqual(wanted);
        }
      }
    }
  });

  test('loses no small number behind a large one, and hands NaN and infinities on', () => {
    const machine = new Machine();
    const run = (values: number[]): number[] => {
      machine.reset();
      const source = machine.floats(values);
      const destination = machine.floats(values.length);
      const fields = { destination, source, outer: 1, k: values.length, inner: 1, reverse: 0 };
      machine.run(machine.encode(Opcode.cumulativeSum, CumulativeSumField, fields));
      return Array.from(destination.array);
    };
    expect(run([2 ** 24, 1, 1, -(2 ** 24)])).toEqual([2 ** 24, 2 ** 24, 2 ** 24 + 2, 2]);
    expect(run([1, NaN, 1])).toEqual([1, NaN, NaN]);
    expect(run([1, Infinity, 1, -Infinity])).toEqual([1, Infinity, Infinity, NaN]);
  });
});

describe('topK', () => {
  const machine = new Machine();
  function run(rows: readonly (readonly number[])[], k: number): number[][] {
    machine.reset();
    const columns = rows[0]?.length as number;
    const source = machine.floats(rows.flat(), 4);
    const indices = machine.ints(rows.length * k);
    const places = machine.ints(rows.length * k);
    machine.run(machine.encode(Opcode.topK, TopKField, { indices, places, source, rows: rows.length, columns, k }));
    expect(Array.from(places.array)).toEqual(
      Array.from(indices.array, (index, i) => Math.floor(i / k) * columns + index),
    );
    return rows.map((_, row) => Array.from(indices.array.subarray(row * k, (row + 1) * k)));
  }

  test('finds the largest of each row in order, for every size and k', () => {
    for (const columns of SIZES) {
      for (const k of [1, 2, 3, 7, columns].filter((count) => count <= columns && count <= 40)) {
        // Few distinct values, so that there are ties.
        const rows = [1, 2, 3].map((seed) => Array.from(noise(columns, seed + columns), (x) => Math.round(x * 5)));
        const wanted = rows.map((row) =>
          row
            .map((_, i) => i)
            .sort((i, j) => (row[j] as number) - (row[i] as number) || i - j)
            .slice(0, k),
        );
        expect(run(rows, k)).toEqual(wanted);
      }
    }
  });

  test('takes rows in any order, NaN before all numbers, and infinities for what they are', () => {
    const ascending = Array.from({ length: 50 }, (_, i) => i);
    expect(run([ascending, ascending.slice().reverse()], 3)).toEqual([
      [49, 48, 47],
      [0, 1, 2],
    ]);
    expect(run([[1, NaN, 3, NaN, Infinity, 2]], 4)).toEqual([[1, 3, 4, 2]]);
    expect(run([[0, -0, 0, -0, -Infinity]], 5)).toEqual([[0, 1, 2, 3, 4]]);
    expect(run([[NaN, NaN, NaN, NaN, NaN, NaN, 1, 2, 3, NaN]], 7)).toEqual([[0, 1, 2, 3, 4, 5, 9]]);
    expect(run([[-Infinity, -Infinity, -1, -Infinity]], 2)).toEqual([[2, 0]]);
  });
});
