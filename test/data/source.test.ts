import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { checkBatchSize } from '../../src/data/batch-size.ts';
import { type SourceOptions, toSource } from '../../src/data/source.ts';

const read = (x: unknown, options: Partial<SourceOptions> = {}) => toSource(x, { name: 'x', ...options });

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SaddlepointError);
    expect((error as SaddlepointError).code).toBe('data');
    return (error as Error).message.split('\n')[0] as string;
  }
  throw new Error('nothing was thrown');
}

describe('toSource', () => {
  test('reads nested numbers of rank 1 to 5 as f32', () => {
    expect(read([3, 1, 2])).toEqual({
      rows: 3,
      rowShape: [],
      dtype: 'f32',
      data: Float32Array.of(3, 1, 2),
      columns: ['0'],
    });
    expect(
      read([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toMatchObject({ rows: 2, rowShape: [3], columns: ['0', '1', '2'] });
    const five = read([[[[[1], [2]]]], [[[[3], [4]]]]]);
    expect(five).toMatchObject({ rows: 2, rowShape: [1, 1, 2, 1], columns: [] });
    expect([...five.data]).toEqual([1, 2, 3, 4]);
    expect(messageOf(() => read([[[[[[1]]]]]]))).toBe('x: arrays nested deeper than 5 levels cannot be read as rows');
  });

  test('widens booleans and integers to f32 and keeps bytes as bytes', () => {
    expect(
      read([
        [true, 0.5],
        [false, 2],
      ]).data,
    ).toEqual(Float32Array.of(1, 0.5, 0, 2));
    expect(read([Uint8Array.of(1, 255), Uint8Array.of(0, 7)])).toMatchObject({
      dtype: 'u8',
      rowShape: [2],
      data: Uint8Array.of(1, 255, 0, 7),
    });
    expect(read([Uint8Array.of(1, 255), Float32Array.of(0, 7)]).dtype).toBe('f32');
    expect(read([Int16Array.of(-1, 300), [1, 2]]).data).toEqual(Float32Array.of(-1, 300, 1, 2));
  });

  const kinds: [ArrayBufferView & ArrayLike<number>, string][] = [
    [Uint8Array.of(1, 2), 'u8'],
    [Uint8ClampedArray.of(1, 2), 'u8'],
    [Float32Array.of(1, 2), 'f32'],
    [Float64Array.of(1, 2), 'f32'],
    [Int8Array.of(1, 2), 'f32'],
    [Int16Array.of(1, 2), 'f32'],
    [Int32Array.of(1, 2), 'f32'],
    [Uint16Array.of(1, 2), 'f32'],
    [Uint32Array.of(1, 2), 'f32'],
  ];
  test.each(kinds)('reads a flat %o as %s', (x, dtype) => {
    const source = read(x);
    expect(source).toMatchObject({ rows: 2, rowShape: [], dtype });
    expect([...source.data]).toEqual([1, 2]);
  });

  test('cuts a flat typed array into the rows that the labels have', () => {
    expect(read(new Uint8Array(12), { rows: 3 })).toMatchObject({ rows: 3, rowShape: [4] });
    expect(messageOf(() => read(new Uint8Array(13), { rows: 3 }))).toBe(
      'x: 13 values cannot be cut into 3 rows of equal length',
    );
  });

  test('copies neither bytes nor a Float32Array', () => {
    const bytes = Uint8Array.of(1, 2);
    const clamped = Uint8ClampedArray.of(9, 1, 2).subarray(1);
    const floats = Float32Array.of(1, 2);
    expect(read(bytes).data).toBe(bytes);
    expect(read(floats).data).toBe(floats);
    expect(read(clamped).data.buffer).toBe(clamped.buffer);
    expect([...read(clamped).data]).toEqual([1, 2]);
    expect(read({ shape: [2], dtype: 'f32', data: floats }).data).toBe(floats);
  });

  test('keeps the dtype of a host tensor, ids too', () => {
    const tensor = { shape: [2, 1, 2], dtype: 'f32', data: Float64Array.of(1, 2, 3, 0.1) };
    expect(read(tensor)).toMatchObject({ rows: 2, rowShape: [1, 2], dtype: 'f32' });
    expect(read(tensor).data).toEqual(Float32Array.of(1, 2, 3, 0.1));
    expect(read({ shape: [2], dtype: 'i32', data: Int32Array.of(7, -1) })).toMatchObject({ dtype: 'i32' });
    expect(messageOf(() => read({ shape: [], dtype: 'f32', data: Float64Array.of(1) }))).toBe(
      'x: expected a tensor of shape [rows, …], got f32[]',
    );
  });

  describe('case 03: D4: rows of different length are refused before any training', () => {
    const help = '\n  help: every row must have the same length; fill gaps or drop the row';
    test('a short row in the middle', () => {
      expect(() =>
        read([
          [1, 0, 1, 0, 1],
          [0, 1, 0, 0, 1],
          [1, 1, 0, 0],
          [0, 0, 1, 1, 1],
        ]),
      ).toThrow(`x: row 2 (counted from 0) has 4 values, 5 expected${help}`);
    });
    test('a short row that comes first', () => {
      expect(
        messageOf(() =>
          read([
            [1, 1, 0, 0],
            [1, 0, 1, 0, 1],
            [0, 0, 1, 1, 1],
          ]),
        ),
      ).toBe('x: row 0 (counted from 0) has 4 values, 5 expected');
    });
    test('a hole', () => {
      const holed = Object.assign(new Array<number>(5), { 0: 1, 2: 1, 3: 0, 4: 1 });
      expect(messageOf(() => read([[1, 0, 1, 0, 1], holed]))).toBe(
        'x: row 1 (counted from 0), column 1 is missing (a hole in the array), a number expected',
      );
    });
    test('rows that are typed arrays, and rows inside rows', () => {
      expect(messageOf(() => read([new Float32Array(3), new Float32Array(2), new Float32Array(3)]))).toBe(
        'x: row 1 (counted from 0) has 2 values, 3 expected',
      );
      expect(
        messageOf(() =>
          read([
            [
              [1, 2],
              [3, 4],
            ],
            [[5, 6], [7]],
          ]),
        ),
      ).toBe('x: row 1 (counted from 0), at [1], has 1 value, 2 expected');
      expect(messageOf(() => read([[], [1], [2]]))).toBe('x: row 0 (counted from 0) has 0 values, 1 expected');
    });
    test('rows among which one is no row', () => {
      expect(messageOf(() => read([[1, 2], 5, [3, 4]]))).toBe(
        'x: row 1 (counted from 0) is 5, an array of 2 values expected',
      );
      expect(messageOf(() => read([5, [1, 2], [3, 4]]))).toBe(
        'x: row 0 (counted from 0) is 5, an array of 2 values expected',
      );
      expect(messageOf(() => read([undefined, [1, 2], [3, 4]]))).toBe(
        'x: row 0 (counted from 0) is undefined, an array of 2 values expected',
      );
      expect(messageOf(() => read([1, [1, 2], 3]))).toBe('x: row 1 (counted from 0) is [1, 2], a number expected');
    });
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['7', "the string '7'"],
    [7n, 'the bigint 7n'],
    [{}, '{  }'],
  ])('refuses %o among numbers, with row and column', (value, shown) => {
    expect(
      messageOf(() =>
        read([
          [1, 2],
          [3, value],
        ]),
      ),
    ).toBe(`x: row 1 (counted from 0), column 1 is ${shown}, a number expected`);
    expect(messageOf(() => read([1, value], { name: 'y' }))).toBe(
      `y: row 1 (counted from 0) is ${shown}, a number expected`,
    );
  });

  test('refuses bigint arrays', () => {
    expect(messageOf(() => read(BigInt64Array.of(1n)))).toContain('is the bigint 1n, a number expected');
    expect(messageOf(() => read([BigInt64Array.of(1n, 2n)]))).toContain(
      'row 0 (counted from 0), column 0 is the bigint',
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names the cell that holds %d', (bad) => {
    const end = `is ${bad}, a finite number expected`;
    expect(
      messageOf(() =>
        read([
          [1, 2],
          [bad, 3],
        ]),
      ),
    ).toBe(`x: row 1 (counted from 0), column 0 ${end}`);
    expect(
      messageOf(() =>
        read(
          [
            [1, 2],
            [3, bad],
          ],
          { columns: ['age', 'height'] },
        ),
      ),
    ).toBe(`x: row 1 (counted from 0), column 'height' ${end}`);
    expect(messageOf(() => read(Float32Array.of(1, 2, 3, bad), { rows: 2 }))).toBe(
      `x: row 1 (counted from 0), column 1 ${end}`,
    );
    expect(messageOf(() => read([[[1], [bad]]]))).toBe(`x: row 0 (counted from 0), at [1][0] ${end}`);
  });

  test('names a number that no 32-bit float can hold', () => {
    expect(messageOf(() => read([[1, 1e300]]))).toBe(
      'x: row 0 (counted from 0), column 1 is 1e+300, too large for a 32-bit float',
    );
    expect(messageOf(() => read(Float64Array.of(1, -1e39)))).toContain('too large for a 32-bit float');
  });

  test('names a source without rows or values', () => {
    for (const empty of [[], new Float32Array(0), { shape: [0, 2], dtype: 'f32', data: new Float32Array(0) }]) {
      expect(messageOf(() => read(empty))).toBe('x is empty: it has no rows');
    }
    expect(messageOf(() => read([[], []]))).toBe('x: the rows have no values');
  });

  test('names both counts where rows and labels do not pair', () => {
    expect(messageOf(() => read([[1], [2], [3]], { rows: 2 }))).toBe('x has 3 rows, but y has 2');
    expect(messageOf(() => read([1, 2, 3], { name: 'y', rows: 2 }))).toBe('y has 3 rows, but x has 2');
  });

  test.each([
    [42, '42'],
    ['abc', "'abc'"],
    [null, 'null'],
    [{ a: 1 }, '{ a }'],
    [() => 1, 'function (anonymous)'],
  ])('refuses %o as data', (x, shown) => {
    expect(messageOf(() => read(x))).toBe(`x: expected rows of numbers, got ${shown}`);
  });

  test('takes any string as a column name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '', 'constructor')), (name) => {
        expect(read([[1, 2]], { columns: [name, 'b'] }).columns).toEqual([name, 'b']);
        expect(() => read([[Number.NaN, 2]], { columns: [name, 'b'] })).toThrow(SaddlepointError);
      }),
    );
    expect(messageOf(() => read([[1, 2]], { columns: ['a'] }))).toBe('x: 1 column names for 2 columns');
  });

  test('gives back the numbers of any rectangular table', () => {
    const table = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
      fc.array(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: columns, maxLength: columns }),
        {
          minLength: rows,
          maxLength: rows,
        },
      ),
    );
    fc.assert(
      fc.property(table, (rows) => {
        const source = read(rows);
        expect([...source.data]).toEqual(rows.flat());
        expect(source.rowShape).toEqual([rows[0]?.length]);
      }),
    );
  });

  test('D12: reads 60 000 rows of 784 bytes one a row, and flat, without a copy of each value', () => {
    const rows = Array.from({ length: 60_000 }, () => new Uint8Array(784).fill(3));
    const source = read(rows);
    expect(source).toMatchObject({ rows: 60_000, rowShape: [784], dtype: 'u8' });
    expect(source.data.length).toBe(60_000 * 784);
    expect(source.data.at(-1)).toBe(3);
  });
});

describe('checkBatchSize', () => {
  test.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d with the legal range', (size) => {
    expect(() => checkBatchSize(size, 10)).toThrow(`batchSize: expected an integer ≥ 1, got ${size}`);
  });
  test('clamps a batch larger than the data and says so', () => {
    expect(checkBatchSize(10, 10)).toEqual({ batchSize: 10, notes: [] });
    expect(checkBatchSize(11, 10)).toEqual({
      batchSize: 10,
      notes: ['batchSize: 11 is more than the 10 training rows; each step takes all 10'],
    });
  });
});
