/** Gradients by rows: what lies around a table stays as it is, damaged plans stop before anything is written. */
import { describe, expect, test } from 'vitest';
import {
  GatherProductField,
  Opcode,
  RowMethod,
  RowNormField,
  RowOrderField,
  RowSgdField,
  RowUpdateField,
  Status,
} from './enums.ts';
import { bitsOf, expectClose, integers, Machine, noise } from './machine.ts';

describe('rowOrder', () => {
  test('sorts places by index, of equals in order of place, for tables of any size', () => {
    const machine = new Machine();
    for (const rows of [1, 2, 3, 2048, 2049, 30_000, 4_194_304, 4_194_305, 2 ** 31 - 1]) {
      for (const count of [1, 2, 33, 1000]) {
        machine.reset();
        const indices = machine.ints(integers(count, Math.min(rows, count * 3), count).map((i) => rows - 1 - i));
        const destination = machine.ints(count);
        const scratch = machine.bytes(4 * (3 * 2048 + count));
        machine.run(machine.encode(Opcode.rowOrder, RowOrderField, { destination, scratch, indices, count, rows }));
        const { array } = indices;
        const order = Array.from(array, (_, i) => i).sort((i, j) => (array[i] as number) - (array[j] as number));
        expect(Array.from(destination.array)).toEqual(order);
      }
    }
  });
});

/** A gradient of `count` indices in groups, with the sum for each row of a table in double precision. */
function gradientOf(machine: Machine, rows: number, rowElements: number, count: number, group: number) {
  const index = integers(count, rows, count + rowElements);
  const order = Array.from(index, (_, i) => i).sort((i, j) => (index[i] as number) - (index[j] as number));
  const vectors = noise((count / group) * rowElements, 3);
  const weights = noise(count, 5);
  const sums = new Map<number, number[]>();
  index.forEach((row, i) => {
    const sum = sums.get(row) ?? new Array<number>(rowElements).fill(0);
    const weight = group === 1 ? 1 : (weights[i] as number);
    const from = Math.floor(i / group) * rowElements;
    sums.set(
      row,
      sum.map((s, j) => s + weight * (vectors[from + j] as number)),
    );
  });
  const fields = {
    ...{ indices: machine.ints(index), order: machine.ints(order), vectors: machine.floats(vectors, 4) },
    ...{ weights: group === 1 ? 0 : machine.floats(weights, 8), scratch: machine.bytes(8 * count) },
    ...{ count, group, rowElements, rows },
  };
  return { fields, sums };
}

describe('rowSgd', () => {
  test('changes the rows that occur by the sum of what they get, and no other', () => {
    const machine = new Machine();
    for (const rowElements of [1, 3, 4, 15, 16, 17, 33, 100]) {
      for (const [count, group] of [
        [1, 1],
        [7, 1],
        [12, 3],
        [60, 6],
      ] as const) {
        machine.reset();
        const rows = 11;
        const { fields, sums } = gradientOf(machine, rows, rowElements, count, group);
        const { order: _, scratch: __, ...gradient } = fields;
        const start = noise(rows * rowElements, 9);
        const table = machine.floats(start, 4);
        const scalars = machine.floats([0.5, 0]);
        machine.run(machine.encode(Opcode.rowSgd, RowSgdField, { ...gradient, table, scalars, to: rowElements }));
        const expected = start.slice();
        for (const [row, sum] of sums)
          sum.forEach((g, j) => {
            const at = row * rowElements + j;
            expected[at] = (start[at] as number) - 0.5 * g;
          });
        expectClose(table.array, expected, 2e-6, 2e-6);
      }
    }
  });

  test('of some columns leaves the others as they are, so that parts of the columns make the bits of the whole', () => {
    const machine = new Machine();
    const [rows, rowElements, count, group] = [9, 39, 60, 6];
    const run = (parts: readonly (readonly [from: number, to: number])[]): Float32Array => {
      machine.reset();
      const { order: _, scratch: __, ...gradient } = gradientOf(machine, rows, rowElements, count, group).fields;
      const table = machine.floats(noise(rows * rowElements, 9), 4);
      const scalars = machine.floats([0.5, 0]);
      for (const [from, to] of parts)
        machine.run(machine.encode(Opcode.rowSgd, RowSgdField, { ...gradient, table, scalars, from, to }));
      return table.array.slice();
    };
    const whole = run([[0, rowElements]]);
    expect(
      run([
        [16, 32],
        [0, 16],
        [32, 39],
      ]),
    ).toEqual(whole);
    const part = run([[16, 32]]);
    const start = run([]);
    for (let i = 0; i < whole.length; i++) {
      const column = i % rowElements;
      expect(part[i]).toBe((column >= 16 && column < 32 ? whole : start)[i]);
    }
  });
});

describe('rowUpdate', () => {
  test('of Adagrad and lazy Adam write their slots for those rows alone', () => {
    const machine = new Machine();
    for (const method of [RowMethod.adagrad, RowMethod.lazyAdam]) {
      for (const rowElements of [3, 17]) {
        machine.reset();
        const rows = 40;
        const { fields, sums } = gradientOf(machine, rows, rowElements, 12, 3);
        const blocks = { table: machine.floats(rows * rowElements), first: machine.floats(rows * rowElements) };
        const second = machine.floats(rows * rowElements);
        const scalars = machine.floats([0.1, 1e-3]);
        const words = machine.encode(Opcode.rowUpdate, RowUpdateField, {
          ...fields,
          ...blocks,
          second,
          scalars,
          method,
          to: 12,
        });
        const factors = method === RowMethod.adagrad ? [1e-3, 0.25] : [0.9, 0.1, 0.99, 0.01];
        for (const [i, factor] of factors.entries()) words[RowUpdateField.factors + i] = bitsOf(factor);
        for (const { array } of [blocks.table, blocks.first, second]) array.fill(0);
        machine.run(words);
        for (let row = 0; row < rows; row++) {
          const g = sums.get(row) ?? new Array<number>(rowElements).fill(0);
          const at = [row * rowElements, (row + 1) * rowElements] as const;
          const occurs = sums.has(row);
          if (method === RowMethod.adagrad) {
            expectClose(
              blocks.first.array.slice(...at),
              g.map((x) => x * x),
              1e-5,
              1e-6,
            );
            const moved = g.map((x) => (occurs ? (-0.1 * x) / (Math.sqrt(x * x + 0.25) + 1e-3) : 0));
            expectClose(blocks.table.array.slice(...at), moved, 1e-5, 1e-6);
          } else {
            expectClose(
              blocks.first.array.slice(...at),
              g.map((x) => 0.1 * x),
              1e-5,
              1e-6,
            );
            expectClose(
              second.array.slice(...at),
              g.map((x) => 0.01 * x * x),
              1e-5,
              1e-6,
            );
          }
        }
      }
    }
  });

  test('stops on an index or a place outside, before it writes anything', () => {
    const machine = new Machine();
    for (const [index, order] of [
      [
        [0, 3],
        [0, 1],
      ],
      [
        [0, -1],
        [1, 0],
      ],
      [
        [0, 1],
        [0, 2],
      ],
      [
        [0, 1],
        [-1, 0],
      ],
    ] as const) {
      machine.reset();
      const { fields } = gradientOf(machine, 3, 2, 2, 1);
      fields.indices.array.set(index);
      fields.order.array.set(order);
      const table = machine.floats([1, 2, 3, 4, 5, 6]);
      const scalars = machine.floats([1, 0]);
      const update = { ...fields, table, first: machine.floats(6), scalars, method: RowMethod.adagrad, to: 2 };
      expect(machine.run(machine.encode(Opcode.rowUpdate, RowUpdateField, update))).toBe(0);
      expect(machine.status.status).toBe(Status.indexOutOfRange);
      expect(Array.from(table.array)).toEqual([1, 2, 3, 4, 5, 6]);
      const destination = machine.floats(1);
      expect(machine.run(machine.encode(Opcode.rowNorm, RowNormField, { ...fields, destination }))).toBe(0);
      const { order: _, scratch: __, ...gradient } = fields;
      const descend = machine.encode(Opcode.rowSgd, RowSgdField, { ...gradient, table, scalars, to: 2 });
      const isIndexWrong = index.some((i) => i < 0 || i > 2);
      expect(machine.run(descend)).toBe(isIndexWrong ? 0 : 1);
      if (isIndexWrong) expect(Array.from(table.array)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });
});

describe('rowNorm', () => {
  test('is the norm of the sums, also where f32 squares overflow or vanish', () => {
    const machine = new Machine();
    for (const scale of [1, 1e25, 1e-25]) {
      machine.reset();
      const { fields, sums } = gradientOf(machine, 5, 19, 12, 3);
      fields.vectors.array.forEach((x, i) => {
        fields.vectors.array[i] = x * scale;
      });
      const destination = machine.floats(1);
      machine.run(machine.encode(Opcode.rowNorm, RowNormField, { ...fields, destination }));
      const squares = [...sums.values()].flat().reduce((sum, x) => sum + x * x, 0);
      expectClose(destination.array, [Math.sqrt(squares) * scale], 1e-5);
    }
  });
});

describe('gatherDot and gatherSum', () => {
  test('are the same bits for a group of any size, wherever a row stands in it', () => {
    const machine = new Machine();
    for (const rowElements of [1, 4, 7, 16, 33, 100]) {
      machine.reset();
      const rows = 9;
      const table = machine.floats(noise(rows * rowElements, 2), 4);
      const vector = machine.floats(noise(rowElements, 3), 8);
      const dotsOf = (index: readonly number[]): number[] => {
        const [indices, destination] = [machine.ints(index), machine.floats(index.length, 4)];
        const sizes = { count: 1, group: index.length, rowElements, rows };
        machine.run(
          machine.encode(Opcode.gatherDot, GatherProductField, {
            destination,
            table,
            indices,
            factors: vector,
            ...sizes,
          }),
        );
        return Array.from(destination.array);
      };
      const alone = Array.from({ length: rows }, (_, i) => dotsOf([i])[0] as number);
      const expected = alone.map((_, i) =>
        vector.array.reduce((sum, x, j) => sum + x * (table.array[i * rowElements + j] as number), 0),
      );
      expectClose(alone, expected, 1e-5, 1e-5);
      for (let k = 1; k <= 14; k++) {
        const index = Array.from({ length: k }, (_, i) => (i * 5 + k) % rows);
        expect(dotsOf(index)).toEqual(index.map((i) => alone[i]));
      }
    }
  });

  test('stop on an index outside before they write', () => {
    const machine = new Machine();
    for (const opcode of [Opcode.gatherDot, Opcode.gatherSum]) {
      machine.reset();
      const destination = machine.floats([7, 7]);
      const fields = {
        destination,
        table: machine.floats(6),
        indices: machine.ints([0, 3]),
        factors: machine.floats(4),
      };
      const sizes = { count: 2, group: 1, rowElements: 1, rows: 3 };
      expect(machine.run(machine.encode(opcode, GatherProductField, { ...fields, ...sizes }))).toBe(0);
      expect(machine.status).toMatchObject({ status: Status.indexOutOfRange, detail: 1, value: 3 });
      expect(Array.from(destination.array)).toEqual([7, 7]);
    }
  });
});
