/** Which rows each thread of a team gathers for itself. */
import { describe, expect, test } from 'vitest';
import { planSession } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout } from '../../src/backends/wasm/layout.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { add, mul } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { sum } from '../../src/ops/reduce.ts';
import { instructionsOf, opcodeAt } from '../../src/plan/instruction.ts';
import { teamWords, threadBytes } from '../../src/plan/team.ts';
import { GatherField, MatmulField, Opcode } from '../kernels/enums.ts';
import { check, type Fill, numbers, ROWS } from './team-bench.ts';

const DATA = 64;
const WIDTH = 96;

/** What a program does with the rows of its data that a step names, besides multiplying them. */
type More = (parts: { builder: ProgramBuilder; data: Tensor; x: Tensor }) => void;

function programOf({ rows = 32, columns = 64 } = {}, more: More = () => {}): Program {
  const builder = new ProgramBuilder();
  const data = builder.block('data', { shape: [DATA, WIDTH], dtype: 'f32' });
  const w = builder.block('w', { shape: [WIDTH, columns], dtype: 'f32' });
  const x = gather(data, builder.row('indices', { shape: [rows], dtype: 'i32' }));
  builder.emit('y', matmul(x, w));
  builder.emit('z', matmul(x, mul(w, 0.5)));
  more({ builder, data, x });
  return builder.finish('step');
}

const fill: Fill = (name, type, length) =>
  name === 'indices' ? Int32Array.from({ length }, (_, i) => (i * 29) % DATA) : numbers(name, type, length);

async function wordsOf(program: Program): Promise<Int32Array> {
  const layout = await planSession([program], { capacity: ROWS });
  return (layout.programs.get(program.name) as ProgramLayout).plan.words;
}

/** Bytes that the second thread has more than the first: of its copies, with what may be read behind them. */
async function copiedBytes(program: Program): Promise<number> {
  const words = await wordsOf(program);
  const [first, second] = [0, 1].map((thread) => threadBytes(words, thread, 2, ROWS)) as [number, number];
  return second - first;
}

describe('rows by number', () => {
  test('that products of all threads read whole are gathered by each', async () => {
    const program = programOf();
    const words = await wordsOf(program);
    const own = teamWords(words, 2, ROWS, (thread) => (1 + thread) * 1e6) as [Int32Array, Int32Array];
    const placesOf = (opcode: number) => [...instructionsOf(words)].filter((at) => opcodeAt(words, at) === opcode);
    const [gatherAt] = placesOf(Opcode.gather) as [number];
    const destination = gatherAt + GatherField.destination;
    for (const mine of own) expect(mine[gatherAt + GatherField.count]).toBe(32);
    expect(own[0][destination]).toBe(words[destination]);
    expect(own[1][destination]).toBeGreaterThanOrEqual(2e6);
    const products = placesOf(Opcode.matmul);
    expect(products).toHaveLength(2);
    for (const product of products)
      for (const mine of own) expect(mine[product + MatmulField.lhs]).toBe(mine[destination]);
    expect(await copiedBytes(program)).toBeGreaterThanOrEqual(4 * 32 * WIDTH);
  });

  test.each<[string, { rows?: number; columns?: number }, More]>([
    ['something else reads them', {}, ({ builder, x }) => builder.emit('more', add(x, 1))],
    ['they are a result', {}, ({ builder, x }) => builder.emit('x', x)],
    ['the step changes what they come from', {}, ({ builder, data }) => builder.commit('data', mul(data, 0.5))],
    ['a thread reads some of them', { rows: 256, columns: 8 }, () => {}],
  ])('are shared where %s', async (_, sizes, more) => {
    expect(await copiedBytes(programOf(sizes, more))).toBe(0);
  });

  test('leave what one thread leaves', async () => {
    const programs = [
      programOf(),
      programOf({}, ({ builder, x }) => builder.emit('more', sum(x, 0))),
      programOf({ rows: 5, columns: 24 }),
      programOf({}, ({ builder, data }) => builder.commit('data', mul(data, 0.5))),
    ];
    for (const program of programs) for (const threads of [2, 3, 4]) await check(program, fill, threads);
  });
});
