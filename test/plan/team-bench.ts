/**
 * @file Runs plans for several threads without threads: between two meetings each thread's instructions one thread after another,
 * in either order, which must leave what the whole plan leaves, bit for bit. A missing meeting, or slices that overlap, would show.
 */
import { expect } from 'vitest';
import { load } from '#wasm';
import { type BlockOrder, panelOrder } from '../../src/backends/wasm/block-order.ts';
import { imageOf } from '../../src/backends/wasm/image.ts';
import { planSession } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout, SessionLayout } from '../../src/backends/wasm/layout.ts';
import { MEMORY_BASE } from '../../src/backends/wasm/machine.ts';
import { panelImage } from '../../src/backends/wasm/panel-image.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Program } from '../../src/graph/program.ts';
import { instructionsOf } from '../../src/plan/instruction.ts';
import { teamWords, threadBytes } from '../../src/plan/team.ts';
import { Constant, Opcode, RepeatField } from '../kernels/enums.ts';

const [plainModule, sharedModule] = await Promise.all([load.simd(), load.threads()]);
const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;
export const ROWS = 2;

/** Memory with the data of a session, and room behind it. */
export class Bench {
  readonly memory: WebAssembly.Memory;
  readonly execute: (code: number, words: number, base: number, firstRow: number, lastRow: number) => number;

  constructor(
    readonly layout: SessionLayout,
    more: number,
    fill: (name: string, type: keyof typeof ARRAYS, length: number) => ArrayLike<number>,
    /** Who knows where blocks have their elements. */
    readonly order?: BlockOrder,
  ) {
    const pages = Math.ceil((MEMORY_BASE + layout.bytes + more) / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: order !== undefined });
    const module = order === undefined ? plainModule : sharedModule;
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
    for (const [name, { storage, spec }] of layout.blocks) {
      const memory = this.view(spec.dtype, storage.address, sizeOf(spec.shape));
      const data = fill(name, spec.dtype, sizeOf(spec.shape));
      if (order === undefined) memory.set(data);
      else order.write({ ...storage, spec }, memory, data, 0);
    }
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
    for (const [name, { storage, spec }] of this.layout.blocks) {
      const copy = this.view(spec.dtype, storage.address, sizeOf(spec.shape)).slice();
      const { buffer } = this.order?.read({ ...storage, spec }, copy) ?? copy;
      found.set(name, Buffer.from(buffer as ArrayBuffer));
    }
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

export type Fill = ConstructorParameters<typeof Bench>[2];

/** Whether words in panels are run, which only the builds with threads know. */
interface CheckOptions {
  readonly panels?: boolean;
}

/** @returns how many matrices lay in panels */
export async function check(
  program: Program,
  fill: Fill,
  threads: number,
  { panels: wantsPanels = false }: CheckOptions = {},
): Promise<number> {
  const layout = await planSession([program], { capacity: ROWS, largeElements: 8 });
  const target = layout.programs.get(program.name) as ProgramLayout;
  const alone = new Bench(layout, 0, fill);
  expect(alone.execute(MEMORY_BASE + target.code, target.plan.words.length, MEMORY_BASE, 0, ROWS)).toBe(ROWS);
  const expected = alone.results(target);
  let end = layout.bytes;
  const take = (bytes: number): number => {
    const address = Math.ceil(end / 64) * 64;
    end = address + bytes + 128;
    return address;
  };
  const panels = wantsPanels ? panelImage(imageOf(layout), threads, ROWS, take) : undefined;
  if (wantsPanels && panels === undefined) return 0;
  const plan = panels?.image.programs.get(program.name)?.plan ?? target.plan;
  const options = { cutsAll: true, grains: panels?.grains.get(program.name) ?? new Map() };
  const codeAt = take(4096);
  const memory = Array.from({ length: threads }, (_, thread) =>
    take(threadBytes(plan.words, thread, threads, ROWS, options)),
  );
  const own = teamWords(plan.words, threads, ROWS, (thread) => memory[thread] as number, options);
  for (const order of ['first', 'last'] as const) {
    const bench = new Bench(layout, end - layout.bytes, fill, panels && panelOrder(panels.lasting));
    runTeam(bench, own, codeAt, order);
    for (const [name, bytes] of bench.results(target))
      expect(
        bytes.equals(expected.get(name) as Buffer),
        `${name} of ${program.name}, ${threads} threads, ${order}`,
      ).toBe(true);
  }
  return panels === undefined ? 0 : matricesIn(plan.words);
}

/** How many products have operands in panels. */
function matricesIn(words: Int32Array): number {
  return [...instructionsOf(words)].filter((at) => ((words[at] as number) & 0xffff) === Opcode.panelMatmul).length;
}

/** Numbers without pattern, by name; integers are 0 or 1. */
export const numbers: Fill = (name, type, length) => {
  const phase = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return Array.from({ length }, (_, i) => {
    const x = Math.sin(phase + 1.7 * i) * 0.9 + 0.1;
    return type === 'f32' ? x : Math.abs(Math.round(x));
  });
};

/** For second moments. */
export const positive: Fill = (name, type, length) => Array.from(numbers(name, type, length) as number[], Math.abs);
