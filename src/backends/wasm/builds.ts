/** @file Which build of the machine runs a session, and on how many threads: what was asked for, is there, and passes a test. */

import { Constant, MatmulField, Opcode } from '../../plan/opcodes.ts';
import type { MachineFacts } from '../backend.ts';
import { panelOrder } from './block-order.ts';
import type { SessionImage } from './image.ts';
import { type Build, type Compile, compileBuild, MEMORY_BASE, openMachine } from './machine.ts';
import type { Started, StartOptions } from './session.ts';
import { hasSharedMemory, noSharedMemory } from './shared-memory.ts';
import { Team } from './team.ts';

/** More threads than this gain little on networks of this library's sizes, and were not measured. */
const MOST_THREADS = 4;

/** No plan of this library has work for more. */
const LIMIT = 64;

/** How many threads to use, and why not more. */
export interface ThreadChoice {
  readonly threads: number;
  readonly reason: string;
}

const isPage = (): boolean =>
  typeof document === 'object' && typeof window === 'object' && !globalThis.process?.versions?.node;

/** What `threads: 'auto'` or a number comes to here. */
export function chooseThreads(asked: number | 'auto'): ThreadChoice {
  if (asked === 1) return { threads: 1, reason: 'asked for' };
  if (!hasSharedMemory()) return { threads: 1, reason: noSharedMemory() };
  if (isPage()) return { threads: 1, reason: 'the main thread of a page may not wait for others; run it in a worker' };
  if (asked !== 'auto')
    return { threads: Math.min(asked, LIMIT), reason: asked > LIMIT ? `at most ${LIMIT}` : 'asked for' };
  const cores =
    globalThis.navigator?.hardwareConcurrency ??
    globalThis.process?.getBuiltinModule?.('node:os').availableParallelism() ??
    1;
  return { threads: Math.max(1, Math.min(MOST_THREADS, cores)), reason: `${cores} cores` };
}

/** Sizes of the product by which relaxed SIMD is tested: rows in tiles of 6 and of 4, one to spare, and some columns too few. */
const [ROWS, COLUMNS, DEPTH] = [27, 19, 33];
/** A product of integers this small is exact however often it is rounded. */
const LARGEST = 15;

const tested = new WeakMap<Compile, Promise<boolean>>();

/** Whether the relaxed build multiplies right here: engines and processors choose how it rounds, and have had faults. */
export function passesRelaxed(compile: Compile = compileBuild): Promise<boolean> {
  const passes = tested.get(compile) ?? testRelaxed(compile).catch(() => false);
  tested.set(compile, passes);
  return passes;
}

async function testRelaxed(compile: Compile): Promise<boolean> {
  const [a, b, c] = [4096, 16384, 32768];
  const scratch = 65536;
  const bytes = scratch + Constant.matmulScratchBytes + Constant.slackBytes;
  const { exports, memory } = await openMachine(bytes, 'relaxed', compile);
  const at = (address: number, length: number) => new Float32Array(memory.buffer, MEMORY_BASE + address, length);
  const integers = (length: number, step: number) =>
    Float32Array.from({ length }, (_, i) => ((i * step) % (2 * LARGEST + 1)) - LARGEST);
  const [x, y] = [integers(ROWS * DEPTH, 7), integers(DEPTH * COLUMNS, 11)];
  at(a, x.length).set(x);
  at(b, y.length).set(y);
  const words = new Int32Array(memory.buffer, MEMORY_BASE + Constant.statusBytes, MatmulField.words);
  words[0] = Opcode.matmul | (MatmulField.words << 16);
  const fields: Readonly<Record<number, number>> = {
    [MatmulField.destination]: c,
    [MatmulField.lhs]: a,
    [MatmulField.rhs]: b,
    [MatmulField.m]: ROWS,
    [MatmulField.n]: COLUMNS,
    [MatmulField.k]: DEPTH,
    [MatmulField.lda]: DEPTH,
    [MatmulField.ldb]: COLUMNS,
    [MatmulField.ldc]: COLUMNS,
    [MatmulField.scratch]: scratch,
  };
  for (const [field, value] of Object.entries(fields)) words[Number(field)] = value;
  exports.execute(words.byteOffset, words.length, MEMORY_BASE, 0, 1);
  return at(c, ROWS * COLUMNS).every((value, i) => {
    const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
    let sum = 0;
    for (let k = 0; k < DEPTH; k++) sum += (x[row * DEPTH + k] as number) * (y[k * COLUMNS + column] as number);
    return value === sum;
  });
}

/** Starts a session that wants several threads, or may round as the machine likes. `plain`: the build for one that does not. */
export async function startBest(
  image: SessionImage,
  { capacity = 1, threads: asked = 1, compile, script }: StartOptions,
  wantsRelaxed: boolean,
  plain: Build,
): Promise<Started> {
  const isRelaxed = wantsRelaxed && (await passesRelaxed(compile));
  const build: MachineFacts['build'] = isRelaxed ? 'relaxed' : 'simd';
  const choice = chooseThreads(asked);
  const together = isRelaxed ? 'relaxedThreads' : 'threads';
  const team =
    choice.threads === 1
      ? undefined
      : await Team.open(image, choice.threads, { capacity, build: together, compile, script });
  const { threads, reason } =
    choice.threads > 1 && team === undefined ? { threads: 1, reason: 'the steps are too short to share' } : choice;
  return {
    machine: team?.machine ?? (await openMachine(image.bytes, isRelaxed ? 'relaxed' : plain, compile)),
    facts: { threads, build, reason: asked === 1 ? '' : `; threads: ${threads}, ${reason}` },
    team,
    order: team && panelOrder(team.panels),
  };
}
