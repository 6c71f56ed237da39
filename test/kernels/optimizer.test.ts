import { describe, expect, test } from 'vitest';
import { AdamField, GuardField, Opcode, SgdField, Status } from './enums.ts';
import { type Block, expectClose, Machine, noise, SIZES } from './machine.ts';

/** The smallest normal f32. */
const NORMAL = 2 ** -126;

function expectNoDenormals(block: Block<Float32Array>): void {
  expect(block.array.filter((x) => x !== 0 && Math.abs(x) < NORMAL).length).toBe(0);
}

/** Gradients that die one after another, as those behind dead ReLUs do. */
function gradientAt(step: number, i: number): number {
  return step < 20 * (i % 11) ? Math.sin(step * 0.7 + i) * 10 ** (-(i % 4) * 2) : 0;
}

describe('adam', () => {
  const betas = { beta1: 0.9, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001 };
  const bits = Object.fromEntries(Object.entries(betas).map(([name, value]) => [name, { bits: value }]));

  test('agrees with double precision for every size, and writes nothing behind the last element', () => {
    const machine = new Machine();
    for (const count of SIZES) {
      machine.reset();
      const parameters = machine.floats(noise(count, 1), 4);
      const firstMoment = machine.floats(count, 8);
      const secondMoment = machine.floats(count, 12);
      const gradient = machine.floats(count);
      const scalars = machine.floats([0, 1e-8]);
      firstMoment.array.fill(0);
      secondMoment.array.fill(0);
      const p = Float64Array.from(parameters.array);
      const m = new Float64Array(count);
      const v = new Float64Array(count);
      const code = machine.encode(Opcode.adam, AdamField, {
        parameters,
        firstMoment,
        secondMoment,
        gradient,
        scalars,
        count,
        ...bits,
      });
      for (let step = 1; step <= 50; step++) {
        const stepSize = (1e-2 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
        scalars.array[0] = stepSize;
        gradient.array.forEach((_, i) => {
          gradient.array[i] = gradientAt(step, i);
          const g = gradient.array[i]!;
          m[i] = 0.9 * m[i]! + 0.1 * g;
          v[i] = 0.999 * v[i]! + 0.001 * g * g;
          p[i] = p[i]! - (stepSize * m[i]!) / (Math.sqrt(v[i]!) + 1e-8);
        });
        machine.run(code);
      }
      expectClose(parameters.array, p, 1e-5, 1e-5);
      expectClose(firstMoment.array, m, 1e-5, 1e-7);
      expectClose(secondMoment.array, v, 2e-5, 1e-12);
    }
  });

  test('leaves no denormal moments after 2,000 steps with gradients that die', () => {
    const machine = new Machine();
    const count = 37;
    const parameters = machine.floats(noise(count, 1));
    const firstMoment = machine.floats(new Float32Array(count));
    const secondMoment = machine.floats(new Float32Array(count));
    const gradient = machine.floats(count);
    const scalars = machine.floats([1e-3, 1e-8]);
    const code = machine.encode(Opcode.adam, AdamField, {
      parameters,
      firstMoment,
      secondMoment,
      gradient,
      scalars,
      count,
      ...bits,
    });
    for (let step = 0; step < 2000; step++) {
      for (let i = 0; i < count; i++) gradient.array[i] = gradientAt(step, i);
      machine.run(code);
      expectNoDenormals(firstMoment);
      expectNoDenormals(secondMoment);
    }
    expect(firstMoment.array.every((x) => x === 0)).toBe(true);
    expect(parameters.array.every(Number.isFinite)).toBe(true);
  });

  test('flushes m below 1e-25 and v below 1e-30, and no larger moment and no NaN', () => {
    const machine = new Machine();
    const firstMoment = machine.floats([1.2e-25, 1.05e-25, -1.2e-25, NaN, -1.05e-25]);
    const secondMoment = machine.floats([1.002e-30, 1.0005e-30, 1, NaN, 0]);
    const fields = {
      firstMoment,
      secondMoment,
      gradient: machine.floats([0, 0, 0, 0, 0]),
      scalars: machine.floats([1e-3, 1e-8]),
    };
    machine.run(
      machine.encode(Opcode.adam, AdamField, { ...fields, parameters: machine.floats(5), count: 5, ...bits }),
    );
    expectClose(firstMoment.array, [1.08e-25, 0, -1.08e-25, NaN, 0], 1e-6);
    expectClose(secondMoment.array, [1.000998e-30, 0, 0.999, NaN, 0], 1e-6);
  });
});

describe('sgd', () => {
  test('agrees with double precision: plain, with momentum, and Nesterov', () => {
    const machine = new Machine();
    for (const count of SIZES) {
      for (const kind of ['plain', 'momentum', 'nesterov']) {
        machine.reset();
        const parameters = machine.floats(noise(count, 1), 4);
        const velocity = machine.floats(new Float32Array(count), 8);
        const gradient = machine.floats(count);
        const scalars = machine.floats([0.1, 0.8]);
        const p = Float64Array.from(parameters.array);
        const b = new Float64Array(count);
        const fields = {
          parameters,
          gradient,
          scalars,
          count,
          momentum: { bits: 0.9 },
          nesterov: Number(kind === 'nesterov'),
        };
        const code = machine.encode(Opcode.sgd, SgdField, { ...fields, velocity: kind === 'plain' ? 0 : velocity });
        for (let step = 1; step <= 20; step++) {
          for (let i = 0; i < count; i++) {
            const g = Math.fround(gradientAt(step, i));
            gradient.array[i] = g;
            b[i] = 0.9 * b[i]! + 0.8 * g;
            p[i] = p[i]! - 0.1 * (kind === 'plain' ? g : kind === 'momentum' ? b[i]! : g + 0.9 * b[i]!);
          }
          machine.run(code);
        }
        expectClose(parameters.array, p, 1e-5, 2e-6);
        expectClose(velocity.array, kind === 'plain' ? new Float64Array(count) : b, 1e-5, 1e-6);
      }
    }
  });

  test('leaves no denormal velocity after 2,000 steps with gradients that die', () => {
    const machine = new Machine();
    const count = 37;
    const velocity = machine.floats(new Float32Array(count));
    const gradient = machine.floats(count);
    const fields = {
      parameters: machine.floats(noise(count)),
      velocity,
      gradient,
      scalars: machine.floats([0.01, 1]),
      count,
    };
    const code = machine.encode(Opcode.sgd, SgdField, { ...fields, momentum: { bits: 0.9 } });
    for (let step = 0; step < 2000; step++) {
      for (let i = 0; i < count; i++) gradient.array[i] = gradientAt(step, i);
      machine.run(code);
      expectNoDenormals(velocity);
    }
    expect(velocity.array.every((x) => x === 0)).toBe(true);
  });
});

describe('guard', () => {
  const guard = (first: number | undefined, second: number | undefined) => {
    const machine = new Machine();
    const addressOf = (x: number | undefined) => (x === undefined ? 0 : machine.floats([x]));
    const code = machine.encode(Opcode.guard, GuardField, { first: addressOf(first), second: addressOf(second) });
    return { row: machine.run(code), ...machine.status };
  };

  test('lets finite values pass, and operands that are not there', () => {
    for (const pair of [
      [1, -3e38],
      [0, undefined],
      [undefined, 1],
      [undefined, undefined],
    ] as const) {
      expect(guard(pair[0], pair[1])).toMatchObject({ row: 1, status: Status.ok });
    }
  });

  test.each([NaN, Infinity, -Infinity])('stops at %d and says which operand it was', (bad) => {
    expect(guard(bad, 1)).toMatchObject({ row: 0, status: Status.nonFinite, detail: 0 });
    expect(guard(1, bad)).toMatchObject({ row: 0, status: Status.nonFinite, detail: 1 });
    expect(guard(undefined, bad)).toMatchObject({ row: 0, status: Status.nonFinite, detail: 1 });
  });
});
