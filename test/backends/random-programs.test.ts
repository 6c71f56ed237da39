/** Random programs: storage planning, aliasing and passes do not change what is computed (requirement B5). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { printProgram } from '../../src/graph/program.ts';
import { composites, primitives } from '../../src/ops/table.ts';
import { PASSES } from '../../src/passes/pipeline.ts';
import { programOf, type Recipe, recipes } from './random/program.ts';
import { compareResults, largestResult, largestValue, resultsOf } from './random/run.ts';

/**
 * Up to some 20 ops after one another, among them sums of 300 numbers, each good to 32 units of 2⁻²⁴ of its largest value,
 * over eight steps that feed the next: 1e-4 of the largest value leaves room. A value read from the wrong place is off by its
 * own size.
 */
const SINGLE = 1e-4;
const EXACT = 0;

const optional = PASSES.filter(({ required }) => !required).map(({ name }) => name);
/** Passes that compute in another way: a product begins with its bias, constants are computed in double. */
const ROUNDING = ['fuse', 'fold', 'fold again'];
/** All combinations of passes that can be left out. */
const subsets = Array.from({ length: 2 ** optional.length }, (_, bits) =>
  optional.filter((_name, i) => (bits >> i) & 1),
);

/** One or two programs that share blocks and arena. */
const sessions = fc.array(recipes, { minLength: 1, maxLength: 2 });
const programsOf = (list: readonly Recipe[]) => list.map((recipe, i) => programOf(recipe, `program ${i}`));

/** What programs give without any pass, in double precision, they give on every backend without those of `without`. */
async function check(list: readonly Recipe[], without: readonly string[] = []): Promise<void> {
  const programs = programsOf(list);
  const exact = await resultsOf(referenceBackend, programs, { without: optional });
  const scale = Math.max(...programs.map(largestValue), largestResult(exact));
  compareResults(await resultsOf(referenceBackend, programs, { without }), exact, EXACT, programs);
  compareResults(await resultsOf(wasmBackend, programs, { without }), exact, SINGLE * scale, programs);
}

describe('random programs', () => {
  test('give with all passes what they give without any, on every backend', async () => {
    await fc.assert(
      fc.asyncProperty(sessions, (list) => check(list)),
      { numRuns: 150, seed: 1 },
    );
  });

  test('give the same without any combination of passes', async () => {
    expect(subsets.length).toBe(256);
    for (const [i, without] of subsets.entries())
      await fc.assert(
        fc.asyncProperty(sessions, (list) => check(list, without)),
        { numRuns: 1, seed: i },
      );
  });

  test('give the same bits on wasm whatever is removed, merged or moved', async () => {
    const removing = fc.subarray(optional.filter((name) => !ROUNDING.includes(name)));
    const property = fc.asyncProperty(sessions, removing, async (list, more) => {
      const programs = programsOf(list);
      const none = await resultsOf(wasmBackend, programs, { without: optional });
      const some = await resultsOf(wasmBackend, programs, { without: [...ROUNDING, ...more] });
      compareResults(some, none, EXACT, programs);
    });
    await fc.assert(property, { numRuns: 200, seed: 2 });
  });

  test('are the same when made twice from one recipe', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        expect(printProgram(programOf(recipe))).toBe(printProgram(programOf(recipe)));
      }),
      { numRuns: 20, seed: 4 },
    );
  });

  test('between them have every op: as it is traced, or as passes make it', async () => {
    const found = new Set<string>();
    const programs = fc.sample(recipes, { numRuns: 4000, seed: 5 }).map((recipe) => programOf(recipe));
    for (const { graph } of programs) for (const { op } of graph.nodes) found.add(op.name);
    for (const program of programs.slice(0, 200)) {
      const { graph } = (await planSession([program])).programs.get('random') ?? program;
      for (const { op } of graph.nodes) found.add(op.name);
    }
    const missing = Object.keys({ ...primitives, ...composites }).filter((name) => !found.has(name));
    expect(missing, 'add a move to test/backends/random/moves.ts').toEqual([]);
  });

  test('that give something else are shown', async () => {
    const programs = programsOf([{ instructions: [[2, 0, 0, 0]], commit: 0, emitted: [0], isTraining: false }]);
    const results = await resultsOf(referenceBackend, programs);
    const wrong = new Map(results).set('program 0: result 0 of turn 1', [0, 0]);
    expect(() => compareResults(wrong, results, EXACT, programs)).toThrow(
      /^program 0: result 0 of turn 1: element 0 is 0, expected 0\.6.* ± 0\nprogram program 0\nreads: block p[\s\S]*tanh/,
    );
  });
});
