/**
 * Plans for several threads, without threads: between two meetings each thread's instructions run one thread after another, in
 * either order, and leave what the whole plan leaves, bit for bit. A missing meeting, or slices that overlap, would show.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { load } from '#wasm';
import { planSession } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout, SessionLayout } from '../../src/backends/wasm/layout.ts';
import { MEMORY_BASE } from '../../src/backends/wasm/machine.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { trainingProgram } from '../../src/engine/step.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import { apply } from '../../src/graph/trace.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import { cut } from '../../src/plan/slicing.ts';
import { instructionsOf, teamWords, threadScratchBytes } from '../../src/plan/team.ts';
import { programOf, recipes } from '../backends/random/program.ts';
import { NAMES, OPS } from '../conformance/harness.ts';
import { Constant, Opcode, RepeatField } from '../kernels/enums.ts';
import { adam, description } from './worked-example.ts';

const module = await load.simd();
const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;
const ROWS = 2;

/** Memory with the data of a session, and room behind it. */
class Bench {
  readonly memory: WebAssembly.Memory;
  readonly execute: (code: number, words: number, base: number, firstRow: number, lastRow: number) => number;

  constructor(
    readonly layout: SessionLayout,
    more: number,
    fill: (name: string, type: keyof typeof ARRAYS, length: number) => ArrayLike<number>,
  ) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil((MEMORY_BASE + layout.bytes + more) / 65536) });
    this.execute = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports
      .execute as Bench['execute'];
    for (const { storage, plan, code, tables } of layout.programs.values()) {
      this.view('i32', code, plan.words.length).set(plan.words);
      for (const { storage: constant, value } of storage.constants)
        this.view(value.dtype, constant.address, sizeOf(value.shape)).set(value.node?.attributes.data as Float32Array);
      for (const [name, { spec, stride, address }] of tables)
        for (let row = 0; row < ROWS; row++)
          this.view(spec.dtype, address + row * stride, sizeOf(spec.shape)).set(
            fill(name, spec.dtype, sizeOf(spec.shape)),
          );
    }
    for (const [name, { storage, spec }] of layout.blocks)
      this.view(spec.dtype, storage.address, sizeOf(spec.shape)).set(fill(name, spec.dtype, sizeOf(spec.shape)));
  }

  view(type: keyof typeof ARRAYS, address: number, length: number): Float32Array | Int32Array | Uint8Array {
    return new ARRAYS[type](this.memory.buffer, MEMORY_BASE + address, length);
  }

  /** What blocks and tables hold, as bytes. */
  results({ tables }: ProgramLayout): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    const add = (name: string, address: number, bytes: number): void => {
      found.set(name, Buffer.from(this.view('u8', address, bytes)));
    };
    for (const [name, { stride, address }] of tables) add(name, address, ROWS * stride);
    for (const [name, { storage }] of this.layout.blocks) add(name, storage.address, storage.bytes);
    return found;
  }
}

/** Runs the words of each thread; `order` says who comes first between two meetings. */
function runTeam(bench: Bench, own: readonly Int32Array[], code: number, order: 'first' | 'last'): void {
  const words = own[0] as Int32Array;
  let waiting: (() => void)[][] = own.map(() => []);
  const meet = (): void => {
    for (const todo of order === 'first' ? waiting : [...waiting].reverse()) for (const run of todo) run();
    waiting = own.map(() => []);
  };
  const walk = (from: number, to: number, row: number): void => {
    for (let at = from; at < to; ) {
      const length = (words[at] as number) >>> 16;
      if ((words[at] as number) & Constant.meetFirst) meet();
      if (((words[at] as number) & 0x7fff) === Opcode.repeat) {
        const body = at + length;
        const end = body + (words[at + RepeatField.bodyWords] as number);
        expect((words[body] as number) & Constant.meetFirst, 'a loop begins with a meeting').not.toBe(0);
        for (let turn = 0; turn < (words[at + RepeatField.count] as number); turn++) {
          meet();
          const level = words[at + RepeatField.level] as number;
          new Int32Array(bench.memory.buffer, Constant.loopCounters, Constant.maxLoops)[level] = turn;
          walk(body, end, row);
          meet();
        }
        at = end;
        continue;
      }
      own.forEach((mine, thread) => {
        const instruction = mine.slice(at, at + length);
        instruction[0] = (instruction[0] as number) & ~Constant.meetFirst;
        if (((instruction[0] as number) & 0x7fff) === 0) return;
        waiting[thread]?.push(() => {
          bench.view('i32', code, length).set(instruction);
          expect(bench.execute(MEMORY_BASE + code, length, MEMORY_BASE, row, row + 1), `word ${at}`).toBe(row + 1);
        });
      });
      at += length;
    }
  };
  for (let row = 0; row < ROWS; row++) {
    walk(0, words.length, row);
    meet();
  }
}

type Fill = ConstructorParameters<typeof Bench>[2];

async function check(program: Program, fill: Fill, threads: number): Promise<void> {
  const layout = await planSession([program], { capacity: ROWS, largeElements: 8 });
  const target = layout.programs.get(program.name) as ProgramLayout;
  const alone = new Bench(layout, 0, fill);
  expect(alone.execute(MEMORY_BASE + target.code, target.plan.words.length, MEMORY_BASE, 0, ROWS)).toBe(ROWS);
  const expected = alone.results(target);
  const scratch = Math.ceil(threadScratchBytes(target.plan.words) / 64) * 64 + 128;
  const codeAt = Math.ceil(layout.bytes / 64) * 64;
  const own = teamWords(target.plan.words, threads, ROWS, (thread) => codeAt + 4096 + thread * scratch, {
    cutsAll: true,
  });
  for (const order of ['first', 'last'] as const) {
    const bench = new Bench(layout, 4096 + threads * scratch, fill);
    runTeam(bench, own, codeAt, order);
    for (const [name, bytes] of bench.results(target))
      expect(
        bytes.equals(expected.get(name) as Buffer),
        `${name} of ${program.name}, ${threads} threads, ${order}`,
      ).toBe(true);
  }
}

/** Numbers without pattern, by name; integers are 0 or 1. */
const numbers: Fill = (name, type, length) => {
  const phase = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return Array.from({ length }, (_, i) => {
    const x = Math.sin(phase + 1.7 * i) * 0.9 + 0.1;
    return type === 'f32' ? x : Math.abs(Math.round(x));
  });
};

/** For second moments. */
const positive: Fill = (name, type, length) => Array.from(numbers(name, type, length) as number[], Math.abs);

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
      fc.asyncProperty(recipes, fc.integer({ min: 2, max: 4 }), (recipe, threads) =>
        check(programOf(recipe), numbers, threads),
      ),
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
