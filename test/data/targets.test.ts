import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { encodeTargets, type TargetOptions, type Targets } from '../../src/data/targets.ts';

const encode = (y: unknown, kind: Targets['kind'] = 'class', options: Partial<TargetOptions> = {}) =>
  encodeTargets(y, kind, { name: 'y', ...options });

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SaddlepointError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('case 07: every form of a label means the same class', () => {
  const wanted = Int32Array.of(2, 0, 1);
  const forms: [string, unknown, RegExp][] = [
    ['integers', [2, 0, 1], /class numbers 0 … 2/],
    [
      'one-hot rows',
      [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ],
      /one-hot rows of 3, read as class numbers/,
    ],
    ['one-hot bytes', [Uint8Array.of(0, 0, 1), Uint8Array.of(1, 0, 0), Uint8Array.of(0, 1, 0)], /one-hot/],
    ['one-hot, flat', Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0), /one-hot/],
    ['a one-hot tensor', { shape: [3, 3], dtype: 'f32', data: Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0) }, /one-hot/],
    ['names', ['c', 'a', 'b'], /3 class names: 'a', 'b', 'c'/],
    ['a column', [[2], [0], [1]], /a column of labels/],
    ['a column of names', [['c'], ['a'], ['b']], /a column of labels/],
    ['bytes', Uint8Array.of(2, 0, 1), /class numbers/],
    ['floats that are whole', Float32Array.of(2, 0, 1), /class numbers/],
    ['a tensor', { shape: [3], dtype: 'i32', data: Int32Array.of(2, 0, 1) }, /class numbers/],
    ['a column tensor', { shape: [3, 1], dtype: 'f32', data: Float64Array.of(2, 0, 1) }, /a column of labels/],
  ];
  test.each(forms)('%s', (_name, y, note) => {
    const targets = encode(y, 'class', { units: 3, rows: 3 });
    expect(targets).toMatchObject({ kind: 'class', data: wanted, width: 3 });
    expect(targets.notes.join('\n')).toMatch(note);
  });

  test('26 labels 97 … 122 are 26 classes, with a note', () => {
    const y = Array.from({ length: 52 }, (_, i) => 97 + ((i * 7) % 26));
    for (const units of [undefined, 26]) {
      const targets = encode(y, 'class', { units });
      expect(targets.width).toBe(26);
      expect(targets.classes).toEqual(Array.from({ length: 26 }, (_, i) => 97 + i));
      expect([...targets.data]).toEqual(y.map((label) => label - 97));
      expect(targets.notes).toEqual(['y: 26 different integers, 97 … 122, numbered in order as classes 0 … 25']);
    }
  });
});

describe('class targets', () => {
  test('are numbered by value, not by text', () => {
    expect(encode([10, 9, 100]).classes).toEqual([9, 10, 100]);
    expect(encode([10, 9, 100]).data).toEqual(Int32Array.of(1, 0, 2));
  });

  test('take booleans as two classes', () => {
    expect(encode([true, false, true])).toMatchObject({
      data: Int32Array.of(1, 0, 1),
      width: 2,
      classes: ['false', 'true'],
    });
  });

  test.each([
    [[0, 1, 10], 10, 'y: label 10 at row 2: allowed 0 … 9'],
    [[0, -1], 10, 'y: label -1 at row 1: allowed 0 … 9'],
    [[0, 1, 2.5], 10, 'y: label 2.5 at row 2: allowed 0 … 9'],
    [[0, Number.NaN], 10, 'y: label NaN at row 1: allowed 0 … 9'],
    [[2.5], undefined, 'y: label 2.5 at row 0: allowed integers ≥ 0'],
    [Float32Array.of(1, Number.POSITIVE_INFINITY), 3, 'y: label Infinity at row 1: allowed 0 … 2'],
    [[0, 1], 1, 'y: label 1 at row 1: allowed 0 … 0'],
  ])('refuse %j for %s units, naming position, value and range', (y, units, message) => {
    expect(messageOf(() => encode(y, 'class', { units })).split('\n')[0]).toBe(message);
  });

  test('say what is likely wrong where classes and units differ', () => {
    const names = Array.from({ length: 12 }, (_, i) => `class ${i}`);
    expect(messageOf(() => encode(names, 'class', { units: 10 }))).toBe(
      "y: the data have 12 classes, the model's last layer has 10 units\n  help: give the last layer 12 units, one a class",
    );
    expect(messageOf(() => encode([0, 1, 2, 3], 'class', { units: 3 }))).toContain('the data have 4 classes');
    expect(
      messageOf(() =>
        encode(
          [
            [0, 1],
            [1, 0],
          ],
          'class',
          { units: 3 },
        ),
      ),
    ).toContain("y has rows of 2 values, the model's last layer has 3 units");
  });

  test('may be fewer names than units, with a note', () => {
    expect(encode(['b', 'a'], 'class', { units: 3 })).toMatchObject({ width: 3, classes: ['a', 'b'] });
    expect(encode(['b', 'a'], 'class', { units: 3 }).notes).toContain(
      "y: the model's last layer has 3 units, the data 2 classes",
    );
  });

  test('refuse gaps and mixed types with the row', () => {
    expect(messageOf(() => encode([0, null, 1]))).toContain(
      'y: row 1 (counted from 0) is null, expected a number as in the rows before',
    );
    expect(messageOf(() => encode(['a', 1]))).toContain('row 1 (counted from 0) is 1, expected a string');
    expect(messageOf(() => encode([undefined]))).toContain('is undefined, expected a number, a name or a boolean');
    const holed = Object.assign(new Array<number>(3), { 0: 0, 2: 1 });
    expect(messageOf(() => encode(holed))).toContain('row 1 (counted from 0) is missing (a hole in the array)');
    expect(messageOf(() => encode([]))).toContain('y is empty: it has no rows');
    expect(messageOf(() => encode([0, 1], 'class', { rows: 3 }))).toContain('y has 2 rows, but x has 3');
    expect(messageOf(() => encode(new Uint8Array(6), 'class', { rows: 3, units: 10 }))).toContain(
      'y has 6 rows, but x has 3',
    );
    expect(messageOf(() => encode('abc'))).toContain("y: expected rows of numbers, got 'abc'");
  });

  test('keep probabilities as they are', () => {
    const soft = encode([
      [0.25, 0.75],
      [1, 0],
    ]);
    expect(soft).toMatchObject({ kind: 'class', width: 2, data: Float32Array.of(0.25, 0.75, 1, 0), classes: [0, 1] });
    expect(
      messageOf(() =>
        encode([
          [0.5, 0.5],
          [0.5, 0.3],
        ]),
      ),
    ).toContain('y: row 1 (counted from 0) sums to 0.8, 1 expected');
    expect(messageOf(() => encode([[1.5, -0.5]]))).toContain('y: row 0 (counted from 0) has the negative value -0.5');
    expect(messageOf(() => encode([[[1]], [[0]]]))).toContain('labels of rank 3');
  });

  test('keep the numbers of a loaded model, and name a label that it does not know', () => {
    const classes = ['cat', 'dog', 'cow'];
    expect(encode(['cow', 'cat'], 'class', { classes, units: 3 })).toMatchObject({
      data: Int32Array.of(2, 0),
      classes,
      width: 3,
    });
    expect(messageOf(() => encode(['cow', 'dogg'], 'class', { classes }))).toBe(
      "y: label 'dogg' at row 1: none of the model's 3 classes\n  help: did you mean 'dog'? legal: cat, dog, cow; rows are counted from 0",
    );
    expect(encode([true], 'class', { classes: ['false', 'true'] }).data).toEqual(Int32Array.of(1));
    expect(encode([97], 'class', { classes: [96, 97], units: 2 }).data).toEqual(Int32Array.of(1));
  });

  test('take any string as a name', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', '', 'constructor', 'toString', 'é', 'é'),
    );
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 30 }), (names) => {
        const { classes = [], data, width } = encode(names);
        expect(Array.from(data, (number) => classes[number])).toEqual(names);
        expect(width).toBe(new Set(names).size);
        expect([...classes]).toEqual([...new Set(names)].sort());
      }),
    );
  });
});

describe('binary targets', () => {
  test('take 0 and 1, booleans and two names', () => {
    expect(encode([0, 1, 1], 'binary', { units: 1 })).toMatchObject({
      data: Float32Array.of(0, 1, 1),
      width: 1,
      classes: [0, 1],
    });
    expect(encode([[0], [1]], 'binary').data).toEqual(Float32Array.of(0, 1));
    expect(encode([true, false], 'binary')).toMatchObject({ data: Float32Array.of(1, 0), classes: ['false', 'true'] });
    expect(encode(['yes', 'no', 'yes'], 'binary')).toMatchObject({
      data: Float32Array.of(1, 0, 1),
      classes: ['no', 'yes'],
    });
    expect(encode(['yes'], 'binary', { classes: ['no', 'yes'] }).data).toEqual(Float32Array.of(1));
  });

  test('take several answers a row', () => {
    const y = [
      [0, 1, 1],
      [0, 0, 0],
    ];
    expect(encode(y, 'binary', { units: 3 })).toMatchObject({
      width: 3,
      classes: undefined,
      data: Float32Array.from(y.flat()),
    });
    expect(messageOf(() => encode([[0, 2]], 'binary'))).toContain(
      'y: row 0 (counted from 0), column 1 is 2, allowed 0 to 1',
    );
  });

  test('refuse anything else', () => {
    expect(messageOf(() => encode([0, 2], 'binary'))).toContain('y: label 2 at row 1: allowed 0 and 1');
    expect(messageOf(() => encode(['a', 'b', 'c'], 'binary'))).toContain('y: 3 different names, exactly 2 expected');
    expect(messageOf(() => encode(['a'], 'binary'))).toContain('y: 1 different name, exactly 2 expected');
    expect(messageOf(() => encode([0, 1], 'binary', { units: 2 }))).toContain(
      "y has one value a row, the model's last layer has 2 units",
    );
  });
});

describe('value targets', () => {
  test('are numbers, one or several a row', () => {
    expect(encode([1.5, 2], 'value')).toMatchObject({
      kind: 'value',
      data: Float32Array.of(1.5, 2),
      width: 1,
      classes: undefined,
    });
    expect(
      encode(
        [
          [1, 2],
          [3, 4],
        ],
        'value',
        { units: 2 },
      ),
    ).toMatchObject({ width: 2 });
    expect(encode(Uint8Array.of(1, 2, 3, 4), 'value', { rows: 2 })).toMatchObject({
      width: 2,
      data: Float32Array.of(1, 2, 3, 4),
    });
  });

  test('refuse gaps, text and rows that the last layer cannot give', () => {
    expect(messageOf(() => encode([1, Number.NaN], 'value'))).toContain(
      'y: row 1 (counted from 0) is NaN, a finite number expected',
    );
    expect(messageOf(() => encode([1, 'a'], 'value'))).toContain(
      "y: row 1 (counted from 0) is the string 'a', a number expected",
    );
    expect(messageOf(() => encode([1, 2], 'value', { units: 10 }))).toContain(
      'if these are class labels, use a cross-entropy of classes',
    );
  });
});
