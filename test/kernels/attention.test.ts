import { describe, expect, test } from 'vitest';
import { MaskedSoftmaxField, Opcode, SoftmaxGradientField } from './enums.ts';
import { type Block, expectClose, Machine, noise, SIZES } from './machine.ts';

interface Rows {
  readonly outer: number;
  readonly inner: number;
  readonly columns: number;
  readonly scale: number;
  /** Queries of a causal block. */
  readonly queries?: number;
  readonly mask?: { readonly values: Float32Array; readonly outer: number; readonly inner: number };
}

const offsetOf = ({ queries = 0, columns }: Rows): number => (queries === 0 ? 0 : columns - queries);

/** Whether row r sees column j. */
function sees(of: Rows, r: number, j: number): boolean {
  const { queries = 0, inner, mask } = of;
  if (queries > 0 && j > (r % queries) + offsetOf(of)) return false;
  return mask === undefined || mask.values[Math.floor(r / inner) * mask.outer + (r % inner) * mask.inner + j] !== 0;
}

function exact(of: Rows, x: Float32Array): Float64Array {
  const { outer, inner, columns, scale } = of;
  const y = new Float64Array(x.length);
  for (let r = 0; r < outer * inner; r++) {
    const seen = Array.from({ length: columns }, (_, j) => j).filter((j) => sees(of, r, j));
    const largest = Math.max(...seen.map((j) => x[r * columns + j]!));
    if (largest === Number.NEGATIVE_INFINITY) continue;
    const e = seen.map((j) => Math.exp(scale * (x[r * columns + j]! - largest)));
    const total = e.reduce((a, b) => a + b, 0);
    seen.forEach((j, i) => {
      y[r * columns + j] = e[i]! / total;
    });
  }
  return y;
}

function run(machine: Machine, of: Rows, source: Block, destination: Block): void {
  const { outer, inner, columns, scale, queries = 0, mask } = of;
  const places = { source, destination, mask: mask === undefined ? 0 : machine.floats(mask.values, 4) };
  const steps = { maskOuter: mask?.outer ?? 0, maskInner: mask?.inner ?? 0, queries, offset: offsetOf(of) };
  machine.run(
    machine.encode(Opcode.maskedSoftmax, MaskedSoftmaxField, {
      ...{ ...places, ...steps, outer, inner, columns, scale: { bits: scale } },
    }),
  );
}

function check(of: Rows, x = noise(of.outer * of.inner * of.columns, 1, 6)): Float32Array {
  const machine = new Machine();
  const y = machine.floats(x.length, 8);
  run(machine, of, machine.floats(x, 4), y);
  // An exponential, a sum in double, a reciprocal and a product; exponents of up to 20 lose five bits of their last.
  expectClose(y.array, exact(of, x), 2e-6, 1e-30);
  const inPlace = machine.floats(x, 12);
  run(machine, of, inPlace, inPlace);
  expect(Array.from(inPlace.array)).toEqual(Array.from(y.array));
  return y.array.slice();
}

const maskOf = (length: number): Float32Array => noise(length, 9).map((v) => Number(v > -1));

describe('maskedSoftmax', () => {
  test('of rows of every tail is softmax of the scaled scores', () => {
    for (const columns of SIZES) check({ outer: 2, inner: 3, columns, scale: 0.75 });
  });

  test('sees no more keys than causality lets it, with more and with fewer keys than queries', () => {
    for (const [queries, columns] of [
      [4, 4],
      [3, 33],
      [9, 5],
      [1, 7],
    ] as const)
      check({ outer: 2, inner: 2 * queries, columns, scale: 1.5, queries });
  });

  test.each<[string, number, number, number, number]>([
    ['one row for all', 6, 6, 0, 0],
    ['one row a block', 12, 6, 33, 0],
    ['a row for each place in a block', 12, 6, 0, 33],
    ['a row for each row', 12, 6, 6 * 33, 33],
  ])('reads a mask of %s', (_, rows, inner, byOuter, byInner) => {
    const outer = rows / inner;
    const values = maskOf((outer - 1) * byOuter + (inner - 1) * byInner + 33);
    check({ outer, inner, columns: 33, scale: 1, mask: { values, outer: byOuter, inner: byInner } });
    check({ outer, inner, columns: 33, scale: 1, queries: 6, mask: { values, outer: byOuter, inner: byInner } });
  });

  test('gives zeros where nothing is seen, or only −∞', () => {
    const all = { outer: 1, inner: 3, columns: 5, scale: 1 };
    const values = new Float32Array(15).fill(1).fill(0, 5, 10);
    expect(Array.from(check({ ...all, mask: { values, outer: 0, inner: 5 } }).subarray(5, 10))).toEqual([
      0, 0, 0, 0, 0,
    ]);
    const x = noise(15, 2).fill(Number.NEGATIVE_INFINITY, 5, 10);
    expect(Array.from(check(all, x).subarray(5, 10))).toEqual([0, 0, 0, 0, 0]);
  });

  test('NaN that is seen fills its row; what is not seen may be anything', () => {
    const x = noise(10, 3);
    x[1] = Number.NaN;
    x[7] = Number.NaN;
    x[8] = Number.POSITIVE_INFINITY;
    const machine = new Machine();
    const y = machine.floats(10);
    const values = Float32Array.of(1, 1, 1, 1, 1, 1, 1, 0, 0, 1);
    run(
      machine,
      { outer: 1, inner: 2, columns: 5, scale: 1, mask: { values, outer: 0, inner: 5 } },
      machine.floats(x),
      y,
    );
    const [first, second] = [y.array.slice(0, 5), y.array.slice(5)];
    expect(first.every(Number.isNaN)).toBe(true);
    expect(second.every(Number.isFinite)).toBe(true);
    expect([second[2], second[3]]).toEqual([0, 0]);
  });
});

describe('softmaxGradient', () => {
  test.each([0, 4])('is scale · y · (g − Σ g·y) over what is seen, in place too, causal blocks of %i', (queries) => {
    for (const columns of SIZES) {
      const of: Rows = { outer: 2, inner: 4, columns, scale: 0.5, queries };
      const rows = 8;
      const machine = new Machine();
      const ys = exact(of, noise(rows * columns, 1, 3));
      const gs = noise(rows * columns, 2, 3);
      const expected = Float64Array.from(gs, (g, at) => {
        const r = Math.floor(at / columns);
        let dot = 0;
        for (let j = 0; j < columns; j++) if (sees(of, r, j)) dot += gs[r * columns + j]! * ys[r * columns + j]!;
        return sees(of, r, at % columns) ? 0.5 * ys[at]! * (g - dot) : 0;
      });
      const into = (destination: Block<Float32Array>, weights: Block, cotangent: Block): Float32Array => {
        machine.run(
          machine.encode(Opcode.softmaxGradient, SoftmaxGradientField, {
            ...{ destination, weights, cotangent, rows, columns, queries, offset: offsetOf(of), scale: { bits: 0.5 } },
          }),
        );
        return destination.array.slice();
      };
      const weights = machine.floats(Float32Array.from(ys), 4);
      const result = into(machine.floats(rows * columns, 12), weights, machine.floats(gs, 8));
      // Differences of numbers up to 3, whose sum runs over at most 64 steps in f32.
      expectClose(result, expected, 1e-5, 3e-6);
      const g = machine.floats(gs);
      expect(Array.from(into(g, weights, g))).toEqual(Array.from(result));
    }
  });
});
