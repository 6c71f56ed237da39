import { describe, expect, test } from 'vitest';
import {
  Broadcast,
  CrossEntropyField,
  CrossEntropyGradientField,
  ElementType,
  GatherField,
  OneHotField,
  Opcode,
  ScatterAddField,
  SoftmaxField,
  Status,
} from './enums.ts';
import { type Block, expectClose, integers, Machine, noise, SIZES } from './machine.ts';

const { f32, i32, u8 } = ElementType;

function softmaxOf(row: number[]): { probabilities: number[]; logs: number[] } {
  const max = Math.max(...row);
  const sum = row.reduce((total, x) => total + Math.exp(x - max), 0);
  const logs = row.map((x) => x - max - Math.log(sum));
  return { probabilities: logs.map(Math.exp), logs };
}

const rowsOf = (x: ArrayLike<number>, columns: number) =>
  Array.from({ length: x.length / columns }, (_, i) => Array.from(x).slice(i * columns, (i + 1) * columns));

describe('softmax', () => {
  test('and its logarithm are right for every number of columns, in place or not', () => {
    const machine = new Machine();
    for (const columns of SIZES) {
      for (const log of [0, 1]) {
        machine.reset();
        const source = machine.floats(noise(3 * columns, columns, 30), 4);
        const destination = machine.floats(3 * columns, 8);
        const expected = rowsOf(source.array, columns).flatMap((row) => softmaxOf(row)[log ? 'logs' : 'probabilities']);
        machine.run(machine.encode(Opcode.softmax, SoftmaxField, { destination, source, rows: 3, columns, log }));
        expectClose(destination.array, expected, log ? 1e-6 : 5e-6, 1e-6);
        const result = destination.array.slice();
        machine.run(
          machine.encode(Opcode.softmax, SoftmaxField, { destination: source, source, rows: 3, columns, log }),
        );
        expect(source.array).toEqual(result);
      }
    }
  });

  test('survives huge logits, and −Infinity for impossible classes', () => {
    const machine = new Machine();
    const source = machine.floats([1e4, 0, -1e4, 1000, -1000, -Infinity, 88, 88, 88]);
    const destination = machine.floats(9);
    machine.run(machine.encode(Opcode.softmax, SoftmaxField, { destination, source, rows: 3, columns: 3 }));
    expectClose(destination.array, [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3, 1 / 3], 1e-7);
    machine.run(machine.encode(Opcode.softmax, SoftmaxField, { destination, source, rows: 3, columns: 3, log: 1 }));
    expectClose(
      destination.array,
      [0, -1e4, -2e4, 0, -2000, -Infinity, -Math.log(3), -Math.log(3), -Math.log(3)],
      1e-7,
    );
  });

  test('gives NaN for a row with NaN, and for no other', () => {
    const machine = new Machine();
    const source = machine.floats([1, NaN, 2, 1, 2, 3]);
    machine.run(machine.encode(Opcode.softmax, SoftmaxField, { destination: source, source, rows: 2, columns: 3 }));
    expect(Array.from(source.array, Number.isNaN)).toEqual([true, true, true, false, false, false]);
  });
});

describe('crossEntropy', () => {
  const run = (logits: number[], labels: number[], columns: number) => {
    const machine = new Machine();
    const rows = labels.length;
    const source = machine.floats(logits, 4);
    const losses = machine.floats(rows, 8);
    const probabilities = machine.floats(rows * columns);
    const fields = { losses, probabilities, logits: source, labels: machine.ints(labels), rows, columns };
    const stopped = machine.run(machine.encode(Opcode.crossEntropy, CrossEntropyField, fields)) === 0;
    return { losses: losses.array, probabilities: probabilities.array, stopped, status: machine.status };
  };

  test('is right for every number of columns', () => {
    for (const columns of SIZES) {
      const logits = Array.from(noise(5 * columns, columns, 8));
      const labels = Array.from(integers(5, columns, columns));
      const { losses, probabilities, stopped } = run(logits, labels, columns);
      expect(stopped).toBe(false);
      const rows = rowsOf(logits, columns).map(softmaxOf);
      expectClose(
        losses,
        rows.map(({ logs }, i) => -logs[labels[i]!]!),
        5e-7,
        1e-7,
      );
      expectClose(
        probabilities,
        rows.flatMap((row) => row.probabilities),
        2e-6,
      );
    }
  });

  test('is right for huge and for certain logits', () => {
    expectClose(run([1e4, 0, -1e4, 1e4, 0, -1e4, 1e4, 0, -1e4], [0, 1, 2], 3).losses, [0, 1e4, 2e4], 0);
    expectClose(run([1000, -1000, 1000, -1000], [0, 1], 2).losses, [0, 2000], 0);
    // 1 + e⁻²⁰ is 1 in f32; its logarithm is not 0.
    expectClose(run([20, 0], [0], 2).losses, [Math.log1p(Math.exp(-20))], 1e-6);
    expectClose(run([10, -20, -20], [0], 3).losses, [Math.log1p(2 * Math.exp(-30))], 2e-3);
  });

  test('gives the loss and the probability 1 for a single class', () => {
    const { losses, probabilities } = run([7], [0], 1);
    expect([losses[0], probabilities[0]]).toEqual([0, 1]);
  });

  test.each([-1, 3, 2 ** 31 - 1, -(2 ** 31)])('stops at label %i of 3 classes', (label) => {
    const { stopped, status } = run(Array.from(noise(9)), [0, label, 2], 3);
    expect(stopped).toBe(true);
    expect(status).toEqual({ status: Status.indexOutOfRange, at: 0, detail: 1, value: label });
  });
});

describe('crossEntropyGradient', () => {
  test('is (p − onehot) × cotangent, with one cotangent or one a row, in place or not', () => {
    const machine = new Machine();
    for (const columns of SIZES) {
      for (const mode of [Broadcast.scalar, Broadcast.column]) {
        machine.reset();
        const probabilities = machine.floats(noise(3 * columns, 1, 1), 4);
        const labels = machine.ints(integers(3, columns, columns));
        const cotangent = machine.floats(noise(3, 2));
        const destination = machine.floats(3 * columns, 8);
        const fields = { destination, probabilities, labels, cotangent, mode, rows: 3, columns };
        machine.run(machine.encode(Opcode.crossEntropyGradient, CrossEntropyGradientField, fields));
        const expected = Array.from(probabilities.array, (p, i) => {
          const row = Math.floor(i / columns);
          return (
            (p - Number(labels.array[row] === i % columns)) * cotangent.array[mode === Broadcast.column ? row : 0]!
          );
        });
        expectClose(destination.array, expected, 2e-7);
        const result = destination.array.slice();
        machine.run(
          machine.encode(Opcode.crossEntropyGradient, CrossEntropyGradientField, {
            ...fields,
            destination: probabilities,
          }),
        );
        expect(probabilities.array).toEqual(result);
      }
    }
  });

  test('stops at a bad label', () => {
    const machine = new Machine();
    const fields = { destination: machine.floats(4), probabilities: machine.floats(4), labels: machine.ints([1, 2]) };
    const code = machine.encode(Opcode.crossEntropyGradient, CrossEntropyGradientField, {
      ...{ ...fields, cotangent: machine.floats([1]), mode: Broadcast.scalar, rows: 2, columns: 2 },
    });
    expect(machine.run(code)).toBe(0);
    expect(machine.status).toEqual({ status: Status.indexOutOfRange, at: 0, detail: 1, value: 2 });
  });
});

describe('gather', () => {
  const types = [
    [f32, f32],
    [i32, i32],
    [u8, u8],
    [u8, f32],
  ] as const;

  test.each(types)('takes rows of type %i as type %i', (sourceType, destinationType) => {
    const machine = new Machine();
    for (const rowElements of [...SIZES, 784]) {
      for (const mode of destinationType === f32 ? [undefined, Broadcast.scalar, Broadcast.row] : [undefined]) {
        machine.reset();
        const rows = 7;
        const values = Array.from(noise(rows * rowElements, 3, 1), (x) =>
          sourceType === f32 ? x : Math.floor((x + 1) * 127),
        );
        const source: Block = machine.ofType(sourceType, values);
        const indices = machine.ints([3, 0, 6, 6, 1]);
        const destination: Block = machine.ofType(destinationType, 5 * rowElements);
        const each = mode === Broadcast.row ? rowElements : 1;
        const shift = mode === undefined ? 0 : machine.floats(noise(each, 4));
        const scale = mode === undefined ? 0 : machine.floats(noise(each, 5));
        machine.run(
          machine.encode(Opcode.gather, GatherField, {
            ...{ destination, source, indices, count: 5, rowElements, rows, sourceType, destinationType, shift, scale },
            mode: mode ?? 0,
          }),
        );
        const expected = Array.from(indices.array).flatMap((index) =>
          Array.from({ length: rowElements }, (_, j) => {
            const x = source.array[index * rowElements + j]!;
            if (shift === 0 || scale === 0) return x;
            return (x - shift.array[j % each]!) * scale.array[j % each]!;
          }),
        );
        expectClose(destination.array, expected, 2e-7, mode === undefined ? 0 : 5e-5);
      }
    }
  });

  test.each([-1, 7, 2 ** 31 - 1, -(2 ** 31)])('stops at index %i of 7 rows and says where', (bad) => {
    const machine = new Machine();
    const indices = machine.ints([0, 6, bad, 2]);
    const fields = {
      destination: machine.floats(4 * 5),
      source: machine.floats(7 * 5),
      indices,
      count: 4,
      rowElements: 5,
      rows: 7,
    };
    expect(machine.run(machine.encode(Opcode.gather, GatherField, fields))).toBe(0);
    expect(machine.status).toEqual({ status: Status.indexOutOfRange, at: 0, detail: 2, value: bad });
  });
});

describe('scatterAdd', () => {
  test('adds rows in order, also to the same row, and clears the others', () => {
    const machine = new Machine();
    for (const rowElements of SIZES) {
      machine.reset();
      const destination = machine.floats(noise(6 * rowElements, 1));
      const indices = machine.ints([4, 1, 4, 4, 0]);
      const updates = machine.floats(noise(5 * rowElements, 2), 4);
      const fields = { destination, indices, updates, count: 5, rowElements, rows: 6 };
      machine.run(machine.encode(Opcode.scatterAdd, ScatterAddField, fields));
      const expected = new Float32Array(6 * rowElements);
      updates.array.forEach((x, i) => {
        const at = indices.array[Math.floor(i / rowElements)]! * rowElements + (i % rowElements);
        expected[at] = expected[at]! + x;
      });
      expect(destination.array).toEqual(expected);
    }
  });

  test('stops at a bad index', () => {
    const machine = new Machine();
    const fields = {
      destination: machine.floats(6),
      indices: machine.ints([1, 3]),
      updates: machine.floats(4),
      count: 2,
    };
    expect(
      machine.run(machine.encode(Opcode.scatterAdd, ScatterAddField, { ...fields, rowElements: 2, rows: 3 })),
    ).toBe(0);
    expect(machine.status).toEqual({ status: Status.indexOutOfRange, at: 0, detail: 1, value: 3 });
  });
});

describe('oneHot', () => {
  test('writes 1 at the index of each row and 0 elsewhere', () => {
    const machine = new Machine();
    for (const depth of SIZES) {
      machine.reset();
      const indices = machine.ints(integers(4, depth, depth));
      const destination = machine.floats(4 * depth);
      machine.run(machine.encode(Opcode.oneHot, OneHotField, { destination, indices, rows: 4, depth }));
      expect(Array.from(destination.array)).toEqual(
        Array.from({ length: 4 * depth }, (_, i) => Number(indices.array[Math.floor(i / depth)] === i % depth)),
      );
    }
  });

  test('stops at a bad index', () => {
    const machine = new Machine();
    const fields = { destination: machine.floats(6), indices: machine.ints([0, -5]), rows: 2, depth: 3 };
    expect(machine.run(machine.encode(Opcode.oneHot, OneHotField, fields))).toBe(0);
    expect(machine.status).toEqual({ status: Status.indexOutOfRange, at: 0, detail: 1, value: -5 });
  });
});
