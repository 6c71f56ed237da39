/** @file Runs random programs and compares what they give. */
import type { Backend, SessionOptions } from '../../../src/backends/backend.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import { evaluateGraph } from '../../../src/graph/evaluate.ts';
import { type Program, printProgram } from '../../../src/graph/program.ts';
import { BLOCK } from './program.ts';
import { numbers } from './shapes.ts';

/** Rows of a call, and how often the programs take turns. */
const ROWS = 2;
const TURNS = 2;

/** By name: rows of every call, and the blocks after it. */
export type Results = ReadonlyMap<string, readonly number[]>;

/** All results of programs that share a session and take turns, two rows at a time. */
export async function resultsOf(
  backend: Backend,
  programs: readonly Program[],
  options: SessionOptions = {},
): Promise<Results> {
  const session = await backend.open(programs, { ...options, capacity: ROWS, verify: true });
  session.write('p', numbers(BLOCK, 0.1));
  session.write('q', numbers(BLOCK, 0.7));
  session.write(
    'bytes',
    Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256),
  );
  const results = new Map<string, readonly number[]>();
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { name, outputs } of programs) {
      session.writeRows(name, 'x', numbers(ROWS * 12, 0.3 + turn));
      session.writeRows(name, 'scalars', Float32Array.of(0.5, 0.25, 0.125, 0.75));
      session.writeRows(name, 'indices', Int32Array.of(2, 0, 1, 1, 0, turn, 2, 2, 1, 0));
      session.writeRows(name, 'key', Int32Array.of(7, turn, 0, 7, turn, 1));
      const { done, stop } = await session.run(name, ROWS);
      if (done !== ROWS) throw new Error(`stopped: ${JSON.stringify(stop)}`);
      for (const { kind, name: row } of outputs)
        if (kind === 'row')
          results.set(`${name}: ${row} of turn ${turn}`, Array.from(await session.readRows(name, row, ROWS)));
      for (const block of ['p', 'q'])
        results.set(`${name}: block ${block} after turn ${turn}`, Array.from(await session.read(block)));
    }
  }
  session.dispose();
  return results;
}

/** The largest number that comes up on the way, at least 1: what rounding errors are proportional to. */
export function largestValue(program: Program): number {
  const inputs = program.graph.inputs.map(({ shape, dtype }, i) => {
    const data = numbers(sizeOf(shape), 0.1 + i);
    return { shape, dtype, data: dtype === 'f32' ? data : Int32Array.from(data, (x) => Math.round(1 + x)) };
  });
  let largest = 1;
  evaluateGraph(program.graph, inputs, (_, outputs) => {
    for (const { data, dtype } of outputs)
      if (dtype === 'f32') for (const value of data) largest = Math.max(largest, Math.abs(value));
  });
  return largest;
}

/** What the blocks have grown to, since one step feeds the next. */
export const largestResult = (results: Results): number =>
  [...results.values()].flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

/** Throws for the first result that differs by more than `tolerance`, and shows the programs. */
export function compareResults(
  actual: Results,
  expected: Results,
  tolerance: number,
  programs: readonly Program[],
): void {
  for (const [name, list] of expected) {
    list.forEach((e, i) => {
      const a = actual.get(name)?.[i] as number;
      if (!(Math.abs(a - e) <= tolerance))
        throw new Error(
          `${name}: element ${i} is ${a}, expected ${e} ± ${tolerance}\n${programs.map(printProgram).join('\n')}`,
        );
    });
  }
}
