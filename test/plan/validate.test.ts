/** Damaged plans are refused; what is let through runs, and ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '#wasm';
import { planSession } from '../../src/backends/wasm/index.ts';
import { MEMORY_BASE } from '../../src/backends/wasm/machine.ts';
import { SaddlepointError } from '../../src/core/errors.ts';
import { trainingProgram } from '../../src/engine/step.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { apply, trace } from '../../src/graph/trace.ts';
import { add, mul, tanh, where } from '../../src/ops/elementwise.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import type { Plan } from '../../src/plan/format.ts';
import { operandsAt } from '../../src/plan/operands.ts';
import { printPlan, validate } from '../../src/plan/validate.ts';
import { NAMES, OPS } from '../conformance/harness.ts';
import { CopyField, MatmulField, Opcode } from '../kernels/enums.ts';
import { adam, description } from './worked-example.ts';

const CAPACITY = 2;
/** The training step, and one plan with the first sample of every op, so that each instruction comes up. */
async function layouts() {
  const builder = new ProgramBuilder();
  let inputs = 0;
  let outputs = 0;
  for (const name of NAMES) {
    const samples: readonly Sample[] = SAMPLES[name];
    for (const sample of [samples[1] ?? samples[0], samples[samples.length - 1]] as Sample[]) {
      if (sample.inputs.length === 0) continue;
      const traced = sampleTensors(sample).map(({ shape, dtype }) => builder.row(`in ${inputs++}`, { shape, dtype }));
      for (const output of apply(OPS[name], traced, sample.attributes)) builder.emit(`out ${outputs++}`, output);
    }
  }
  const all = await planSession([builder.finish('all')], { capacity: CAPACITY });
  const step = await planSession([trainingProgram(description, adam, 4)], { capacity: CAPACITY });
  const chain = new ProgramBuilder();
  const x = chain.block('x', { shape: [8], dtype: 'f32' });
  chain.commit('x', where(x, tanh(add(x, 1)), mul(x, 2)));
  const grouped = await planSession([chain.finish('chain')], { largeElements: 8 });
  return [
    { layout: all, plan: all.programs.get('all')?.plan as Plan, code: all.programs.get('all')?.code as number },
    {
      layout: step,
      plan: step.programs.get('train 4')?.plan as Plan,
      code: step.programs.get('train 4')?.code as number,
    },
    {
      layout: grouped,
      plan: grouped.programs.get('chain')?.plan as Plan,
      code: grouped.programs.get('chain')?.code as number,
    },
  ];
}

const LAYOUTS = await layouts();
const ALL = LAYOUTS[0] as (typeof LAYOUTS)[number];
const module = await load.simd();

const changed = (plan: Plan, change: (words: Int32Array) => void): Plan => {
  const words = plan.words.slice();
  change(words);
  return { ...plan, words };
};
const at = (opcode: Opcode): number =>
  ALL.plan.origins.find((origin) => ((ALL.plan.words[origin.at] as number) & 0xffff) === opcode)?.at as number;

describe('validate', () => {
  test('accepts every plan that the backend makes', () => {
    for (const { plan } of LAYOUTS) expect(validate(plan, CAPACITY)).toBe(plan);
  });

  test('has met every instruction but the one of several threads', () => {
    const met = new Set(
      LAYOUTS.flatMap(({ plan }) => plan.origins.map((origin) => (plan.words[origin.at] as number) & 0xffff)),
    );
    const all = Object.values(Opcode).filter((value) => typeof value === 'number');
    expect(all.filter((opcode) => !met.has(opcode))).toEqual([Opcode.panelMatmul]);
  });

  test.each<[string, (words: Int32Array) => void, RegExp]>([
    [
      'an opcode that is none',
      (w) => void w.fill(99 | (3 << 16), 0, 1),
      /instruction 0 \(opcode 99\) of plan all is unknown/,
    ],
    ['a length of 0', (w) => void w.fill(1, 0, 1), /instruction 0 \(stepLoad\) of plan all has 0 words/],
    [
      'a count of 0',
      (w) => void w.fill(0, at(Opcode.matmul) + MatmulField.k, at(Opcode.matmul) + MatmulField.k + 1),
      /has a count of 0 in word 7/,
    ],
    [
      'a copy of rank 2³⁰',
      (w) => void w.fill(2 ** 30, at(Opcode.copy) + CopyField.rank, at(Opcode.copy) + CopyField.rank + 1),
      /has rank 1073741824/,
    ],
    [
      'a row of a matrix that overlaps the next',
      (w) => void w.fill(0, at(Opcode.matmul) + MatmulField.ldb, at(Opcode.matmul) + MatmulField.ldb + 1),
      /in a stride of 0/,
    ],
    [
      'an address outside',
      (w) => void w.fill(2 ** 30, at(Opcode.matmul) + 1, at(Opcode.matmul) + 2),
      /destination at 1073741824 \+ \d+ bytes lies in no region/,
    ],
    [
      'an address in the status block',
      (w) => void w.fill(0, at(Opcode.matmul) + 1, at(Opcode.matmul) + 2),
      /destination at 0 \+ \d+ bytes lies in no region/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => validate(changed(ALL.plan, change), CAPACITY)).toThrow(message);
  });

  test('refuses writing over a constant, and a table with fewer rows', () => {
    const { plan } = LAYOUTS[1] as (typeof LAYOUTS)[number];
    const constants = plan.regions.filter(({ isConstant }) => isConstant);
    expect(constants.length).toBeGreaterThan(0);
    const matmul = plan.origins.find(({ op }) => op === 'guard' || op === 'l2Norm')?.at as number;
    const into = changed(plan, (words) => void words.fill(constants[0]?.address as number, matmul + 1, matmul + 2));
    expect(() => validate(into, CAPACITY)).toThrow(/overwrites constant 0/);
    expect(() => validate(plan, CAPACITY + 1)).toThrow(/table at \d+ \+ \d+ bytes lies in no region/);
  });

  test('lets nothing through that traps or does not end, whatever words are changed', () => {
    const memories = LAYOUTS.map(({ layout }) => {
      const pages = Math.ceil((MEMORY_BASE + layout.bytes) / 65536);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const { execute } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as {
        execute(code: number, words: number, base: number, first: number, last: number): number;
      };
      return { memory, execute };
    });
    let ran = 0;
    const value = fc.oneof(
      fc.integer({ min: -3, max: 70 }),
      fc.integer(),
      fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 0x10000, 64, 128, 192),
    );
    fc.assert(
      fc.property(
        fc.nat({ max: 1 }),
        fc.array(fc.tuple(fc.nat(), value, fc.boolean()), { minLength: 1, maxLength: 3 }),
        (which, changes) => {
          const { plan, code } = LAYOUTS[which] as (typeof LAYOUTS)[number];
          const damaged = changed(plan, (words) => {
            for (const [position, word, isDelta] of changes) {
              const i = position % words.length;
              words[i] = isDelta ? (words[i] as number) + word : word;
            }
          });
          try {
            validate(damaged, CAPACITY);
          } catch (error) {
            expect(error).toBeInstanceOf(SaddlepointError);
            expect((error as SaddlepointError).code).toBe('internal');
            return;
          }
          ran++;
          const { memory, execute } = memories[which] as (typeof memories)[number];
          new Int32Array(memory.buffer, MEMORY_BASE + code, damaged.words.length).set(damaged.words);
          execute(MEMORY_BASE + code, damaged.words.length, MEMORY_BASE, 0, CAPACITY);
          expect(Array.from(new Int32Array(memory.buffer, MEMORY_BASE + code, damaged.words.length))).toEqual(
            Array.from(damaged.words),
          );
        },
      ),
      { numRuns: 600, seed: 1 },
    );
    expect(ran).toBeGreaterThan(20);
  });
});

describe('printPlan', () => {
  test('names every instruction, its operands and where it came from', () => {
    const text = printPlan(ALL.plan);
    expect(text.split('\n').filter((line) => line.includes('  # ')).length).toBe(ALL.plan.origins.length);
    expect(text).not.toContain('?');
    expect(operandsAt(ALL.plan.words, 0)?.map(({ name }) => name)).toEqual(['destination', 'table']);
  });
});

test('an empty graph is an empty plan', async () => {
  const program = { name: 'empty', graph: trace([], () => []), inputs: [], outputs: [], groups: [], taps: [] };
  expect((await planSession([program])).programs.get('empty')?.plan.words.length).toBe(0);
});
