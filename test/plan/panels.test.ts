/** Weights in panels: found where nothing minds, left alone where something does, and the same bits either way. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { Team } from '../../src/backends/wasm/team.ts';
import type { StepTransform } from '../../src/engine/renew.ts';
import { type StepDescription, trainingProgram } from '../../src/engine/step.ts';
import { layoutGroup, ProgramBuilder } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { add, mul, relu, square, sub, tanh } from '../../src/ops/elementwise.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { l2Norm, mean, sum } from '../../src/ops/reduce.ts';
import { sgdUpdate } from '../../src/ops/update.ts';
import { placeInPanels } from '../../src/plan/matrix.ts';
import { findPanels } from '../../src/plan/panels.ts';
import { noise } from '../kernels/machine.ts';
import { check, positive } from './team-bench.ts';
import { adam } from './worked-example.ts';

/** A dense network of these sizes on `rows` rows; `touch` adds what it likes to the losses, of the first kernel. */
function network(sizes: readonly number[], rows: number, touch?: (kernel: Tensor) => Tensor): StepDescription {
  const layers = sizes.slice(1).map((to, i) => ({ from: sizes[i] as number, to, path: `${i}` }));
  return {
    groups: {
      parameters: layoutGroup(
        'parameters',
        layers.flatMap(({ from, to, path }) => [
          { path: `${path}/kernel`, shape: [from, to] },
          { path: `${path}/bias`, shape: [to] },
        ]),
      ),
      rows: [],
      state: undefined,
    },
    sources: {
      x: { spec: { shape: [rows, sizes[0] as number], dtype: 'f32' } },
      y: { spec: { shape: [rows, sizes.at(-1) as number], dtype: 'f32' } },
    },
    measure(leaves, { x, y }) {
      const leaf = (path: string) => leaves.get(path) as Tensor;
      const output = layers.reduce((input, { path }, i) => {
        const sums = add(matmul(input, leaf(`${path}/kernel`)), leaf(`${path}/bias`));
        return i === layers.length - 1 ? sums : i % 2 === 0 ? relu(sums) : tanh(sums);
      }, x as Tensor);
      const losses = mean(square(sub(output, y as Tensor)), 1);
      return { losses: touch === undefined ? losses : add(losses, touch(leaf('0/kernel'))), sums: [] };
    },
  };
}

const momentum: StepTransform = {
  name: 'sgd',
  slots: ['velocity'],
  scalarCount: 2,
  update({ gradient, slots, scalars }) {
    const attributes = { momentum: 0.9, nesterov: true };
    const [update, velocity] = sgdUpdate(gradient, slots.velocity as Tensor, scalars, attributes);
    return { update: update as Tensor, slots: { velocity: velocity as Tensor } };
  },
};

/** Elementwise instructions and a norm in the update's way. */
const scaled: StepTransform = {
  name: 'scaled',
  slots: ['mean'],
  scalarCount: 2,
  update({ gradient, slots }) {
    const average = add(mul(slots.mean as Tensor, 0.5), mul(gradient, 0.5));
    return { update: mul(average, mul(tanh(l2Norm(gradient)), -1e-3)), slots: { mean: average } };
  },
};

describe('weights in panels', () => {
  test.each([
    ['adam', adam, 5],
    ['sgd', momentum, 5],
    ['scaled', scaled, 5],
  ] as const)('leave what rows leave, with %s', async (_, transform, products) => {
    const program = trainingProgram(network([64, 72, 64, 3], 4), transform, 4);
    // Two kernels forward, both gradients, and the second's columns backward.
    for (const threads of [2, 3]) expect(await check(program, positive, threads, { panels: true })).toBe(products);
  });

  test('leave what rows leave, for sizes of all kinds', async () => {
    const size = fc.integer({ min: 3, max: 30 }).map((n) => 8 * n);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(size, fc.integer({ min: 20, max: 130 })), { minLength: 3, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2, max: 4 }),
        fc.constantFrom(adam, momentum, scaled),
        async (sizes, rows, threads, transform) => {
          await check(trainingProgram(network([...sizes, 2], rows), transform, rows), positive, threads, {
            panels: true,
          });
        },
      ),
      { numRuns: 40, seed: 5 },
    );
  });

  test.each([
    ['rows of it are summed', (kernel: Tensor) => mean(mean(square(kernel), 1))],
    ['it is summed whole', (kernel: Tensor) => mul(sum(kernel), 1e-3)],
    ['it is a left factor', (kernel: Tensor) => mean(matmul(kernel, kernel))],
  ])('stay in rows where %s', async (_, touch) => {
    const program = trainingProgram(network([64, 64, 3], 4, touch), adam, 4);
    expect(await check(program, positive, 2, { panels: true })).toBe(0);
  });

  test('stay in rows where one program minds, for all', async () => {
    const parts = (name: string, minds: boolean) => {
      const builder = new ProgramBuilder();
      const w = builder.block('w', { shape: [64, 64], dtype: 'f32' });
      const x = builder.row('x', { shape: [4, 64], dtype: 'f32' });
      builder.emit('y', matmul(x, w));
      if (minds) builder.emit('sums', sum(w, 1));
      builder.commit('w', mul(w, 0.5));
      return builder.finish(name);
    };
    const found = async (minds: boolean): Promise<number> => {
      const layout = await planSession([parts('a', false), parts('b', minds)]);
      const words = [...layout.programs.values()].map(({ plan }) => plan.words);
      const blocks = [...layout.blocks].map(([name, { storage }]) => ({ ...storage, name }));
      return findPanels(words, blocks, 2).lasting.length;
    };
    expect(await found(false)).toBe(1);
    expect(await found(true)).toBe(0);
  });

  test('are read and written by the host in rows', async () => {
    const program = trainingProgram(network([128, 512, 64, 3], 16), adam, 16);
    const open = async (threads: number) => wasmBackend.open([program], { capacity: 2, threads });
    const opened = vi.spyOn(Team, 'open');
    const [one, two] = [await open(1), await open(2)];
    expect((await opened.mock.results[0]?.value)?.panels).toHaveLength(6);
    for (const session of [one, two]) {
      const { length } = session.read('parameters') as Float32Array;
      session.write('parameters', noise(length, 1, 0.1));
      session.write('parameters', noise(1000, 2, 0.1), 777);
      session.write('x', noise(16 * 128, 3));
      session.write('y', noise(16 * 3, 4));
      session.writeRows(
        program.name,
        'indices',
        Int32Array.from({ length: 32 }, (_, i) => i % 16),
      );
      session.writeRows(program.name, 'scalars', Float32Array.of(1e-3, 1e-8, 1e-3, 1e-8));
      expect((session.read('parameters') as Float32Array).slice(777, 1777)).toEqual(noise(1000, 2, 0.1));
    }
    for (let call = 0; call < 30; call++) {
      for (const session of [one, two]) session.run(program.name, 2);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const block of ['parameters', 'slot firstMoment', 'slot secondMoment'])
      expect(
        Buffer.from((two.read(block) as Float32Array).buffer).equals(
          Buffer.from((one.read(block) as Float32Array).buffer),
        ),
        block,
      ).toBe(true);
    one.dispose();
    two.dispose();
  });
});

test('every element of a matrix has one place in its panels', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 }), (rows, panels) => {
      const matrix = { address: 0, rows, columns: 8 * panels };
      const places = Array.from({ length: rows * 8 * panels }, (_, i) => placeInPanels(matrix, i));
      expect([...places].sort((a, b) => a - b)).toEqual(places.map((_, i) => i));
      // Row 1, column 2 of the second panel.
      if (rows > 1 && panels > 1) expect(places[8 * panels + 8 + 2]).toBe(8 * rows + 8 + 2);
    }),
  );
});
