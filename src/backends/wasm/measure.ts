/** @file Times every instruction of a plan, beside what the machine can do at best. */
import { load } from '#wasm';
import { bytesAt, operationsAt } from '../../plan/costs.ts';
import { opcodeName } from '../../plan/validate.ts';
import type { InstructionProfile, SessionProfile } from '../backend.ts';
import type { BlockImage, ProgramImage } from './image.ts';
import { type Machine, MEMORY_BASE } from './machine.ts';
import { stepwise } from './stepwise.ts';

const WARM_STEPS = 30;
/** Sweeps over the plan: at most so many, and no longer than the time given. */
const MAX_SWEEPS = 400;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Milliseconds that two readings of the clock and an empty call cost. */
function overhead({ exports }: Machine, code: number): number {
  return median(
    Array.from({ length: 2000 }, () => {
      const from = performance.now();
      exports.execute(code, 0, MEMORY_BASE, 0, 1);
      return performance.now() - from;
    }).slice(-500),
  );
}

const PEAK_STEPS = 200_000;
const PEAK_OPERATIONS = PEAK_STEPS * 14 * 4 * 2;

/** GFLOP/s of 128-bit multiplications and additions that never leave registers: the best of some 20 blocks. */
async function measurePeak(): Promise<number> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = await WebAssembly.instantiate(await load.simd(), { env: { memory } });
  const multiplyAdd = exports.multiplyAdd as (count: number, x: number) => number;
  let best = Number.POSITIVE_INFINITY;
  for (let block = 0; block < 40; block++) {
    const from = performance.now();
    multiplyAdd(PEAK_STEPS, 0.5);
    best = Math.min(best, performance.now() - from);
  }
  return PEAK_OPERATIONS / best / 1e6;
}

/**
 * What puts blocks back as they are now. A network that knows its one batch by heart has gradients beneath the
 * normal numbers, which take a processor many times as long.
 */
function restorerOf(blocks: readonly BlockImage[], memory: WebAssembly.Memory): () => void {
  const bytesOf = (address: number, bytes: number) => new Uint8Array(memory.buffer, MEMORY_BASE + address, bytes);
  const kept = blocks.map(({ address, bytes }) => ({
    address,
    bytes: bytesOf(address, bytes).slice(),
  }));
  return () => {
    for (const { address, bytes } of kept) bytesOf(address, bytes.length).set(bytes);
  };
}

/** Runs the program's first row again and again, whole and by instructions, each time from the same blocks. */
export async function profileProgram(
  program: ProgramImage,
  blocks: readonly BlockImage[],
  machine: Machine,
  milliseconds: number,
): Promise<SessionProfile> {
  const { plan, code } = program;
  const { exports, memory } = machine;
  const whole = (): number => {
    const from = performance.now();
    exports.execute(MEMORY_BASE + code, plan.words.length, MEMORY_BASE, 0, 1);
    return performance.now() - from;
  };
  const restore = restorerOf(blocks, memory);
  const cold = whole();
  for (let i = 0; i < WARM_STEPS; i++) whole();
  const steps: number[] = [];
  const sums: number[][] = plan.origins.map(() => []);
  const runs = new Uint32Array(plan.origins.length);
  const empty = overhead(machine, MEMORY_BASE + code);
  const end = performance.now() + milliseconds;
  for (let sweep = 0; sweep < MAX_SWEEPS && (sweep < 3 || performance.now() < end); sweep++) {
    restore();
    steps.push(whole());
    const now = new Float64Array(plan.origins.length);
    runs.fill(0);
    stepwise(program, { execute: exports.execute, memory }, 0, (i, run) => {
      const from = performance.now();
      const ran = run();
      runs[i] = (runs[i] as number) + 1;
      now[i] = (now[i] as number) + Math.max(0, performance.now() - from - empty);
      return ran;
    });
    now.forEach((ms, i) => {
      sums[i]?.push(ms);
    });
  }
  const instructions = plan.origins.map(
    ({ at, op, path }, i): InstructionProfile => ({
      ...{ name: opcodeName(plan.words[at] as number), op, path },
      runs: runs[i] as number,
      microseconds: 1000 * median(sums[i] ?? []),
      operations: operationsAt(plan.words, at),
      bytes: bytesAt(plan.words, at),
    }),
  );
  restore();
  return { microseconds: 1000 * median(steps), coldMicroseconds: 1000 * cold, instructions, peak: await measurePeak() };
}
