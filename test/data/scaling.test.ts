import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyScaling,
  fitInputScaling,
  fitTargetScaling,
  invertScaling,
  noScaling,
  scalingFromJson,
  scalingToJson,
} from '../../src/data/scaling.ts';
import { toSource } from '../../src/data/source.ts';
import { encodeTargets } from '../../src/data/targets.ts';

const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
const source = (x: unknown, columns?: string[]) => toSource(x, { name: 'x', columns });

describe('fitInputScaling', () => {
  test('divides bytes by 255, with one factor for all columns', () => {
    const bytes = source([Uint8Array.of(0, 51), Uint8Array.of(255, 102)]);
    const { scaling } = fitInputScaling(bytes, all(2), {});
    expect(scaling).toMatchObject({ kind: 'bytes', shift: Float32Array.of(0), scale: Float32Array.of(1 / 255) });
    const factor = Math.fround(1 / 255);
    expect([...applyScaling(scaling, bytes.data, 2)]).toEqual([
      0,
      Math.fround(51 * factor),
      1,
      Math.fround(102 * factor),
    ]);
  });

  test('standardizes each column over the training rows only', () => {
    const x = source([
      [1, 10],
      [3, 30],
      [1000, -5000],
    ]);
    const { scaling } = fitInputScaling(x, Int32Array.of(0, 1), {});
    expect([...scaling.shift]).toEqual([2, 20]);
    expect([...scaling.scale]).toEqual([1, Math.fround(0.1)]);
    expect([...applyScaling(scaling, x.data, 2)]).toEqual([-1, -1, 1, 1, 998, -502]);
  });

  test('standardizes plain numbers and leaves images, ids and what it is told to leave', () => {
    expect(fitInputScaling(source([1, 2, 3]), all(3), {}).scaling.kind).toBe('standardize');
    expect(fitInputScaling(source([[[1]], [[2]]]), all(2), {}).scaling).toBe(noScaling);
    expect(
      fitInputScaling(source({ shape: [2], dtype: 'i32', data: Int32Array.of(3, 4) }), all(2), {}).scaling.kind,
    ).toBe('none');
    expect(fitInputScaling(source([1, 2, 3]), all(3), { standardize: false })).toEqual({
      scaling: noScaling,
      notes: [],
    });
  });

  test('case 01: a constant column is exactly 0 in all rows, and a note names it', () => {
    const rows = [
      [250, 0, 4],
      [240, 0, 9],
      [230, 0, 2],
      [6, 0, 220],
      [12, 0, 240],
      [3, 0, 235],
    ];
    const x = source(rows, ['r', 'g', 'b']);
    const { scaling, notes } = fitInputScaling(x, all(6), {});
    const scaled = applyScaling(scaling, x.data, 3);
    for (let row = 0; row < 6; row++) expect(scaled[row * 3 + 1]).toBe(0);
    expect(scaled.every(Number.isFinite)).toBe(true);
    expect(notes).toContain("x: column 'g' is constant over the training rows and is set to 0");
  });

  test('lists five constant columns and counts the others', () => {
    const { notes } = fitInputScaling(source([new Float32Array(8), new Float32Array(8)]), all(2), {});
    expect(notes.at(-1)).toBe(
      'x: columns 0, 1, 2, 3, 4 and 3 more are constant over the training rows and are set to 0',
    );
  });

  test('takes a column that differs by rounding alone as constant, also at large values', () => {
    const x = source([
      [1e8, 5],
      [1e8 + 8, 6],
      [1e8, 7],
    ]);
    const { scaling } = fitInputScaling(x, all(3), {});
    const scaled = applyScaling(scaling, x.data, 2);
    for (const row of [0, 1, 2]) expect(Math.abs(scaled[2 * row] as number)).toBe(0);
  });

  test('keeps small differences on top of 1e8', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1e8 + 8 * (i % 101));
    const x = source(values);
    const { scaling } = fitInputScaling(x, all(1000), {});
    const scaled = applyScaling(scaling, x.data, 1);
    const mean = scaled.reduce((sum, z) => sum + z, 0) / 1000;
    const variance = scaled.reduce((sum, z) => sum + (z - mean) ** 2, 0) / 1000;
    expect(Math.abs(mean)).toBeLessThan(0.02); // shift is f32: within 4 of 1e8, where the deviation is 233
    expect(variance).toBeCloseTo(1, 5);
  });

  test('has mean 0 and deviation 1 for any table', () => {
    const columns = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(columns, (values) => {
        const x = source(values);
        const { scaling } = fitInputScaling(x, all(values.length), {});
        const scaled = applyScaling(scaling, x.data, 1);
        if (scaling.scale[0] === 0) {
          expect(scaled.every((z) => z === 0)).toBe(true);
          return;
        }
        const n = values.length;
        const mean = scaled.reduce((sum, z) => sum + z, 0) / n;
        const variance = scaled.reduce((sum, z) => sum + (z - mean) ** 2, 0) / n;
        expect(scaled.every(Number.isFinite)).toBe(true);
        // Far from 0 only where the deviation is near the last digit of the mean, since shift is f32.
        const digit = Math.abs(scaling.shift[0] as number) * 2 ** -24 * (scaling.scale[0] as number);
        expect(Math.abs(mean)).toBeLessThan(1e-5 + 2 * digit);
        expect(variance).toBeCloseTo(1, 4);
      }),
    );
  });
});

describe('fitTargetScaling', () => {
  const values = (y: unknown) => encodeTargets(y, 'value', { name: 'y' });

  test('scales regression targets and gives predictions back in their units', () => {
    const y = values([
      [100, 1],
      [300, 2],
      [200, 6],
    ]);
    const { scaling } = fitTargetScaling(y, all(3), {});
    const data = y.data as Float32Array;
    const back = invertScaling(scaling, applyScaling(scaling, data, 2), 2);
    for (const [i, value] of back.entries()) expect(value).toBeCloseTo(data[i] as number, 3);
  });

  test('gives a constant target back exactly', () => {
    const y = values([7, 7, 7]);
    const { scaling, notes } = fitTargetScaling(y, all(3), {});
    expect([...applyScaling(scaling, y.data, 1)]).toEqual([0, 0, 0]);
    expect([...invertScaling(scaling, new Float32Array(3), 1)]).toEqual([7, 7, 7]);
    expect(notes).toContain('y: column 0 is constant over the training rows; there is nothing to learn from that');
  });

  test('leaves classes and switched-off targets alone', () => {
    expect(fitTargetScaling(encodeTargets([0, 1], 'class', { name: 'y' }), all(2), {}).scaling).toBe(noScaling);
    expect(fitTargetScaling(values([1, 2]), all(2), { standardize: false }).scaling).toBe(noScaling);
  });
});

describe('a scaling', () => {
  test('rounds to f32 after each operation, as the device does', () => {
    const scaling = { kind: 'standardize', shift: Float32Array.of(0.1), scale: Float32Array.of(0.7) } as const;
    const x = Float32Array.of(12.34567);
    const expected = Math.fround(Math.fround((x[0] as number) - Math.fround(0.1)) * Math.fround(0.7));
    expect(applyScaling(scaling, x, 1)[0]).toBe(expected);
  });

  test('comes back from JSON with the same bits', () => {
    const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(floats, floats, (shift, scale) => {
        const scaling = {
          kind: 'standardize',
          shift: Float32Array.from(shift, (x) => x + 0),
          scale: Float32Array.from(scale, (x) => x + 0),
        } as const;
        expect(scalingFromJson(JSON.parse(JSON.stringify(scalingToJson(scaling))), 3)).toEqual(scaling);
      }),
    );
  });

  test.each([
    [null, 'scaling: expected an object, got null'],
    [{ kind: 'minmax', shift: [0], scale: [1] }, "scaling: unknown kind 'minmax'"],
    [{ kind: 'standardize', shift: [0, 0], scale: [1, 1] }, 'scaling: shift has 2 values for 3 columns'],
    [{ kind: 'bytes', shift: [0, 0, 0], scale: [1] }, 'scaling: shift has 3 values for 3 columns'],
    [{ kind: 'standardize', shift: 7, scale: [1] }, 'scaling: expected a list of numbers for shift, got 7'],
    [{ kind: 'standardize', shift: [0], scale: [1e40] }, 'scaling: scale[0] is 1e+40, a finite 32-bit float expected'],
    [{ kind: 'standardize', shift: [null], scale: [1] }, 'scaling: shift[0] is null, a finite 32-bit float expected'],
    [{ kind: 'standardize', shift: [0], scale: [1, 1, 1] }, 'scaling: shift has 1 values, scale 3'],
  ])('is refused from a file that holds %j', (json, message) => {
    expect(() => scalingFromJson(json, 3)).toThrow(message);
  });

  test('is refused for rows of other columns', () => {
    const { scaling } = fitInputScaling(
      source([
        [1, 2],
        [3, 5],
      ]),
      all(2),
      {},
    );
    expect(() => applyScaling(scaling, new Float32Array(3), 3)).toThrow(
      'scaling: fitted on 2 columns, applied to 3 values in rows of 3',
    );
  });
});
