/** Sessions whose device is lost: the numbers of an undisturbed run, wherever it happens, and what is told of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.ts';
import { RecoveringSession } from '../../src/backends/recover.ts';
import type { DeviceEvent } from '../../src/backends/select.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import { add, mul, tanh } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { sum } from '../../src/ops/reduce.ts';
import { fakeGpu } from './fakes.ts';

const CAPACITY = 3;

/** w ← tanh(w) · rate + a row of x; m ← m + w: the order of everything shows in the bits. A second program only looks. */
function programs(): Program[] {
  const step = new ProgramBuilder();
  const w = step.block('w', { shape: [1, 4], dtype: 'f32' });
  const m = step.block('m', { shape: [1, 4], dtype: 'f32' });
  const x = step.block('x', { shape: [5, 4], dtype: 'f32' });
  const index = step.row('index', { shape: [1], dtype: 'i32' });
  const rate = step.row('rate', { shape: [1, 1], dtype: 'f32' });
  const next = add(mul(tanh(w), rate), gather(x, index));
  step.commit('w', next);
  step.commit('m', add(m, next));
  step.emit('sum', sum(next));
  const look = new ProgramBuilder();
  const seen = look.block('m', { shape: [1, 4], dtype: 'f32' });
  const factor = look.row('factor', { shape: [1, 1], dtype: 'f32' });
  look.emit('seen', sum(mul(seen, factor)));
  return [step.finish('step'), look.finish('look')];
}

type Deed =
  | { readonly kind: 'run'; readonly rows: number; readonly values: readonly number[] }
  | { readonly kind: 'rates'; readonly values: readonly number[] }
  | { readonly kind: 'again'; readonly rows: number }
  | { readonly kind: 'w' | 'x'; readonly at: number; readonly value: number }
  | { readonly kind: 'factor'; readonly value: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'look' };

const value = fc.integer({ min: -100, max: 100 }).map((number) => number / 37);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    kind: fc.constant('run' as const),
    rows: fc.integer({ min: 1, max: CAPACITY }),
    values: fc.array(value, { minLength: CAPACITY, maxLength: CAPACITY }),
  }),
  fc.record({ kind: fc.constant('rates' as const), values: fc.array(value, { minLength: 1, maxLength: CAPACITY }) }),
  fc.record({ kind: fc.constant('again' as const), rows: fc.integer({ min: 1, max: CAPACITY }) }),
  fc.record({ kind: fc.constantFrom('w' as const, 'x' as const), at: fc.integer({ min: 0, max: 3 }), value }),
  fc.record({ kind: fc.constant('factor' as const), value }),
  fc.constantFrom<Deed>({ kind: 'read' }, { kind: 'look' }),
);

/** Does the deeds; gives everything that was read on the way, and all memory at the end. */
async function play(session: Session, deeds: readonly Deed[]): Promise<number[][]> {
  const seen: number[][] = [];
  session.write(
    'x',
    Float32Array.from({ length: 20 }, (_, i) => Math.sin(i)),
  );
  session.write('w', [0.1, 0.2, 0.3, 0.4]);
  session.writeRows(
    'step',
    'index',
    Int32Array.from({ length: CAPACITY }, (_, i) => i),
  );
  session.writeRows('step', 'rate', [0.5, 0.6, 0.7]);
  session.writeRows('look', 'factor', [1, 2, 3]);
  for (const deed of deeds) {
    if (deed.kind === 'w' || deed.kind === 'x') session.write(deed.kind, [deed.value], deed.at);
    else if (deed.kind === 'rates') session.writeRows('step', 'rate', deed.values);
    else if (deed.kind === 'factor') session.writeRows('look', 'factor', [deed.value]);
    else if (deed.kind === 'read') seen.push([...(await session.read('w'))]);
    else if (deed.kind === 'look') {
      await session.run('look', 1);
      seen.push([...(await session.readRows('look', 'seen', 1))]);
    } else if (deed.kind === 'run' || deed.kind === 'again') {
      if (deed.kind === 'run') session.writeRows('step', 'rate', deed.values);
      seen.push([(await session.run('step', deed.rows)).done]);
      seen.push([...(await session.readRows('step', 'sum', deed.rows))]);
    }
  }
  for (const block of ['w', 'm', 'x']) seen.push([...(await session.read(block))]);
  for (const table of ['index', 'rate', 'sum']) seen.push([...(await session.readRows('step', table, CAPACITY))]);
  return seen;
}

async function recovering(loses: (call: number) => boolean, { interval = 0, reopens = true } = {}) {
  const events: DeviceEvent[] = [];
  const [list, opened] = [programs(), { disposed: 0, gpus: 0 }];
  let calls = 0;
  const open = async (): Promise<Session> => {
    opened.gpus++;
    if (opened.gpus > 1 && !reopens) throw new Error('no context');
    const gpu = await fakeGpu(list, { capacity: CAPACITY, loses: () => loses(calls++) });
    const dispose = () => {
      opened.disposed++;
      gpu.dispose();
    };
    return { ...gpu, dispose };
  };
  const safe = () => wasmBackend.open(list, { capacity: CAPACITY });
  const onDevice = (event: DeviceEvent) => events.push(event);
  const session = new RecoveringSession(await open(), list, { again: open, safe }, { interval, onDevice });
  return { session, events, opened };
}

const undisturbed = async (deeds: readonly Deed[]): Promise<number[][]> => {
  using session = await wasmBackend.open(programs(), { capacity: CAPACITY });
  return await play(session, deeds);
};

describe('a session whose device is lost', () => {
  // An interval of −1 copies before every call, 1e9 never: what is lost then is all in the log.
  test.each([-1, 0, 1e9])(
    'B1: has the bits of an undisturbed run, whatever was done and whenever it was lost, copies every %s ms',
    async (interval) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(deed, { maxLength: 14 }),
          fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
          async (deeds, losses) => {
            const { session, events } = await recovering((call) => losses.includes(call), { interval });
            expect(await play(session, deeds)).toEqual(await undisturbed(deeds));
            // Each that was told has been got over; one that met a replay is not told apart.
            const lost = events.filter(({ kind }) => kind === 'lost').length;
            expect([lost, lost > 0]).toEqual([events.length / 2, session.losses > 0]);
            session.dispose();
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  const RUNS: readonly Deed[] = Array.from({ length: 6 }, (_, i) => ({ kind: 'run', rows: 2, values: [i, 0.5, 0.25] }));

  test('goes on on the same device the first time, and says so', async () => {
    const { session, events, opened } = await recovering((call) => call === 3, { interval: 1e9 });
    expect(await play(session, RUNS)).toEqual(await undisturbed(RUNS));
    expect(events).toEqual([
      { kind: 'lost', device: 'webgl', reason: 'the context of the GPU was lost' },
      { kind: 'resumed', device: 'webgl', reason: 'it was opened again' },
    ]);
    expect([session.device, session.losses, opened.disposed]).toEqual(['webgl', 1, 1]);
    expect(session.machine.reason).toBe('; its context was lost once, it went on on webgl');
    session.dispose();
    expect(opened.disposed).toBe(2);
  });

  test('goes on on WebAssembly the second time, and is not lost again', async () => {
    const { session, events, opened } = await recovering((call) => call >= 3, { interval: 1e9 });
    expect(await play(session, RUNS)).toEqual(await undisturbed(RUNS));
    // The replay met with the second loss: one event for what the run saw as one.
    expect(events.map(({ kind, device }) => `${kind} ${device}`)).toEqual(['lost webgl', 'resumed wasm']);
    expect([session.device, opened.gpus, opened.disposed]).toEqual(['wasm', 2, 2]);
    expect(session.machine).toMatchObject({ build: 'simd', reason: '; the context of the GPU was lost twice' });
    session.dispose();
  });

  test('goes on on WebAssembly where the device does not open again', async () => {
    const { session, events } = await recovering((call) => call === 4, { reopens: false });
    expect(await play(session, RUNS)).toEqual(await undisturbed(RUNS));
    expect(events.map(({ kind, device }) => `${kind} ${device}`)).toEqual(['lost webgl', 'resumed wasm']);
    session.dispose();
  });

  test('is not touched where nothing is lost: no event, no second device', async () => {
    const { session, events, opened } = await recovering(() => false);
    expect(await play(session, RUNS)).toEqual(await undisturbed(RUNS));
    expect([events.length, session.losses, opened.gpus]).toEqual([0, 0, 1]);
    expect(session.machine.reason).toBe('');
    session.dispose();
  });

  test('passes on errors that are no loss, and stays disposed', async () => {
    const { session, events } = await recovering(() => false);
    await expect(session.run('nothing', 1)).rejects.toThrow(/no program nothing/);
    session.dispose();
    await expect(session.run('step', 1)).rejects.toMatchObject({ code: 'disposed' });
    expect(events).toEqual([]);
  });
});
