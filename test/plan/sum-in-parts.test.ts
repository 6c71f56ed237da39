/** Sums over all but the channels: of four parts of the rows first, with the values of a sum in double precision. */
import { describe, expect, test } from 'vitest';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout } from '../../src/backends/wasm/layout.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { floor } from '../../src/ops/elementwise.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { instructionsOf, opcodeAt } from '../../src/plan/instruction.ts';
import { Opcode, ReduceField } from '../kernels/enums.ts';
import { noise } from '../kernels/machine.ts';
import { check, numbers } from './team-bench.ts';

const CHANNELS = 20;

/** A sum or mean of f32 [...shape] over `axes`, in a program that needs every instruction. */
function programOf(f: (x: Tensor, axes: number[]) => Tensor, shape: readonly number[], axes: number[]): Program {
  const builder = new ProgramBuilder();
  const x = builder.row('x', { shape, dtype: 'f32' });
  builder.emit('y', f(x, axes));
  builder.emit('z', floor(x));
  return builder.finish('reduce');
}

/** [outer, k] of the reductions of a program. */
async function reductions(program: Program): Promise<number[][]> {
  const layout = await planSession([program], { capacity: 2 });
  const { words } = (layout.programs.get(program.name) as ProgramLayout).plan;
  return [...instructionsOf(words)]
    .filter((at) => opcodeAt(words, at) === Opcode.reduce)
    .map((at) => [words[at + ReduceField.outer] as number, words[at + ReduceField.k] as number]);
}

const inParts = [
  [4, 64],
  [1, 4],
];

describe('a sum over all but the channels', () => {
  test('goes over parts, and then over those', async () => {
    expect(await reductions(programOf(sum, [4, 8, 8, CHANNELS], [0, 1, 2]))).toEqual(inParts);
    expect(await reductions(programOf(mean, [16, 16, CHANNELS], [0, 1]))).toEqual(inParts);
  });

  test.each([
    ['rows that four do not divide', [5, 7, 9, CHANNELS], [0, 1, 2], [[1, 315]]],
    ['few elements', [4, 4, 4, CHANNELS], [0, 1, 2], [[1, 64]]],
    ['one axis, as of dense layers', [256, CHANNELS], [0], [[1, 256]]],
    ['axes that are not the first', [4, 16, 16, CHANNELS], [1, 2], [[4, 256]]],
    ['all axes', [4, 8, 8, CHANNELS], [0, 1, 2, 3], [[1, 5120]]],
  ])('stays whole with %s', async (_, shape, axes, expected) => {
    expect(await reductions(programOf(sum, shape, axes))).toEqual(expected);
  });

  test.each([
    ['sum', sum, 1],
    ['mean', mean, 256],
  ] as const)('of the values of %s is right, and the same by several threads', async (_, f, divisor) => {
    const program = programOf(f, [4, 8, 8, CHANNELS], [0, 1, 2]);
    const x = noise(256 * CHANNELS, 3);
    const session = await wasmBackend.open([program], { capacity: 1, threads: 1 });
    session.writeRows('reduce', 'x', x);
    session.run('reduce', 1);
    const y = session.readRows('reduce', 'y', 1);
    session.dispose();
    for (let channel = 0; channel < CHANNELS; channel++) {
      const column = Array.from({ length: 256 }, (_, row) => x[row * CHANNELS + channel] as number);
      const exact = column.reduce((total, value) => total + value, 0) / divisor;
      const size = column.reduce((total, value) => total + Math.abs(value), 0) / divisor;
      // Each part adds in f32 and is rounded once, as is their sum: 64 additions of at most 2⁻²⁴ of what was added so far.
      expect(Math.abs((y[channel] as number) - exact)).toBeLessThan(size * 66 * 2 ** -24);
    }
    for (const threads of [2, 3, 5]) await check(program, numbers, threads);
  });
});
