import { describe, expect, test } from 'vitest';
import { randomNormal, randomUniform } from '../../src/core/philox.ts';
import { DropoutMaskField, Opcode, RandomField } from './enums.ts';
import { Machine, SIZES } from './machine.ts';

const KEYS = [
  { seed: 0, stream: 0, step: 0, iteration: 0 },
  { seed: 42, stream: 0x9e3779b9, step: 7, iteration: 3 },
  { seed: 0xffffffff, stream: 0xffffffff, step: 0xffffffff, iteration: 0xffffffff },
] as const;

describe('random instructions', () => {
  test.each([
    ['uniform', Opcode.randomUniform, randomUniform],
    ['normal', Opcode.randomNormal, randomNormal],
  ] as const)('give the %s deviates of src/core/philox.ts bit for bit', (_, opcode, reference) => {
    const machine = new Machine();
    for (const { seed, stream, step, iteration } of KEYS) {
      for (const n of [...SIZES, 15, 16, 17, 100_000]) {
        machine.reset();
        const destination = machine.floats(n, 4);
        const key = machine.ints([seed, step, iteration]);
        machine.run(machine.encode(opcode, RandomField, { destination, key, stream, count: n }));
        const expected = new Float32Array(n);
        reference(expected, seed, stream, step, iteration);
        expect(Buffer.from(destination.array.slice().buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      }
    }
  });

  test('dropoutMask is 0 where the uniform deviate is below the rate, else the scale', () => {
    const machine = new Machine();
    for (const { seed, stream, step, iteration } of KEYS) {
      for (const n of SIZES) {
        machine.reset();
        const destination = machine.floats(n);
        const key = machine.ints([seed, step, iteration]);
        const fields = { destination, key, stream, count: n, rate: { bits: 0.3 }, scale: { bits: 1 / 0.7 } };
        machine.run(machine.encode(Opcode.dropoutMask, DropoutMaskField, fields));
        const uniform = new Float32Array(n);
        randomUniform(uniform, seed, stream, step, iteration);
        expect(destination.array).toEqual(uniform.map((u) => (u < Math.fround(0.3) ? 0 : 1 / 0.7)));
      }
    }
  });
});
