import { describe, expect, test } from 'vitest';
import { fitEncoder } from '../../src/data/encode/fit-encoder.ts';
import { padSequences } from '../../src/data/sequence/pad.ts';
import { toSource } from '../../src/data/source.ts';
import { tableOf } from '../../src/data/table/table.ts';

/** Every type of element that JavaScript has, with what it is stored as and what a table gives. */
const types = [
  ['numbers', [0, 1, 2], 'f32'],
  ['booleans', [false, true, true], 'f32'],
  ['Int8Array', Int8Array.of(0, 1, -2), 'f32'],
  ['Uint8Array', Uint8Array.of(0, 1, 2), 'u8'],
  ['Uint8ClampedArray', Uint8ClampedArray.of(0, 1, 2), 'u8'],
  ['Int16Array', Int16Array.of(0, 1, -2), 'f32'],
  ['Uint16Array', Uint16Array.of(0, 1, 2), 'f32'],
  ['Int32Array', Int32Array.of(0, 1, -2), 'f32'],
  ['Uint32Array', Uint32Array.of(0, 1, 2), 'f32'],
  ['Float32Array', Float32Array.of(0, 1.5, -2), 'f32'],
  ['Float64Array', Float64Array.of(0, 1.5, -2), 'f32'],
] as const;

describe('D13: types of elements', () => {
  test.each(types)('%s widen without loss, in rows and in tables', (_, values, dtype) => {
    const numbers = Array.from(values, Number);
    const source = toSource(values, { name: 'x' });
    expect(source.dtype).toBe(dtype);
    expect([...source.data]).toEqual(numbers);
    const table = tableOf({ x: values });
    expect([...fitEncoder(table).encoder.encode(table).data]).toEqual(numbers);
  });

  test('ids stay integers', () => {
    const ids = toSource(
      { shape: [2, 2], dtype: 'i32', data: padSequences([[70_000_001, 2], [3]]).data },
      { name: 'x' },
    );
    expect(ids.dtype).toBe('i32');
    expect([...ids.data]).toEqual([70_000_001, 2, 3, 0]);
  });

  test('64-bit integers are read by tables, and refused where numbers would be lost without a word', () => {
    expect([...fitEncoder(tableOf({ x: [1n, 2n] })).encoder.encode([{ x: 3n }]).data]).toEqual([3]);
    expect(() => toSource(BigInt64Array.of(1n), { name: 'x' })).toThrow('the bigint 1n, a number expected');
  });
});
