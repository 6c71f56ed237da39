/** Random programs: storage planning, aliasing and passes do not change what is computed (requirement B5). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { PASSES } from '../../src/passes/pipeline.ts';
import { compareResults, largestValue, programOf, type Recipe, recipes, resultsOf } from './random-program.ts';

/**
 * Up to some 20 ops after one another, among them sums of 300 numbers, each good to 32 units of 2⁻²⁴ of its largest value,
 * over four steps that feed the next: 1e-4 of the largest value leaves room. A value read from the wrong place is off by its
 * own size.
 */
const SINGLE = 1e-4;
const DOUBLE = 1e-11;

const optional = PASSES.filter(({ required }) => !required).map(({ name }) => name);

const check = async (recipe: Recipe, without: readonly string[] = []): Promise<void> => {
  const program = programOf(recipe);
  const exact = await resultsOf(referenceBackend, program, { without: optional });
  const scale = largestValue(program);
  compareResults(await resultsOf(referenceBackend, program, { without }), exact, DOUBLE * scale);
  compareResults(await resultsOf(wasmBackend, program, { without }), exact, SINGLE * scale);
};

describe('random programs', () => {
  test('give on wasm what they give on the reference backend', async () => {
    await fc.assert(
      fc.asyncProperty(recipes, (recipe) => check(recipe)),
      { numRuns: 250, seed: 1 },
    );
  });

  test.each(optional)('give the same without the pass %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(recipes, (recipe) => check(recipe, [name])),
      { numRuns: 30, seed: 2 },
    );
  });

  test('give the same without any subset of passes', async () => {
    await fc.assert(fc.asyncProperty(recipes, fc.subarray(optional), check), { numRuns: 100, seed: 3 });
  });

  test('are the same when made twice from one recipe', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        expect(programOf(recipe).graph.nodes.length).toBe(programOf(recipe).graph.nodes.length);
      }),
      { numRuns: 20, seed: 4 },
    );
  });
});
