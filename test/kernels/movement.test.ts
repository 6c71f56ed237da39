import { describe, expect, test } from 'vitest';
import { CastField, CopyField, ElementType, FillField, Opcode } from './enums.ts';
import { type Block, bitsOf, integers, Machine, noise, SIZES } from './machine.ts';

const { f32, i32, u8 } = ElementType;

describe('fill', () => {
  test('writes any 32 bits to every size, and nothing else', () => {
    const machine = new Machine();
    for (const n of SIZES) {
      for (const value of [0, bitsOf(1.5), -1]) {
        machine.reset();
        const destination = machine.ints(n);
        machine.run(machine.encode(Opcode.fill, FillField, { destination, count: n, value }));
        expect(destination.array).toEqual(new Int32Array(n).fill(value));
      }
    }
  });
});

describe('cast', () => {
  const convert = (sourceType: ElementType, destinationType: ElementType, values: ArrayLike<number>): number[] => {
    const machine = new Machine();
    const source: Block = machine.ofType(sourceType, values);
    const destination: Block = machine.ofType(destinationType, values.length);
    const fields = { destination, source, count: values.length, sourceType, destinationType };
    machine.run(machine.encode(Opcode.cast, CastField, fields));
    return Array.from(destination.array);
  };
  const odd = [0, 1.9, -1.9, 0.5, 254.99, 255, 256, 1e10, -1e10, NaN, Infinity, -Infinity, -0.5, 2 ** 31, -(2 ** 31)];

  test('f32 to i32 truncates, saturates and makes NaN 0', () => {
    const low = -(2 ** 31);
    const high = 2 ** 31 - 1;
    const expected = [0, 1, -1, 0, 254, 255, 256, high, low, 0, high, low, 0, high, low];
    expect(convert(f32, i32, odd)).toEqual(expected);
  });

  test('f32 to u8 truncates, saturates and makes NaN 0', () => {
    expect(convert(f32, u8, odd)).toEqual([0, 1, 0, 0, 254, 255, 255, 255, 0, 0, 255, 0, 0, 255, 0]);
  });

  test('i32 to u8 saturates, to f32 rounds', () => {
    expect(convert(i32, u8, [0, -1, 255, 256, 70_000, -70_000, 2 ** 31 - 1])).toEqual([0, 0, 255, 255, 255, 0, 255]);
    expect(convert(i32, f32, [0, -7, 16_777_217, 2 ** 31 - 1])).toEqual([0, -7, 16_777_216, 2 ** 31]);
  });

  test('u8 to f32 and i32 is exact for all bytes and every size', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => i);
    for (const type of [f32, i32]) expect(convert(u8, type, bytes)).toEqual(bytes);
    for (const n of SIZES) expect(convert(u8, f32, bytes.slice(0, n))).toEqual(bytes.slice(0, n));
    for (const n of SIZES) expect(convert(f32, u8, bytes.slice(0, n))).toEqual(bytes.slice(0, n));
  });

  test('the same type is copied', () => {
    for (const n of SIZES) {
      expect(convert(f32, f32, noise(n))).toEqual(Array.from(noise(n)));
      expect(convert(u8, u8, integers(n, 256))).toEqual(Array.from(integers(n, 256)));
    }
  });
});

describe('copy', () => {
  /** Strides of a dense tensor whose axes lie in memory in the order `order`, outermost first. */
  const stridesIn = (dimensions: number[], order: number[]): number[] => {
    const strides = dimensions.map(() => 0);
    let stride = 1;
    for (const axis of [...order].reverse()) {
      strides[axis] = stride;
      stride *= dimensions[axis]!;
    }
    return strides;
  };

  const check = (dimensions: number[], toStrides: number[], fromStrides: number[], elementBytes: 1 | 4): void => {
    const machine = new Machine();
    const extent = (strides: number[]) =>
      1 + strides.reduce((sum, stride, i) => sum + stride * (dimensions[i]! - 1), 0);
    const type = elementBytes === 4 ? i32 : u8;
    const source: Block = machine.ofType(type, integers(extent(fromStrides), 250, 3));
    const destination: Block = machine.ofType(type, new Array<number>(extent(toStrides)).fill(77));
    const words = machine.encode(Opcode.copy, CopyField, {
      destination,
      source,
      rank: dimensions.length,
      elementBytes,
    });
    dimensions.forEach((dimension, i) => {
      words[CopyField.dimensions + i] = dimension;
      words[CopyField.destinationStrides + i] = toStrides[i]!;
      words[CopyField.sourceStrides + i] = fromStrides[i]!;
    });
    const expected = Array.from(destination.array);
    const total = dimensions.reduce((a, b) => a * b, 1);
    for (let i = 0; i < total; i++) {
      let rest = i;
      let to = 0;
      let from = 0;
      for (let axis = dimensions.length - 1; axis >= 0; axis--) {
        const index = rest % dimensions[axis]!;
        rest = Math.floor(rest / dimensions[axis]!);
        to += index * toStrides[axis]!;
        from += index * fromStrides[axis]!;
      }
      expected[to] = source.array[from]!;
    }
    machine.run(words);
    expect(Array.from(destination.array)).toEqual(expected);
  };

  test.each([1, 4] as const)('transposes, slices and pads boxes of rank 0 to 6 with elements of %i bytes', (bytes) => {
    check([], [], [], bytes);
    for (const n of SIZES) check([n], [1], [1], bytes);
    check([7], [3], [2], bytes);
    check([5, 9], stridesIn([5, 9], [0, 1]), stridesIn([5, 9], [1, 0]), bytes);
    check([3, 4, 5], stridesIn([3, 4, 5], [0, 1, 2]), stridesIn([3, 4, 5], [2, 0, 1]), bytes);
    check([4, 6], [10, 1], [6, 1], bytes);
    check([4, 6], [6, 1], [11, 1], bytes);
    check(
      [2, 3, 2, 3, 2, 3],
      stridesIn([2, 3, 2, 3, 2, 3], [0, 1, 2, 3, 4, 5]),
      stridesIn([2, 3, 2, 3, 2, 3], [5, 3, 1, 0, 2, 4]),
      bytes,
    );
    check([2, 1, 2, 1, 3], [6, 6, 3, 3, 1], [6, 1, 3, 1, 1], bytes);
  });

  test.each([1, 4] as const)('broadcasts along axes of source stride 0, elements of %i bytes', (bytes) => {
    check([5, 9], [9, 1], [0, 1], bytes);
    check([5, 9], [9, 1], [1, 0], bytes);
    check([3, 4, 5], [20, 5, 1], [0, 0, 0], bytes);
    check([3, 4, 5], [20, 5, 1], [5, 0, 1], bytes);
  });

  test('copies long runs', () => {
    check([3, 2000], [2000, 1], [2001, 1], 4);
    check([3, 2003], [2003, 1], [2003, 1], 1);
  });
});
