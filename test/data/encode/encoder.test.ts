import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encoderFromJson, fitEncoder } from '../../../src/data/encode/fit-encoder.ts';
import { tableOf } from '../../../src/data/table/table.ts';

const records = [
  { age: 30, city: 'Rome', member: 'yes', since: '2020-01-31' },
  { age: 40, city: 'Oslo', member: 'no', since: '2021-07-04' },
  { age: null, city: null, member: 'no', since: '2021-07-04' },
];
const rows = (data: Float32Array, width: number) =>
  Array.from({ length: data.length / width }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);

describe('an encoder', () => {
  test('makes numbers of numbers, names, booleans and dates', () => {
    const { encoder, notes } = fitEncoder(tableOf(records.slice(0, 2)));
    expect(notes).toEqual([]);
    expect(encoder.inputs).toEqual(['age', 'city', 'member', 'since']);
    expect(encoder.columns).toEqual([
      ...['age', 'city=Oslo', 'city=Rome', 'member'],
      ...['since year', 'since month sin', 'since month cos', 'since weekday sin', 'since weekday cos'],
    ]);
    const [first, second] = rows(encoder.encode(records.slice(0, 2)).data, encoder.width);
    // January is month 0; the 31st was a Friday, day 5 of 7. The 4th of July 2021 was a Sunday, day 0.
    const friday = [Math.sin((10 * Math.PI) / 7), Math.cos((10 * Math.PI) / 7)].map(Math.fround);
    expect(first).toEqual([30, 0, 1, 1, 2020, 0, 1, ...friday]);
    expect(second).toEqual([40, 1, 0, 0, 2021, Math.fround(Math.sin(Math.PI)), -1, 0, 1]);
  });

  test('D10: names row and column of a gap, in training and in prediction', () => {
    expect(() => fitEncoder(tableOf(records))).toThrow("row 2 (counted from 0), column 'age' is missing");
    const { encoder } = fitEncoder(tableOf(records), [0, 1]);
    expect(() => encoder.encode(records)).toThrow("row 2 (counted from 0), column 'age' is missing");
  });

  test('D10: fills gaps with mean, median and mode of the training rows alone', () => {
    const table = tableOf({
      a: [1, 2, 6, null, 1000],
      b: ['x', 'x', 'y', null, 'y'],
      c: [true, true, false, null, false],
    });
    const fill = (missing: 'mean' | 'median') => {
      const { encoder, notes } = fitEncoder(table, [0, 1, 2, 3], { missing });
      return { row: [...encoder.encodeRecord({ a: null, b: null, c: null })], notes };
    };
    expect(fill('mean')).toEqual({
      row: [3, 1, 0, 1],
      notes: [
        "column 'a': 1 gap in the training rows is filled with 3",
        "column 'b': 1 gap in the training rows is filled with 'x'",
        "column 'c': 1 gap in the training rows is filled with 1",
      ],
    });
    expect(fill('median').row).toEqual([2, 1, 0, 1]);
  });

  test('D10: marks gaps by one more number', () => {
    const { encoder } = fitEncoder(tableOf(records), undefined, { missing: 'indicator', exclude: ['member', 'since'] });
    expect(encoder.columns).toEqual(['age', 'age is missing', 'city=Oslo', 'city=Rome', 'city is missing']);
    expect(rows(encoder.encode(records).data, 5)).toEqual([
      [30, 0, 0, 1, 0],
      [40, 0, 1, 0, 0],
      [35, 1, 0, 0, 1],
    ]);
    expect([...encoder.encodeRecord({})]).toEqual([35, 1, 0, 0, 1]);
  });

  test('notes a column that no row has, where it can be filled', () => {
    const { encoder } = fitEncoder(tableOf({ age: [1, 3] }), undefined, { missing: 'mean' });
    expect(encoder.encode([{ agee: 5 }])).toMatchObject({
      data: Float32Array.of(2),
      notes: ["the rows have no column 'age', which is taken for a gap in each; did you mean 'agee'? legal: agee"],
    });
  });

  test('has a policy for single columns', () => {
    const options = { missing: { age: 'mean' as const } };
    expect(() => fitEncoder(tableOf(records), undefined, options)).toThrow("column 'city' is missing");
    expect(() => fitEncoder(tableOf(records), undefined, { missing: { agee: 'mean' } })).toThrow("did you mean 'age'?");
  });

  test('writes 0 for a name that training has not seen, with a note, or refuses it', () => {
    const table = tableOf(records.slice(0, 2));
    const { encoder } = fitEncoder(table, undefined, { exclude: ['age', 'member', 'since'] });
    expect(encoder.encode([{ city: 'Bern' }, { city: 'Rome' }])).toMatchObject({
      data: Float32Array.of(0, 0, 0, 1),
      notes: ["column 'city': 1 row holds a name that training has not seen ('Bern'), encoded as 0"],
    });
    const strict = fitEncoder(table, undefined, { unknown: 'error' }).encoder;
    expect(() => strict.encode([{ ...records[0], city: 'Rom' }])).toThrow(
      "row 0 (counted from 0), column 'city': training has not seen 'Rom'\n  help: did you mean 'Rome'?",
    );
  });

  test('hashes many names, numbers them on demand, leaves identifiers and texts out', () => {
    const many = Array.from({ length: 60 }, (_, i) => `name ${i % 55}`);
    const table = tableOf({
      many,
      id: many.map((_, i) => `id${i}`),
      text: many.map((_, i) => `these are some words of number ${i}`),
      kind: many.map((_, i) => i % 3),
    });
    const { encoder, notes } = fitEncoder(table, undefined, { buckets: 8, categories: { kind: 'ordinal' } });
    expect(encoder.width).toBe(9);
    expect(notes).toEqual([
      "column 'many': 55 different names are hashed to 8 places",
      "column 'id' is different in every row, as an identifier is, and is left out",
      "column 'text' is free text and is left out: text: 'auto' makes a bag of words of it",
    ]);
    const { data } = encoder.encode(table);
    for (const row of rows(data, 9)) expect(row.slice(0, 8).filter((x) => x === 1)).toHaveLength(1);
    expect(
      rows(data, 9)
        .slice(0, 4)
        .map((row) => row[8]),
    ).toEqual([1, 2, 3, 1]);
    expect([
      ...fitEncoder(table, undefined, { categories: { many: 'leave', kind: 'one-hot' } }).encoder.columns,
    ]).toEqual([...['kind=0', 'kind=1', 'kind=2']]);
  });

  test('reads texts in prediction by the marks of training', () => {
    const { encoder } = fitEncoder(tableOf({ x: ['1,5', '1.234,5'], d: ['3/14/2024', '1/2/2024'] }));
    expect(encoder.encodeRecord({ x: '2.000,5', d: '2/1/2024' })[0]).toBe(2000.5);
    expect(encoder.encodeRecord({ x: '1', d: '2/1/2024' })[2]).toBeCloseTo(0.5, 6);
    expect(() => encoder.encodeRecord({ x: 'much', d: '2/1/2024' })).toThrow(
      "row 0 (counted from 0), column 'x' is the string 'much', a finite number expected",
    );
  });

  test('suggests near names for a column that a record lacks', () => {
    const { encoder } = fitEncoder(tableOf(records.slice(0, 2)));
    expect(() => encoder.encodeRecord({ agee: 1, city: 'Rome', member: 'no', since: '2020-01-01' })).toThrow(
      "the rows have no column 'age'\n  help: every row needs it; did you mean 'agee'?",
    );
    expect(() => encoder.encode([3] as never)).toThrow('row 0 (counted from 0) is 3');
  });

  test('refuses numbers beyond 32-bit floats', () => {
    const { encoder } = fitEncoder(tableOf({ x: [1, 2] }));
    expect(() => encoder.encodeRecord({ x: 1e39 })).toThrow("column 'x' holds 1e+39, too large for a 32-bit float");
  });

  test('reads rows alike from a table, records and columns', () => {
    const table = tableOf(records);
    const { encoder } = fitEncoder(table, undefined, { missing: 'indicator' });
    const columns = Object.fromEntries(
      Object.keys(records[0] as object).map((name) => [name, records.map((r) => r[name as 'age'])]),
    );
    const expected = encoder.encode(table).data;
    expect(encoder.encode(records).data).toEqual(expected);
    expect(encoder.encode(columns).data).toEqual(expected);
  });

  test('D5: tells any two names apart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 6 }), (names) => {
        const table = tableOf({ name: names }, { columns: { name: 'category' }, missing: [] });
        const { encoder } = fitEncoder(table);
        const encoded = rows(encoder.encode(table).data, names.length).map((row) => row.indexOf(1));
        expect(new Set(encoded).size).toBe(names.length);
      }),
    );
  });
});

describe('an encoder as JSON', () => {
  test('comes back as it was', () => {
    const table = tableOf(records);
    const { encoder } = fitEncoder(table, undefined, {
      missing: 'indicator',
      categories: { member: 'hash' },
      buckets: 3,
    });
    const again = encoderFromJson(JSON.parse(JSON.stringify(encoder)));
    expect(again.columns).toEqual(encoder.columns);
    expect(again.encode(records)).toEqual(encoder.encode(records));
    expect(JSON.stringify(again)).toBe(JSON.stringify(encoder));
  });

  test('is refused where anything is damaged', () => {
    const { encoder } = fitEncoder(tableOf(records), undefined, { missing: 'indicator' });
    const text = JSON.stringify(encoder);
    const damaged = (change: (json: Record<string, never>) => void) => {
      const json = JSON.parse(text);
      change(json);
      return () => encoderFromJson(json);
    };
    const columns = (json: Record<string, never>) => json.columns as unknown as Record<string, unknown>[];
    expect(() => encoderFromJson(null)).toThrow('it is null, an object expected');
    expect(damaged((json) => Object.assign(json, { version: 2 }))).toThrow('expected version 1, got 2');
    expect(damaged((json) => Object.assign(columns(json)[0] as object, { fill: 'x' }))).toThrow(
      "columns[0].fill is 'x'",
    );
    expect(damaged((json) => Object.assign(columns(json)[0] as object, { encoding: 'eval' }))).toThrow(
      "columns[0].encoding is 'eval'",
    );
    expect(damaged((json) => Object.assign(columns(json)[1] as object, { levels: ['a', 'a'] }))).toThrow(
      'holds a name twice',
    );
    expect(damaged((json) => Object.assign(columns(json)[1] as object, { levels: [1] }))).toThrow(
      'columns[1].levels is 1',
    );
    expect(damaged((json) => columns(json).push(columns(json)[0] as never))).toThrow('a column occurs twice');
    expect(damaged((json) => Object.assign(columns(json)[1] as object, { encoding: 'hash', buckets: 1e9 }))).toThrow(
      'buckets is 1000000000',
    );
  });

  test('is read or refused, whatever JSON it is', () => {
    const { encoder } = fitEncoder(tableOf(records), undefined, { missing: 'indicator' });
    const template = JSON.parse(JSON.stringify(encoder));
    const key = fc.constantFrom(...Object.keys(template.columns[1]), ...Object.keys(template.columns[3]));
    fc.assert(
      fc.property(fc.nat(3), key, fc.jsonValue(), (i, name, value) => {
        const json = structuredClone(template);
        json.columns[i][name] = value;
        try {
          encoderFromJson(json).encodeRecord({});
        } catch (error) {
          expect((error as Error).name).toBe('SaddlepointError');
        }
      }),
    );
  });
});
