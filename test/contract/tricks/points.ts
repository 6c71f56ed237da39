/** @file The points of the contract that are seen in a run: 1 to 8. Each throws, as `expect` does, where a trick breaks it. */
import {
  type Checkpoint,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  loadCheckpoint,
  type Run,
  sgd,
  type Trick,
  weightEma,
} from 'saddlepoint';
import { expect } from 'vitest';
import type { TrickRow } from './row.ts';
import { type Device, EPOCHS, lossOf, parametersOf, train } from './toy.ts';

export interface Point {
  readonly number: number;
  readonly title: string;
  check(row: TrickRow, device: Device): Promise<void>;
  /** Has nothing to do with the device. */
  readonly once?: boolean;
}

/**
 * What a parameter may differ by after 21 steps of f32 beside double precision: a few roundings of 6e-8 a step, in parameters of
 * about 1, which the steps that follow amplify; where a trick divides by a norm, more. An error of a formula is 0.01 and more.
 */
const TOLERANCE = 1e-3;

export const POINTS: readonly Point[] = [
  {
    number: 1,
    title: 'gives equal bits for equal seeds, on any number of threads',
    async check(row, device) {
      const first = parametersOf(await train(row, [row.create()], { device }));
      expect(parametersOf(await train(row, [row.create()], { device }))).toEqual(first);
      if (device === 'wasm')
        expect(parametersOf(await train(row, [row.create()], { device, threads: 2 }))).toEqual(first);
    },
  },
  {
    number: 2,
    title: 'is bit for bit absent when its options say so, and is not otherwise',
    async check(row, device) {
      const without = parametersOf(await train(row, undefined, { device }));
      expect(row.neutral, 'a row has neutral options, or an excuse for point 2').toBeDefined();
      const neutral = row.neutral?.() as Trick;
      expect(neutral.isNeutral).toBe(true);
      expect(parametersOf(await train(row, [neutral], { device }))).toEqual(without);
      expect(row.create().isNeutral ?? false).toBe(false);
      expect(parametersOf(await train(row, [row.create()], { device }))).not.toEqual(without);
    },
  },
  {
    number: 3,
    title: 'goes on from a saved checkpoint as if there had been no stop',
    async check(row, device) {
      const whole = await train(row, [row.create()], { device });
      const half = (await train(row, [row.create()], { device, epochs: 3, resumable: true })).checkpoint();
      // Files hold singles: in double precision a run goes on from memory.
      const resume = device === 'reference' ? half : await throughBytes(half);
      const rest = await train(row, [row.create()], { device, resume });
      expect(parametersOf(rest)).toEqual(parametersOf(whole));
    },
  },
  {
    number: 4,
    title: 'is traced once a batch size, however many steps there are',
    async check(row, device) {
      const traced = async (epochs: number): Promise<number> => {
        const { trick, calls } = counted(row.create());
        await train(row, [trick], { device, epochs });
        return calls();
      };
      const short = await traced(1);
      expect(short).toBeGreaterThan(0);
      expect(await traced(EPOCHS)).toBe(short);
    },
  },
  {
    number: 5,
    title: 'computes what double precision does, within what f32 rounds',
    async check(row, device) {
      if (device === 'reference') return;
      const exact = parametersOf(await train(row, [row.create()], { device: 'reference' }));
      const found = parametersOf(await train(row, [row.create()], { device }));
      const worst = Math.max(
        ...found.map((value, i) => Math.abs(value - (exact[i] as number)) / Math.max(1, Math.abs(exact[i] as number))),
      );
      expect(worst).toBeLessThan(TOLERANCE);
    },
  },
  {
    number: 6,
    title: 'refuses illegal options at construction, with name, value and what is legal',
    once: true,
    async check({ illegal }) {
      expect(illegal.length, 'a row has illegal options, or an excuse for point 6').toBeGreaterThan(0);
      for (const [make, message] of illegal) {
        let thrown: unknown;
        try {
          make();
        } catch (error) {
          thrown = error;
        }
        expect(thrown, `${make} was not refused`).toMatchObject({ name: 'SaddlepointError', code: 'option' });
        expect((thrown as Error).message).toMatch(message);
      }
    },
  },
  {
    number: 7,
    title: 'lets the loss fall in some 20 steps, without NaN',
    async check(row, device) {
      await expectLearning(row, device, {});
    },
  },
  {
    number: 8,
    title: 'goes together with clipping, a schedule and averaged weights',
    async check(row, device) {
      const learningRate = cosineDecay({ learningRate: 0.1, steps: 3 * EPOCHS });
      const optimizer = chain(clipByGlobalNorm(1), sgd({ learningRate }));
      // Averages of some ten steps: of a longer span, 21 steps would have shown little. Behind the trick, since they must see the
      // update that is really made.
      await expectLearning(row, device, { optimizer }, [average]);
    },
  },
];

const average: Trick = {
  kind: 'transform',
  name: 'average',
  options: {},
  wrap: (optimizer) => chain(optimizer, weightEma(0.9)),
};

async function expectLearning(
  row: TrickRow,
  device: Device,
  options: Parameters<typeof train>[2],
  beside: readonly Trick[] = [],
): Promise<void> {
  // As good as no steps: a rate of 0 is refused.
  const before = await lossOf(
    await train(row, undefined, { device, epochs: 1, optimizer: sgd({ learningRate: 1e-12 }) }),
    row,
  );
  const run: Run = await train(row, [row.create(), ...beside], { ...options, device });
  expect(parametersOf(run).every(Number.isFinite)).toBe(true);
  expect(run.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  expect(await lossOf(run, row)).toBeLessThan(before);
}

/** Written and read again, in memory: so that it works on pages, too. */
async function throughBytes(checkpoint: Checkpoint): Promise<Checkpoint> {
  const parts: Uint8Array[] = [];
  await checkpoint.save(new WritableStream<Uint8Array>({ write: (part) => void parts.push(part.slice()) }));
  return loadCheckpoint(new Blob(parts as BlobPart[]));
}

/** The trick with a count of how often code of it is traced. */
function counted(trick: Trick): { readonly trick: Trick; calls(): number } {
  let calls = 0;
  const counting = <T>(value: T): T => {
    if (typeof value !== 'function') return value;
    return ((...args: unknown[]) => {
      calls++;
      return value(...args);
    }) as T;
  };
  // What the host asks for each step is no tracing.
  const perStep = ['scalars', 'state', 'order', 'size'];
  const entries = Object.entries(trick).map(([name, value]) => [
    name,
    perStep.includes(name) ? value : counting(value),
  ]);
  return { trick: Object.fromEntries(entries) as Trick, calls: () => calls };
}
