/** @file Max pooling by the definition: windows of every size and place, few values so that many are equal, and some that are none. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Opcode, PoolField } from './enums.ts';
import { Machine } from './machine.ts';

interface Geometry {
  readonly [name: string]: number;
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly oh: number;
  readonly ow: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly top: number;
  readonly left: number;
}

/** For each pooled value of channel `channel`: the cells within the image that its window meets, row by row. */
function cellsOf(g: Geometry, oy: number, ox: number): number[] {
  const cells: number[] = [];
  for (let i = 0; i < g.kh; i++) {
    for (let j = 0; j < g.kw; j++) {
      const [row, column] = [oy * g.strideH - g.top + i, ox * g.strideW - g.left + j];
      if (row >= 0 && row < g.h && column >= 0 && column < g.w) cells.push(row * g.w + column);
    }
  }
  return cells;
}

/** The first of the largest, or the first NaN. */
function best(cells: readonly number[], valueAt: (cell: number) => number): number {
  return cells.reduce((found, cell) => {
    const [old, value] = [valueAt(found), valueAt(cell)];
    return !Number.isNaN(old) && (value > old || Number.isNaN(value)) ? cell : found;
  });
}

function check(g: Geometry, values: readonly number[]): void {
  const machine = new Machine();
  const size = g.n * g.h * g.w * g.c;
  const pooled = g.n * g.oh * g.ow * g.c;
  const source = machine.floats(Array.from({ length: size }, (_, i) => values[i % values.length] as number));
  const [destination, index] = [machine.floats(pooled), machine.ints(pooled)];
  const fields = { ...g, dilationH: 1, dilationW: 1, cells: g.h * g.w };
  machine.run(machine.encode(Opcode.maxPool, PoolField, { ...fields, destination, source, index }));
  const [images, gradient] = [
    machine.floats(size),
    machine.floats(Float32Array.from({ length: pooled }, (_, i) => i + 1)),
  ];
  machine.run(
    machine.encode(Opcode.maxPoolGradient, PoolField, { ...fields, destination: images, source: gradient, index }),
  );

  const expected = {
    values: new Array<number>(pooled),
    places: new Array<number>(pooled),
    images: new Array(size).fill(0),
  };
  for (let at = 0; at < pooled; at++) {
    const channel = at % g.c;
    const place = Math.floor(at / g.c);
    const image = Math.floor(place / (g.oh * g.ow));
    const cells = cellsOf(g, Math.floor(place / g.ow) % g.oh, place % g.ow);
    const addressOf = (cell: number) => (image * g.h * g.w + cell) * g.c + channel;
    const found = best(cells, (cell) => source.array[addressOf(cell)] as number);
    expected.places[at] = found;
    expected.values[at] = source.array[addressOf(found)] as number;
    expected.images[addressOf(found)] += at + 1;
  }
  expect(Array.from(index.array)).toEqual(expected.places);
  expect(Array.from(destination.array)).toEqual(expected.values);
  expect(Array.from(images.array)).toEqual(expected.images);
}

const upTo = (most: number) => fc.integer({ min: 1, max: most });
const geometries = fc
  .record({
    ...{ n: upTo(2), c: upTo(9), oh: upTo(4), ow: upTo(4), kh: upTo(3), kw: upTo(3) },
    ...{ strideH: upTo(3), strideW: upTo(3), top: fc.nat(1), left: fc.nat(1), moreH: fc.nat(2), moreW: fc.nat(2) },
  })
  .map(({ moreH, moreW, ...g }) => {
    const [top, left] = [Math.min(g.top, g.kh - 1), Math.min(g.left, g.kw - 1)];
    // The last window meets at least one cell, and up to two of its cells or two cells more are there.
    const h = Math.max(1, (g.oh - 1) * g.strideH - top + 1 + moreH);
    const w = Math.max(1, (g.ow - 1) * g.strideW - left + 1 + moreW);
    return { ...g, top, left, h, w };
  });

const values = (...list: number[]) => fc.array(fc.constantFrom(...list), { minLength: 1, maxLength: 61 });

test('max pooling and its gradient find the first of the largest, whatever hangs over', () => {
  fc.assert(fc.property(geometries, values(-1, -0, 0, 1, 2, 3.5), check), { numRuns: 400 });
});

test('windows of 2 × 2 with stride 2 find the first of the largest', () => {
  const square = geometries.map((g) => {
    const more = { h: g.h % 2, w: g.w % 2 };
    return { ...g, kh: 2, kw: 2, strideH: 2, strideW: 2, top: 0, left: 0, h: 2 * g.oh + more.h, w: 2 * g.ow + more.w };
  });
  fc.assert(fc.property(square, values(-1, -0, 0, 1, 2, 3.5), check), { numRuns: 200 });
});

test('NaN wins over all, the first of them, and infinities of both signs are no NaN', () => {
  const strange = fc.oneof(
    values(1, 2, Number.NaN),
    values(-Infinity, Infinity, 1),
    values(-Infinity, Infinity, Number.NaN),
  );
  const square = geometries.map((g) => ({
    ...g,
    kh: 2,
    kw: 2,
    top: 0,
    left: 0,
    h: (g.oh - 1) * g.strideH + 2,
    w: (g.ow - 1) * g.strideW + 2,
  }));
  fc.assert(fc.property(square, strange, check), { numRuns: 300 });
});
