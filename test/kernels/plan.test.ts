import { describe, expect, test } from 'vitest';
import { id, load } from '#wasm';
import {
  BinaryField,
  BinaryFunction,
  Constant,
  FillField,
  GuardField,
  Opcode,
  Status,
  StepLoadField,
  StepStoreField,
} from './enums.ts';
import { isRelaxed, Machine } from './machine.ts';

/** A plan that loads x from row r of a table, adds it to a sum, guards the sum, and stores it to row r of another. */
function accumulate(machine: Machine, values: number[]) {
  const table = machine.floats(values);
  const x = machine.floats([0]);
  const sum = machine.floats([0]);
  const sums = machine.floats(new Array<number>(values.length).fill(-1));
  const add = {
    destination: sum,
    lhs: sum,
    rhs: x,
    operation: BinaryFunction.add,
    rows: 1,
    columns: 1,
    lhsMode: 0,
    rhsMode: 0,
  };
  const code = [
    ...machine.encode(Opcode.stepLoad, StepLoadField, { destination: x, table, stride: 4, bytes: 4 }),
    ...machine.encode(Opcode.binary, BinaryField, add),
    ...machine.encode(Opcode.guard, GuardField, { first: sum }),
    ...machine.encode(Opcode.stepStore, StepStoreField, { table: sums, source: sum, stride: 4, bytes: 4 }),
  ];
  return { code, sums };
}

describe('execute', () => {
  test('says which build it is, of which sources, and the version of the instruction set', () => {
    expect(new Machine().exports.abi()).toBe(
      id + 8 * Constant.abiVersion + Object.keys(load).indexOf(isRelaxed ? 'relaxed' : 'simd'),
    );
  });

  test('runs a plan once for every row, with step tables at that row', () => {
    const machine = new Machine();
    const { code, sums } = accumulate(machine, [1, 2, 3, 4, 5]);
    expect(machine.run(code, 1, 4)).toBe(4);
    expect(Array.from(sums.array)).toEqual([-1, 2, 5, 9, -1]);
    expect(machine.run(code, 4, 5)).toBe(5);
    expect(Array.from(sums.array)).toEqual([-1, 2, 5, 9, 14]);
    expect(machine.status).toEqual({ status: Status.ok, at: 0, detail: 0, value: 0 });
  });

  test('stops in the row of a bad value, and leaves the rest of that row undone', () => {
    const machine = new Machine();
    const { code, sums } = accumulate(machine, [1, 2, NaN, 4]);
    expect(machine.run(code, 0, 4)).toBe(2);
    const at = StepLoadField.words + BinaryField.words;
    expect(machine.status).toMatchObject({ status: Status.nonFinite, at, detail: 0 });
    expect(Array.from(sums.array)).toEqual([1, 3, -1, -1]);
  });

  test('clears the status of an earlier stop', () => {
    const machine = new Machine();
    const { code } = accumulate(machine, [NaN, 1]);
    machine.run(code, 0, 1);
    expect(machine.status.status).toBe(Status.nonFinite);
    machine.run([], 0, 1);
    expect(machine.status).toEqual({ status: Status.ok, at: 0, detail: 0, value: 0 });
  });

  test('does nothing for an empty range of rows', () => {
    const machine = new Machine();
    const { code, sums } = accumulate(machine, [1, 2]);
    expect(machine.run(code, 1, 1)).toBe(1);
    expect(Array.from(sums.array)).toEqual([-1, -1]);
  });

  test.each([
    ['an opcode that does not exist', 9999 | (3 << 16)],
    ['opcode 0', 3 << 16],
    ['a length of 0', Opcode.fill],
    ['a length beyond the end of the plan', Opcode.fill | (60 << 16)],
  ])('stops at %s', (_, word) => {
    const machine = new Machine();
    const destination = machine.ints([5]);
    const fill = machine.encode(Opcode.fill, FillField, { destination, count: 1, value: 6 });
    expect(machine.run([...fill, word, 0, 0])).toBe(0);
    expect(machine.status).toMatchObject({ status: Status.illegalInstruction, at: FillField.words });
    expect(destination.array[0]).toBe(6);
  });

  test('copies step records of any length', () => {
    const machine = new Machine();
    for (const bytes of [1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 100, 1023, 1024, 1500]) {
      machine.reset();
      const table = machine.bytes(Array.from({ length: 3 * bytes }, (_, i) => (i * 7) & 255));
      const place = machine.bytes(bytes);
      const copy = machine.bytes(3 * bytes);
      machine.run(
        [
          ...machine.encode(Opcode.stepLoad, StepLoadField, { destination: place, table, stride: bytes, bytes }),
          ...machine.encode(Opcode.stepStore, StepStoreField, { table: copy, source: place, stride: bytes, bytes }),
        ],
        0,
        3,
      );
      expect(copy.array).toEqual(table.array);
    }
  });
});
