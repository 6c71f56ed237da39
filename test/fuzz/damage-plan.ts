/** @file Plan files with something changed, and what must hold of them: refused, or numbers; never more. */
import { expect } from 'vitest';
import { checksum, PRELUDE } from '../../src/edge/format.ts';
import { openMemory } from '../../src/edge/load.ts';
import type { PlanMemory } from '../../src/edge/memory.ts';
import { EdgePlan } from '../../src/edge/plan.ts';
import type { Part } from '../../src/edge/read-plan.ts';
import { Trainer } from '../../src/edge/training.ts';
import { makePlan, SaddlepointError } from '../../src/index.ts';
import { dataOf, trained } from '../edge/models.ts';

const NAMES = ['classes with names', 'bytes of images', 'rows of a table', 'batch normalization'];
const LIMITS = { memoryLimit: 2 ** 24, workLimit: 1e7 };

/** A generator of its own: fast, and the same numbers everywhere. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const INTERESTING = [0, 1, 2, 3, 4, 8, 64, 127, 128, 255];

/** A file with one to four places changed; `isSealed`: the checksum is made anew, so that what checks the contents is met. */
function damage(file: Uint8Array, random: () => number, isSealed: boolean): Uint8Array {
  const bytes = file.slice();
  const header = PRELUDE + new DataView(file.buffer).getUint32(16, true);
  const below = (most: number): number => Math.floor(random() * most);
  const count = 1 + below(4);
  for (let i = 0; i < count; i++) {
    const kind = random();
    // Headers and the words behind them matter more than weights.
    const end = kind < 0.45 ? header : kind < 0.9 ? Math.min(file.length, header + 8192) : file.length;
    const from = kind < 0.45 ? 8 : header;
    const at = Math.min(file.length - 1, from + below(end - from));
    if (kind < 0.45 && (bytes[at] as number) >= 48 && (bytes[at] as number) <= 57) bytes[at] = 48 + below(10);
    else if (random() < 0.5) bytes[at] = INTERESTING[below(INTERESTING.length)] as number;
    else bytes[at] = below(256);
  }
  const cut = random() < 0.02 ? bytes.slice(0, below(bytes.length)) : bytes;
  if (isSealed && cut.length >= PRELUDE) seal(cut);
  return cut;
}

/** How the changed files fared. */
export interface Tally {
  refused: number;
  ran: number;
  /** Milliseconds of the processor. */
  slowest: number;
}

const isRefusal = (error: unknown): boolean => {
  if (!(error instanceof SaddlepointError)) throw error;
  expect(['file', 'data', 'option', 'divergence', 'memory', 'internal']).toContain(error.code);
  return true;
};

/** Makes the checksums anew, of as much as there is. */
function seal(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const from = Math.min(PRELUDE + view.getUint32(16, true), file.length);
  const whole = (start: number, end: number) => file.subarray(start, start + ((end - start) & ~3));
  const ofHeader = checksum(file.length, whole(PRELUDE, from));
  view.setUint32(20, ofHeader, true);
  view.setUint32(24, checksum(ofHeader, whole(from, file.length)), true);
}

/** Instructions are in the memory as they were checked. */
function expectCode(memory: PlanMemory, { programs, contents }: Part): void {
  for (const { header } of programs) {
    const [address, words] = header.code;
    const held = memory.bytes(address, 4 * words);
    const wanted = contents.find((part) => part.address === address && part.bytes.length === 4 * words);
    expect(Buffer.compare(held, (wanted as { bytes: Uint8Array }).bytes), 'code is as it was').toBe(0);
  }
}

/** Damages plans `count` times; all that loads is run, and must leave its own instructions as they are. */
export async function fuzzPlans(count: number, seed: number): Promise<Tally> {
  const files = await Promise.all(
    NAMES.map(async (name) => ({ name, file: (await makePlan(await trained(name), { train: { steps: 20 } })).file })),
  );
  const machines = await import('#wasm').then(({ load }) => Promise.all([load.core(), load.simd()]));
  const random = numbers(seed);
  const tally: Tally = { refused: 0, ran: 0, slowest: 0 };
  for (let i = 0; i < count; i++) {
    const { name, file } = files[i % files.length] as (typeof files)[number];
    const isSealed = random() < 0.9;
    const bytes = damage(file, random, isSealed);
    // Of the processor: a busy machine may stop the process for seconds.
    const began = process.cpuUsage();
    try {
      const { memory, plan: read } = await openMemory(
        bytes,
        LIMITS,
        async (build) => machines[build === 'core' ? 0 : 1] as WebAssembly.Module,
      );
      expect(isSealed || bytes.every((byte, k) => byte === file[k]), 'an accident is refused').toBe(true);
      const { train } = memory.header;
      const trainer = train ? new Trainer(memory, read, train) : undefined;
      const plan = new EdgePlan(memory, trainer);
      const { x, y } = dataOf(name);
      const batch = { x: x.slice(0, 8), y: y.slice(0, 8) };
      await plan.predict(x.slice(0, 3)).catch(isRefusal);
      expectCode(memory, read.first);
      if (trainer !== undefined) {
        await plan.train(batch).catch((error) => {
          // What training needs is checked by then.
          if (isRefusal(error) && error.code === 'file') throw error;
        });
        await plan.predict(x.slice(0, 3)).catch(isRefusal);
        for (const part of [read.first, read.rest()]) expectCode(memory, part);
      }
      tally.ran++;
    } catch (error) {
      isRefusal(error);
      tally.refused++;
    }
    const { user, system } = process.cpuUsage(began);
    tally.slowest = Math.max(tally.slowest, (user + system) / 1000);
  }
  return tally;
}
