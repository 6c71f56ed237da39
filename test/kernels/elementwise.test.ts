import { describe, expect, test } from 'vitest';
import { promisedErrors } from '../accuracy/document.ts';
import { ofOne } from '../accuracy/functions.ts';
import { BinaryField, BinaryFunction, Broadcast, Opcode, SelectField, UnaryField, UnaryFunction } from './enums.ts';
import { type Block, expectClose, Machine, noise, SIZES } from './machine.ts';

const f = Math.fround;
const ULP = 2 ** -23;
const DENORMAL = 2 ** -149;
const SPECIAL = [
  ...[0, -0, 1, -1, 0.5, -0.5, Infinity, -Infinity, NaN, 3.4028234663852886e38, -3.4028234663852886e38],
  ...[DENORMAL, -DENORMAL, 1e-40, -1e-40, 1.1754943508222875e-38, 1e-8, -1e-8, 1e-5, -1e-5, 0.3, -0.3],
  ...[88.7, 88.8, 89, 100, -87.3, -88, -100, -103.9, -104, -200, 9, 9.1, -9, 20, -20, 2 ** 24, -(2 ** 24), 1e30, -1e30],
];

/** Unary functions in double precision. */
const UNARY: Record<keyof typeof UnaryFunction, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sqrt: Math.sqrt,
  relu: (x) => Math.max(x, 0),
  floor: Math.floor,
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  exp: ofOne.exp.exact,
  expm1: ofOne.expm1.exact,
  log: ofOne.log.exact,
  log1p: ofOne.log1p.exact,
  tanh: ofOne.tanh.exact,
  sigmoid: ofOne.sigmoid.exact,
  sin: ofOne.sin.exact,
  cos: ofOne.cos.exact,
  atan: ofOne.atan.exact,
  erf: ofOne.erf.exact,
  erfinv: ofOne.erfinv.exact,
};

const BINARY: Record<keyof typeof BinaryFunction, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  pow: (a, b) => (a === 1 ? 1 : a ** b),
  reluGradient: (y, g) => (y <= 0 ? 0 : g),
  tanhGradient: (y, g) => f(g * f(1 - f(y * y))),
  sigmoidGradient: (y, g) => f(g * f(y * f(1 - y))),
  atan2: Math.atan2,
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
};

const promised = promisedErrors();
/** What docs/accuracy.md promises; the others are exact, or rounded once. */
const errorOf = (name: string): number => promised[name] ?? 0.5;

const unaryNames = Object.keys(UNARY) as (keyof typeof UnaryFunction)[];
const binaryNames = Object.keys(BINARY) as (keyof typeof BinaryFunction)[];

/** Errors in ulp of the expected f32; equal infinities and NaN count 0, and signs of zero must agree. */
function expectUlps(actual: Float32Array, expected: number[], ulp: number, inputs: ArrayLike<number>): void {
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i] as number;
    const e = f(expected[i] as number);
    if (Object.is(a, e)) continue;
    const unit = Math.max(2 ** Math.floor(Math.log2(Math.abs(e))) * ULP, DENORMAL);
    if (Math.abs(a - (expected[i] as number)) <= ulp * unit && Number.isFinite(e) && e !== 0) continue;
    throw new Error(`f(${inputs[i]}) = ${a}, expected ${e}`);
  }
}

describe('unary', () => {
  test.each(unaryNames)('%s is right for special values', (name) => {
    const machine = new Machine();
    const source = machine.floats(SPECIAL);
    const destination = machine.floats(SPECIAL.length);
    const fields = { destination, source, count: source.length, operation: UnaryFunction[name] };
    machine.run(machine.encode(Opcode.unary, UnaryField, fields));
    expectUlps(destination.array, Array.from(source.array, UNARY[name]), errorOf(name), SPECIAL);
  });

  test.each(unaryNames)('%s is right over the range of f32', (name) => {
    const machine = new Machine();
    const inputs = new Float32Array(40_000);
    const raw = noise(40_000, 3, 1);
    for (let i = 0; i < inputs.length; i++) {
      const x = raw[i] as number;
      inputs[i] = i % 2 ? x * 20 : Math.sign(x) * 2 ** (Math.abs(x) * 200 - 100);
    }
    const source = machine.floats(inputs);
    const destination = machine.floats(inputs.length);
    machine.run(
      machine.encode(Opcode.unary, UnaryField, {
        destination,
        source,
        count: inputs.length,
        operation: UnaryFunction[name],
      }),
    );
    expectUlps(destination.array, Array.from(inputs, UNARY[name]), errorOf(name), inputs);
  });

  test.each(unaryNames)('%s gives an element the same bits wherever it stands, in place or not', (name) => {
    const machine = new Machine();
    for (const n of SIZES) {
      machine.reset();
      const inputs = noise(n, n, 3);
      const source = machine.floats(inputs, 4);
      const destination = machine.floats(n, 8);
      const one = machine.floats(1);
      const operation = UnaryFunction[name];
      machine.run(machine.encode(Opcode.unary, UnaryField, { destination, source, count: n, operation }));
      const result = destination.array.slice();
      for (const i of [0, n >> 1, n - 1]) {
        one.array[0] = inputs[i] as number;
        machine.run(machine.encode(Opcode.unary, UnaryField, { destination: one, source: one, count: 1, operation }));
        expect(one.array[0]).toBe(result[i]);
      }
      machine.run(machine.encode(Opcode.unary, UnaryField, { destination: source, source, count: n, operation }));
      expect(source.array).toEqual(result);
    }
  });
});

const MODES = [Broadcast.same, Broadcast.scalar, Broadcast.row, Broadcast.column];
const BOXES = [
  [1, 1],
  [1, 5],
  [5, 1],
  [3, 4],
  [7, 3],
  [2, 9],
  [31, 33],
  [4, 1000],
] as const;

function elements(mode: Broadcast, rows: number, columns: number): number {
  return [rows * columns, 1, columns, rows][mode] as number;
}

function at(block: ArrayLike<number>, mode: Broadcast, r: number, c: number, columns: number): number {
  return block[[r * columns + c, 0, c, r][mode] as number] as number;
}

describe('binary', () => {
  test.each(binaryNames)('%s reads every pair of broadcast modes', (name) => {
    const machine = new Machine();
    for (const [rows, columns] of BOXES) {
      for (const lhsMode of MODES) {
        for (const rhsMode of MODES) {
          machine.reset();
          // Few distinct values, so that comparisons meet equal ones.
          const few = (n: number, seed: number) => noise(n, seed).map((x) => Math.round(x * 2) / 2);
          const lhs = machine.floats(few(elements(lhsMode, rows, columns), 1), 4);
          const rhs = machine.floats(few(elements(rhsMode, rows, columns), 2));
          const destination = machine.floats(rows * columns, 12);
          const fields = { destination, lhs, rhs, operation: BinaryFunction[name], rows, columns, lhsMode, rhsMode };
          machine.run(machine.encode(Opcode.binary, BinaryField, fields));
          const expected = Float32Array.from({ length: rows * columns }, (_, i) => {
            const r = Math.floor(i / columns);
            const c = i % columns;
            return BINARY[name](at(lhs.array, lhsMode, r, c, columns), at(rhs.array, rhsMode, r, c, columns));
          });
          // Half an ulp more, since what is expected has been rounded.
          expectClose(destination.array, expected, name in promised ? (errorOf(name) + 0.5) * ULP : 0);
          for (const [mode, operand] of [
            [lhsMode, lhs],
            [rhsMode, rhs],
          ] as const) {
            if (mode !== Broadcast.same) continue;
            const inOrder = destination.array.slice();
            const saved = operand.array.slice();
            machine.run(machine.encode(Opcode.binary, BinaryField, { ...fields, destination: operand }));
            expect(operand.array).toEqual(inOrder);
            operand.array.set(saved);
          }
        }
      }
    }
  });

  test.each(binaryNames)('%s is right for all pairs of special values', (name) => {
    const machine = new Machine();
    const n = SPECIAL.length;
    const lhs = machine.floats(SPECIAL);
    const rhs = machine.floats(SPECIAL);
    const destination = machine.floats(n * n);
    const modes = { rows: n, columns: n, lhsMode: Broadcast.column, rhsMode: Broadcast.row };
    machine.run(
      machine.encode(Opcode.binary, BinaryField, { destination, lhs, rhs, operation: BinaryFunction[name], ...modes }),
    );
    const inputs = Array.from({ length: n * n }, (_, i) => [lhs.array[Math.floor(i / n)]!, rhs.array[i % n]!] as const);
    const labels = inputs.map(([a, b]) => `${a}, ${b}`) as unknown as number[];
    expectUlps(
      destination.array,
      inputs.map(([a, b]) => BINARY[name](a, b)),
      errorOf(name),
      labels,
    );
  });
});

describe('select', () => {
  test('reads every triple of broadcast modes, and takes NaN for true', () => {
    const machine = new Machine();
    for (const [rows, columns] of BOXES) {
      for (let modes = 0; modes < 64; modes++) {
        machine.reset();
        const [m0, m1, m2] = [modes & 3, (modes >> 2) & 3, modes >> 4] as [Broadcast, Broadcast, Broadcast];
        const flags = noise(elements(m0, rows, columns), 3, 1).map((x) =>
          x > 0.9 ? NaN : x > 0 ? x : x < -0.5 ? -0 : 0,
        );
        const condition = machine.floats(flags);
        const onTrue = machine.floats(noise(elements(m1, rows, columns), 4));
        const onFalse = machine.floats(noise(elements(m2, rows, columns), 5));
        const destination = machine.floats(rows * columns);
        const fields = {
          destination,
          condition,
          onTrue,
          onFalse,
          rows,
          columns,
          conditionMode: m0,
          trueMode: m1,
          falseMode: m2,
        };
        const expected = Float32Array.from({ length: rows * columns }, (_, i) => {
          const r = Math.floor(i / columns);
          const c = i % columns;
          const taken: [Block<Float32Array>, Broadcast] =
            at(condition.array, m0, r, c, columns) !== 0 ? [onTrue, m1] : [onFalse, m2];
          return at(taken[0].array, taken[1], r, c, columns);
        });
        machine.run(machine.encode(Opcode.select, SelectField, fields));
        expect(destination.array).toEqual(expected);
        for (const [mode, block] of [
          [m0, condition],
          [m1, onTrue],
          [m2, onFalse],
        ] as const) {
          if (mode !== Broadcast.same) continue;
          const saved = block.array.slice();
          machine.run(machine.encode(Opcode.select, SelectField, { ...fields, destination: block }));
          expect(block.array).toEqual(expected);
          block.array.set(saved);
        }
      }
    }
  });
});
