import { describe, expect, test } from 'vitest';
import { Opcode, StandardizeField, StandardizeGradientField } from './enums.ts';
import { type Block, expectClose, Machine, noise, SIZES } from './machine.ts';

interface Case {
  readonly outer: number;
  readonly k: number;
  readonly inner: number;
  readonly isCentered: boolean;
  readonly values?: Float32Array;
}

const EPSILON = 1e-5;

/** Σ over k of f(position) for each [outer, inner], in double precision. */
function sums({ outer, k, inner }: Case, f: (at: number) => number): Float64Array {
  const result = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < k; i++) for (let j = 0; j < inner; j++) result[o * inner + j]! += f((o * k + i) * inner + j);
  return result;
}
const keptOf = ({ k, inner }: Case, at: number): number => Math.floor(at / (k * inner)) * inner + (at % inner);

function expected(of: Case, x: Float32Array) {
  const mean = sums(of, (at) => x[at]! / of.k).map((m) => (of.isCentered ? m : 0));
  const variance = sums(of, (at) => (x[at]! - mean[keptOf(of, at)]!) ** 2 / of.k);
  const y = Float64Array.from(
    x,
    (v, at) => (v - mean[keptOf(of, at)]!) / Math.sqrt(variance[keptOf(of, at)]! + EPSILON),
  );
  return { mean, variance, y };
}

function run(machine: Machine, of: Case, x: Block, destination: Block) {
  const { outer, k, inner, isCentered } = of;
  const [variance, mean] = [machine.floats(outer * inner), machine.floats(outer * inner)];
  const scratch = machine.bytes(inner === 1 ? 0 : 28 * 4 * Math.ceil(inner / 4));
  const places = { destination, variance, mean: isCentered ? mean : 0, source: x, scratch };
  machine.run(
    machine.encode(Opcode.standardize, StandardizeField, { ...places, outer, k, inner, epsilon: { bits: EPSILON } }),
  );
  return { variance: variance.array.slice(), mean: mean.array.slice() };
}

function check(of: Case): void {
  const machine = new Machine();
  const size = of.outer * of.k * of.inner;
  const source = of.values ?? noise(size, 1);
  const x = machine.floats(source, 4);
  const y = machine.floats(size, 8);
  const { variance, mean } = run(machine, of, x, y);
  const exact = expected(of, source);
  // Sums of at most 64 steps in f32, then a root, a quotient and three operations.
  expectClose(variance, exact.variance, 1e-5, 1e-9);
  if (of.isCentered) expectClose(mean, exact.mean, 2e-7, 1e-7);
  expectClose(y.array, exact.y, 1e-5, 2e-6);
  const inPlace = machine.floats(source, 12);
  run(machine, of, inPlace, inPlace);
  expect(Array.from(inPlace.array)).toEqual(Array.from(y.array));
}

describe('standardize', () => {
  test.each([true, false])('rows, columns and boxes of every tail, centered: %s', (isCentered) => {
    for (const n of SIZES) {
      check({ outer: 3, k: n, inner: 1, isCentered });
      check({ outer: 1, k: 33, inner: n, isCentered });
      check({ outer: 2, k: n, inner: 5, isCentered });
    }
  });

  test('a large mean costs no digits: deviations are exact, and so is their mean', () => {
    for (const [k, inner] of [
      [4, 1],
      [1000, 1],
      [4, 6],
      [1000, 6],
    ] as const) {
      // Neighbors of 10,000 are 2⁻¹⁰ apart: quarters are exact.
      const values = Float32Array.from({ length: k * inner }, (_, i) => 10_000 + ((i * 7) % 5) / 4);
      check({ outer: 1, k, inner, isCentered: true, values });
    }
  });

  test('equal values become 0, and their variance is 0, not below', () => {
    for (const inner of [1, 3]) {
      const machine = new Machine();
      const values = new Float32Array(9 * inner).fill(0.1);
      const y = machine.floats(9 * inner);
      const of = { outer: 1, k: 9, inner, isCentered: true };
      const { variance } = run(machine, of, machine.floats(values), y);
      expect(Array.from(variance).every((v) => v >= 0 && v < 1e-15)).toBe(true);
      expectClose(y.array, new Float32Array(9 * inner), 0, 1e-6);
    }
  });

  test('NaN stays in its row, or its column', () => {
    for (const [outer, inner] of [
      [3, 1],
      [1, 3],
    ] as const) {
      const machine = new Machine();
      const y = machine.floats(3 * 5);
      const values = noise(15, 3);
      values[inner === 1 ? 5 : 4] = Number.NaN;
      run(machine, { outer, k: 5, inner, isCentered: true }, machine.floats(values), y);
      const isBad = (at: number): boolean => (inner === 1 ? Math.floor(at / 5) === 1 : at % 3 === 1);
      y.array.forEach((value, at) => {
        expect(Number.isNaN(value)).toBe(isBad(at));
      });
    }
  });
});

describe('standardizeGradient', () => {
  function checkGradient(of: Case): void {
    const { outer, k, inner, isCentered } = of;
    const machine = new Machine();
    const size = outer * k * inner;
    const [ys, gs] = [noise(size, 5), noise(size, 6)];
    const variances = noise(outer * inner, 7).map((v) => Math.abs(v) + 0.1);
    const scratch = machine.bytes(inner === 1 ? 0 : 28 * 4 * Math.ceil(inner / 4));
    const sizes = { outer, k, inner, epsilon: { bits: EPSILON }, center: Number(isCentered), scratch };
    const into = (normalized: Block, cotangent: Block, destination: Block): Float32Array => {
      const places = { destination, normalized, cotangent, variance: machine.floats(variances) };
      machine.run(machine.encode(Opcode.standardizeGradient, StandardizeGradientField, { ...places, ...sizes }));
      return (destination as Block<Float32Array>).array.slice();
    };
    const a = sums(of, (at) => gs[at]! / k).map((m) => (isCentered ? m : 0));
    const b = sums(of, (at) => (gs[at]! * ys[at]!) / k);
    const exact = Float64Array.from(gs, (g, at) => {
      const kept = keptOf(of, at);
      return (g - a[kept]! - ys[at]! * b[kept]!) / Math.sqrt(variances[kept]! + EPSILON);
    });
    const y = machine.floats(ys, 4);
    const result = into(y, machine.floats(gs, 8), machine.floats(size, 12));
    expectClose(result, exact, 1e-5, 1e-5);
    const g = machine.floats(gs);
    expect(Array.from(into(y, g, g))).toEqual(Array.from(result));
    expect(Array.from(into(y, machine.floats(gs), y))).toEqual(Array.from(result));
  }

  test.each([true, false])('rows, columns and boxes of every tail, in place too, centered: %s', (isCentered) => {
    for (const n of SIZES) {
      checkGradient({ outer: 3, k: n, inner: 1, isCentered });
      checkGradient({ outer: 1, k: 33, inner: n, isCentered });
      checkGradient({ outer: 2, k: n, inner: 5, isCentered });
    }
  });
});
