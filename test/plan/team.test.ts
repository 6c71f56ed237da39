/** Plans for several threads, without threads: what they leave is what the whole plan leaves (team-bench.ts). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSession } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout } from '../../src/backends/wasm/layout.ts';
import { trainingProgram } from '../../src/engine/step.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { apply } from '../../src/graph/trace.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import { instructionsOf } from '../../src/plan/instruction.ts';
import { cut } from '../../src/plan/slicing.ts';
import { teamWords } from '../../src/plan/team.ts';
import { programOf, recipes } from '../backends/random/program.ts';
import { NAMES, OPS } from '../conformance/harness.ts';
import { check, type Fill, numbers, positive, ROWS } from './team-bench.ts';
import { adam, description } from './worked-example.ts';

describe('a plan for several threads', () => {
  test.each(NAMES)('of %s leaves what the whole plan leaves', async (name) => {
    for (const [i, sample] of (SAMPLES[name] as readonly Sample[]).entries()) {
      if (sample.inputs.length === 0) continue;
      const data = sampleTensors(sample);
      const builder = new ProgramBuilder();
      const inputs = data.map(({ shape, dtype }, k) => builder.row(`in ${k}`, { shape, dtype }));
      apply(OPS[name], inputs, sample.attributes).forEach((output, k) => {
        builder.emit(`out ${k}`, output);
      });
      const program = builder.finish(`${name} ${i}`);
      const fill: Fill = (input, type, length) =>
        input.startsWith('in ')
          ? (data[Number(input.slice(3))]?.data as ArrayLike<number>)
          : numbers(input, type, length);
      for (const threads of [2, 3]) await check(program, fill, threads);
    }
  });

  test('of a training step, and of random programs, too', async () => {
    for (const threads of [2, 4]) await check(trainingProgram(description, adam, 4), positive, threads);
    await fc.assert(
      fc.asyncProperty(recipes, fc.integer({ min: 2, max: 4 }), async (recipe, threads) => {
        await check(programOf(recipe), numbers, threads);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  test('has every instruction at its place in every thread', async () => {
    const layout = await planSession([trainingProgram(description, adam, 4)], { capacity: ROWS });
    const { words } = ([...layout.programs.values()][0] as ProgramLayout).plan;
    const own = teamWords(words, 3, ROWS, () => layout.bytes, { cutsAll: true });
    for (const mine of own) expect([...instructionsOf(mine)]).toEqual([...instructionsOf(words)]);
    expect(own.some((mine) => mine.some((word, i) => word !== words[i]))).toBe(true);
  });
});

test('cuts cover everything once, at multiples of the grain', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 500 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (n, grain, threads) => {
        let end = 0;
        for (let thread = 0; thread < threads; thread++) {
          const [from, to] = cut(n, grain, thread, threads);
          expect(from).toBe(end);
          expect(from % grain === 0 || from === n).toBe(true);
          end = to;
        }
        expect(end).toBe(n);
      },
    ),
  );
});
